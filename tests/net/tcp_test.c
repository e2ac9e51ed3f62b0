/** @file
 * TCP over wires that delay, lose, double, swap and corrupt, against a model of a Linux sender, in
 * virtual time: every byte arrives, and fast enough.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "lib/tcp_sender.h"
#include "net/ipv4.h"
#include "net/tcp_conn.h"
#include "platform/host/host.h"

#define OUR_IP    IPV4 ( 10, 0, 0, 2 )
#define SERVER_IP IPV4 ( 10, 0, 0, 1 )
#define MIB       ( 1024 * 1024 )
#define GIGABIT   125000000

static uint8_t *image; /* 64 MiB */

struct transfer {
	/* What to do. */
	size_t size, request;
	struct netsim_wire to_us, to_peer;
	bool no_sack, coalesce;
	uint64_t seed;
	/* How it went. */
	size_t got;
	utime_t took;
	int rc;
	unsigned int retransmits, timeouts;
};

static TASK_FN int download ( void *arg ) {
	struct transfer *t = arg;
	struct endpoint server = endpoint_ipv4 ( SERVER_IP, 80 );
	struct stream *stream;
	utime_t begin = clock_now ();
	ssize_t n = 0;

	if ( ( t->rc = tcp_connect ( &server, TIME_NEVER, &stream ) ) != 0 )
		return 0;
	t->rc = stream_write ( stream, image, t->request, TIME_NEVER );
	while ( ( t->rc == 0 ) && ( n = stream_read ( stream, image + t->got, t->size - t->got + 1,
						      deadline_in ( 120 * US_PER_S ) ) ) > 0 )
		t->got += (size_t) n;
	if ( n < 0 )
		t->rc = (int) n;
	t->took = clock_now () - begin;
	stream_close ( stream );
	return 0;
}

/** Run one transfer; it must end well. */
static void run ( struct transfer *t, const char *what ) {
	struct netsim *net = netsim_new ();
	struct tcp_sender *sender;
	struct tcp *tcp, *tmp;

	if ( t->seed )
		netsim_seed ( net, t->seed );
	netsim_configure ( net, OUR_IP, IPV4 ( 255, 255, 255, 0 ), 0 );
	*netsim_to_us ( net ) = t->to_us;
	*netsim_to_peer ( net ) = t->to_peer;
	sender = tcp_sender_new ( net, SERVER_IP, t->size, !t->no_sack, t->coalesce );
	if ( !t->request )
		t->request = 100;
	tcp_sender_want ( sender, t->request );
	tcp_sender_check ( image, 0, 0 ); /* makes the pattern */
	for ( size_t i = 0; i < t->request; i++ )
		image[i] = 0;
	t->got = 0;
	netsim_spawn ( net, download, t );
	assert_int_equal ( netsim_join ( net, 600 * US_PER_S ), 0 );
	t->retransmits = tcp_sender_retransmits ( sender );
	t->timeouts = tcp_sender_timeouts ( sender );
	netsim_run ( net, 20 * US_PER_S );
	assert_false ( tcp_closing () );
	list_for_each_safe ( tcp, tmp, &tcp_connections, list )
		tcp_die ( tcp, 0 );
	netsim_settle ( net );
	tcp_sender_free ( sender );
	netsim_free ( net );
	printf ( "%-34s %7.3f s %6.2f MB/s, %u repeated, %u time-outs, window %zu KiB\n", what,
		 (double) t->took / 1e6, (double) t->got / (double) t->took, t->retransmits,
		 t->timeouts, tcp_stats.window_max / 1024 );
	assert_int_equal ( t->rc, 0 );
	assert_int_equal ( t->got, t->size );
	assert_true ( tcp_sender_check ( image, 0, t->size ) );
	tcp_stats.window_max = 0;
}

/** 64 MiB over a gigabit with 100 ms round trip. */
static struct transfer long_fat ( void ) {
	return ( struct transfer ){
		.size = 64 * MIB,
		.to_us = { .delay_us = 50000, .bytes_per_s = GIGABIT, .queue_bytes = 8 * MIB },
		.to_peer = { .delay_us = 50000, .bytes_per_s = GIGABIT },
	};
}

static utime_t clean_took;

static void tcp_gigabit_100_ms_is_twice_a_2_mib_window ( void **state ) {
	struct transfer t = long_fat ();

	run ( &t, "1 Gbit/s, 100 ms" );
	clean_took = t.took;
	assert_true ( t.got / t.took >= 32 );
}

static void tcp_gigabit_100_ms_coalesced ( void **state ) {
	struct transfer t = long_fat ();

	t.coalesce = true;
	run ( &t, "the same, coalesced" );
	assert_true ( t.got / t.took >= 32 );
}

static void tcp_gigabit_100_ms_duplicates_cost_little ( void **state ) {
	struct transfer t = long_fat ();

	t.to_us.duplicate_ppm = 10000;
	run ( &t, "1 % duplicates" );
	assert_true ( t.took <= clean_took * 10 / 8 );
}

static void tcp_gigabit_100_ms_reordering_costs_little ( void **state ) {
	struct transfer t = long_fat ();

	t.to_us.reorder_ppm = 10000;
	t.to_us.reorder_us = 1000;
	run ( &t, "1 % late by 1 ms" );
	assert_true ( t.took <= clean_took * 10 / 8 );
}

static void tcp_gigabit_local_corruption_costs_at_most_half ( void **state ) {
	struct transfer clean = {
		.size = 64 * MIB,
		.to_us = { .delay_us = 100, .bytes_per_s = GIGABIT },
		.to_peer = { .delay_us = 100, .bytes_per_s = GIGABIT },
	};
	struct transfer t = clean;

	run ( &clean, "1 Gbit/s, 0.2 ms" );
	assert_true ( clean.got / clean.took >= 100 );
	t.to_us.corrupt_ppm = 1000;
	run ( &t, "0.1 % corrupted" );
	assert_true ( t.took <= clean.took * 2 );
	t = clean;
	t.to_us.duplicate_ppm = 10000;
	run ( &t, "1 % duplicates" );
	assert_true ( t.took <= clean.took * 10 / 8 );
	t = clean;
	t.to_us.reorder_ppm = 10000;
	t.to_us.reorder_us = 100;
	run ( &t, "1 % late by 0.1 ms" );
	assert_true ( t.took <= clean.took * 10 / 8 );
}

/** Every kind of damage together, in both directions, at each loss and delay. */
static void tcp_bytes_arrive_over_every_wire ( void **state ) {
	static const uint32_t loss_ppm[] = { 0, 10000, 50000 };
	static const utime_t delay_us[] = { 0, 25000, 50000 };
	char what[64];

	for ( unsigned int l = 0; l < ARRAY_SIZE ( loss_ppm ); l++ ) {
		for ( unsigned int d = 0; d < ARRAY_SIZE ( delay_us ); d++ ) {
			struct transfer t = {
				.size = 2 * MIB + 12345,
				.seed = l * 10 + d + 1,
				.to_us = { .delay_us = delay_us[d],
					   .bytes_per_s = GIGABIT,
					   .loss_ppm = loss_ppm[l],
					   .duplicate_ppm = 5000,
					   .corrupt_ppm = 5000,
					   .reorder_ppm = 5000,
					   .reorder_us = 500 },
			};

			t.to_peer = t.to_us;
			snprintf ( what, sizeof ( what ), "loss %u %%, %u ms", loss_ppm[l] / 10000,
				   (unsigned int) ( 2 * delay_us[d] / 1000 ) );
			run ( &t, what );
			t.no_sack = true;
			run ( &t, "without SACK" );
		}
	}
}

/** A POST of some size, over the same wires: our own retransmission. */
static void tcp_request_body_arrives_over_every_wire ( void **state ) {
	static const uint32_t loss_ppm[] = { 0, 10000, 50000 };

	for ( unsigned int l = 0; l < ARRAY_SIZE ( loss_ppm ); l++ ) {
		struct transfer t = {
			.size = 1000,
			.request = MIB,
			.seed = 77 + l,
			.to_us = { .delay_us = 5000,
				   .bytes_per_s = GIGABIT,
				   .loss_ppm = loss_ppm[l],
				   .reorder_ppm = 5000,
				   .reorder_us = 500 },
		};

		t.to_peer = t.to_us;
		run ( &t, "1 MiB up" );
		t.no_sack = true;
		run ( &t, "without SACK" );
	}
}

static int setup ( void **state ) {
	image = malloc ( 64 * MIB + 1 );
	return image ? 0 : -1;
}

static int teardown ( void **state ) {
	free ( image );
	return 0;
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( tcp_gigabit_100_ms_is_twice_a_2_mib_window ),
		cmocka_unit_test ( tcp_gigabit_100_ms_coalesced ),
		cmocka_unit_test ( tcp_gigabit_100_ms_duplicates_cost_little ),
		cmocka_unit_test ( tcp_gigabit_100_ms_reordering_costs_little ),
		cmocka_unit_test ( tcp_gigabit_local_corruption_costs_at_most_half ),
		cmocka_unit_test ( tcp_bytes_arrive_over_every_wire ),
		cmocka_unit_test ( tcp_request_body_arrives_over_every_wire ),
	};
	return cmocka_run_group_tests ( tests, setup, teardown );
}
