/** @file
 * Pieces of memory, and moves of pages that are in each other's way.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "image/place.h"

#define ROOM 8

static struct extent list[ROOM];
static struct extents extents;

static int set_up ( void **state ) {
	memset ( list, 0, sizeof ( list ) );
	extents = ( struct extents ){ .list = list, .room = ROOM };
	return 0;
}

/* Compare with pairs of numbers. */
static void check ( unsigned int count, const uint64_t *numbers ) {
	assert_int_equal ( extents.count, count );
	for ( unsigned int i = 0; i < count; i++ ) {
		assert_int_equal ( list[i].start, numbers[2 * i] );
		assert_int_equal ( list[i].end, numbers[2 * i + 1] );
	}
}
#define CHECK( ... )                                                                \
	check ( sizeof ( ( uint64_t[] ){ __VA_ARGS__ } ) / sizeof ( uint64_t ) / 2, \
		( uint64_t[] ){ __VA_ARGS__ } )

static void pieces_are_sorted_and_joined ( void **state ) {
	extents_add ( &extents, 50, 60 );
	extents_add ( &extents, 10, 20 );
	extents_add ( &extents, 30, 40 );
	CHECK ( 10, 20, 30, 40, 50, 60 );
	extents_add ( &extents, 20, 30 );
	CHECK ( 10, 40, 50, 60 );
	extents_add ( &extents, 5, 70 );
	CHECK ( 5, 70 );
	extents_add ( &extents, 7, 7 );
	extents_add ( &extents, 8, 9 );
	CHECK ( 5, 70 );
}

static void removing_cuts_and_splits ( void **state ) {
	extents_add ( &extents, 10, 50 );
	extents_add ( &extents, 60, 70 );
	extents_remove ( &extents, 20, 30 );
	CHECK ( 10, 20, 30, 50, 60, 70 );
	extents_remove ( &extents, 5, 12 );
	extents_remove ( &extents, 40, 65 );
	CHECK ( 12, 20, 30, 40, 65, 70 );
	extents_remove ( &extents, 30, 40 );
	CHECK ( 12, 20, 65, 70 );
	extents_remove ( &extents, 0, 100 );
	assert_int_equal ( extents.count, 0 );
}

static void without_room_nothing_is_made_up ( void **state ) {
	extents.room = 1;
	assert_true ( extents_add ( &extents, 10, 20 ) );
	assert_false ( extents_add ( &extents, 30, 40 ) );
	CHECK ( 10, 20 );
	extents_remove ( &extents, 12, 13 );
	CHECK ( 13, 20 );
	extents_remove ( &extents, 18, 19 );
	CHECK ( 13, 18 );
}

static void highest_and_lowest_place_keep_limit_and_alignment ( void **state ) {
	extents_add ( &extents, 0x1100, 0x5000 );
	extents_add ( &extents, 0x8000, 0x9800 );
	assert_int_equal ( extents_highest ( &extents, 0x1000, 0x1000, UINT64_MAX ), 0x8000 );
	assert_int_equal ( extents_highest ( &extents, 0x1000, 0x1000, 0x8fff ), 0x4000 );
	assert_int_equal ( extents_highest ( &extents, 0x1801, 1, UINT64_MAX ), 0x5000 - 0x1801 );
	assert_int_equal ( extents_highest ( &extents, 0x3000, 0x1000, UINT64_MAX ), 0x2000 );
	assert_int_equal ( extents_highest ( &extents, 0x3001, 0x1000, UINT64_MAX ), 0 );
	assert_int_equal ( extents_highest ( &extents, UINT64_MAX, 0x1000, UINT64_MAX ), 0 );
	assert_int_equal ( extents_lowest ( &extents, 0x1000, 0x1000, UINT64_MAX ), 0x2000 );
	assert_int_equal ( extents_lowest ( &extents, 0x1000, 0x8000, UINT64_MAX ), 0x8000 );
	assert_int_equal ( extents_lowest ( &extents, 0x1000, 0x1000, 0x2fff ), 0 );
	assert_true ( extents_contain ( &extents, 0x1100, 0x5000 ) );
	assert_false ( extents_contain ( &extents, 0x1100, 0x5001 ) );
	assert_false ( extents_contain ( &extents, 0x4000, 0x9000 ) );
}

/* ---- Moves ---- */

#define PAGES 64

static uint8_t *memory, *copy;

static int set_up_memory ( void **state ) {
	memory = aligned_alloc ( PLACE_PAGE, PAGES * PLACE_PAGE );
	copy = malloc ( PAGES * PLACE_PAGE );
	return 0;
}

static int tear_down_memory ( void **state ) {
	free ( memory );
	free ( copy );
	return 0;
}

/* Run the moves, given in page numbers, over memory in which every page is different. */
static void check_moves ( const struct page_move *moves, unsigned int count ) {
	struct page_move real[PAGES] = { 0 };
	uint8_t *note = calloc ( 1, moves_note_len ( PAGES ) );
	uint8_t *spare = malloc ( PLACE_PAGE );
	unsigned int i, page;

	for ( i = 0; i < PAGES; i++ )
		memset ( memory + i * PLACE_PAGE, (int) i + 1, PLACE_PAGE );
	memcpy ( copy, memory, PAGES * PLACE_PAGE );
	for ( i = 0; i < count; i++ ) {
		real[i] = ( struct page_move ){ (uintptr_t) memory + moves[i].from * PLACE_PAGE,
						(uintptr_t) memory + moves[i].to * PLACE_PAGE,
						moves[i].pages };
	}
	moves_run ( real, count, note, spare );
	for ( i = 0; i < count; i++ )
		for ( page = 0; page < moves[i].pages; page++ )
			assert_memory_equal ( memory + ( moves[i].to + page ) * PLACE_PAGE,
					      copy + ( moves[i].from + page ) * PLACE_PAGE,
					      PLACE_PAGE );
	free ( note );
	free ( spare );
}

static void overlapping_moves_up_and_down ( void **state ) {
	check_moves ( &( struct page_move ){ 10, 11, 20 }, 1 );
	check_moves ( &( struct page_move ){ 11, 10, 20 }, 1 );
	check_moves ( &( struct page_move ){ 11, 11, 20 }, 1 );
	check_moves ( &( struct page_move ){ 0, 32, 32 }, 1 );
}

static void parts_change_places ( void **state ) {
	check_moves ( ( struct page_move[] ){ { 0, 1, 1 }, { 1, 0, 1 } }, 2 );
	check_moves ( ( struct page_move[] ){ { 0, 32, 32 }, { 32, 0, 32 } }, 2 );
	check_moves ( ( struct page_move[] ){ { 0, 44, 20 }, { 20, 0, 44 } }, 2 );
	check_moves ( ( struct page_move[] ){ { 5, 0, 3 }, { 0, 3, 5 }, { 8, 9, 50 } }, 3 );
}

/* Parts of any size from anywhere, packed in any order to anywhere. */
static void any_arrangement_arrives ( void **state ) {
	unsigned int seed = 1;

	for ( unsigned int round = 0; round < 3000; round++ ) {
		struct page_move moves[8];
		unsigned int count = 0, from = 0, to, total = 0, i;

		while ( ( count < 8 ) && ( from < PAGES ) ) {
			uint64_t gap = (uint64_t) ( rand_r ( &seed ) % 3 ), pages;

			pages = (uint64_t) ( rand_r ( &seed ) % 16 + 1 );
			if ( from + gap + pages > PAGES )
				break;
			moves[count++] = ( struct page_move ){ from + gap, 0, pages };
			from += gap + pages;
			total += pages;
		}
		for ( i = count; i > 1; i-- ) {
			unsigned int other = (unsigned int) rand_r ( &seed ) % i;
			struct page_move move = moves[i - 1];

			moves[i - 1] = moves[other];
			moves[other] = move;
		}
		to = (unsigned int) rand_r ( &seed ) % ( PAGES - total + 1 );
		for ( i = 0; i < count; i++ ) {
			moves[i].to = to;
			to += moves[i].pages;
		}
		check_moves ( moves, count );
	}
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( pieces_are_sorted_and_joined, set_up ),
		cmocka_unit_test_setup ( removing_cuts_and_splits, set_up ),
		cmocka_unit_test_setup ( without_room_nothing_is_made_up, set_up ),
		cmocka_unit_test_setup ( highest_and_lowest_place_keep_limit_and_alignment,
					 set_up ),
		cmocka_unit_test_setup_teardown ( overlapping_moves_up_and_down, set_up_memory,
						  tear_down_memory ),
		cmocka_unit_test_setup_teardown ( parts_change_places, set_up_memory,
						  tear_down_memory ),
		cmocka_unit_test_setup_teardown ( any_arrangement_arrives, set_up_memory,
						  tear_down_memory ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
