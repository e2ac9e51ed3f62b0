/** @file
 * TCP: sending: windows, retransmission, recovery, probes.
 */
#include "unit/net/tcp_fixture.h"

static uint8_t data[256 * 1024];

static int setup ( void **state ) {
	for ( size_t i = 0; i < sizeof ( data ); i++ )
		data[i] = (uint8_t) ( i * 11 + ( i >> 8 ) );
	return fixture_setup ( state );
}

static void peer_ack ( uint32_t ack ) {
	peer_send ( TCP_ACK, 0, ack, NULL, 0 );
}

static void peer_sack ( uint32_t ack, uint32_t from, uint32_t to ) {
	struct tcp_segment seg = { .flags = TCP_ACK, .sack_count = 1 };

	seg.sack[0] = ( struct tcp_range ){ our_isn + from, our_isn + to };
	peer_send_seg ( seg, 0, ack );
}

/** Our next segment is data [at, at + len) of the pattern. */
static void expect_data ( uint32_t at, size_t len ) {
	const struct tcp_segment *seg = expect ( TCP_ACK, at, 0, len );

	assert_memory_equal ( seg->data, data + at, len );
}

static void tcp_established_write_is_sent_at_once_with_push ( void **state ) {
	establish ();
	queue_write ( data, 100 );
	join ();
	assert_int_equal ( result, 0 );
	assert_true ( take_any ()->flags & TCP_PSH );
	peer_ack ( 100 );
	wait_us ( 5 * US_PER_S );
	expect_nothing ();
	assert_int_equal ( conn ()->una, conn ()->nxt );
}

static void tcp_established_write_acknowledges_what_came_in ( void **state ) {
	establish ();
	conn ()->quick_acks = 0;
	peer_send ( TCP_ACK, 0, 0, "x", 1 );
	queue_write ( data, 100 );
	join ();
	expect ( TCP_ACK, 0, 1, 100 );
	peer_send ( TCP_ACK, 1, 100, NULL, 0 );
	wait_us ( US_PER_S );
	expect_nothing ();
}

static void tcp_established_initial_window_is_ten_segments ( void **state ) {
	establish ();
	queue_write ( data, 20 * MSS );
	join ();
	for ( uint32_t i = 0; i < 10; i++ )
		expect_data ( i * MSS, MSS );
	expect_nothing ();
	peer_ack ( 2 * MSS ); /* slow start: two out, four in */
	for ( uint32_t i = 10; i < 14; i++ )
		expect_data ( i * MSS, MSS );
	expect_nothing ();
}

static void tcp_established_write_larger_than_the_queue_arrives_whole ( void **state ) {
	uint32_t acked = 0;
	const struct tcp_peer_segment *next;

	establish ();
	queue_write ( data, sizeof ( data ) );
	while ( acked < sizeof ( data ) ) {
		netsim_settle ( net );
		while ( ( next = tcp_peer_next ( peer ) ) ) {
			assert_int_equal ( next->seg.seq - our_isn, acked );
			assert_memory_equal ( next->seg.data, data + acked, next->seg.len );
			acked += (uint32_t) next->seg.len;
		}
		peer_ack ( acked );
	}
	join ();
	assert_int_equal ( result, 0 );
}

static void tcp_established_peers_window_is_kept ( void **state ) {
	peer_syn.has_wscale = false;
	peer_window = 2000;
	establish ();
	queue_write ( data, 5000 );
	join ();
	expect_data ( 0, MSS );
	expect_nothing (); /* the rest of the window is below a segment and half the window */
	peer_ack ( MSS );
	expect_data ( MSS, MSS );
}

static void tcp_established_rto_repeats_with_doubling ( void **state ) {
	static const unsigned int when_ms[] = { 1000, 3000, 7000, 15000, 25000 };
	const struct tcp_peer_segment *next;
	utime_t begin;

	establish ();
	conn ()->rto = US_PER_S;
	begin = clock_now ();
	queue_write ( data, 100 );
	join ();
	expect_data ( 0, 100 );
	wait_us ( 30 * US_PER_S );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( when_ms ); i++ ) {
		next = tcp_peer_next ( peer );
		assert_non_null ( next );
		assert_int_equal ( next->seg.len, 100 );
		assert_int_equal ( next->time - begin, when_ms[i] * US_PER_MS );
	}
	peer_ack ( 100 );
	expect_nothing ();
	wait_us ( 5 * US_PER_S );
	expect_nothing ();
}

static void tcp_established_no_acknowledgement_for_a_minute_gives_up ( void **state ) {
	static char byte;

	establish ();
	queue_write ( data, 100 );
	join ();
	start_read ( &byte, 1 );
	wait_us ( 90 * US_PER_S );
	join ();
	assert_int_equal ( result, -ETIMEDOUT_TCP );
	assert_string_equal ( error_words, "no answer from 10.0.0.1:80" );
	expect_whatever ();
}

static void tcp_established_rtt_sets_rto ( void **state ) {
	establish ();
	for ( unsigned int i = 0; i < 10; i++ ) {
		queue_write ( data, 10 );
		join ();
		take_any ();
		wait_us ( 500 * US_PER_MS );
		expect_whatever ();
		peer_ack ( ( i + 1 ) * 10 );
	}
	assert_in_range ( conn ()->srtt, 350 * US_PER_MS, 510 * US_PER_MS );
	assert_in_range ( conn ()->rto, 500 * US_PER_MS, 1500 * US_PER_MS );
}

static void tcp_established_three_duplicates_repeat_one_segment ( void **state ) {
	peer_syn.sack_permitted = false;
	establish ();
	peer_ack ( 0 ); /* tells the window */
	queue_write ( data, 8 * MSS );
	join ();
	expect_whatever ();
	peer_ack ( 0 );
	peer_ack ( 0 );
	expect_nothing ();
	peer_ack ( 0 );
	expect_data ( 0, MSS );
	expect_nothing ();
	peer_ack ( 0 );
	expect_nothing ();
	/* A partial acknowledgement: the next hole (RFC 6582). */
	peer_ack ( 3 * MSS );
	expect_data ( 3 * MSS, MSS );
	expect_nothing ();
	peer_ack ( 8 * MSS );
	assert_false ( conn ()->recovering );
	wait_us ( 3 * US_PER_S );
	expect_nothing ();
}

static void tcp_established_sacked_segments_are_not_repeated ( void **state ) {
	establish ();
	queue_write ( data, 10 * MSS );
	join ();
	expect_whatever ();
	/* 0 and 2 are lost. */
	peer_sack ( 0, MSS, 2 * MSS );
	peer_sack ( 0, 3 * MSS, 4 * MSS );
	expect_nothing ();
	peer_sack ( 0, 3 * MSS, 8 * MSS );
	expect_data ( 0, MSS );
	expect_data ( 2 * MSS, MSS );
	expect_nothing ();
	peer_sack ( 2 * MSS, 3 * MSS, 10 * MSS );
	expect_nothing ();
	peer_ack ( 10 * MSS );
	assert_false ( conn ()->recovering );
	wait_us ( 3 * US_PER_S );
	expect_nothing ();
}

static void tcp_established_senseless_sack_is_ignored ( void **state ) {
	establish ();
	queue_write ( data, 4 * MSS );
	join ();
	expect_whatever ();
	peer_sack ( 0, 3 * MSS, 2 * MSS );
	peer_sack ( 0, MSS, 100 * MSS );
	peer_sack ( 0, 0x80000000, 0x80000100 );
	peer_sack ( 0, -100U, MSS );
	assert_int_equal ( conn ()->sacked.count, 0 );
	expect_nothing ();
}

static void tcp_established_rto_repeats_all_in_slow_start ( void **state ) {
	establish ();
	queue_write ( data, 6 * MSS );
	join ();
	expect_whatever ();
	wait_us ( TCP_RTO_MIN );
	expect_data ( 0, MSS );
	expect_nothing ();
	peer_ack ( MSS );
	expect_data ( MSS, MSS );
	expect_data ( 2 * MSS, MSS );
	expect_nothing ();
	peer_ack ( 6 * MSS );
	expect_nothing ();
	assert_false ( conn ()->recovering );
}

static void tcp_established_closed_window_is_probed ( void **state ) {
	peer_syn.has_wscale = false;
	establish ();
	peer_window = 0;
	peer_send_seg ( ( struct tcp_segment ){ .flags = TCP_ACK }, 0, 0 );
	conn ()->wnd = 0;
	queue_write ( data, 3000 );
	join ();
	expect_nothing ();
	wait_us ( TCP_RTO_MIN );
	expect_data ( 0, 1 );
	/* Refused, and refused again: it never gives up while it is answered. */
	for ( unsigned int i = 0; i < 30; i++ ) {
		peer_ack ( 0 );
		wait_us ( TCP_RTO_MAX );
		expect_data ( 0, 1 );
		expect_whatever ();
	}
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
	peer_window = 0xffff;
	peer_ack ( 0 );
	expect_data ( 0, 1 );
	expect_data ( 1, MSS );
	expect_data ( 1 + MSS, MSS );
	expect_data ( 1 + 2 * MSS, 3000 - 1 - 2 * MSS );
}

static void tcp_established_old_window_is_not_taken ( void **state ) {
	peer_syn.has_wscale = false;
	establish ();
	peer_send ( TCP_ACK, 0, 0, "abc", 3 );
	peer_window = 5000;
	peer_send ( TCP_ACK, 3, 0, NULL, 0 );
	assert_int_equal ( conn ()->wnd, 5000 );
	peer_window = 100;
	peer_send ( TCP_ACK, 0, 0, "abcd", 4 ); /* older number, though it brings a byte */
	assert_int_equal ( conn ()->wnd, 5000 );
	expect_whatever ();
}

static void tcp_established_write_to_a_reset_connection_fails ( void **state ) {
	establish ();
	peer_send ( TCP_RST, 0, 0, NULL, 0 );
	queue_write ( data, 10 );
	join ();
	assert_int_equal ( result, -ECONNRESET_TCP );
	expect_nothing ();
}

static void tcp_established_reset_wakes_a_waiting_writer ( void **state ) {
	establish ();
	queue_write ( data, sizeof ( data ) );
	assert_false ( ended );
	peer_send ( TCP_RST, 0, 0, NULL, 0 );
	join ();
	assert_int_equal ( result, -ECONNRESET_TCP );
	expect_whatever ();
}

static void tcp_established_no_packet_buffer_is_survived ( void **state ) {
	establish ();
	netsim_fail_transmit ( net, -ENOBUFS );
	queue_write ( data, 100 );
	join ();
	assert_int_equal ( result, 0 );
	expect_nothing ();
	netsim_fail_transmit ( net, 0 );
	wait_us ( US_PER_S );
	expect_data ( 0, 100 );
	peer_ack ( 100 );
	assert_int_equal ( conn ()->una, conn ()->nxt );
}

static void tcp_established_lost_acknowledgement_is_sent_later ( void **state ) {
	establish ();
	netsim_fail_transmit ( net, -ENOBUFS );
	peer_send ( TCP_ACK, 0, 0, "x", 1 );
	expect_nothing ();
	netsim_fail_transmit ( net, 0 );
	wait_us ( 2 * TCP_DELAYED_ACK_US );
	expect_ack ( 1 );
}

#define tcp_test( name ) cmocka_unit_test_setup_teardown ( name, setup, fixture_teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		tcp_test ( tcp_established_write_is_sent_at_once_with_push ),
		tcp_test ( tcp_established_write_acknowledges_what_came_in ),
		tcp_test ( tcp_established_initial_window_is_ten_segments ),
		tcp_test ( tcp_established_write_larger_than_the_queue_arrives_whole ),
		tcp_test ( tcp_established_peers_window_is_kept ),
		tcp_test ( tcp_established_rto_repeats_with_doubling ),
		tcp_test ( tcp_established_no_acknowledgement_for_a_minute_gives_up ),
		tcp_test ( tcp_established_rtt_sets_rto ),
		tcp_test ( tcp_established_three_duplicates_repeat_one_segment ),
		tcp_test ( tcp_established_sacked_segments_are_not_repeated ),
		tcp_test ( tcp_established_senseless_sack_is_ignored ),
		tcp_test ( tcp_established_rto_repeats_all_in_slow_start ),
		tcp_test ( tcp_established_closed_window_is_probed ),
		tcp_test ( tcp_established_old_window_is_not_taken ),
		tcp_test ( tcp_established_write_to_a_reset_connection_fails ),
		tcp_test ( tcp_established_reset_wakes_a_waiting_writer ),
		tcp_test ( tcp_established_no_packet_buffer_is_survived ),
		tcp_test ( tcp_established_lost_acknowledgement_is_sent_later ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
