/** @file
 * TCP input (RFC 9293 §3.10.7, with RFC 5961 for RST, SYN and ACK, RFC 7323 for PAWS, RFC 2018 and
 * RFC 2883 for what arrives out of order or twice) and ICMP errors (RFC 5927).
 *
 * Nothing that a peer sends is asserted; what does not fit is dropped or answered with an ACK.
 */
#include "core/reader.h"
#include "net/icmp.h"
#include "net/ipv4.h"
#include "net/tcp_conn.h"

static struct tcp *find ( ipv4_addr_t local, uint16_t local_port, ipv4_addr_t peer,
			  uint16_t peer_port ) {
	struct tcp *tcp;

	list_for_each ( tcp, &tcp_connections, list ) {
		if ( ( tcp->local_port == local_port ) && ( tcp->peer.port == peer_port ) &&
		     ( tcp->peer.ipv4 == peer ) && ( tcp->local == local ) &&
		     ( tcp->state != TCP_CLOSED ) ) {
			/* The busy connection is found at once next time. */
			if ( tcp_connections.next != &tcp->list ) {
				list_del ( &tcp->list );
				list_add ( &tcp->list, &tcp_connections );
			}
			return tcp;
		}
	}
	return NULL;
}

/** What the peer offers in its SYN. */
static void take_syn ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	uint32_t offered = MIN ( tcp->rx.limit, 0xffffU );

	tcp_window_start ( &tcp->rx, seg->seq + 1, offered );
	tcp->peer_mss = MAX ( seg->mss ? seg->mss : TCP_MSS_DEFAULT, TCP_MSS_MIN );
	tcp->rx_mss = TCP_MSS_DEFAULT; /* grows with what comes */
	tcp->use_ts = seg->has_ts;
	tcp->use_sack = seg->sack_permitted;
	if ( seg->has_wscale ) {
		tcp->tx_scale = seg->wscale;
	} else {
		tcp->rx_scale = 0;
		tcp_window_cap ( &tcp->rx, 0xffff );
	}
	if ( seg->has_ts ) {
		tcp->ts_recent = seg->ts_val;
		tcp->ts_recent_at = now;
	}
	tcp->cwnd = TCP_INITIAL_WINDOW * tcp_mss ( tcp );
	tcp->ssthresh = UINT32_MAX;
	tcp->wnd = tcp->wnd_max = seg->window; /* never scaled in a SYN */
	tcp->wl1 = seg->seq;
	tcp->wl2 = seg->ack;
}

/** RFC 9293 §3.10.7.3. */
static void input_syn_sent ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	bool ack = ( seg->flags & TCP_ACK );

	if ( ack && ( seg->ack != tcp->nxt ) ) {
		tcp_refuse ( seg, tcp->local, tcp->peer.ipv4 );
		return;
	}
	if ( seg->flags & TCP_RST ) {
		if ( ack ) {
			tcp_stats.resets_received++;
			tcp_die ( tcp, -ECONNREFUSED_TCP );
		}
		return;
	}
	if ( !( seg->flags & TCP_SYN ) )
		return;
	take_syn ( tcp, seg, now );
	if ( ack ) {
		tcp->una = seg->ack;
		tcp_established ( tcp, now );
		tcp_send_ack ( tcp, now );
	} else {
		/* Simultaneous open, RFC 9293 figure 7. */
		tcp->state = TCP_SYN_RECEIVED;
		tcp_send ( tcp, TCP_SYN, tcp->iss, 0, now );
	}
}

/** RFC 7323 §5.3 R1: an old duplicate, by its timestamp. */
static bool paws_refuses ( const struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	return tcp->use_ts && seg->has_ts && seq_lt ( seg->ts_val, tcp->ts_recent ) &&
	       ( now - tcp->ts_recent_at < TCP_PAWS_IDLE_US );
}

/** RFC 9293 §3.4 table 5, against what was offered. */
static bool in_window ( const struct tcp *tcp, const struct tcp_segment *seg ) {
	uint32_t next = tcp_rcv_nxt ( tcp );
	uint32_t edge = seq_max ( tcp->rx.edge, next );
	uint32_t len = tcp_segment_seq_len ( seg );

	if ( len == 0 )
		return seq_ge ( seg->seq, next ) && seq_le ( seg->seq, edge );
	return seq_lt ( seg->seq, edge ) && seq_gt ( seg->seq + len, next );
}

/** An unacceptable segment: say where we are, unless it is a mere ACK that may loop. */
static void answer_unacceptable ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	uint32_t next = tcp_rcv_nxt ( tcp );

	if ( seg->flags & TCP_RST )
		return;
	if ( seg->len && seq_le ( seg->seq + (uint32_t) seg->len, next ) ) {
		/* Data that we have: an acknowledgement was lost, or the wire doubles. */
		tcp_stats.rx_duplicate++;
		tcp->dsack.start = seg->seq;
		tcp->dsack.end = seg->seq + (uint32_t) seg->len;
		tcp->ack_now = true;
		tcp_pend ( tcp );
		return;
	}
	if ( ( tcp->state == TCP_TIME_WAIT ) && ( seg->flags & TCP_FIN ) )
		tcp_enter_time_wait ( tcp, now );
	tcp_challenge ( tcp, now );
}

/** RFC 5961 §3: only the exact next number resets. */
static void input_reset ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	if ( seg->seq != tcp_rcv_nxt ( tcp ) ) {
		tcp_challenge ( tcp, now );
		return;
	}
	tcp_stats.resets_received++;
	if ( tcp->state == TCP_SYN_RECEIVED )
		tcp_die ( tcp, -ECONNREFUSED_TCP );
	else if ( ( tcp->state == TCP_TIME_WAIT ) || ( tcp->state == TCP_LAST_ACK ) )
		tcp_die ( tcp, 0 );
	else
		tcp_die ( tcp, -ECONNRESET_TCP );
}

/** The acknowledgement. @return false if the segment is to be dropped */
static bool input_ack ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	if ( tcp->state == TCP_SYN_RECEIVED ) {
		if ( seg->ack != tcp->nxt ) {
			tcp_refuse ( seg, tcp->local, tcp->peer.ipv4 );
			return false;
		}
		tcp->una = seg->ack;
		tcp->wnd = tcp->wnd_max = (uint32_t) seg->window << tcp->tx_scale;
		tcp->wl1 = seg->seq;
		tcp->wl2 = seg->ack;
		tcp_established ( tcp, now );
		return true;
	}
	/* RFC 5961 §5. Older than that is from another life. */
	if ( seq_gt ( seg->ack, tcp->nxt ) || seq_lt ( seg->ack, tcp->una - tcp->wnd_max ) ) {
		tcp_challenge ( tcp, now );
		return false;
	}
	tcp_acknowledged ( tcp, seg, now );
	if ( tcp->fin_queued && ( tcp->una == tcp->tx_end + 1 ) ) {
		if ( tcp->state == TCP_FIN_WAIT_1 )
			tcp_enter_fin_wait_2 ( tcp, now );
		else if ( tcp->state == TCP_CLOSING )
			tcp_enter_time_wait ( tcp, now );
		else if ( tcp->state == TCP_LAST_ACK )
			tcp_die ( tcp, 0 );
	}
	return tcp->state != TCP_CLOSED;
}

/** Payload, cut to what the window takes. */
static void input_data ( struct tcp *tcp, const struct tcp_segment *seg, uint16_t segments,
			 utime_t now ) {
	struct tcp_window *rx = &tcp->rx;
	uint32_t mss, seq = seq_max ( seg->seq, rx->next );
	uint32_t end = seq_min ( seg->seq + (uint32_t) seg->len, rx->edge );

	if ( tcp->fin_seen )
		end = seq_min ( end, tcp->fin_seq );
	if ( !seq_lt ( seq, end ) ) {
		tcp->ack_now = true;
		tcp_pend ( tcp );
		return;
	}
	if ( tcp->detached ) {
		/* Nobody will ever read it (RFC 9293 §3.6.1). */
		tcp_send_reset ( tcp, now );
		tcp_die ( tcp, -ECONNRESET_TCP );
		return;
	}
	/* What a device has merged counts as the segments that it was, as far as it tells. */
	mss = MIN ( (uint32_t) seg->len / MAX ( segments, 1 ), tcp->pmtu - 20U - TCP_HEADER_LEN );
	tcp->rx_mss = MAX ( tcp->rx_mss, mss );
	tcp_stats.rx_bytes += end - seq;
	switch ( tcp_window_put ( rx, seq, seg->data + ( seq - seg->seq ), end - seq, now ) ) {
	case TCP_PUT_IN_ORDER:
		if ( rx->next - tcp->last_ack_sent >= MIN ( TCP_ACK_BYTES, rx->limit / 4 ) )
			tcp_send_ack ( tcp, now );
		break;
	case TCP_PUT_DUPLICATE:
		tcp_stats.rx_duplicate++;
		tcp->dsack = ( struct tcp_range ){ seq, end };
		tcp->ack_now = true;
		break;
	case TCP_PUT_GAP:
	case TCP_PUT_DROPPED:
		/* The sender should know each gap; one report holds only a few. */
		tcp_stats.rx_out_of_order++;
		tcp_send_ack ( tcp, now );
		break;
	case TCP_PUT_BEYOND:
		tcp_stats.rx_out_of_order++;
		if ( !tcp->use_sack ) {
			tcp_send_ack ( tcp, now ); /* it counts duplicates (RFC 5681 §4.2) */
			break;
		}
		/* Fall through */
	case TCP_PUT_FILLED:
		tcp->ack_now = true;
		break;
	}
	tcp->batch_rx = true;
	tcp_pend ( tcp );
}

/** The peer's FIN, in order at last. */
static void input_fin ( struct tcp *tcp, utime_t now ) {
	tcp->fin_received = true;
	tcp->ack_now = true;
	tcp_pend ( tcp );
	if ( tcp->state == TCP_ESTABLISHED )
		tcp->state = TCP_CLOSE_WAIT;
	else if ( tcp->state == TCP_FIN_WAIT_1 )
		tcp->state =
			TCP_CLOSING; /* our FIN is not acknowledged, or we were in FIN-WAIT-2 */
	else if ( tcp->state == TCP_FIN_WAIT_2 )
		tcp_enter_time_wait ( tcp, now );
}

/** Round trips and the NIC's condition, for the receive window. */
static void observe ( struct tcp *tcp, const struct tcp_segment *seg, const struct netif *netif,
		      utime_t now ) {
	if ( tcp->use_ts && seg->has_ts ) {
		uint32_t ms = tcp_ts_now ( tcp, now ) - seg->ts_ecr;

		if ( ms <= TCP_GIVE_UP_US / US_PER_MS )
			tcp_window_rtt ( &tcp->rx, ms * US_PER_MS );
	}
	if ( !netif )
		return;
	if ( ( tcp->rx_netif == netif ) && ( tcp->overruns != netif->rx_overruns ) )
		tcp_window_back_off ( &tcp->rx, now );
	tcp->rx_netif = netif;
	tcp->overruns = netif->rx_overruns;
}

/** RFC 9293 §3.10.7.4. */
static void input ( struct tcp *tcp, struct tcp_segment *seg, const struct pkt *pkt, utime_t now ) {
	/* Simultaneous open: the peer's SYN again, this time with the ACK that we wait for. */
	if ( ( tcp->state == TCP_SYN_RECEIVED ) && ( seg->flags & TCP_SYN ) &&
	     ( seg->flags & TCP_ACK ) && ( seg->seq + 1 == tcp->rx.next ) ) {
		seg->flags &= ~TCP_SYN;
		seg->seq++;
	}
	if ( ( seg->flags & TCP_SYN ) && !( seg->flags & TCP_RST ) ) {
		tcp_challenge ( tcp, now ); /* RFC 5961 §4 */
		return;
	}
	if ( !( seg->flags & TCP_RST ) &&
	     ( paws_refuses ( tcp, seg, now ) || ( tcp->use_ts && !seg->has_ts ) ) ) {
		if ( seg->has_ts )
			answer_unacceptable ( tcp, seg, now );
		return;
	}
	if ( !in_window ( tcp, seg ) ) {
		answer_unacceptable ( tcp, seg, now );
		return;
	}
	if ( seg->flags & TCP_RST ) {
		input_reset ( tcp, seg, now );
		return;
	}
	if ( !( seg->flags & TCP_ACK ) )
		return;
	if ( tcp->use_ts && seq_le ( seg->seq, tcp->last_ack_sent ) ) {
		tcp->ts_recent = seg->ts_val;
		tcp->ts_recent_at = now;
	}
	tcp->last_rx = now;
	tcp->probes = 0;
	if ( !input_ack ( tcp, seg, now ) )
		return;
	if ( tcp->state == TCP_TIME_WAIT )
		return;
	if ( ( seg->flags & TCP_FIN ) && !tcp->fin_seen &&
	     seq_le ( seg->seq + (uint32_t) seg->len, tcp->rx.edge ) ) {
		tcp->fin_seen = true;
		tcp->fin_seq = seg->seq + (uint32_t) seg->len;
	}
	if ( seg->len ) {
		observe ( tcp, seg, pkt->netif, now );
		input_data ( tcp, seg, pkt->segments, now );
	}
	if ( tcp->fin_seen && !tcp->fin_received && ( tcp->rx.next == tcp->fin_seq ) &&
	     ( tcp->state != TCP_CLOSED ) )
		input_fin ( tcp, now );
}

static bool checksum_ok ( const struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest ) {
	size_t len = pkt_len ( pkt );
	uint32_t sum;

	if ( pkt->flags & PKT_CSUM_OK )
		return true;
	sum = csum_pseudo_ipv4 ( src, dest, IP_PROTO_TCP, len );
	return csum_finish ( csum_add ( sum, pkt->data, len ) ) == 0;
}

static void tcp_rx ( struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest, utime_t now ) {
	struct tcp_segment seg;
	struct tcp *tcp;

	tcp_stats.rx_segments++;
	if ( pkt->flags & ( PKT_BROADCAST | PKT_MULTICAST ) )
		goto done;
	if ( !checksum_ok ( pkt, src, dest ) ) {
		tcp_stats.rx_bad_checksum++;
		goto done;
	}
	if ( tcp_parse ( pkt->data, pkt_len ( pkt ), &seg ) != 0 )
		goto done;
	tcp = find ( dest, seg.dest_port, src, seg.src_port );
	if ( !tcp )
		tcp_refuse ( &seg, dest, src );
	else if ( tcp->state == TCP_SYN_SENT )
		input_syn_sent ( tcp, &seg, now );
	else
		input ( tcp, &seg, pkt, now );
done:
	pkt_free ( pkt );
}

/** What a router or the peer's host says (RFC 1191, RFC 5927). Only what quotes a number that is
 * in flight is believed, and only a connection that is being opened ends by it. */
static void tcp_icmp_error ( uint8_t type, uint8_t code, uint16_t next_mtu, ipv4_addr_t src,
			     ipv4_addr_t dest, const uint8_t *payload, size_t len ) {
	struct reader r = READER ( payload, len );
	uint16_t local_port = read_be16 ( &r );
	uint16_t peer_port = read_be16 ( &r );
	uint32_t seq = read_be32 ( &r );
	struct tcp *tcp;

	if ( reader_failed ( &r ) || ( type != ICMP_UNREACHABLE ) )
		return;
	tcp = find ( src, local_port, dest, peer_port );
	if ( !tcp || seq_lt ( seq, tcp->una ) || !seq_lt ( seq, tcp->nxt ) )
		return;
	if ( code == ICMP_FRAG_NEEDED )
		tcp_path_mtu ( tcp, next_mtu ? next_mtu : TCP_PMTU_UNKNOWN, clock_now () );
	else if ( tcp->state != TCP_SYN_SENT )
		return;
	else if ( ( code == ICMP_PROTOCOL_UNREACHABLE ) || ( code == ICMP_PORT_UNREACHABLE ) )
		tcp_die ( tcp, -ECONNREFUSED_TCP );
	else
		tcp->unreachable = true;
}

static const struct ipv4_protocol tcp_protocol = {
	.proto = IP_PROTO_TCP,
	.rx = tcp_rx,
};
IPV4_PROTOCOL ( tcp_protocol );

static const struct ipv4_icmp_error tcp_icmp = {
	.proto = IP_PROTO_TCP,
	.error = tcp_icmp_error,
};
IPV4_ICMP_ERROR ( tcp_icmp );
