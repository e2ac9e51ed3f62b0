/** @file
 * The receive window: ring, reassembly, SACK blocks (RFC 2018) and the choice of its size.
 *
 * The size follows what arrives. A sender in slow start doubles each round trip, and what it sends
 * in the next one depends on the window that it hears of in this one, so the window is kept at four
 * times the bytes of a round trip. It is halved when the NIC drops frames for want of buffers, or
 * when segments get lost on a local wire while the window was in full use.
 */
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "net/tcp.h"
#include "net/tcp_window.h"

int tcp_window_init ( struct tcp_window *window ) {
	memset ( window, 0, sizeof ( *window ) );
	window->ring = pages_alloc ( TCP_WINDOW_FIRST, PAGES_HIGH );
	if ( !window->ring )
		return -ENOMEM;
	window->size = window->limit = TCP_WINDOW_FIRST;
	return 0;
}

void tcp_window_fini ( struct tcp_window *window ) {
	pages_free ( window->ring, window->size );
	window->ring = NULL;
	window->size = window->limit = 0;
	window->read = window->next;
	window->ooo.count = window->recent_count = 0;
}

void tcp_window_start ( struct tcp_window *window, uint32_t first, uint32_t offered ) {
	window->read = window->next = window->period_read = first;
	window->edge = first + offered;
}

void tcp_window_cap ( struct tcp_window *window, uint32_t limit ) {
	window->limit = MIN ( window->limit, limit );
	window->hold_until = TIME_NEVER;
}

/** Copy between linear memory and a ring; both directions, at most two pieces. */
static void ring_write ( struct tcp_window *window, uint32_t seq, const uint8_t *data,
			 size_t len ) {
	uint32_t pos = seq & ( window->size - 1 );
	size_t first = MIN ( len, window->size - pos );

	memcpy ( window->ring + pos, data, first );
	if ( first < len )
		memcpy ( window->ring, data + first, len - first );
}

static void ring_read ( const struct tcp_window *window, uint32_t seq, uint8_t *buf, size_t len ) {
	uint32_t pos = seq & ( window->size - 1 );
	size_t first = MIN ( len, window->size - pos );

	memcpy ( buf, window->ring + pos, first );
	if ( first < len )
		memcpy ( buf + first, window->ring, len - first );
}

/** Copy a piece to its place in a larger ring. */
static void ring_move ( const struct tcp_window *from, struct tcp_window *to, uint32_t start,
			uint32_t end ) {
	while ( start != end ) {
		uint32_t pos = start & ( from->size - 1 );
		uint32_t len = MIN ( end - start, from->size - pos );

		ring_write ( to, start, from->ring + pos, len );
		start += len;
	}
}

static bool ring_grow ( struct tcp_window *window, uint32_t size ) {
	struct tcp_window old = *window;
	unsigned int i;

	if ( size > pages_available () / TCP_WINDOW_MEMORY_SHARE )
		return false;
	window->ring = pages_alloc ( size, PAGES_HIGH );
	if ( !window->ring ) {
		window->ring = old.ring;
		return false;
	}
	window->size = size;
	ring_move ( &old, window, old.read, old.next );
	for ( i = 0; i < old.ooo.count; i++ )
		ring_move ( &old, window, old.ooo.range[i].start, old.ooo.range[i].end );
	pages_free ( old.ring, old.size );
	return true;
}

/** Note which piece was touched last; one entry a piece. */
static void note_recent ( struct tcp_window *window, uint32_t seq ) {
	const struct tcp_range *piece = tcp_ranges_find ( &window->ooo, seq );
	uint32_t kept[TCP_SACK_MAX];
	unsigned int i, count = 0;

	kept[count++] = seq;
	for ( i = 0; ( i < window->recent_count ) && ( count < TCP_SACK_MAX ); i++ ) {
		const struct tcp_range *other = tcp_ranges_find ( &window->ooo, window->recent[i] );

		if ( other && ( other != piece ) )
			kept[count++] = window->recent[i];
	}
	memcpy ( window->recent, kept, count * sizeof ( kept[0] ) );
	window->recent_count = count;
}

static enum tcp_window_put put_out_of_order ( struct tcp_window *window, uint32_t seq,
					      const uint8_t *data, size_t len, utime_t now ) {
	uint32_t end = seq + (uint32_t) len;
	const struct tcp_range *piece = tcp_ranges_find ( &window->ooo, seq );
	unsigned int count = window->ooo.count;

	if ( piece && seq_ge ( piece->end, end ) ) {
		note_recent ( window, seq );
		return TCP_PUT_DUPLICATE;
	}
	if ( !tcp_ranges_add ( &window->ooo, seq, end ) )
		return TCP_PUT_DROPPED;
	ring_write ( window, seq, data, len );
	if ( count == 0 )
		window->gap_since = now;
	note_recent ( window, seq );
	return ( window->ooo.count > count ) ? TCP_PUT_GAP : TCP_PUT_BEYOND;
}

/** Out-of-order data that now follows without a gap becomes readable. */
static void take_up ( struct tcp_window *window, utime_t now ) {
	const struct tcp_range *first = &window->ooo.range[0];

	/* More than one piece, if what came covers the first and reaches into the second. */
	while ( window->ooo.count && seq_le ( first->start, window->next ) ) {
		window->next = seq_max ( window->next, first->end );
		tcp_ranges_drop_below ( &window->ooo, window->next );
	}
	/* Late by half a round trip is a repetition of what was lost, less is only reordering. */
	if ( ( window->ooo.count == 0 ) && window->rtt && ( window->rtt < TCP_WINDOW_RTT_LOCAL ) &&
	     ( now - window->gap_since >= window->rtt / 2 ) &&
	     ( window->last_bytes >= window->limit / 4 * 3 ) )
		tcp_window_back_off ( window, now );
}

enum tcp_window_put tcp_window_put ( struct tcp_window *window, uint32_t seq, const uint8_t *data,
				     size_t len, utime_t now ) {
	size_t direct = 0;

	if ( seq != window->next )
		return put_out_of_order ( window, seq, data, len, now );
	if ( window->target && ( window->read == window->next ) ) {
		direct = MIN ( len, window->target_len - window->target_fill );
		memcpy ( window->target + window->target_fill, data, direct );
		window->target_fill += direct;
		window->read += (uint32_t) direct;
		tcp_stats.rx_direct_bytes += direct;
	}
	if ( direct < len )
		ring_write ( window, seq + (uint32_t) direct, data + direct, len - direct );
	window->next += (uint32_t) len;
	if ( window->ooo.count == 0 )
		return TCP_PUT_IN_ORDER;
	take_up ( window, now );
	return TCP_PUT_FILLED;
}

size_t tcp_window_read ( struct tcp_window *window, void *buf, size_t len ) {
	size_t ready = tcp_window_ready ( window );

	len = MIN ( len, ready );
	if ( len ) {
		ring_read ( window, window->read, buf, len );
		window->read += (uint32_t) len;
	}
	return len;
}

/** How far the edge could move. */
static uint32_t window_gain ( const struct tcp_window *window ) {
	uint32_t edge = window->read + window->limit;

	return seq_gt ( edge, window->edge ) ? edge - window->edge : 0;
}

uint32_t tcp_window_offer ( struct tcp_window *window, uint32_t mss ) {
	uint32_t gain = window_gain ( window );

	if ( gain && ( gain >= MIN ( window->limit / 2, mss ) ) )
		window->edge += gain;
	return window->edge - window->next;
}

bool tcp_window_worth_update ( const struct tcp_window *window, uint32_t mss ) {
	uint32_t gain = window_gain ( window );
	uint32_t open = window->edge - window->next;

	return ( gain >= MIN ( window->limit / 2, 2 * mss ) ) &&
	       ( ( open < 2 * mss ) || ( gain >= window->limit / 4 ) );
}

unsigned int tcp_window_sack ( const struct tcp_window *window, struct tcp_range *blocks,
			       unsigned int max ) {
	unsigned int i, count = 0;

	for ( i = 0; ( i < window->recent_count ) && ( count < max ); i++ ) {
		const struct tcp_range *piece = tcp_ranges_find ( &window->ooo, window->recent[i] );

		/* Two entries can name one piece after a gap between them was filled. */
		if ( piece && ( ( count == 0 ) || ( blocks[0].start != piece->start ) ) &&
		     ( ( count < 2 ) || ( blocks[1].start != piece->start ) ) &&
		     ( ( count < 3 ) || ( blocks[2].start != piece->start ) ) )
			blocks[count++] = *piece;
	}
	return count;
}

void tcp_window_rtt ( struct tcp_window *window, utime_t rtt ) {
	rtt = MAX ( rtt, TCP_WINDOW_RTT_MIN );
	if ( ( window->rtt == 0 ) || ( rtt < window->rtt ) )
		window->rtt = rtt;
}

void tcp_window_tune ( struct tcp_window *window, utime_t now ) {
	uint32_t bytes = window->read - window->period_read;

	if ( !window->ring )
		return;
	if ( ( bytes > window->limit / 4 ) && ( now >= window->hold_until ) ) {
		uint32_t want = window->limit;

		while ( ( want < TCP_WINDOW_MAX ) && ( want / 4 < bytes ) )
			want *= 2;
		if ( ( want <= window->size ) || ring_grow ( window, want ) )
			window->limit = want;
		else
			window->hold_until = now + TCP_WINDOW_HOLD_FIRST;
	}
	if ( now - window->period_start >= window->rtt ) {
		window->period_start = now;
		window->period_read = window->read;
		window->last_bytes = bytes;
	}
}

void tcp_window_back_off ( struct tcp_window *window, utime_t now ) {
	if ( window->hold_until == TIME_NEVER )
		return;
	/* One back-off answers everything that was under way. */
	if ( window->hold &&
	     ( now - window->backed_off <= MAX ( window->rtt, TCP_WINDOW_RTT_LOCAL ) ) )
		return;
	window->backed_off = now;
	window->hold = window->hold ? MIN ( window->hold * 2, TCP_WINDOW_HOLD_MAX )
				    : TCP_WINDOW_HOLD_FIRST;
	window->hold_until = now + window->hold;
	if ( window->limit > TCP_WINDOW_FLOOR )
		window->limit = MAX ( window->limit / 2, TCP_WINDOW_FLOOR );
}
