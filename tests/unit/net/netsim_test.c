/** @file
 * The simulated wire itself: that it does to frames what it says.
 */
#include <stdlib.h>
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/ether.h"

static struct netsim *net;
static uint8_t frame[NETSIM_FRAME_MAX];

static int setup ( void **state ) {
	net = netsim_new ();
	return 0;
}

static int teardown ( void **state ) {
	netsim_free ( net );
	return 0;
}

/** Send a frame with a number in it. */
static void send_number ( uint16_t number, size_t len ) {
	struct pkt *pkt = pkt_new ( netsim_netif ( net ) );
	uint8_t *data = pkt_put ( pkt, len - ETH_HLEN );

	memset ( data, 0, len - ETH_HLEN );
	data[0] = number >> 8;
	data[1] = number & 0xff;
	ether_transmit ( netsim_netif ( net ), pkt, eth_broadcast, 0x1234 );
}

/** @return the number of the next frame that arrived, or -1 */
static int take_number ( utime_t *ret_time ) {
	if ( !netsim_take ( net, frame, sizeof ( frame ), ret_time ) )
		return -1;
	return frame[14] << 8 | frame[15];
}

static void perfect_wire_delivers_at_once_and_in_order ( void **state ) {
	utime_t time;

	for ( uint16_t i = 0; i < 500; i++ )
		send_number ( i, 100 );
	netsim_settle ( net );
	for ( uint16_t i = 0; i < 500; i++ ) {
		assert_int_equal ( take_number ( &time ), i );
		assert_int_equal ( time, clock_now () );
	}
	assert_int_equal ( take_number ( NULL ), -1 );
}

static void delay_and_speed_add_up ( void **state ) {
	utime_t start = clock_now (), time;

	netsim_to_peer ( net )->delay_us = 50000;
	netsim_to_peer ( net )->bytes_per_s = 1000000;
	send_number ( 1, 1000 );
	send_number ( 2, 500 );
	netsim_run ( net, 51000 );
	assert_int_equal ( take_number ( &time ), 1 );
	assert_int_equal ( time - start, 51000 );
	assert_int_equal ( take_number ( &time ), -1 );
	netsim_run ( net, 500 );
	assert_int_equal ( take_number ( &time ), 2 );
	assert_int_equal ( time - start, 51500 );
}

static void full_queue_of_a_slow_wire_loses_frames ( void **state ) {
	unsigned int count = 0;

	netsim_to_peer ( net )->bytes_per_s = 100000;
	netsim_to_peer ( net )->queue_bytes = 10000;
	for ( uint16_t i = 0; i < 50; i++ )
		send_number ( i, 1000 );
	netsim_run ( net, US_PER_S );
	while ( take_number ( NULL ) >= 0 )
		count++;
	assert_int_equal ( count, 10 );
}

static unsigned int arrivals ( unsigned int sent, unsigned int *ret_duplicates,
			       unsigned int *ret_late ) {
	unsigned int count = 0;
	int number, highest = -1, last = -1;

	*ret_duplicates = *ret_late = 0;
	for ( uint16_t i = 0; i < sent; i++ ) {
		send_number ( i, 100 );
		netsim_run ( net, 100 );
	}
	netsim_run ( net, US_PER_S );
	while ( ( number = take_number ( NULL ) ) >= 0 ) {
		count++;
		*ret_duplicates += ( number == last );
		*ret_late += ( number < highest );
		highest = MAX ( highest, number );
		last = number;
	}
	return count;
}

static void loss_duplication_and_reordering_happen_about_as_often_as_told ( void **state ) {
	unsigned int duplicates, late;

	netsim_to_peer ( net )->loss_ppm = 100000;
	assert_in_range ( arrivals ( 2000, &duplicates, &late ), 1700, 1900 );
	assert_int_equal ( duplicates + late, 0 );
	netsim_to_peer ( net )->loss_ppm = 0;
	netsim_to_peer ( net )->duplicate_ppm = 50000;
	assert_in_range ( arrivals ( 2000, &duplicates, &late ), 2050, 2150 );
	assert_in_range ( duplicates, 50, 150 );
	netsim_to_peer ( net )->duplicate_ppm = 0;
	netsim_to_peer ( net )->reorder_ppm = 100000;
	netsim_to_peer ( net )->reorder_us = 1000;
	assert_int_equal ( arrivals ( 2000, &duplicates, &late ), 2000 );
	assert_in_range ( late, 100, 300 );
}

static void first_frames_can_be_lost_for_certain ( void **state ) {
	netsim_to_peer ( net )->lose_first = 2;
	for ( uint16_t i = 0; i < 4; i++ )
		send_number ( i, 100 );
	netsim_settle ( net );
	assert_int_equal ( take_number ( NULL ), 2 );
	assert_int_equal ( take_number ( NULL ), 3 );
	assert_int_equal ( take_number ( NULL ), -1 );
}

static void corruption_flips_one_bit_behind_the_header ( void **state ) {
	uint8_t right[100];

	send_number ( 1, 100 );
	netsim_settle ( net );
	netsim_take ( net, right, sizeof ( right ), NULL );
	netsim_to_peer ( net )->corrupt_ppm = 1000000;
	for ( unsigned int i = 0; i < 100; i++ ) {
		unsigned int bits = 0;

		send_number ( 1, 100 );
		netsim_settle ( net );
		assert_int_equal ( netsim_take ( net, frame, sizeof ( frame ), NULL ), 100 );
		assert_memory_equal ( frame, right, ETH_HLEN );
		for ( size_t j = ETH_HLEN; j < 100; j++ )
			bits += (unsigned int) __builtin_popcount ( frame[j] ^ right[j] );
		assert_int_equal ( bits, 1 );
	}
}

static void equal_seeds_give_equal_chances ( void **state ) {
	unsigned int counts[2], duplicates, late;

	netsim_to_peer ( net )->loss_ppm = 300000;
	for ( unsigned int i = 0; i < 2; i++ ) {
		netsim_seed ( net, 77 );
		counts[i] = arrivals ( 500, &duplicates, &late );
	}
	assert_int_equal ( counts[0], counts[1] );
	netsim_seed ( net, 78 );
	assert_int_not_equal ( arrivals ( 500, &duplicates, &late ), counts[0] );
}

static void burst_of_frames_is_received_in_full ( void **state ) {
	uint8_t data[60] = { 0 };

	/* One turn of the root loop takes 64; nobody keeps any, so none is ever missing. */
	memcpy ( data, eth_broadcast, ETH_ALEN );
	for ( unsigned int i = 0; i < 1000; i++ )
		netsim_inject ( net, data, sizeof ( data ), 0 );
	netsim_settle ( net );
	assert_int_equal ( netsim_netif ( net )->rx.good, 1000 );
	assert_int_equal ( netsim_netif ( net )->rx_overruns, 0 );
}

static void transmissions_can_be_left_pending ( void **state ) {
	struct netif *netif = netsim_netif ( net );

	netsim_tx_auto ( net, false );
	send_number ( 1, 100 );
	send_number ( 2, 100 );
	assert_int_equal ( pkt_pool_out ( netif->tx_pool ), 2 );
	netsim_settle ( net );
	assert_int_equal ( netsim_sent ( net ), 2 );
	netsim_tx_complete ( net, 0 );
	assert_int_equal ( pkt_pool_out ( netif->tx_pool ), 0 );
	assert_int_equal ( netif->tx.good, 2 );
}

static TASK_FN int nap ( void *arg ) {
	return sleep_until ( deadline_in ( *(utime_t *) arg ) );
}

static void join_is_exact_and_ends_what_hangs ( void **state ) {
	utime_t start = clock_now (), us = 7 * US_PER_S;

	netsim_spawn ( net, nap, &us );
	assert_int_equal ( netsim_join ( net, 10 * US_PER_S ), 0 );
	assert_int_equal ( clock_now () - start, us );
	us = 100 * US_PER_S;
	netsim_spawn ( net, nap, &us );
	assert_int_equal ( netsim_join ( net, 10 * US_PER_S ), -ETIMEDOUT );
	assert_int_equal ( clock_now () - start, 17 * US_PER_S );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( perfect_wire_delivers_at_once_and_in_order ),
		TEST ( delay_and_speed_add_up ),
		TEST ( full_queue_of_a_slow_wire_loses_frames ),
		TEST ( loss_duplication_and_reordering_happen_about_as_often_as_told ),
		TEST ( first_frames_can_be_lost_for_certain ),
		TEST ( corruption_flips_one_bit_behind_the_header ),
		TEST ( equal_seeds_give_equal_chances ),
		TEST ( burst_of_frames_is_received_in_full ),
		TEST ( transmissions_can_be_left_pending ),
		TEST ( join_is_exact_and_ends_what_hangs ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
