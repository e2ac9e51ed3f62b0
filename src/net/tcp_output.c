/** @file
 * TCP output (RFC 9293 §3.8; RFC 7323; RFC 2018 §4; RFC 2883; RFC 5961 §7 limits).
 */
#include <string.h>
#include "net/ipv4.h"
#include "net/tcp_conn.h"

/** Send one segment, its options and payload as described. */
static int transmit ( const struct tcp_segment *seg, ipv4_addr_t local, ipv4_addr_t peer ) {
	size_t header_len = tcp_build_len ( seg );
	size_t len = header_len + seg->len;
	const struct ipv4_route *route;
	ipv4_addr_t next;
	struct pkt *pkt;
	uint8_t *buf;
	uint16_t csum;

	route = ipv4_route ( peer, &next );
	if ( !route )
		return -ENETUNREACH_TCP;
	pkt = pkt_new ( route->netif );
	if ( !pkt )
		return -ENOBUFS;
	buf = pkt_put ( pkt, len );
	if ( !buf ) {
		pkt_free ( pkt );
		return -EMSGSIZE;
	}
	tcp_build ( seg, buf );
	memcpy ( buf + header_len, seg->data, seg->len );
	csum = csum_finish (
		csum_add ( csum_pseudo_ipv4 ( local, peer, IP_PROTO_TCP, len ), buf, len ) );
	buf[TCP_CSUM_OFFSET] = csum >> 8;
	buf[TCP_CSUM_OFFSET + 1] = csum & 0xff;
	tcp_stats.tx_segments++;
	return ipv4_transmit ( pkt, IP_PROTO_TCP, NULL, local, peer );
}

bool tcp_has_path ( const struct tcp *tcp ) {
	ipv4_addr_t next;
	const struct ipv4_route *route = ipv4_route ( tcp->peer.ipv4, &next );

	return route && ( route->src == tcp->local );
}

/** Window and options of a SYN: all that we can do, or, in reply to a SYN, what both can. */
static void add_syn ( const struct tcp *tcp, struct tcp_segment *seg ) {
	seg->window = (uint16_t) MIN ( tcp->rx.limit, 0xffffU );
	seg->mss = (uint16_t) ( tcp->pmtu - 20 - TCP_HEADER_LEN );
	seg->has_ts = tcp->use_ts;
	seg->sack_permitted = tcp->use_sack;
	seg->has_wscale = ( tcp->rx_scale != 0 );
	seg->wscale = TCP_WINDOW_SCALE;
}

static void add_sack ( struct tcp *tcp, struct tcp_segment *seg ) {
	unsigned int room = tcp_sack_room ( seg );

	if ( tcp->dsack.start != tcp->dsack.end )
		seg->sack[seg->sack_count++] = tcp->dsack;
	seg->sack_count +=
		tcp_window_sack ( &tcp->rx, &seg->sack[seg->sack_count], room - seg->sack_count );
}

int tcp_send ( struct tcp *tcp, uint8_t flags, uint32_t seq, size_t len, utime_t now ) {
	struct tcp_segment seg = {
		.src_port = tcp->local_port,
		.dest_port = tcp->peer.port,
		.seq = seq,
		.flags = flags,
		.data = (const uint8_t *) "",
		.len = len,
	};
	int rc;

	if ( len )
		seg.data = tcp->tx_ring + tcp_tx_pos ( tcp, seq );
	if ( flags & TCP_SYN ) {
		add_syn ( tcp, &seg );
	} else {
		uint32_t window = tcp_window_offer ( &tcp->rx, tcp->rx_mss );

		tcp_stats.window_max = MAX ( tcp_stats.window_max, window );
		seg.window = (uint16_t) MIN ( window >> tcp->rx_scale, 0xffffU );
		seg.has_ts = tcp->use_ts;
		if ( tcp->use_sack && !len && !( flags & TCP_RST ) )
			add_sack ( tcp, &seg );
	}
	if ( tcp->state != TCP_SYN_SENT ) {
		seg.flags |= TCP_ACK;
		seg.ack = tcp_rcv_nxt ( tcp );
		seg.ts_ecr = tcp->ts_recent;
	}
	seg.ts_val = tcp_ts_now ( tcp, now );
	rc = transmit ( &seg, tcp->local, tcp->peer.ipv4 );
	if ( ( rc == 0 ) && ( seg.flags & TCP_ACK ) ) {
		tcp->last_ack_sent = seg.ack;
		tcp->ack_now = false;
		tcp->dsack.start = tcp->dsack.end;
	}
	return rc;
}

void tcp_send_ack ( struct tcp *tcp, utime_t now ) {
	tcp_stats.tx_acks++;
	if ( tcp_send ( tcp, 0, tcp->nxt, 0, now ) != 0 )
		timer_start ( &tcp->ack_timer, now + TCP_DELAYED_ACK_US );
}

void tcp_challenge ( struct tcp *tcp, utime_t now ) {
	if ( now - tcp->challenge_since >= US_PER_S ) {
		tcp->challenge_since = now;
		tcp->challenges = 0;
	}
	if ( tcp->challenges++ < TCP_CHALLENGES_PER_S )
		tcp_send_ack ( tcp, now );
}

void tcp_send_reset ( struct tcp *tcp, utime_t now ) {
	tcp_stats.resets_sent++;
	tcp_send ( tcp, TCP_RST, tcp->nxt, 0, now );
}

void tcp_refuse ( const struct tcp_segment *seg, ipv4_addr_t local, ipv4_addr_t peer ) {
	struct tcp_segment reset = {
		.src_port = seg->dest_port,
		.dest_port = seg->src_port,
		.flags = TCP_RST,
		.data = seg->data,
	};

	if ( seg->flags & TCP_RST )
		return;
	if ( seg->flags & TCP_ACK ) {
		reset.seq = seg->ack;
	} else {
		reset.flags |= TCP_ACK;
		reset.ack = seg->seq + tcp_segment_seq_len ( seg );
	}
	tcp_stats.resets_sent++;
	transmit ( &reset, local, peer );
}

uint32_t tcp_mss ( const struct tcp *tcp ) {
	uint32_t mss = MIN ( tcp->peer_mss, tcp->pmtu - 20 - TCP_HEADER_LEN );

	return mss - ( tcp->use_ts ? 12 : 0 );
}

/** What to send next. */
struct chunk {
	uint32_t seq;
	uint32_t len; /**< payload */
	bool fin;
};

/** The next piece that is to be sent again. @return false if there is none */
static bool next_lost ( struct tcp *tcp, struct chunk *chunk ) {
	struct tcp_range gap;

	gap = tcp_ranges_gap ( &tcp->sacked, tcp->rexmit, seq_min ( tcp->lost, tcp->nxt ) );
	if ( !seq_lt ( tcp->rexmit, tcp->lost ) || ( gap.start == gap.end ) )
		return false;
	chunk->seq = gap.start;
	chunk->len = MIN ( seq_min ( gap.end, tcp->tx_end ) - gap.start, tcp_mss ( tcp ) );
	return true;
}

/** The next piece of new data, as the peer's window and RFC 9293 §3.8.6.2.1 allow. */
static bool next_new ( struct tcp *tcp, struct chunk *chunk ) {
	uint32_t unsent, usable, edge = tcp->una + tcp->wnd;

	if ( seq_gt ( tcp->nxt, tcp->tx_end ) )
		return false; /* the FIN is out */
	unsent = tcp->tx_end - tcp->nxt;
	usable = seq_gt ( edge, tcp->nxt ) ? edge - tcp->nxt : 0;
	chunk->seq = tcp->nxt;
	chunk->len = MIN ( MIN ( unsent, usable ), tcp_mss ( tcp ) );
	if ( chunk->len < unsent )
		return ( chunk->len == tcp_mss ( tcp ) ) ||
		       ( chunk->len && ( chunk->len >= tcp->wnd_max / 2 ) );
	return unsent || tcp->fin_queued;
}

/** Send one piece and count it. @return false if it could not be sent */
static bool send_chunk ( struct tcp *tcp, struct chunk *chunk, bool again, utime_t now ) {
	uint32_t end;
	uint8_t flags = 0;

	/* A segment is one piece of the ring. */
	chunk->len = MIN ( chunk->len, TCP_TX_SIZE - tcp_tx_pos ( tcp, chunk->seq ) );
	end = chunk->seq + chunk->len;
	if ( end == tcp->tx_end ) {
		flags = TCP_PSH;
		if ( tcp->fin_queued ) {
			flags = TCP_FIN;
			end++;
		}
	}
	if ( tcp_send ( tcp, flags, chunk->seq, chunk->len, now ) != 0 )
		return false;
	if ( again ) {
		tcp->rexmit = end;
		tcp->timing = false; /* Karn's rule, RFC 6298 §3 */
		tcp_stats.retransmits++;
	} else {
		if ( tcp->una == tcp->nxt )
			tcp->progress_at = now;
		if ( !tcp->timing ) {
			tcp->timing = true;
			tcp->timed_seq = end;
			tcp->timed_at = now;
		}
	}
	tcp->nxt = seq_max ( tcp->nxt, end );
	return true;
}

void tcp_output ( struct tcp *tcp, utime_t now ) {
	struct chunk chunk;
	bool again;

	if ( !tcp_synchronised ( tcp ) || ( tcp->state == TCP_TIME_WAIT ) )
		return;
	for ( ;; ) {
		again = next_lost ( tcp, &chunk );
		if ( !again && !next_new ( tcp, &chunk ) )
			break;
		if ( !tcp->force && ( tcp_pipe ( tcp ) + chunk.len > tcp->cwnd ) &&
		     tcp_pipe ( tcp ) )
			break;
		if ( !send_chunk ( tcp, &chunk, again, now ) )
			break;
		tcp->force = false;
	}
	if ( !timer_running ( &tcp->rexmit_timer ) )
		tcp_rexmit_arm ( tcp, now );
}
