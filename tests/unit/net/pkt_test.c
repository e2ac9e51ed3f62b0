/** @file
 * Packet buffers and pools.
 */
#include "core/memory.h"
#include "lib/test.h"
#include "net/pkt.h"

static void taken_packet_is_empty_with_headroom ( void **state ) {
	struct pkt_pool *pool = pkt_pool_new ( NULL, 3, 1000 );
	struct pkt *pkt = pkt_take ( pool );

	assert_int_equal ( pkt_len ( pkt ), 0 );
	assert_int_equal ( pkt_headroom ( pkt ), PKT_HEADROOM );
	assert_true ( pkt_tailroom ( pkt ) >= 1000 );
	assert_int_equal ( pkt->flags, 0 );
	assert_int_equal ( pkt->segments, 1 );
	assert_true ( pkt_bus ( pkt ) - pkt->bus_start == PKT_HEADROOM );
	pkt_free ( pkt );
	pkt_pool_free ( pool );
}

static void packet_is_clean_when_taken_again ( void **state ) {
	struct pkt_pool *pool = pkt_pool_new ( NULL, 1, 100 );
	struct pkt *pkt = pkt_take ( pool );

	pkt_put ( pkt, 50 );
	pkt_push ( pkt, 20 );
	pkt->flags = PKT_CSUM_OK | PKT_BROADCAST;
	pkt->segments = 9;
	pkt_free ( pkt );
	assert_ptr_equal ( pkt_take ( pool ), pkt );
	assert_int_equal ( pkt_len ( pkt ), 0 );
	assert_int_equal ( pkt_headroom ( pkt ), PKT_HEADROOM );
	assert_int_equal ( pkt->flags, 0 );
	assert_int_equal ( pkt->segments, 1 );
	pkt_free ( pkt );
	pkt_pool_free ( pool );
}

static void pool_gives_its_number_of_packets_and_no_more ( void **state ) {
	struct pkt_pool *pool = pkt_pool_new ( NULL, 300, PKT_BUF_LEN );
	struct pkt *pkts[300];

	for ( unsigned int i = 0; i < 300; i++ ) {
		pkts[i] = pkt_take ( pool );
		assert_non_null ( pkts[i] );
		memset ( pkts[i]->start, (int) i, (size_t) ( pkts[i]->end - pkts[i]->start ) );
	}
	assert_null ( pkt_take ( pool ) );
	assert_int_equal ( pkt_pool_out ( pool ), 300 );
	/* None shares memory with another. */
	for ( unsigned int i = 0; i < 300; i++ ) {
		assert_int_equal ( *pkts[i]->start, (uint8_t) i );
		assert_int_equal ( pkts[i]->end[-1], (uint8_t) i );
		pkt_free ( pkts[i] );
	}
	assert_int_equal ( pkt_pool_out ( pool ), 0 );
	pkt_pool_free ( pool );
}

static void pool_of_big_buffers ( void **state ) {
	struct pkt_pool *pool = pkt_pool_new ( NULL, 9, 65600 );
	struct pkt *pkt = pkt_take ( pool );

	assert_non_null ( pkt_put ( pkt, 65600 ) );
	memset ( pkt->data, 1, 65600 );
	pkt_free ( pkt );
	pkt_pool_free ( pool );
}

static void push_pull_put_are_bounded ( void **state ) {
	struct pkt_pool *pool = pkt_pool_new ( NULL, 1, 100 );
	struct pkt *pkt = pkt_take ( pool );
	size_t room = pkt_tailroom ( pkt );

	assert_null ( pkt_put ( pkt, room + 1 ) );
	assert_ptr_equal ( pkt_put ( pkt, room ), pkt->data );
	assert_null ( pkt_put ( pkt, 1 ) );
	assert_null ( pkt_push ( pkt, PKT_HEADROOM + 1 ) );
	assert_ptr_equal ( pkt_push ( pkt, PKT_HEADROOM ), pkt->start );
	assert_null ( pkt_pull ( pkt, PKT_HEADROOM + room + 1 ) );
	assert_int_equal ( pkt_len ( pkt ), PKT_HEADROOM + room );
	assert_ptr_equal ( pkt_pull ( pkt, PKT_HEADROOM + room ), pkt->end );
	assert_int_equal ( pkt_len ( pkt ), 0 );
	pkt_free ( pkt );
	pkt_pool_free ( pool );
}

static void trim_never_lengthens ( void **state ) {
	struct pkt *pkt = pkt_heap_new ( 100 );

	pkt_put ( pkt, 60 );
	pkt_trim ( pkt, 80 );
	assert_int_equal ( pkt_len ( pkt ), 60 );
	pkt_trim ( pkt, 40 );
	assert_int_equal ( pkt_len ( pkt ), 40 );
	pkt_free ( pkt );
}

static void freed_pool_lives_until_its_last_packet_is_back ( void **state ) {
	size_t before = heap_used ();
	struct pkt_pool *pool = pkt_pool_new ( NULL, 4, 100 );
	struct pkt *a = pkt_take ( pool ), *b = pkt_take ( pool );

	pkt_pool_free ( pool );
	memset ( pkt_put ( a, 100 ), 1, 100 );
	pkt_free ( a );
	memset ( pkt_put ( b, 100 ), 1, 100 );
	pkt_free ( b );
	assert_int_equal ( heap_used (), before );
}

static void null_is_harmless ( void **state ) {
	pkt_free ( NULL );
	pkt_pool_free ( NULL );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( taken_packet_is_empty_with_headroom ),
		cmocka_unit_test ( packet_is_clean_when_taken_again ),
		cmocka_unit_test ( pool_gives_its_number_of_packets_and_no_more ),
		cmocka_unit_test ( pool_of_big_buffers ),
		cmocka_unit_test ( push_pull_put_are_bounded ),
		cmocka_unit_test ( trim_never_lengthens ),
		cmocka_unit_test ( freed_pool_lives_until_its_last_packet_is_back ),
		cmocka_unit_test ( null_is_harmless ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
