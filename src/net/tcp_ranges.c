/** @file
 * Pieces of sequence space. The list is short and most additions are at its end, so searches start
 * there.
 */
#include <string.h>
#include "net/tcp_ranges.h"

/** Replace range[from..to) by one (or, if @c fresh is NULL, by nothing). */
static void splice ( struct tcp_ranges *ranges, unsigned int from, unsigned int to,
		     const struct tcp_range *fresh ) {
	unsigned int added = fresh ? 1 : 0;

	memmove ( &ranges->range[from + added], &ranges->range[to],
		  ( ranges->count - to ) * sizeof ( ranges->range[0] ) );
	ranges->count = ranges->count - ( to - from ) + added;
	if ( fresh )
		ranges->range[from] = *fresh;
}

bool tcp_ranges_add ( struct tcp_ranges *ranges, uint32_t start, uint32_t end ) {
	unsigned int from, to = ranges->count;
	struct tcp_range merged = { start, end };

	while ( to && seq_gt ( ranges->range[to - 1].start, end ) )
		to--;
	for ( from = to; from && seq_ge ( ranges->range[from - 1].end, start ); from-- )
		;
	if ( from == to ) {
		if ( ranges->count == TCP_RANGES_MAX )
			return false;
	} else {
		merged.start = seq_min ( start, ranges->range[from].start );
		merged.end = seq_max ( end, ranges->range[to - 1].end );
	}
	splice ( ranges, from, to, &merged );
	return true;
}

void tcp_ranges_drop_below ( struct tcp_ranges *ranges, uint32_t seq ) {
	unsigned int n = 0;

	while ( ( n < ranges->count ) && seq_le ( ranges->range[n].end, seq ) )
		n++;
	if ( n )
		splice ( ranges, 0, n, NULL );
	if ( ranges->count )
		ranges->range[0].start = seq_max ( ranges->range[0].start, seq );
}

const struct tcp_range *tcp_ranges_find ( const struct tcp_ranges *ranges, uint32_t seq ) {
	unsigned int i = ranges->count;

	while ( i-- ) {
		if ( seq_ge ( seq, ranges->range[i].start ) )
			return seq_lt ( seq, ranges->range[i].end ) ? &ranges->range[i] : NULL;
	}
	return NULL;
}

uint32_t tcp_ranges_covered ( const struct tcp_ranges *ranges, uint32_t start, uint32_t end ) {
	uint32_t covered = 0;
	unsigned int i;

	for ( i = 0; i < ranges->count; i++ ) {
		uint32_t from = seq_max ( start, ranges->range[i].start );
		uint32_t to = seq_min ( end, ranges->range[i].end );

		if ( seq_lt ( from, to ) )
			covered += to - from;
	}
	return covered;
}

struct tcp_range tcp_ranges_gap ( const struct tcp_ranges *ranges, uint32_t start, uint32_t end ) {
	unsigned int i;

	for ( i = 0; ( i < ranges->count ) && seq_lt ( start, end ); i++ ) {
		if ( seq_lt ( start, ranges->range[i].start ) )
			return ( struct tcp_range ){ start,
						     seq_min ( end, ranges->range[i].start ) };
		start = seq_max ( start, ranges->range[i].end );
	}
	return ( struct tcp_range ){ seq_min ( start, end ), end };
}
