/** @file
 * A server of bulk data for tests; see tcp_sender.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/tcp_sender.h"

#define MSS         TCP_SENDER_MSS
#define COALESCE    32
#define RTO_MIN     ( 200 * US_PER_MS )
#define PATTERN_LEN 65521

enum state { LISTEN, SYN_RECEIVED, SENDING };

struct piece {
	utime_t sent;
	bool sacked, lost, again;
};

struct tcp_sender {
	struct tcp_peer *peer;
	ipv4_addr_t client;
	uint16_t port;
	enum state state;
	bool use_sack, may_sack, coalesce, use_ts;
	unsigned int scale;

	size_t size;
	struct piece *pieces;
	uint32_t count;             /* pieces; the FIN belongs to the last */
	uint32_t isn;               /* first byte */
	uint32_t una, nxt, highest; /* pieces: acknowledged, sent, highest SACKed + 1 */
	uint32_t una_bytes, wnd;
	uint32_t sacked, lost; /* counts among [una, nxt) */
	uint32_t cwnd, ssthresh, recover;
	bool recovering, reordered;
	uint32_t prior_cwnd, prior_ssthresh, undo;
	uint32_t again_ms; /* when the first repetition of this recovery was sent */
	uint32_t credit;   /* Reno: acknowledged since the last increase */
	unsigned int dup_acks;
	utime_t srtt, min_rtt, newest; /* newest: sent time of the latest delivered */
	struct timer rto, reorder;
	utime_t rto_us;

	uint32_t rcv_nxt, ts_recent;
	size_t request_len, want;
	bool request_bad;
	unsigned int retransmits, timeouts;
};

static uint8_t pattern[2 * PATTERN_LEN];

static void make_pattern ( void ) {
	uint32_t x = 12345;

	if ( pattern[1] )
		return;
	for ( unsigned int i = 0; i < PATTERN_LEN; i++ ) {
		x = x * 1103515245 + 12345;
		pattern[i] = pattern[i + PATTERN_LEN] = (uint8_t) ( x >> 16 );
	}
}

bool tcp_sender_check ( const uint8_t *data, size_t at, size_t len ) {
	make_pattern ();
	while ( len ) {
		size_t n = MIN ( len, (size_t) PATTERN_LEN );

		if ( memcmp ( data, pattern + at % PATTERN_LEN, n ) != 0 )
			return false;
		data += n;
		at += n;
		len -= n;
	}
	return true;
}

static size_t piece_len ( const struct tcp_sender *s, uint32_t i ) {
	return MIN ( (size_t) MSS, s->size - (size_t) i * MSS );
}

static void emit ( struct tcp_sender *s, struct tcp_segment seg, unsigned int flags ) {
	seg.src_port = 80;
	seg.dest_port = s->port;
	seg.ack = s->rcv_nxt;
	seg.flags |= TCP_ACK;
	seg.window = 0xffff;
	seg.has_ts = s->use_ts;
	seg.ts_val = (uint32_t) ( clock_now () / 1000 );
	seg.ts_ecr = s->ts_recent;
	tcp_peer_send ( s->peer, s->client, &seg, flags );
}

/** Send pieces [first, first + n) as one frame. */
static void send_pieces ( struct tcp_sender *s, uint32_t first, uint32_t n ) {
	static uint8_t buf[COALESCE * MSS];
	size_t at = (size_t) first * MSS, len = 0;
	uint32_t i;

	for ( i = first; i < first + n; i++ ) {
		s->pieces[i].sent = clock_now ();
		len += piece_len ( s, i );
	}
	for ( size_t done = 0, part; done < len; done += part ) {
		part = MIN ( len - done, (size_t) PATTERN_LEN );
		memcpy ( buf + done, pattern + ( at + done ) % PATTERN_LEN, part );
	}
	emit ( s,
	       ( struct tcp_segment ){ .seq = s->isn + (uint32_t) at,
				       .data = buf,
				       .len = len,
				       .flags = ( first + n == s->count ) ? TCP_FIN : 0 },
	       ( n > 1 ) ? PKT_CSUM_OK | PKT_COALESCED : 0 );
}

static uint32_t in_flight ( const struct tcp_sender *s ) {
	return ( s->nxt - s->una ) - s->sacked - s->lost;
}

static void output ( struct tcp_sender *s ) {
	uint32_t n;

	for ( uint32_t i = s->una; ( i < s->nxt ) && s->lost && ( in_flight ( s ) < s->cwnd );
	      i++ ) {
		if ( !s->pieces[i].lost )
			continue;
		s->pieces[i].lost = false;
		s->pieces[i].again = true;
		s->lost--;
		if ( !s->undo++ )
			s->again_ms = (uint32_t) ( clock_now () / 1000 );
		s->retransmits++;
		send_pieces ( s, i, 1 );
	}
	while ( !s->lost && ( s->nxt < s->count ) && ( in_flight ( s ) < s->cwnd ) ) {
		uint32_t edge = s->una_bytes + s->wnd;

		for ( n = 0; ( n < ( s->coalesce ? COALESCE : 1 ) ) && ( s->nxt + n < s->count ) &&
			     ( ( s->nxt + n ) * MSS + piece_len ( s, s->nxt + n ) <= edge ) &&
			     ( in_flight ( s ) + n < s->cwnd );
		      n++ )
			;
		if ( !n )
			break;
		s->nxt += n;
		send_pieces ( s, s->nxt - n, n );
	}
	if ( s->una == s->count )
		timer_stop ( &s->rto );
	else if ( !timer_running ( &s->rto ) )
		timer_start ( &s->rto, clock_now () + s->rto_us );
}

static void enter_recovery ( struct tcp_sender *s ) {
	if ( s->recovering )
		return;
	s->recovering = true;
	s->recover = s->nxt;
	s->prior_cwnd = s->cwnd;
	s->prior_ssthresh = s->ssthresh;
	s->undo = 0;
	s->ssthresh = MAX ( s->cwnd * 7 / 10, 2U );
	s->cwnd = s->ssthresh;
}

static void mark_lost ( struct tcp_sender *s, uint32_t i ) {
	if ( s->pieces[i].lost || s->pieces[i].sacked )
		return;
	s->pieces[i].lost = true;
	s->lost++;
}

/** Losses by time: sent well before something that has arrived. */
static void detect ( struct tcp_sender *s ) {
	utime_t reo = ( s->reordered || ( s->sacked < 3 ) ) ? s->min_rtt / 4 : 0;
	utime_t now = clock_now (), next = TIME_NEVER;

	if ( !s->sacked )
		return;
	for ( uint32_t i = s->una; i < s->highest; i++ ) {
		struct piece *p = &s->pieces[i];
		utime_t due = p->sent + s->srtt + reo;

		if ( p->sacked || p->lost || ( p->sent > s->newest ) )
			continue;
		if ( !s->reordered && ( s->sacked >= 3 ) && !p->again )
			due = now;
		if ( due <= now ) {
			mark_lost ( s, i );
			enter_recovery ( s );
		} else {
			next = MIN ( next, due );
		}
	}
	if ( next != TIME_NEVER )
		timer_start ( &s->reorder, next );
}

static void reorder_expired ( struct timer *timer, utime_t now ) {
	struct tcp_sender *s = container_of ( timer, struct tcp_sender, reorder );

	detect ( s );
	output ( s );
}

static void rto_expired ( struct timer *timer, utime_t now ) {
	struct tcp_sender *s = container_of ( timer, struct tcp_sender, rto );

	if ( s->state == SENDING ) {
		s->timeouts++;
		for ( uint32_t i = s->una; i < s->nxt; i++ )
			mark_lost ( s, i );
		enter_recovery ( s );
		s->recover = s->nxt;
		s->prior_cwnd = 0;
		s->cwnd = 1;
		if ( s->una == s->nxt ) {
			/* A shut window: probe with the next piece. */
			s->wnd = MAX ( s->wnd, (uint32_t) MSS );
		}
	}
	s->rto_us = MIN ( s->rto_us * 2, 10 * US_PER_S );
	output ( s );
}

static void delivered ( struct tcp_sender *s, uint32_t i ) {
	struct piece *p = &s->pieces[i];

	if ( !p->again ) {
		utime_t rtt = clock_now () - p->sent;

		s->srtt = s->srtt ? ( 7 * s->srtt + rtt ) / 8 : rtt;
		s->min_rtt = s->min_rtt ? MIN ( s->min_rtt, rtt ) : rtt;
		if ( i < s->highest )
			s->reordered = true;
	}
	s->newest = MAX ( s->newest, p->sent );
	if ( p->lost ) {
		p->lost = false;
		s->lost--;
	}
}

/** It was a false alarm. */
static void undo ( struct tcp_sender *s ) {
	if ( s->prior_cwnd ) {
		s->cwnd = MAX ( s->cwnd, s->prior_cwnd );
		s->ssthresh = MAX ( s->ssthresh, s->prior_ssthresh );
	}
	s->prior_cwnd = 0;
	s->recovering = false;
	s->reordered = true;
}

static void take_sack ( struct tcp_sender *s, const struct tcp_segment *seg ) {
	for ( unsigned int b = 0; b < seg->sack_count; b++ ) {
		uint32_t from = seg->sack[b].start - s->isn, to = seg->sack[b].end - s->isn;

		if ( ( b == 0 ) && ( ( to <= s->una_bytes ) ||
				     ( ( seg->sack_count > 1 ) &&
				       seq_ge ( seg->sack[0].start, seg->sack[1].start ) &&
				       seq_le ( seg->sack[0].end, seg->sack[1].end ) ) ) ) {
			/* DSACK: what was repeated had arrived after all. */
			if ( s->undo && !--s->undo )
				undo ( s );
			continue;
		}
		for ( uint32_t i = MAX ( from / MSS, s->una ); i < s->nxt; i++ ) {
			if ( ( i * MSS < from ) )
				continue;
			if ( i * MSS + piece_len ( s, i ) > to )
				break;
			if ( s->pieces[i].sacked )
				continue;
			delivered ( s, i );
			s->pieces[i].sacked = true;
			s->sacked++;
			s->highest = MAX ( s->highest, i + 1 );
		}
	}
}

static void grow ( struct tcp_sender *s, uint32_t acked ) {
	if ( s->recovering && ( s->cwnd >= s->ssthresh ) )
		return;
	if ( s->cwnd < s->ssthresh ) {
		s->cwnd += acked;
	} else if ( ( s->credit += acked ) >= s->cwnd ) {
		s->credit = 0;
		s->cwnd++;
	}
}

static void take_ack ( struct tcp_sender *s, const struct tcp_segment *seg ) {
	uint32_t bytes = seg->ack - s->isn, before = s->una;

	if ( (int32_t) ( bytes - s->una_bytes ) < 0 )
		return;
	s->wnd = (uint32_t) seg->window << s->scale;
	if ( bytes > s->una_bytes )
		s->rto_us = MIN ( MAX ( 2 * s->srtt, RTO_MIN ), 2 * US_PER_S );
	else if ( ( s->nxt > s->una ) && !seg->len )
		s->dup_acks++;
	s->una_bytes = bytes;
	while ( ( s->una < s->nxt ) &&
		( (size_t) s->una * MSS + piece_len ( s, s->una ) + ( s->una + 1 == s->count ) <=
		  bytes ) ) {
		if ( s->pieces[s->una].sacked )
			s->sacked--;
		else
			delivered ( s, s->una );
		s->una++;
	}
	s->highest = MAX ( s->highest, s->una );
	if ( s->una > before ) {
		timer_stop ( &s->rto ); /* starts anew below */
		s->dup_acks = 0;
		/* Eifel (RFC 3522): the acknowledgement is for the first transmission. */
		if ( s->recovering && s->undo && s->use_ts && seq_lt ( seg->ts_ecr, s->again_ms ) )
			undo ( s );
		if ( s->recovering && ( s->una >= s->recover ) )
			s->recovering = false;
		else if ( s->recovering && !s->use_sack )
			mark_lost ( s, s->una );
		grow ( s, s->una - before );
	}
	if ( s->use_sack )
		take_sack ( s, seg );
	if ( !s->use_sack && ( s->dup_acks == 3 ) && !s->recovering ) {
		enter_recovery ( s );
		mark_lost ( s, s->una );
	}
	detect ( s );
	output ( s );
}

static void take_request ( struct tcp_sender *s, const struct tcp_segment *seg ) {
	if ( seg->seq != s->rcv_nxt ) {
		emit ( s, ( struct tcp_segment ){ .seq = s->isn + s->nxt * MSS }, 0 );
		return;
	}
	s->request_bad |= !tcp_sender_check ( seg->data, s->request_len, seg->len );
	s->request_len += seg->len;
	s->rcv_nxt += (uint32_t) seg->len;
	if ( s->request_len < s->want )
		emit ( s, ( struct tcp_segment ){ .seq = s->isn }, 0 );
	else
		s->state = SENDING;
}

static void sender_rx ( struct tcp_peer *peer, const struct tcp_segment *seg, void *arg ) {
	struct tcp_sender *s = arg;

	if ( seg->flags & TCP_RST )
		return;
	if ( seg->flags & TCP_SYN ) {
		s->port = seg->src_port;
		s->rcv_nxt = seg->seq + 1;
		s->scale = seg->wscale;
		s->use_ts = seg->has_ts;
		s->ts_recent = seg->ts_val;
		s->use_sack = s->may_sack && seg->sack_permitted;
		s->state = SYN_RECEIVED;
		emit ( s,
		       ( struct tcp_segment ){ .seq = s->isn - 1,
					       .flags = TCP_SYN,
					       .mss = 1460,
					       .has_wscale = true,
					       .wscale = 7,
					       .sack_permitted = s->use_sack },
		       0 );
		return;
	}
	if ( ( s->state == LISTEN ) || ( seg->src_port != s->port ) )
		return;
	if ( seq_le ( seg->seq, s->rcv_nxt ) )
		s->ts_recent = seg->ts_val;
	if ( seg->len )
		take_request ( s, seg );
	if ( ( seg->flags & TCP_FIN ) && ( seg->seq + seg->len == s->rcv_nxt ) ) {
		s->rcv_nxt++;
		emit ( s, ( struct tcp_segment ){ .seq = s->isn + (uint32_t) s->size + 1 }, 0 );
		s->state = LISTEN;
		timer_stop ( &s->rto );
	}
	if ( s->state == SENDING )
		take_ack ( s, seg );
}

struct tcp_sender *tcp_sender_new ( struct netsim *net, ipv4_addr_t ip, size_t size, bool sack,
				    bool coalesce ) {
	struct tcp_sender *s = calloc ( 1, sizeof ( *s ) );

	make_pattern ();
	if ( !s )
		abort ();
	s->client = IPV4 ( 10, 0, 0, 2 );
	s->size = size;
	s->count = (uint32_t) ( ( size + MSS - 1 ) / MSS );
	s->pieces = calloc ( s->count, sizeof ( *s->pieces ) );
	if ( !s->pieces )
		abort ();
	s->isn = netsim_random ( net );
	s->cwnd = 10;
	s->ssthresh = 0x7fffffff;
	s->rto_us = US_PER_S;
	s->want = 1;
	s->may_sack = sack;
	s->coalesce = coalesce;
	timer_init ( &s->rto, rto_expired );
	timer_init ( &s->reorder, reorder_expired );
	s->peer = tcp_peer_new ( net, ip, sender_rx, s );
	return s;
}

void tcp_sender_free ( struct tcp_sender *s ) {
	timer_stop ( &s->rto );
	timer_stop ( &s->reorder );
	tcp_peer_free ( s->peer );
	free ( s->pieces );
	free ( s );
}

size_t tcp_sender_request_len ( const struct tcp_sender *s ) {
	return s->request_len;
}

bool tcp_sender_request_good ( const struct tcp_sender *s ) {
	return !s->request_bad;
}

void tcp_sender_want ( struct tcp_sender *s, size_t len ) {
	s->want = len;
}

unsigned int tcp_sender_retransmits ( const struct tcp_sender *s ) {
	return s->retransmits;
}

unsigned int tcp_sender_timeouts ( const struct tcp_sender *s ) {
	return s->timeouts;
}
