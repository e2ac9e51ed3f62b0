/** @file
 * TCP: closing (RFC 9293 §3.6), every state from FIN-WAIT-1 to TIME-WAIT.
 */
#include "unit/net/tcp_fixture.h"

static enum tcp_state state_now ( void ) {
	struct tcp *tcp = any_conn ();

	return tcp ? tcp->state : TCP_CLOSED;
}

static void fin_wait_1 ( void ) {
	establish ();
	close_it ();
	expect ( TCP_FIN | TCP_ACK, 0, 0, 0 );
	assert_int_equal ( state_now (), TCP_FIN_WAIT_1 );
	assert_true ( tcp_closing () );
}

static void fin_wait_2 ( void ) {
	fin_wait_1 ();
	peer_send ( TCP_ACK, 0, 1, NULL, 0 );
	assert_int_equal ( state_now (), TCP_FIN_WAIT_2 );
	assert_true ( tcp_closing () );
}

static void time_wait ( void ) {
	fin_wait_2 ();
	peer_send ( TCP_FIN | TCP_ACK, 0, 1, NULL, 0 );
	expect ( TCP_ACK, 1, 1, 0 );
	assert_int_equal ( state_now (), TCP_TIME_WAIT );
	assert_false ( tcp_closing () );
}

static void close_wait ( void ) {
	establish ();
	peer_send ( TCP_FIN | TCP_ACK, 0, 0, NULL, 0 );
	expect ( TCP_ACK, 0, 1, 0 );
	assert_int_equal ( state_now (), TCP_CLOSE_WAIT );
}

static void last_ack ( void ) {
	close_wait ();
	close_it ();
	expect ( TCP_FIN | TCP_ACK, 0, 1, 0 );
	assert_int_equal ( state_now (), TCP_LAST_ACK );
	assert_true ( tcp_closing () );
}

static void closing ( void ) {
	fin_wait_1 ();
	peer_send ( TCP_FIN | TCP_ACK, 0, 0, NULL, 0 );
	expect ( TCP_ACK, 1, 1, 0 );
	assert_int_equal ( state_now (), TCP_CLOSING );
	assert_true ( tcp_closing () );
}

static void tcp_established_close_sends_fin ( void **state ) {
	fin_wait_1 ();
}

static void tcp_fin_wait_1_ack_of_fin ( void **state ) {
	fin_wait_2 ();
}

static void tcp_fin_wait_1_fin_is_repeated_then_given_up ( void **state ) {
	fin_wait_1 ();
	wait_us ( US_PER_S );
	expect ( TCP_FIN | TCP_ACK, 0, 0, 0 );
	wait_us ( TCP_GIVE_UP_CLOSED_US + TCP_RTO_MAX );
	assert_null ( any_conn () );
	assert_false ( tcp_closing () );
	expect_whatever ();
}

static void tcp_fin_wait_1_data_before_the_fin_is_still_sent ( void **state ) {
	establish ();
	queue_write ( "goodbye", 7 );
	join ();
	close_it ();
	expect ( TCP_ACK, 0, 0, 7 );
	expect ( TCP_FIN | TCP_ACK, 7, 0, 0 );
	wait_us ( US_PER_S ); /* both lost: sent again as one */
	expect ( TCP_FIN | TCP_ACK, 0, 0, 7 );
	peer_send ( TCP_ACK, 0, 8, NULL, 0 );
	assert_int_equal ( state_now (), TCP_FIN_WAIT_2 );
}

static void tcp_fin_wait_1_fin_with_ack_of_fin_goes_to_time_wait ( void **state ) {
	fin_wait_1 ();
	peer_send ( TCP_FIN | TCP_ACK, 0, 1, NULL, 0 );
	expect ( TCP_ACK, 1, 1, 0 );
	assert_int_equal ( state_now (), TCP_TIME_WAIT );
}

static void tcp_fin_wait_1_fin_alone_is_simultaneous_close ( void **state ) {
	closing ();
}

static void tcp_closing_ack_of_fin_goes_to_time_wait ( void **state ) {
	closing ();
	peer_send ( TCP_ACK, 1, 1, NULL, 0 );
	assert_int_equal ( state_now (), TCP_TIME_WAIT );
}

static void tcp_closing_fin_is_repeated ( void **state ) {
	closing ();
	wait_us ( US_PER_S );
	expect ( TCP_FIN | TCP_ACK, 0, 1, 0 );
}

static void tcp_closing_rst_ends_it ( void **state ) {
	closing ();
	peer_send ( TCP_RST, 1, 0, NULL, 0 );
	assert_null ( any_conn () );
}

static void tcp_fin_wait_2_fin_goes_to_time_wait ( void **state ) {
	time_wait ();
}

static void tcp_fin_wait_2_silent_peer_is_left_after_10_s ( void **state ) {
	fin_wait_2 ();
	wait_us ( TCP_FIN_WAIT_US - 1 );
	assert_non_null ( any_conn () );
	wait_us ( 1000 );
	assert_null ( any_conn () );
	expect_nothing ();
}

static void tcp_fin_wait_2_data_is_answered_with_rst ( void **state ) {
	fin_wait_2 ();
	peer_send ( TCP_ACK, 0, 1, "late", 4 );
	assert_true ( take_any ()->flags & TCP_RST );
	assert_null ( any_conn () );
}

static void tcp_fin_wait_2_rst_ends_it ( void **state ) {
	fin_wait_2 ();
	peer_send ( TCP_RST, 0, 0, NULL, 0 );
	assert_null ( any_conn () );
	expect_nothing ();
}

static void tcp_time_wait_repeated_fin_is_acknowledged_again ( void **state ) {
	time_wait ();
	wait_us ( TCP_TIME_WAIT_US / 2 );
	peer_send ( TCP_FIN | TCP_ACK, 0, 1, NULL, 0 );
	expect ( TCP_ACK, 1, 1, 0 );
	wait_us ( TCP_TIME_WAIT_US / 2 + US_PER_S );
	assert_int_equal ( state_now (), TCP_TIME_WAIT ); /* the wait has started anew */
	wait_us ( TCP_TIME_WAIT_US / 2 );
	assert_null ( any_conn () );
}

static void tcp_time_wait_ends_and_frees_its_buffers_at_once ( void **state ) {
	size_t before = host_pages_used ();

	time_wait ();
	assert_int_equal ( host_pages_used (), before );
	wait_us ( TCP_TIME_WAIT_US + 1000 );
	assert_null ( any_conn () );
}

static void tcp_time_wait_exact_rst_ends_it ( void **state ) {
	time_wait ();
	peer_send ( TCP_RST, 5, 0, NULL, 0 );
	assert_non_null ( any_conn () );
	expect_whatever ();
	peer_send ( TCP_RST, 1, 0, NULL, 0 );
	assert_null ( any_conn () );
}

static void tcp_time_wait_connections_are_bounded ( void **state ) {
	struct tcp *tcp;
	unsigned int count = 0;

	for ( unsigned int i = 0; i < TCP_TIME_WAIT_MAX + 5; i++ ) {
		time_wait ();
		wait_us ( 10 );
	}
	list_for_each ( tcp, &tcp_connections, list )
		count++;
	assert_int_equal ( count, TCP_TIME_WAIT_MAX );
}

static void tcp_close_wait_write_still_works ( void **state ) {
	close_wait ();
	queue_write ( "request", 7 );
	join ();
	expect ( TCP_ACK, 0, 1, 7 );
	assert_int_equal ( result, 0 );
	peer_send ( TCP_ACK, 1, 7, NULL, 0 );
}

static void tcp_close_wait_close_goes_to_last_ack ( void **state ) {
	last_ack ();
}

static void tcp_close_wait_rst_resets ( void **state ) {
	close_wait ();
	peer_send ( TCP_RST, 1, 0, NULL, 0 );
	assert_int_equal ( conn ()->error, -ECONNRESET_TCP );
}

static void tcp_last_ack_ack_ends_it ( void **state ) {
	last_ack ();
	peer_send ( TCP_ACK, 1, 1, NULL, 0 );
	assert_null ( any_conn () );
	assert_false ( tcp_closing () );
	expect_nothing ();
}

static void tcp_last_ack_fin_is_repeated ( void **state ) {
	last_ack ();
	wait_us ( US_PER_S );
	expect ( TCP_FIN | TCP_ACK, 0, 1, 0 );
	peer_send ( TCP_ACK, 1, 1, NULL, 0 );
	assert_null ( any_conn () );
}

static void tcp_last_ack_repeated_fin_is_acknowledged ( void **state ) {
	last_ack ();
	peer_send ( TCP_FIN | TCP_ACK, 0, 0, NULL, 0 );
	expect ( TCP_ACK, 1, 1, 0 );
}

static void tcp_established_close_with_unread_data_resets ( void **state ) {
	establish ();
	peer_send ( TCP_ACK, 0, 0, "unread", 6 );
	expect_whatever ();
	close_it ();
	expect ( TCP_RST | TCP_ACK, 0, 6, 0 );
	assert_null ( any_conn () );
}

static void tcp_established_abort_resets ( void **state ) {
	establish ();
	start ( abort_task );
	join ();
	expect ( TCP_RST | TCP_ACK, 0, 0, 0 );
	assert_null ( any_conn () );
	assert_false ( tcp_closing () );
}

static void tcp_closed_close_after_reset_sends_nothing ( void **state ) {
	establish ();
	peer_send ( TCP_RST, 0, 0, NULL, 0 );
	close_it ();
	expect_nothing ();
	assert_null ( any_conn () );
}

static void tcp_established_stale_with_unexpected_data ( void **state ) {
	establish ();
	assert_false ( tcp_is_stale ( stream ) );
	peer_send ( TCP_ACK, 0, 0, "!", 1 );
	assert_true ( tcp_is_stale ( stream ) );
	expect_whatever ();
}

static void tcp_established_stale_without_our_address ( void **state ) {
	establish ();
	netsim_configure ( net, IPV4 ( 10, 0, 0, 99 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	assert_true ( tcp_is_stale ( stream ) );
	queue_write ( "x", 1 );
	join ();
	wait_us ( TCP_RTO_MIN );
	assert_int_equal ( conn ()->error, -ENETUNREACH_TCP );
	expect_whatever ();
}

#define tcp_test( name ) cmocka_unit_test_setup_teardown ( name, fixture_setup, fixture_teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		tcp_test ( tcp_established_close_sends_fin ),
		tcp_test ( tcp_fin_wait_1_ack_of_fin ),
		tcp_test ( tcp_fin_wait_1_fin_is_repeated_then_given_up ),
		tcp_test ( tcp_fin_wait_1_data_before_the_fin_is_still_sent ),
		tcp_test ( tcp_fin_wait_1_fin_with_ack_of_fin_goes_to_time_wait ),
		tcp_test ( tcp_fin_wait_1_fin_alone_is_simultaneous_close ),
		tcp_test ( tcp_closing_ack_of_fin_goes_to_time_wait ),
		tcp_test ( tcp_closing_fin_is_repeated ),
		tcp_test ( tcp_closing_rst_ends_it ),
		tcp_test ( tcp_fin_wait_2_fin_goes_to_time_wait ),
		tcp_test ( tcp_fin_wait_2_silent_peer_is_left_after_10_s ),
		tcp_test ( tcp_fin_wait_2_data_is_answered_with_rst ),
		tcp_test ( tcp_fin_wait_2_rst_ends_it ),
		tcp_test ( tcp_time_wait_repeated_fin_is_acknowledged_again ),
		tcp_test ( tcp_time_wait_ends_and_frees_its_buffers_at_once ),
		tcp_test ( tcp_time_wait_exact_rst_ends_it ),
		tcp_test ( tcp_time_wait_connections_are_bounded ),
		tcp_test ( tcp_close_wait_write_still_works ),
		tcp_test ( tcp_close_wait_close_goes_to_last_ack ),
		tcp_test ( tcp_close_wait_rst_resets ),
		tcp_test ( tcp_last_ack_ack_ends_it ),
		tcp_test ( tcp_last_ack_fin_is_repeated ),
		tcp_test ( tcp_last_ack_repeated_fin_is_acknowledged ),
		tcp_test ( tcp_established_close_with_unread_data_resets ),
		tcp_test ( tcp_established_abort_resets ),
		tcp_test ( tcp_closed_close_after_reset_sends_nothing ),
		tcp_test ( tcp_established_stale_with_unexpected_data ),
		tcp_test ( tcp_established_stale_without_our_address ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
