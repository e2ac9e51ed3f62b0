/** @file
 * What becomes of our own data: round trip and retransmission time-out (RFC 6298, timed by
 * timestamps where there are any), fast retransmit and recovery (RFC 6582 without SACK, in the
 * manner of RFC 6675 with it), congestion window (RFC 5681), zero window probes (RFC 9293
 * §3.8.6.1), path MTU (RFC 1191).
 *
 * We send little, so this is kept simple: one region [rexmit, lost) is to be sent again, pieces
 * that the peer has by its SACK blocks are skipped.
 */
#include <string.h>
#include "core/error.h"
#include "core/log.h"
#include "net/tcp_conn.h"

/** Acknowledgements that name the same byte, or segments SACKed beyond it, until it counts as
 * lost (RFC 5681 §3.2, RFC 6675 §2). */
#define DUP_THRESHOLD 3

void tcp_rtt_sample ( struct tcp *tcp, utime_t rtt ) {
	rtt = MAX ( rtt, (utime_t) 1 );
	if ( tcp->srtt == 0 ) {
		tcp->srtt = rtt;
		tcp->rttvar = rtt / 2;
	} else {
		utime_t error = ( rtt > tcp->srtt ) ? rtt - tcp->srtt : tcp->srtt - rtt;

		tcp->rttvar = ( 3 * tcp->rttvar + error ) / 4;
		tcp->srtt = ( 7 * tcp->srtt + rtt ) / 8;
	}
	tcp->rto = tcp->srtt + MAX ( 4 * tcp->rttvar, US_PER_MS );
	tcp->rto = MIN ( MAX ( tcp->rto, TCP_RTO_MIN ), TCP_RTO_MAX );
}

/** Bytes of [from, to) that the peer does not have. */
static uint32_t missing ( const struct tcp *tcp, uint32_t from, uint32_t to ) {
	if ( !seq_lt ( from, to ) )
		return 0;
	return ( to - from ) - tcp_ranges_covered ( &tcp->sacked, from, to );
}

uint32_t tcp_pipe ( const struct tcp *tcp ) {
	uint32_t flight = missing ( tcp, tcp->una, tcp->nxt );
	uint32_t gone = missing ( tcp, tcp->rexmit, seq_min ( tcp->lost, tcp->nxt ) );

	/* Without SACK each duplicate ACK stands for a segment that has arrived. */
	if ( !tcp->use_sack )
		gone += MIN ( tcp->dup_acks, 0xffffU ) * tcp_mss ( tcp );
	return ( gone < flight ) ? flight - gone : 0;
}

void tcp_rexmit_arm ( struct tcp *tcp, utime_t now ) {
	bool unsent = seq_lt ( tcp->nxt, tcp->tx_end ) ||
		      ( tcp->fin_queued && ( tcp->nxt == tcp->tx_end ) );

	if ( ( tcp->una != tcp->nxt ) || unsent )
		timer_start ( &tcp->rexmit_timer, now + tcp->rto );
	else
		timer_stop ( &tcp->rexmit_timer );
}

/** Nothing is to be sent again. */
static void recovery_end ( struct tcp *tcp ) {
	tcp->recovering = tcp->force = false;
	tcp->rexmit = tcp->lost = tcp->una;
	tcp->dup_acks = 0;
}

/** Begin to repeat from `una` on. */
static void recovery_begin ( struct tcp *tcp, uint32_t cwnd ) {
	uint32_t mss = tcp_mss ( tcp );

	tcp->ssthresh = MAX ( ( tcp->nxt - tcp->una ) / 2, 2 * mss );
	tcp->cwnd = cwnd ? cwnd : tcp->ssthresh;
	tcp->recovering = tcp->force = true;
	tcp->recover = tcp->nxt;
	tcp->rexmit = tcp->una;
	tcp->lost = tcp->una + mss;
}

/** Note what the peer has out of order; blocks that make no sense are ignored. */
static void take_sack ( struct tcp *tcp, const struct tcp_segment *seg ) {
	unsigned int i;

	for ( i = 0; i < seg->sack_count; i++ ) {
		const struct tcp_range *block = &seg->sack[i];

		if ( seq_lt ( block->start, block->end ) && seq_gt ( block->start, tcp->una ) &&
		     seq_le ( block->end, tcp->nxt ) )
			tcp_ranges_add ( &tcp->sacked, block->start, block->end );
	}
}

static uint32_t sacked_end ( const struct tcp *tcp ) {
	return tcp->sacked.count ? tcp->sacked.range[tcp->sacked.count - 1].end : tcp->una;
}

/** Is the first unacknowledged segment lost? In recovery: how far does the loss reach? */
static void detect_loss ( struct tcp *tcp ) {
	uint32_t mss = tcp_mss ( tcp );
	uint32_t sacked = tcp_ranges_covered ( &tcp->sacked, tcp->una, tcp->nxt );

	if ( tcp->una == tcp->nxt )
		return;
	if ( !tcp->recovering &&
	     ( ( tcp->dup_acks >= DUP_THRESHOLD ) || ( sacked >= DUP_THRESHOLD * mss ) ) )
		recovery_begin ( tcp, 0 );
	if ( tcp->recovering && sacked )
		tcp->lost = seq_max ( tcp->lost, sacked_end ( tcp ) - DUP_THRESHOLD * mss );
}

/** `una` moved on by @c acked bytes. */
static void advance ( struct tcp *tcp, uint32_t acked, utime_t now ) {
	uint32_t mss = tcp_mss ( tcp );
	bool timed_out = ( tcp->cwnd < tcp->ssthresh );

	tcp->progress_at = now;
	tcp->dup_acks = 0;
	tcp_ranges_drop_below ( &tcp->sacked, tcp->una );
	tcp->rexmit = seq_max ( tcp->rexmit, tcp->una );
	tcp->lost = seq_max ( tcp->lost, tcp->una );
	if ( tcp->recovering && seq_ge ( tcp->una, tcp->recover ) ) {
		recovery_end ( tcp );
		return;
	}
	if ( tcp->recovering && !timed_out ) {
		/* A partial acknowledgement: the next segment is lost as well (RFC 6582 §3.2). */
		if ( !seq_lt ( tcp->rexmit, tcp->lost ) && !tcp->sacked.count ) {
			tcp->rexmit = tcp->una;
			tcp->lost = tcp->una + mss;
			tcp->force = true;
		}
		return;
	}
	if ( tcp->cwnd < tcp->ssthresh )
		tcp->cwnd += acked;
	else
		tcp->cwnd +=
			MAX ( 1U, (uint32_t) ( (uint64_t) mss * MIN ( acked, mss ) / tcp->cwnd ) );
	tcp->cwnd = MIN ( tcp->cwnd, 2 * TCP_TX_SIZE ); /* more is never queued */
}

static void take_rtt ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	if ( seg->has_ts && tcp->use_ts ) {
		uint32_t ms = tcp_ts_now ( tcp, now ) - seg->ts_ecr;

		if ( ms <= TCP_GIVE_UP_US / US_PER_MS )
			tcp_rtt_sample ( tcp, ms * US_PER_MS );
	} else if ( tcp->timing && seq_ge ( tcp->una, tcp->timed_seq ) ) {
		tcp_rtt_sample ( tcp, now - tcp->timed_at );
	}
	if ( seq_ge ( tcp->una, tcp->timed_seq ) )
		tcp->timing = false;
}

/** The peer's window, if this segment is not older than the last that told it. */
static void take_window ( struct tcp *tcp, const struct tcp_segment *seg ) {
	uint32_t wnd = (uint32_t) seg->window << tcp->tx_scale;

	if ( !seq_lt ( tcp->wl1, seg->seq ) &&
	     !( ( tcp->wl1 == seg->seq ) && seq_le ( tcp->wl2, seg->ack ) ) )
		return;
	/* A window that opens after a probe: what was probed with is repeated now. */
	if ( ( tcp->wnd == 0 ) && wnd && ( tcp->una != tcp->nxt ) ) {
		tcp->rexmit = tcp->una;
		tcp->lost = tcp->nxt;
	}
	tcp->wnd = wnd;
	tcp->wnd_max = MAX ( tcp->wnd_max, wnd );
	tcp->wl1 = seg->seq;
	tcp->wl2 = seg->ack;
}

void tcp_acknowledged ( struct tcp *tcp, const struct tcp_segment *seg, utime_t now ) {
	uint32_t old_wnd = tcp->wnd;
	uint32_t acked = 0;

	/* A stream of data from the peer acknowledges nothing new: the common case. */
	if ( ( seg->ack == tcp->una ) && ( tcp->una == tcp->nxt ) && ( tcp->tx_end == tcp->nxt ) ) {
		take_window ( tcp, seg );
		return;
	}
	if ( seq_gt ( seg->ack, tcp->una ) ) {
		acked = seg->ack - tcp->una;
		tcp->una = seg->ack;
		take_rtt ( tcp, seg, now );
		advance ( tcp, acked, now );
	}
	take_window ( tcp, seg );
	if ( tcp->use_sack )
		take_sack ( tcp, seg );
	if ( !acked && !tcp->use_sack && ( seg->ack == tcp->una ) && ( tcp->una != tcp->nxt ) &&
	     !seg->len && !( seg->flags & TCP_FIN ) && ( tcp->wnd == old_wnd ) )
		tcp->dup_acks++;
	detect_loss ( tcp );
	if ( acked )
		tcp_rexmit_arm ( tcp, now );
	tcp_output ( tcp, now );
	if ( acked && ( tcp->tx_end - tcp->una <= TCP_TX_SIZE / 2 ) )
		event_signal ( &tcp->changed );
}

/** Nothing is under way, but the peer's window keeps something back: try a byte, or the FIN. */
static void probe_window ( struct tcp *tcp, utime_t now ) {
	bool data = seq_lt ( tcp->nxt, tcp->tx_end );
	bool fin = !data || ( tcp->fin_queued && ( tcp->nxt + 1 == tcp->tx_end ) );

	if ( tcp_send ( tcp, fin && tcp->fin_queued ? TCP_FIN : TCP_PSH, tcp->nxt, data, now ) ==
	     0 )
		tcp->nxt += data + ( fin && tcp->fin_queued );
}

static bool gave_up ( const struct tcp *tcp, utime_t now ) {
	utime_t limit = tcp->detached ? TCP_GIVE_UP_CLOSED_US : TCP_GIVE_UP_US;
	utime_t since = tcp->progress_at;

	/* A peer that answers may keep its window shut for as long as it likes (RFC 9293 §3.8.6.1),
	 * as long as somebody here cares. */
	if ( ( tcp->wnd == 0 ) && !tcp->detached )
		since = MAX ( since, tcp->last_rx );
	return now - since >= limit;
}

void tcp_rexmit_expired ( struct timer *timer, utime_t now ) {
	struct tcp *tcp = container_of ( timer, struct tcp, rexmit_timer );

	if ( !tcp_synchronised ( tcp ) ) {
		if ( tcp->rto * 2 > TCP_RTO_MAX ) {
			tcp_die ( tcp, tcp->unreachable ? -ENETUNREACH_TCP : -ETIMEDOUT_TCP );
			return;
		}
		tcp->rto *= 2;
		tcp->timing = false;
		LOG ( LOG_DETAIL, "port %u: retransmission time-out", tcp->local_port );
		tcp_stats.retransmits++;
		tcp_send ( tcp, TCP_SYN, tcp->iss, 0, now );
		timer_start ( timer, now + tcp->rto );
		return;
	}
	/* The address went away with its interface or lease: no answer could find us. */
	if ( !tcp_has_path ( tcp ) ) {
		tcp_die ( tcp, -ENETUNREACH_TCP );
		return;
	}
	if ( gave_up ( tcp, now ) ) {
		tcp_send_reset ( tcp, now );
		tcp_die ( tcp, -ETIMEDOUT_TCP );
		return;
	}
	tcp->rto = MIN ( tcp->rto * 2, TCP_RTO_MAX );
	if ( tcp->una == tcp->nxt ) {
		tcp_output ( tcp, now ); /* it may only have lacked a packet buffer */
		if ( tcp->una == tcp->nxt )
			probe_window ( tcp, now );
	} else if ( tcp->wnd == 0 ) {
		/* The probe again; a shut window is no congestion. */
		tcp->rexmit = tcp->una;
		tcp->lost = seq_min ( tcp->nxt, tcp->una + tcp_mss ( tcp ) );
		tcp->force = true;
		tcp_output ( tcp, now );
	} else {
		/* What was SACKed may have been forgotten by now (RFC 2018 §8). */
		tcp->sacked.count = 0;
		tcp->dup_acks = 0;
		recovery_begin ( tcp, tcp_mss ( tcp ) );
		tcp->lost = tcp->nxt;
		tcp_output ( tcp, now );
	}
	tcp_rexmit_arm ( tcp, now );
}

void tcp_path_mtu ( struct tcp *tcp, uint16_t mtu, utime_t now ) {
	mtu = MAX ( mtu, TCP_PMTU_MIN );
	if ( mtu >= tcp->pmtu )
		return;
	tcp->pmtu = mtu;
	if ( tcp->una == tcp->nxt )
		return;
	tcp->rexmit = tcp->una;
	tcp->lost = tcp->nxt;
	tcp->force = true;
	tcp_output ( tcp, now );
}
