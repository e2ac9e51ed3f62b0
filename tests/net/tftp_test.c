/** @file
 * TFTP downloads over the simulated network: options, windows, block numbers that wrap, loss, reordering.
 */
#include "net/tftp_fixture.h"

/* ---- Good servers ---- */

static void request_is_as_documented ( void **state ) {
	static const char expected[] = "\0\1dir/a b\0octet\0blksize\0"
				       "1432\0tsize\0"
				       "0\0timeout\0"
				       "1\0windowsize\0"
				       "128";

	server.size = 100;
	assert_int_equal ( fetch ( "tftp://10.0.0.1/dir/a%20b" ), 0 );
	assert_int_equal ( server.request_len, sizeof ( expected ) );
	assert_memory_equal ( server.request, expected, sizeof ( expected ) );
	assert_string_equal ( image->name, "a b" );
}

static void second_slash_is_part_of_the_name ( void **state ) {
	server.size = 100;
	assert_int_equal ( fetch ( "tftp://10.0.0.1//a" ), 0 );
	assert_string_equal ( server.request + 2, "/a" );
}

static void server_without_options_sends_512_bytes ( void **state ) {
	assert_fetched ( 100000 );
	assert_int_equal ( server.blocks, 196 );
	assert_int_equal ( server.acks, 196 );
}

static void sizes_around_a_block ( void **state ) {
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 1024, 65536 };

	for ( size_t i = 0; i < ARRAY_SIZE ( sizes ); i++ ) {
		assert_fetched ( sizes[i] );
	}
}

static void options_are_used ( void **state ) {
	modern ();
	assert_fetched ( 1432 * 128 + 10 );
	assert_int_equal ( server.blocks, 129 );
	/* One of the options, one a window. */
	assert_int_equal ( server.acks, 4 );
	assert_int_equal ( server.requests, 1 );
	/* Reserved once, with its NUL. */
	assert_in_range ( image->capacity, server.size + 1, server.size + 4096 );
}

static void file_that_ends_with_a_window ( void **state ) {
	modern ();
	assert_fetched ( 1432 * 64 - 1 );
	assert_fetched ( 1432 * 64 );
	server.acks = 0;
	assert_fetched ( 0 );
	assert_int_equal ( server.acks, 2 );
}

static void smaller_values_of_the_server_are_taken ( void **state ) {
	modern ();
	server.blksize = 1000;
	server.window = 7;
	assert_fetched ( 100000 );
	assert_int_equal ( server.blocks, 101 );
	assert_int_equal ( server.acks, 1 + 15 );
}

static void jumbo_frames_make_larger_blocks ( void **state ) {
	modern ();
	netsim_netif ( net )->mtu = 9000;
	assert_fetched ( 1000 );
	assert_int_equal ( server.cur_blksize, 8932 );
	netsim_netif ( net )->mtu = 576;
	assert_fetched ( 1000 );
	assert_int_equal ( server.cur_blksize, 512 );
	netsim_netif ( net )->mtu = 1500;
}

static void long_way_is_filled_by_the_window ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	netsim_to_us ( net )->delay_us = netsim_to_peer ( net )->delay_us = 10 * MS;
	assert_fetched ( 64 * 1432 * 50 );
	/* ARP, request, options, then a window each round trip. */
	assert_in_range ( clock_now () - start, 1000 * MS, 54 * 20 * MS );
	assert_int_equal ( server.blocks, 64 * 50 + 1 );
}

static void block_number_wraps ( void **state ) {
	modern ();
	server.blksize = 8;
	assert_fetched ( 8 * 140000 + 3 );
	server.window = 0;
	assert_fetched ( 8 * 66000 );
	/* Lock step: more windows than a block number can count. */
	assert_in_range ( server.acks, 66000, 80000 );
}

static void wrong_size_is_put_right ( void **state ) {
	modern ();
	server.lie = 10;
	assert_fetched ( 500000 );
	server.lie = 700000;
	assert_fetched ( 500000 );
}

static void size_beyond_memory_is_refused ( void **state ) {
	modern ();
	server.lie = 1ULL << 60;
	assert_int_equal ( err_of ( fetch ( URI ) ), ENOMEM );
	assert_int_equal ( server.error_code, 3 );
	server.lie = INT64_MAX;
	assert_int_equal ( err_of ( fetch ( URI ) ), ENOMEM );
}

/* ---- Bad wires ---- */

static void wire ( struct netsim_wire wire ) {
	*netsim_to_us ( net ) = wire;
	*netsim_to_peer ( net ) = wire;
}

static void bad_wires_lose_nothing ( void **state ) {
	static const struct netsim_wire wires[] = {
		{ .loss_ppm = 50000, .delay_us = 5 * MS },
		{ .duplicate_ppm = 200000, .delay_us = 5 * MS },
		{ .reorder_ppm = 100000, .reorder_us = 3 * MS, .delay_us = 5 * MS },
		{ .corrupt_ppm = 20000 },
		{ .loss_ppm = 20000,
		  .duplicate_ppm = 20000,
		  .reorder_ppm = 20000,
		  .reorder_us = 30 * MS,
		  .delay_us = 20 * MS,
		  .jitter_us = 10 * MS },
	};
	static const unsigned int windows[] = { 0, 1, 2, 16, 64 };

	for ( size_t i = 0; i < ARRAY_SIZE ( wires ) * ARRAY_SIZE ( windows ); i++ ) {
		modern ();
		server.window = windows[i % ARRAY_SIZE ( windows )];
		netsim_seed ( net, i + 1 );
		wire ( wires[i / ARRAY_SIZE ( windows )] );
		assert_fetched ( 300000 );
	}
}

static void reordering_costs_no_retransmission ( void **state ) {
	modern ();
	/* Two blocks on: below what counts as loss. */
	netsim_to_us ( net )->bytes_per_s = 1500 * 1000;
	netsim_to_us ( net )->reorder_ppm = 50000;
	netsim_to_us ( net )->reorder_us = 2 * MS;
	assert_fetched ( 64 * 1432 * 20 );
	/* But for those at the end of a window, which nothing overtakes by three. */
	assert_in_range ( server.blocks, 64 * 20 + 1, 64 * 20 + 10 );
}

static void lost_block_is_missed_at_once ( void **state ) {
	utime_t start;

	modern ();
	netsim_to_us ( net )->loss_ppm = 10000;
	netsim_to_us ( net )->delay_us = netsim_to_peer ( net )->delay_us = 1 * MS;
	start = clock_now ();
	assert_fetched ( 64 * 1432 * 50 );
	/* 32 blocks are lost; with a time-out each it would be 8 seconds. */
	assert_in_range ( clock_now () - start, 100 * MS, 2000 * MS );
}

static void burst_that_overflows_a_queue_is_noticed_soon ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	server.window = 128;
	/* Room for half a window: nothing comes after the blocks that are lost. */
	netsim_to_us ( net )->bytes_per_s = 12500000;
	netsim_to_us ( net )->queue_bytes = 100000;
	assert_fetched ( 128 * 1432 * 20 );
	assert_in_range ( clock_now () - start, 0, 40 * 35 * MS );
}

static void slow_line_needs_no_repetition ( void **state ) {
	modern ();
	/* A window takes 0.8 seconds: longer than our time-out, shorter than the server's. */
	netsim_to_us ( net )->bytes_per_s = 120000;
	assert_fetched ( 64 * 1432 * 5 );
	assert_int_equal ( server.blocks, 64 * 5 + 1 );
}

static void apprentice_is_not_fed ( void **state ) {
	/* Each copy of an ACK would double the blocks from there on. */
	server.apprentice = true;
	netsim_to_us ( net )->delay_us = 10 * MS;
	netsim_to_us ( net )->duplicate_ppm = 300000;
	assert_fetched ( 200000 );
	assert_in_range ( server.blocks, 391, 391 );
	/* Nor when the round trip is longer than our time-out at first. */
	server.blocks = 0;
	netsim_to_us ( net )->duplicate_ppm = 0;
	netsim_to_us ( net )->delay_us = netsim_to_peer ( net )->delay_us = 200 * MS;
	assert_fetched ( 200000 );
	assert_in_range ( server.blocks, 391, 391 + 20 );
}

static void lost_request_and_answer_are_repeated ( void **state ) {
	modern ();
	/* ARP goes first; the neighbour is known after this. */
	assert_fetched ( 1 );
	netsim_to_peer ( net )->lose_first = 2;
	server.requests = 0;
	assert_fetched ( 10000 );
	assert_int_equal ( server.requests, 1 );
	netsim_to_us ( net )->lose_first = 1;
	server.requests = 0;
	assert_fetched ( 10000 );
	assert_int_equal ( server.requests, 2 );
}

static void large_frames_that_vanish_are_avoided ( void **state ) {
	modern ();
	server.mute_data = true;
	assert_fetched ( 100000 );
	assert_int_equal ( server.requests, 2 );
	assert_int_equal ( server.cur_blksize, 512 );
}

int main ( void ) {
#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )
	const struct CMUnitTest tests[] = {
		TEST ( request_is_as_documented ),
		TEST ( second_slash_is_part_of_the_name ),
		TEST ( server_without_options_sends_512_bytes ),
		TEST ( sizes_around_a_block ),
		TEST ( options_are_used ),
		TEST ( file_that_ends_with_a_window ),
		TEST ( smaller_values_of_the_server_are_taken ),
		TEST ( jumbo_frames_make_larger_blocks ),
		TEST ( long_way_is_filled_by_the_window ),
		TEST ( block_number_wraps ),
		TEST ( wrong_size_is_put_right ),
		TEST ( size_beyond_memory_is_refused ),
		TEST ( bad_wires_lose_nothing ),
		TEST ( reordering_costs_no_retransmission ),
		TEST ( lost_block_is_missed_at_once ),
		TEST ( burst_that_overflows_a_queue_is_noticed_soon ),
		TEST ( slow_line_needs_no_repetition ),
		TEST ( apprentice_is_not_fed ),
		TEST ( lost_request_and_answer_are_repeated ),
		TEST ( large_frames_that_vanish_are_avoided ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
