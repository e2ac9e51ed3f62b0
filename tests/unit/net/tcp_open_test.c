/** @file
 * TCP: opening (RFC 9293 §3.5, §3.10.7.3), state SYN-SENT and SYN-RECEIVED.
 */
#include "unit/net/tcp_fixture.h"

static void tcp_syn_sent_offers_all_options ( void **state ) {
	struct tcp_segment syn = start_connect ();

	assert_int_equal ( syn.mss, 1460 );
	assert_true ( syn.has_ts && syn.sack_permitted && syn.has_wscale );
	assert_int_equal ( syn.wscale, 9 );
	assert_int_equal ( syn.ts_ecr, 0 );
	assert_int_equal ( syn.window, 0xffff );
	assert_int_equal ( syn.dest_port, 80 );
	assert_in_range ( syn.src_port, 1025, 65535 );
	netsim_cancel ( net );
	netsim_settle ( net );
	assert_int_equal ( err_of ( result ), ECANCELED );
	netsim_join ( net, US_PER_S );
	assert_null ( any_conn () );
}

static void tcp_syn_sent_synack_establishes ( void **state ) {
	const struct tcp_segment *ack;

	start_connect ();
	peer_send_synack ();
	join ();
	assert_int_equal ( result, 0 );
	ack = expect ( TCP_ACK, 0, 0, 0 );
	assert_true ( ack->has_ts );
	assert_int_equal ( ack->ts_ecr, peer_ts );
	assert_int_equal ( ack->window << 9, TCP_WINDOW_FIRST );
	assert_int_equal ( conn ()->tx_scale, 7 );
	expect_nothing ();
}

static void tcp_syn_sent_peer_without_options ( void **state ) {
	char byte = 'x';

	peer_syn = ( struct tcp_segment ){ .mss = 0 };
	start_connect ();
	peer_send_synack ();
	join ();
	assert_int_equal ( expect ( TCP_ACK, 0, 0, 0 )->window, 0xffff );
	assert_int_equal ( tcp_mss ( conn () ), TCP_MSS_DEFAULT );
	peer_send ( TCP_ACK, 5, 0, &byte, 1 );
	assert_int_equal ( expect ( TCP_ACK, 0, 0, 0 )->sack_count, 0 );
}

static void tcp_syn_sent_tiny_mss_is_not_believed ( void **state ) {
	peer_syn.mss = 1;
	establish ();
	assert_true ( tcp_mss ( conn () ) >= 40 );
}

static void tcp_syn_sent_is_repeated_and_gives_up_after_15_75_s ( void **state ) {
	static const unsigned int when_ms[] = { 250, 750, 1750, 3750, 7750 };
	utime_t begin = clock_now ();

	start_connect ();
	wait_us ( 20 * US_PER_S );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( when_ms ); i++ ) {
		const struct tcp_peer_segment *next = tcp_peer_next ( peer );

		assert_non_null ( next );
		assert_int_equal ( next->seg.flags, TCP_SYN );
		assert_int_equal ( next->time - begin, when_ms[i] * US_PER_MS );
	}
	expect_nothing ();
	join ();
	assert_int_equal ( result, -ETIMEDOUT_TCP );
	assert_string_equal ( error_words, "no answer from 10.0.0.1:80" );
	assert_null ( any_conn () );
}

static TASK_FN int timed_connect ( void *arg ) {
	utime_t *took = arg, begin = clock_now ();

	connect_task ( NULL );
	*took = clock_now () - begin;
	return 0;
}

static void tcp_syn_sent_gives_up_at_the_right_moment ( void **state ) {
	utime_t took;

	netsim_spawn ( net, timed_connect, &took );
	netsim_join ( net, 20 * US_PER_S );
	assert_int_equal ( took, 15750 * US_PER_MS );
	assert_int_equal ( result, -ETIMEDOUT_TCP );
	expect_whatever ();
}

static void tcp_syn_sent_deadline_ends_it ( void **state ) {
	connect_deadline = clock_now () + US_PER_S;
	start_connect ();
	wait_us ( US_PER_S );
	join ();
	assert_int_equal ( result, -ETIMEDOUT_TCP );
	expect_whatever ();
}

static void tcp_syn_sent_rst_with_ack_refuses ( void **state ) {
	start_connect ();
	peer_send ( TCP_RST | TCP_ACK, 0, 0, NULL, 0 );
	join ();
	assert_int_equal ( result, -ECONNREFUSED_TCP );
	assert_string_equal ( error_words, "10.0.0.1:80 refused the connection" );
	assert_null ( any_conn () );
	expect_nothing ();
}

static void tcp_syn_sent_rst_without_or_with_wrong_ack_is_ignored ( void **state ) {
	start_connect ();
	peer_send ( TCP_RST, 0, 0, NULL, 0 );
	peer_send ( TCP_RST | TCP_ACK, 0, 5, NULL, 0 );
	peer_send ( TCP_RST | TCP_ACK, 0, -1U, NULL, 0 );
	assert_false ( ended );
	expect_nothing ();
	peer_send_synack ();
	join ();
	assert_int_equal ( result, 0 );
}

static void tcp_syn_sent_wrong_ack_is_answered_with_rst ( void **state ) {
	start_connect ();
	peer_send ( TCP_ACK, 0, 1000, NULL, 0 );
	expect ( TCP_RST, 1000, 0, 0 );
	peer_send ( TCP_SYN | TCP_ACK, -1U, -1U, NULL, 0 );
	expect ( TCP_RST, -1U, 0, 0 );
	assert_false ( ended );
	peer_send_synack ();
	join ();
	assert_int_equal ( result, 0 );
}

static void tcp_syn_sent_mere_ack_is_ignored ( void **state ) {
	start_connect ();
	peer_send ( TCP_ACK, 0, 0, NULL, 0 );
	assert_false ( ended );
	expect_nothing ();
	peer_send_synack ();
	join ();
}

static void tcp_syn_sent_no_route ( void **state ) {
	netsim_configure ( net, 0, 0, 0 );
	start ( connect_task );
	join ();
	assert_int_equal ( result, -ENETUNREACH_TCP );
	assert_string_equal ( error_words, "no route to 10.0.0.1:80" );
}

static void tcp_syn_sent_no_memory ( void **state ) {
	for ( unsigned int nth = 1; nth <= 2; nth++ ) {
		/* The task's own stack comes first. */
		host_fail_pages ( nth + 1 );
		start ( connect_task );
		join ();
		host_fail_pages ( 0 );
		assert_int_equal ( err_of ( result ), ENOMEM );
		assert_null ( any_conn () );
	}
	expect_nothing ();
}

static void send_icmp ( uint8_t code, uint16_t mtu, uint32_t seq ) {
	uint8_t icmp[8 + 20 + 8] = { 3, code, 0, 0, 0, 0, (uint8_t) ( mtu >> 8 ), (uint8_t) mtu };
	uint8_t *ip = icmp + 8, *tcp = ip + 20;
	uint16_t csum;

	ip[0] = 0x45;
	ip[3] = 40;
	ip[8] = 64;
	ip[9] = 6;
	memcpy ( ip + 12, ( uint8_t[] ){ 10, 0, 0, 2, 10, 0, 0, 1 }, 8 );
	csum = netsim_csum ( 0, ip, 20 );
	ip[10] = (uint8_t) ( csum >> 8 );
	ip[11] = (uint8_t) csum;
	tcp[0] = (uint8_t) ( port >> 8 );
	tcp[1] = (uint8_t) port;
	tcp[3] = 80;
	seq += our_isn;
	for ( unsigned int i = 0; i < 4; i++ )
		tcp[4 + i] = (uint8_t) ( seq >> ( 24 - 8 * i ) );
	csum = netsim_csum ( 0, icmp, sizeof ( icmp ) );
	icmp[2] = (uint8_t) ( csum >> 8 );
	icmp[3] = (uint8_t) csum;
	netsim_host_send ( tcp_peer_host ( peer ), 1, 0, OUR_IP, icmp, sizeof ( icmp ), 0 );
	netsim_settle ( net );
}

static void tcp_syn_sent_icmp_port_unreachable_refuses ( void **state ) {
	start_connect ();
	send_icmp ( 3, 0, -1U );
	join ();
	assert_int_equal ( result, -ECONNREFUSED_TCP );
}

static void tcp_syn_sent_icmp_with_foreign_number_is_ignored ( void **state ) {
	start_connect ();
	send_icmp ( 3, 0, 12345 );
	assert_false ( ended );
	peer_send_synack ();
	join ();
	assert_int_equal ( result, 0 );
}

static void tcp_syn_sent_icmp_host_unreachable_is_told_at_the_end ( void **state ) {
	start_connect ();
	send_icmp ( 1, 0, -1U );
	assert_false ( ended );
	wait_us ( 16 * US_PER_S );
	join ();
	assert_int_equal ( result, -ENETUNREACH_TCP );
	assert_string_equal ( error_words, "10.0.0.1:80 is unreachable" );
	expect_whatever ();
}

static void tcp_established_icmp_unreachable_is_ignored ( void **state ) {
	establish ();
	queue_write ( "request", 7 );
	join ();
	send_icmp ( 3, 0, 0 );
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
	expect_whatever ();
}

static void tcp_established_icmp_fragmentation_needed_repeats_smaller ( void **state ) {
	static uint8_t data[3000];

	establish ();
	queue_write ( data, sizeof ( data ) );
	join ();
	expect ( TCP_ACK, 0, 0, MSS );
	expect ( TCP_ACK, MSS, 0, MSS );
	expect ( TCP_ACK, 2 * MSS, 0, 104 );
	send_icmp ( 4, 1000, 0 );
	expect ( TCP_ACK, 0, 0, 948 );
	expect ( TCP_ACK, 948, 0, 948 );
	expect ( TCP_ACK, 2 * 948, 0, 948 );
	expect ( TCP_ACK, 3 * 948, 0, 3000 - 3 * 948 );
	expect_nothing ();
	send_icmp ( 4, 10, 0 ); /* nonsense is limited */
	assert_int_equal ( take_any ()->len, TCP_PMTU_MIN - 52 );
	expect_whatever ();
}

static void tcp_syn_sent_syn_opens_simultaneously ( void **state ) {
	struct tcp_segment syn = peer_syn;

	start_connect ();
	syn.flags = TCP_SYN;
	syn.ts_val = peer_ts;
	peer_send_seg ( syn, -1U, 0 );
	expect ( TCP_SYN | TCP_ACK, -1U, 0, 0 );
	assert_int_equal ( any_conn ()->state, TCP_SYN_RECEIVED );
	assert_false ( ended );
}

static void tcp_syn_received_ack_establishes ( void **state ) {
	tcp_syn_sent_syn_opens_simultaneously ( state );
	peer_send ( TCP_ACK, 0, 0, NULL, 0 );
	join ();
	assert_int_equal ( result, 0 );
	assert_int_equal ( conn ()->wnd, 0xffff << 7 );
}

static void tcp_syn_received_synack_establishes ( void **state ) {
	tcp_syn_sent_syn_opens_simultaneously ( state );
	peer_send ( TCP_SYN | TCP_ACK, -1U, 0, NULL, 0 );
	join ();
	assert_int_equal ( result, 0 );
}

static void tcp_syn_received_data_comes_with_the_ack ( void **state ) {
	char buf[8];

	tcp_syn_sent_syn_opens_simultaneously ( state );
	peer_send ( TCP_ACK, 0, 0, "hello", 5 );
	join ();
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 5 );
}

static void tcp_syn_received_wrong_ack_is_answered_with_rst ( void **state ) {
	tcp_syn_sent_syn_opens_simultaneously ( state );
	peer_send ( TCP_ACK, 0, 77, NULL, 0 );
	assert_int_equal ( take_any ()->flags & TCP_RST, TCP_RST );
	assert_false ( ended );
	peer_send ( TCP_ACK, 0, 0, NULL, 0 );
	join ();
}

static void tcp_syn_received_rst_refuses ( void **state ) {
	tcp_syn_sent_syn_opens_simultaneously ( state );
	peer_send ( TCP_RST, 0, 0, NULL, 0 );
	join ();
	assert_int_equal ( result, -ECONNREFUSED_TCP );
}

static void tcp_syn_received_repeats_and_gives_up ( void **state ) {
	tcp_syn_sent_syn_opens_simultaneously ( state );
	wait_us ( 250 * US_PER_MS );
	expect ( TCP_SYN | TCP_ACK, -1U, 0, 0 );
	wait_us ( 20 * US_PER_S );
	join ();
	assert_int_equal ( result, -ETIMEDOUT_TCP );
	expect_whatever ();
}

static void tcp_closed_segment_is_answered_with_rst ( void **state ) {
	port = 4000;
	our_isn = 0;
	peer_send ( TCP_ACK, 10, 500, "data", 4 );
	expect ( TCP_RST, 500, 0, 0 );
	peer_send ( TCP_SYN, 10, 0, NULL, 0 );
	expect ( TCP_RST | TCP_ACK, 0, 11, 0 );
	peer_send ( TCP_RST, 10, 0, NULL, 0 );
	expect_nothing ();
}

static void tcp_isn_differs_by_connection_and_moves_with_time ( void **state ) {
	struct endpoint a = endpoint_ipv4 ( PEER_IP, 80 ), b = endpoint_ipv4 ( PEER_IP, 81 );
	uint32_t first = tcp_isn ( OUR_IP, 1025, &a, 1000000 );

	assert_int_equal ( tcp_isn ( OUR_IP, 1025, &a, 1004000 ) - first, 1000 );
	assert_int_not_equal ( tcp_isn ( OUR_IP, 1026, &a, 1000000 ), first );
	assert_int_not_equal ( tcp_isn ( OUR_IP, 1025, &b, 1000000 ), first );
}

static void tcp_isn_hash_is_siphash ( void **state ) {
	/* Key 00..0f, message 00..0f: entry 16 of the reference's 64-bit test vectors. */
	static const uint64_t key[2] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };

	assert_true ( tcp_siphash ( key, key[0], key[1] ) == 0x3f2acc7f57c29bdbULL );
}

#define tcp_test( name ) cmocka_unit_test_setup_teardown ( name, fixture_setup, fixture_teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		tcp_test ( tcp_syn_sent_offers_all_options ),
		tcp_test ( tcp_syn_sent_synack_establishes ),
		tcp_test ( tcp_syn_sent_peer_without_options ),
		tcp_test ( tcp_syn_sent_tiny_mss_is_not_believed ),
		tcp_test ( tcp_syn_sent_is_repeated_and_gives_up_after_15_75_s ),
		tcp_test ( tcp_syn_sent_gives_up_at_the_right_moment ),
		tcp_test ( tcp_syn_sent_deadline_ends_it ),
		tcp_test ( tcp_syn_sent_rst_with_ack_refuses ),
		tcp_test ( tcp_syn_sent_rst_without_or_with_wrong_ack_is_ignored ),
		tcp_test ( tcp_syn_sent_wrong_ack_is_answered_with_rst ),
		tcp_test ( tcp_syn_sent_mere_ack_is_ignored ),
		tcp_test ( tcp_syn_sent_no_route ),
		tcp_test ( tcp_syn_sent_no_memory ),
		tcp_test ( tcp_syn_sent_icmp_port_unreachable_refuses ),
		tcp_test ( tcp_syn_sent_icmp_with_foreign_number_is_ignored ),
		tcp_test ( tcp_syn_sent_icmp_host_unreachable_is_told_at_the_end ),
		tcp_test ( tcp_syn_sent_syn_opens_simultaneously ),
		tcp_test ( tcp_syn_received_ack_establishes ),
		tcp_test ( tcp_syn_received_synack_establishes ),
		tcp_test ( tcp_syn_received_data_comes_with_the_ack ),
		tcp_test ( tcp_syn_received_wrong_ack_is_answered_with_rst ),
		tcp_test ( tcp_syn_received_rst_refuses ),
		tcp_test ( tcp_syn_received_repeats_and_gives_up ),
		tcp_test ( tcp_established_icmp_unreachable_is_ignored ),
		tcp_test ( tcp_established_icmp_fragmentation_needed_repeats_smaller ),
		tcp_test ( tcp_closed_segment_is_answered_with_rst ),
		tcp_test ( tcp_isn_differs_by_connection_and_moves_with_time ),
		tcp_test ( tcp_isn_hash_is_siphash ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
