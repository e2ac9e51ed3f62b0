/** @file
 * Room for a kernel and its initrd, and the moves of pages there.
 */
#include <string.h>
#include "image/place.h"

/* ---- Pieces of memory ---- */

bool extents_add ( struct extents *extents, uint64_t start, uint64_t end ) {
	struct extent *list = extents->list;
	unsigned int first, last;

	if ( start >= end )
		return true;
	for ( first = 0; ( first < extents->count ) && ( list[first].end < start ); )
		first++;
	for ( last = first; ( last < extents->count ) && ( list[last].start <= end ); last++ ) {
		start = MIN ( start, list[last].start );
		end = MAX ( end, list[last].end );
	}
	/* The new piece takes the place of those that it joined. */
	if ( ( last == first ) && ( extents->count == extents->room ) )
		return false;
	memmove ( list + first + 1, list + last, ( extents->count - last ) * sizeof ( list[0] ) );
	list[first] = ( struct extent ){ start, end };
	extents->count += first + 1 - last;
	return true;
}

void extents_remove ( struct extents *extents, uint64_t start, uint64_t end ) {
	struct extent *list = extents->list, old;
	unsigned int i, left;

	for ( i = 0; ( i < extents->count ) && ( start < end ); ) {
		old = list[i];
		if ( ( old.end <= start ) || ( old.start >= end ) ) {
			i++;
			continue;
		}
		left = 0;
		if ( old.start < start )
			list[i + left++] = ( struct extent ){ old.start, start };
		if ( ( old.end > end ) && left && ( extents->count == extents->room ) ) {
			if ( old.end - end > start - old.start )
				list[i] = ( struct extent ){ end, old.end };
		} else if ( old.end > end ) {
			memmove ( list + i + left + 1, list + i + 1,
				  ( extents->count - i - 1 ) * sizeof ( list[0] ) );
			list[i + left] = ( struct extent ){ end, old.end };
			extents->count += left++;
		}
		if ( !left ) {
			memmove ( list + i, list + i + 1,
				  ( extents->count - i - 1 ) * sizeof ( list[0] ) );
			extents->count--;
		}
		i += left;
	}
}

bool extents_contain ( const struct extents *extents, uint64_t start, uint64_t end ) {
	for ( unsigned int i = 0; i < extents->count; i++ )
		if ( ( start >= extents->list[i].start ) && ( end <= extents->list[i].end ) )
			return true;
	return false;
}

uint64_t extents_highest ( const struct extents *extents, uint64_t len, uint64_t align,
			   uint64_t limit ) {
	unsigned int i = extents->count;

	while ( i-- ) {
		uint64_t start = extents->list[i].start, end = MIN ( extents->list[i].end, limit );

		if ( ( start < end ) && ( len <= end - start ) &&
		     ( ROUND_DOWN ( end - len, align ) >= start ) )
			return ROUND_DOWN ( end - len, align );
	}
	return 0;
}

uint64_t extents_lowest ( const struct extents *extents, uint64_t len, uint64_t align,
			  uint64_t limit ) {
	for ( unsigned int i = 0; i < extents->count; i++ ) {
		uint64_t start = ROUND_UP ( extents->list[i].start, align );
		uint64_t end = MIN ( extents->list[i].end, limit );

		if ( ( start < end ) && ( len <= end - start ) )
			return start;
	}
	return 0;
}

/* ---- Moves ---- */

static inline void *at ( uint64_t addr ) {
	return (void *) (uintptr_t) addr;
}

/** The state of moves_run(): pages are numbered over all moves. */
struct run {
	const struct page_move *moves;
	unsigned int count;
	uint8_t *done;
};

static bool is_done ( const struct run *run, uint64_t number ) {
	return ( run->done[number / 8] >> ( number % 8 ) ) & 1;
}

/** The page that has to go before the page at @c addr may be overwritten.
 * @return true if there is one; @c ret_number its number, @c ret_to where it goes */
static bool in_the_way ( const struct run *run, uint64_t addr, uint64_t *ret_number,
			 uint64_t *ret_to ) {
	uint64_t first = 0;

	for ( unsigned int i = 0; i < run->count; first += run->moves[i++].pages ) {
		const struct page_move *move = &run->moves[i];
		uint64_t page = ( addr - move->from ) / PLACE_PAGE;

		if ( ( addr < move->from ) || ( page >= move->pages ) )
			continue;
		*ret_number = first + page;
		*ret_to = move->to + page * PLACE_PAGE;
		return !is_done ( run, *ret_number );
	}
	return false;
}

/** The page whose target is @c addr. */
static bool bound_for ( const struct run *run, uint64_t addr, uint64_t *ret_number,
			uint64_t *ret_from ) {
	uint64_t first = 0;

	for ( unsigned int i = 0; i < run->count; first += run->moves[i++].pages ) {
		const struct page_move *move = &run->moves[i];
		uint64_t page = ( addr - move->to ) / PLACE_PAGE;

		if ( ( addr < move->to ) || ( page >= move->pages ) )
			continue;
		*ret_number = first + page;
		*ret_from = move->from + page * PLACE_PAGE;
		return !is_done ( run, *ret_number );
	}
	return false;
}

static void set_done ( struct run *run, uint64_t number ) {
	run->done[number / 8] |= 1 << ( number % 8 );
}

/** Fill the hole at @c to, then the one that this leaves, and so on, until nobody wants to go to the
 * hole. @c from is where the page that is to fill the first hole lies. */
static void fill_holes ( struct run *run, uint64_t from, uint64_t to, uint64_t number ) {
	do {
		memcpy ( at ( to ), at ( from ), PLACE_PAGE );
		set_done ( run, number );
		to = from;
	} while ( bound_for ( run, to, &number, &from ) );
}

void moves_run ( const struct page_move *moves, unsigned int count, uint8_t *note, void *spare ) {
	struct run run = { .moves = moves, .count = count, .done = note };
	uint64_t number, other, from, to, first, page, last;
	unsigned int i;

	/* Chains that end at a free page. */
	for ( i = 0, first = 0; i < count; first += moves[i++].pages ) {
		for ( page = 0; page < moves[i].pages; page++ ) {
			from = moves[i].from + page * PLACE_PAGE;
			to = moves[i].to + page * PLACE_PAGE;
			if ( from == to )
				set_done ( &run, first + page );
			else if ( !is_done ( &run, first + page ) &&
				  !in_the_way ( &run, to, &other, &from ) )
				fill_holes ( &run, moves[i].from + page * PLACE_PAGE, to,
					     first + page );
		}
	}
	/* What is left are circles: keep one page of each aside, move the others, put it down last. */
	for ( i = 0, first = 0; i < count; first += moves[i++].pages ) {
		for ( page = 0; page < moves[i].pages; page++ ) {
			if ( is_done ( &run, first + page ) )
				continue;
			last = moves[i].to + page * PLACE_PAGE;
			to = moves[i].from + page * PLACE_PAGE;
			memcpy ( spare, at ( to ), PLACE_PAGE );
			set_done ( &run, first + page );
			while ( bound_for ( &run, to, &number, &from ) ) {
				memcpy ( at ( to ), at ( from ), PLACE_PAGE );
				set_done ( &run, number );
				to = from;
			}
			memcpy ( at ( last ), spare, PLACE_PAGE );
		}
	}
}
