/** @file
 * TCP: receiving in ESTABLISHED: order, windows, SACK, PAWS, RFC 5961, acknowledgements.
 */
#include "unit/net/tcp_fixture.h"

static uint8_t buf[4 * 1024 * 1024], sent[4 * 1024 * 1024];

static int setup ( void **state ) {
	for ( size_t i = 0; i < sizeof ( sent ); i++ )
		sent[i] = (uint8_t) ( i * 7 + ( i >> 8 ) );
	memset ( buf, 0, sizeof ( buf ) );
	return fixture_setup ( state );
}

/** Send bytes [at, at + len) of the pattern. */
static void peer_data ( uint32_t at, size_t len ) {
	peer_send ( TCP_ACK, at, 0, sent + at, len );
}

static void expect_sack ( const struct tcp_segment *seg, unsigned int i, uint32_t from,
			  uint32_t to ) {
	assert_true ( i < seg->sack_count );
	assert_int_equal ( seg->sack[i].start - isn, from );
	assert_int_equal ( seg->sack[i].end - isn, to );
}

static void tcp_established_data_is_read_and_acknowledged ( void **state ) {
	establish ();
	peer_data ( 0, 100 );
	expect_ack ( 100 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 100 );
	assert_memory_equal ( buf, sent, 100 );
	expect_nothing ();
}

static void tcp_established_data_goes_straight_to_a_waiting_reader ( void **state ) {
	uint64_t before = tcp_stats.rx_direct_bytes;

	establish ();
	start_read ( buf, sizeof ( buf ) );
	peer_data ( 0, MSS );
	join ();
	assert_int_equal ( read_done, MSS );
	assert_memory_equal ( buf, sent, MSS );
	assert_int_equal ( tcp_stats.rx_direct_bytes - before, MSS );
	expect_ack ( MSS );
}

static void tcp_established_reader_smaller_than_segment ( void **state ) {
	establish ();
	start_read ( buf, 10 );
	peer_data ( 0, 100 );
	join ();
	assert_int_equal ( read_done, 10 );
	assert_int_equal ( read_now ( buf + 10, 1000 ), 90 );
	assert_memory_equal ( buf, sent, 100 );
}

/** Several segments in one poll batch. */
static void burst ( uint32_t at, unsigned int count ) {
	struct tcp_segment seg = { .src_port = 80,
				   .dest_port = port,
				   .flags = TCP_ACK,
				   .ack = our_isn,
				   .window = 0xffff,
				   .has_ts = true,
				   .ts_val = peer_ts,
				   .ts_ecr = our_ts,
				   .len = MSS };

	for ( unsigned int i = 0; i < count; i++ ) {
		seg.seq = isn + at + i * MSS;
		seg.data = sent + at + i * MSS;
		tcp_peer_send ( peer, OUR_IP, &seg, 0 );
	}
	netsim_settle ( net );
}

static void tcp_established_batch_wakes_reader_once_and_is_acknowledged_once ( void **state ) {
	establish ();
	start_read ( buf, sizeof ( buf ) );
	burst ( 0, 10 );
	join ();
	assert_int_equal ( read_done, 10 * MSS );
	assert_memory_equal ( buf, sent, 10 * MSS );
	expect_ack ( 10 * MSS );
	expect_nothing ();
}

static void tcp_established_lone_segment_is_acknowledged_after_a_delay ( void **state ) {
	establish ();
	conn ()->quick_acks = 0;
	peer_data ( 0, 100 );
	expect_nothing ();
	wait_us ( TCP_DELAYED_ACK_US );
	expect_ack ( 100 );
	wait_us ( US_PER_S );
	expect_nothing ();
}

static void tcp_established_gap_is_reported_and_filled ( void **state ) {
	const struct tcp_segment *seg;

	establish ();
	peer_data ( 1000, 500 );
	seg = expect ( TCP_ACK, 0, 0, 0 );
	assert_int_equal ( seg->sack_count, 1 );
	expect_sack ( seg, 0, 1000, 1500 );
	peer_data ( 2000, 500 );
	seg = expect ( TCP_ACK, 0, 0, 0 );
	assert_int_equal ( seg->sack_count, 2 );
	expect_sack ( seg, 0, 2000, 2500 );
	expect_sack ( seg, 1, 1000, 1500 );
	peer_data ( 1500, 500 );
	seg = expect ( TCP_ACK, 0, 0, 0 );
	assert_int_equal ( seg->sack_count, 1 );
	expect_sack ( seg, 0, 1000, 2500 );
	assert_false ( tcp_window_ready ( &conn ()->rx ) );
	peer_data ( 0, 1000 );
	assert_int_equal ( expect ( TCP_ACK, 0, 2500, 0 )->sack_count, 0 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 2500 );
	assert_memory_equal ( buf, sent, 2500 );
}

static void tcp_established_segment_over_two_pieces_takes_up_both ( void **state ) {
	establish ();
	peer_data ( 100, 100 );
	peer_data ( 300, 200 );
	expect_whatever ();
	peer_data ( 0, 350 );
	assert_int_equal ( expect ( TCP_ACK, 0, 500, 0 )->sack_count, 0 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 500 );
	assert_memory_equal ( buf, sent, 500 );
}

static void tcp_established_gap_filled_under_a_waiting_reader ( void **state ) {
	establish ();
	start_read ( buf, sizeof ( buf ) );
	peer_data ( 1000, 500 );
	assert_false ( ended );
	peer_data ( 0, 1000 );
	join ();
	assert_int_equal ( read_done, 1500 );
	assert_memory_equal ( buf, sent, 1500 );
}

static void tcp_established_sack_reports_three_latest_pieces ( void **state ) {
	const struct tcp_segment *seg;

	establish ();
	for ( uint32_t i = 1; i <= 5; i++ )
		peer_data ( i * 2000, 1000 );
	for ( uint32_t i = 1; i < 5; i++ )
		take_any ();
	seg = take_any ();
	assert_int_equal ( seg->sack_count, 3 );
	expect_sack ( seg, 0, 10000, 11000 );
	expect_sack ( seg, 1, 8000, 9000 );
	expect_sack ( seg, 2, 6000, 7000 );
}

static void tcp_established_more_pieces_than_can_be_kept ( void **state ) {
	establish ();
	for ( uint32_t i = 1; i <= TCP_RANGES_MAX + 10; i++ )
		peer_data ( i * 2000, 1000 );
	assert_int_equal ( conn ()->rx.ooo.count, TCP_RANGES_MAX );
	for ( uint32_t i = 0; i <= TCP_RANGES_MAX + 11; i++ ) {
		peer_data ( i * 2000, 1000 );
		peer_data ( i * 2000 + 1000, 1000 );
	}
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), ( TCP_RANGES_MAX + 12 ) * 2000 );
	assert_memory_equal ( buf, sent, ( TCP_RANGES_MAX + 12 ) * 2000 );
	expect_whatever ();
}

static void tcp_established_duplicate_is_reported_as_dsack ( void **state ) {
	const struct tcp_segment *seg;

	establish ();
	peer_data ( 0, 1000 );
	expect_ack ( 1000 );
	peer_data ( 0, 1000 );
	seg = expect ( TCP_ACK, 0, 1000, 0 );
	assert_int_equal ( seg->sack_count, 1 );
	expect_sack ( seg, 0, 0, 1000 );
	/* Above the acknowledgement: the duplicate, then the piece that it lies in (RFC 2883 §4). */
	peer_data ( 2000, 1000 );
	take_any ();
	peer_data ( 2000, 500 );
	seg = expect ( TCP_ACK, 0, 1000, 0 );
	assert_int_equal ( seg->sack_count, 2 );
	expect_sack ( seg, 0, 2000, 2500 );
	expect_sack ( seg, 1, 2000, 3000 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 1000 );
}

static void tcp_established_partly_old_segment_gives_its_new_part ( void **state ) {
	establish ();
	peer_data ( 0, 1000 );
	peer_data ( 500, 1000 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 1500 );
	assert_memory_equal ( buf, sent, 1500 );
	expect_whatever ();
}

static void tcp_established_coalesced_packet ( void **state ) {
	struct tcp_segment seg = { .src_port = 80,
				   .flags = TCP_ACK,
				   .window = 0xffff,
				   .has_ts = true,
				   .len = 60000,
				   .data = sent };

	establish ();
	seg.dest_port = port;
	seg.seq = isn;
	seg.ack = our_isn;
	seg.ts_val = peer_ts;
	seg.ts_ecr = our_ts;
	start_read ( buf, sizeof ( buf ) );
	tcp_peer_send ( peer, OUR_IP, &seg, PKT_CSUM_OK | PKT_COALESCED );
	join ();
	assert_int_equal ( read_done, 60000 );
	assert_memory_equal ( buf, sent, 60000 );
	expect_ack ( 60000 );
}

static void tcp_established_data_beyond_the_window_is_cut ( void **state ) {
	uint32_t window;

	peer_syn.has_wscale = false;
	establish ();
	window = 0xffff;
	for ( uint32_t at = 0; at < window + 3000; at += 1000 )
		peer_data ( at, 1000 );
	assert_int_equal ( tcp_window_ready ( &conn ()->rx ), window );
	expect_whatever ();
	/* A probe of the closed window says where we are. */
	peer_data ( window, 1 );
	assert_int_equal ( expect ( TCP_ACK, 0, window, 0 )->window, 0 );
	/* Reading opens it, and the peer hears of it at once. */
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), window );
	assert_memory_equal ( buf, sent, window );
	assert_int_equal ( expect ( TCP_ACK, 0, window, 0 )->window, window );
	peer_data ( window, 1000 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 1000 );
	assert_memory_equal ( buf, sent + window, 1000 );
}

static void tcp_established_little_reads_do_not_open_a_silly_window ( void **state ) {
	peer_syn.has_wscale = false;
	establish ();
	for ( uint32_t at = 0; at < 0xffff; at += 1000 )
		peer_data ( at, 1000 );
	expect_whatever ();
	assert_int_equal ( read_now ( buf, 100 ), 100 );
	expect_nothing ();
	assert_int_equal ( read_now ( buf, 3000 ), 3000 );
	assert_true ( take_any ()->window >= 2 * MSS );
}

static void tcp_established_bad_checksum_is_dropped ( void **state ) {
	uint8_t raw[24] = { 0, 80 };
	uint64_t before = tcp_stats.rx_bad_checksum;

	establish ();
	raw[2] = (uint8_t) ( port >> 8 );
	raw[3] = (uint8_t) port;
	raw[12] = 5 << 4;
	raw[13] = TCP_RST | TCP_ACK;
	tcp_peer_send_raw ( peer, OUR_IP, raw, sizeof ( raw ) );
	expect_nothing ();
	assert_int_equal ( tcp_stats.rx_bad_checksum - before, 1 );
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
}

static void tcp_established_rst_at_next_resets ( void **state ) {
	establish ();
	start_read ( buf, 100 );
	peer_send ( TCP_RST, 0, 0, NULL, 0 );
	join ();
	assert_int_equal ( result, -ECONNRESET_TCP );
	assert_string_equal ( error_words, "10.0.0.1:80 reset the connection" );
	assert_true ( tcp_is_stale ( stream ) );
	expect_nothing ();
}

static void tcp_established_data_before_rst_is_still_read ( void **state ) {
	establish ();
	peer_data ( 0, 100 );
	peer_send ( TCP_RST, 100, 0, NULL, 0 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 100 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), 0 );
	assert_int_equal ( result, -ECONNRESET_TCP );
	expect_whatever ();
}

static void tcp_established_rst_elsewhere_in_window_is_challenged ( void **state ) {
	establish ();
	peer_send ( TCP_RST, 1, 0, NULL, 0 );
	expect_ack ( 0 );
	peer_send ( TCP_RST, 100000, 0, NULL, 0 );
	expect_ack ( 0 );
	peer_send ( TCP_RST, -1U, 0, NULL, 0 );
	peer_send ( TCP_RST, TCP_WINDOW_FIRST + 1, 0, NULL, 0 );
	expect_nothing ();
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
}

static void tcp_established_syn_is_challenged ( void **state ) {
	establish ();
	peer_send ( TCP_SYN, 0, 0, NULL, 0 );
	expect_ack ( 0 );
	peer_send ( TCP_SYN | TCP_ACK, -1U, 0, NULL, 0 );
	expect_ack ( 0 );
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
}

static void tcp_established_challenges_are_limited ( void **state ) {
	unsigned int count = 0;

	establish ();
	for ( unsigned int i = 0; i < 100; i++ )
		peer_send ( TCP_SYN, i, 0, NULL, 0 );
	while ( tcp_peer_next ( peer ) )
		count++;
	assert_int_equal ( count, TCP_CHALLENGES_PER_S );
	wait_us ( US_PER_S );
	peer_send ( TCP_SYN, 0, 0, NULL, 0 );
	expect_ack ( 0 );
}

static void tcp_established_ack_of_unsent_or_ancient_data_is_challenged ( void **state ) {
	establish ();
	peer_send ( TCP_ACK, 0, 1, "x", 1 );
	expect_ack ( 0 );
	peer_send ( TCP_ACK, 0, 0x80000000, "x", 1 );
	expect_ack ( 0 );
	assert_int_equal ( read_done = tcp_window_ready ( &conn ()->rx ), 0 );
}

static void tcp_established_segment_without_ack_is_dropped ( void **state ) {
	establish ();
	peer_send ( 0, 0, 0, "x", 1 );
	expect_nothing ();
	assert_int_equal ( tcp_window_ready ( &conn ()->rx ), 0 );
}

static void tcp_established_old_timestamp_is_refused ( void **state ) {
	establish ();
	peer_ts = 8000;
	peer_data ( 0, 10 );
	expect_ack ( 10 );
	peer_ts = 7999;
	peer_data ( 10, 10 );
	assert_int_equal ( expect ( TCP_ACK, 0, 10, 0 )->ts_ecr, 8000 );
	assert_int_equal ( tcp_window_ready ( &conn ()->rx ), 10 );
	/* A reset is not subject to it (RFC 7323 §5.2). */
	peer_send ( TCP_RST, 10, 0, NULL, 0 );
	assert_int_equal ( conn ()->state, TCP_CLOSED );
}

static void tcp_established_old_timestamp_counts_again_after_24_days ( void **state ) {
	establish ();
	conn ()->ts_recent_at = clock_now () - TCP_PAWS_IDLE_US;
	peer_ts = 1;
	peer_data ( 0, 10 );
	assert_int_equal ( tcp_window_ready ( &conn ()->rx ), 10 );
	expect_whatever ();
}

static void tcp_established_missing_timestamp_is_dropped ( void **state ) {
	establish ();
	peer_uses_ts = false;
	peer_data ( 0, 10 );
	expect_nothing ();
	assert_int_equal ( tcp_window_ready ( &conn ()->rx ), 0 );
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
}

static void tcp_established_timestamp_of_first_unacknowledged_segment_is_echoed ( void **state ) {
	establish ();
	conn ()->quick_acks = 0;
	peer_ts = 9000;
	peer_data ( 0, 10 );
	peer_ts = 9001;
	peer_data ( 10, 10 );
	wait_us ( TCP_DELAYED_ACK_US );
	assert_int_equal ( take_any ()->ts_ecr, 9000 );
}

static void tcp_established_fin_ends_the_stream ( void **state ) {
	establish ();
	peer_send ( TCP_FIN | TCP_ACK, 0, 0, sent, 10 );
	expect_ack ( 11 );
	assert_int_equal ( conn ()->state, TCP_CLOSE_WAIT );
	assert_true ( tcp_is_stale ( stream ) );
	assert_int_equal ( read_now ( buf, 100 ), 10 );
	assert_int_equal ( read_now ( buf, 100 ), 0 );
	assert_int_equal ( result, 0 );
}

static void tcp_established_fin_wakes_a_waiting_reader ( void **state ) {
	establish ();
	start_read ( buf, 100 );
	peer_send ( TCP_FIN | TCP_ACK, 0, 0, NULL, 0 );
	join ();
	assert_int_equal ( result, 0 );
	assert_int_equal ( read_done, 0 );
	expect_ack ( 1 );
}

static void tcp_established_fin_before_its_data_waits_for_it ( void **state ) {
	establish ();
	peer_send ( TCP_FIN | TCP_ACK, 1000, 0, sent + 1000, 10 );
	expect_ack ( 0 );
	assert_int_equal ( conn ()->state, TCP_ESTABLISHED );
	peer_data ( 0, 1000 );
	expect_ack ( 1011 );
	assert_int_equal ( conn ()->state, TCP_CLOSE_WAIT );
	assert_int_equal ( read_now ( buf, 2000 ), 1010 );
}

static void tcp_established_data_beyond_the_fin_is_ignored ( void **state ) {
	establish ();
	peer_send ( TCP_FIN | TCP_ACK, 1000, 0, sent + 1000, 10 );
	peer_data ( 1010, 500 );
	peer_data ( 0, 1000 );
	assert_int_equal ( read_now ( buf, 2000 ), 1010 );
	assert_int_equal ( conn ()->state, TCP_CLOSE_WAIT );
	peer_data ( 1011, 500 );
	assert_int_equal ( tcp_window_ready ( &conn ()->rx ), 0 );
	expect_whatever ();
}

static void tcp_established_fin_beyond_the_window_is_not_believed ( void **state ) {
	establish ();
	peer_send ( TCP_FIN | TCP_ACK, TCP_WINDOW_FIRST - 5, 0, sent, 10 );
	assert_false ( conn ()->fin_seen );
	expect_whatever ();
}

static void tcp_established_read_time_out_leaves_the_stream_usable ( void **state ) {
	establish ();
	start_read ( buf, 100 );
	conn ()->idle_timer.expires = TIME_NEVER; /* no keep-alive */
	timer_stop ( &conn ()->idle_timer );
	wait_us ( 101 * US_PER_S );
	join ();
	assert_int_equal ( result, -ETIMEDOUT_TCP );
	assert_null ( conn ()->rx.target );
	peer_data ( 0, 10 );
	assert_int_equal ( read_now ( buf, 100 ), 10 );
	expect_whatever ();
}

static void tcp_established_cancelled_reader_leaves_its_buffer_alone ( void **state ) {
	establish ();
	start_read ( buf, 100 );
	netsim_cancel ( net );
	join ();
	assert_int_equal ( err_of ( result ), ECANCELED );
	assert_null ( conn ()->rx.target );
	peer_data ( 0, 10 );
	assert_int_equal ( buf[1], 0 );
	expect_whatever ();
}

static void tcp_established_idle_connection_is_probed ( void **state ) {
	establish ();
	wait_us ( TCP_KEEPALIVE_US - 1 );
	expect_nothing ();
	wait_us ( 1 );
	expect ( TCP_ACK, -1U, 0, 0 );
	peer_send ( TCP_ACK, 0, 0, NULL, 0 );
	wait_us ( TCP_KEEPALIVE_US );
	expect ( TCP_ACK, -1U, 0, 0 );
	assert_int_equal ( conn ()->probes, 1 );
}

static void tcp_established_unanswered_probes_end_the_connection ( void **state ) {
	establish ();
	start_read ( buf, 100 );
	read_len = 100;
	wait_us ( ( TCP_KEEPALIVE_MAX + 1 ) * TCP_KEEPALIVE_US );
	assert_int_equal ( conn ()->state, TCP_CLOSED );
	assert_int_equal ( conn ()->error, -ETIMEDOUT_TCP );
	join ();
	expect_whatever ();
}

static void tcp_established_peers_probe_is_answered ( void **state ) {
	establish ();
	peer_send ( TCP_ACK, -1U, 0, NULL, 0 );
	expect_ack ( 0 );
}

/* ---- The size of the window ---- */

/** The peer sends a round trip's worth; the reader takes it; the round trip passes. */
static void round_trip ( uint32_t *at, uint32_t bytes ) {
	uint32_t end = *at + bytes;

	while ( *at < end ) {
		burst ( *at, 30 );
		*at += 30 * MSS;
		while ( tcp_window_ready ( &conn ()->rx ) )
			read_now ( buf, sizeof ( buf ) );
	}
	wait_us ( 50 * US_PER_MS );
	expect_whatever ();
}

static void establish_slow ( void ) {
	start_connect ();
	wait_us ( 100 * US_PER_MS );
	peer_send_synack ();
	join ();
	expect_whatever ();
}

static void tcp_window_grows_with_what_a_round_trip_brings ( void **state ) {
	uint32_t at = 0;

	establish_slow ();
	assert_int_equal ( conn ()->rx.limit, TCP_WINDOW_FIRST );
	round_trip ( &at, 50000 );
	assert_int_equal ( conn ()->rx.limit, TCP_WINDOW_FIRST );
	round_trip ( &at, 300000 );
	round_trip ( &at, 300000 );
	assert_in_range ( conn ()->rx.limit, 4 * 300000, 8 * 300000 );
}

static void tcp_window_halves_when_the_nic_runs_out_of_buffers ( void **state ) {
	uint32_t at = 0, before;

	establish_slow ();
	round_trip ( &at, 300000 );
	round_trip ( &at, 300000 );
	before = conn ()->rx.limit;
	netsim_netif ( net )->rx_overruns++;
	round_trip ( &at, 43440 );
	assert_int_equal ( conn ()->rx.limit, before / 2 );
	/* Held for a while, then it may grow again. */
	round_trip ( &at, 300000 );
	round_trip ( &at, 300000 );
	assert_int_equal ( conn ()->rx.limit, before / 2 );
	wait_us ( 2 * US_PER_S );
	peer_ts += 3000;
	round_trip ( &at, 300000 );
	round_trip ( &at, 300000 );
	assert_true ( conn ()->rx.limit >= before );
}

static void tcp_window_keeps_what_is_in_it_when_it_grows ( void **state ) {
	struct tcp_window *rx;
	uint32_t gap = 70000;

	establish_slow ();
	rx = &conn ()->rx;
	peer_data ( 0, 1000 );
	for ( uint32_t at = gap; at < gap + 180000; at += 30000 )
		peer_data ( at, 20000 );
	rx->period_read = rx->read - 3000000; /* as if much had been read */
	tcp_window_tune ( rx, clock_now () );
	assert_true ( rx->size > TCP_WINDOW_FIRST );
	for ( uint32_t at = 1000; at < gap; at += 1000 )
		peer_data ( at, 1000 );
	for ( uint32_t at = gap + 20000; at < gap + 180000; at += 30000 )
		peer_data ( at, 10000 );
	assert_int_equal ( read_now ( buf, sizeof ( buf ) ), gap + 180000 );
	assert_memory_equal ( buf, sent, gap + 180000 );
	expect_whatever ();
}

static void tcp_window_stays_when_there_is_no_memory ( void **state ) {
	uint32_t at = 0;

	establish_slow ();
	round_trip ( &at, 40000 );
	conn ()->rx.period_read = conn ()->rx.read - 3000000;
	host_fail_pages ( 1 );
	tcp_window_tune ( &conn ()->rx, clock_now () );
	host_fail_pages ( 0 );
	assert_int_equal ( conn ()->rx.limit, TCP_WINDOW_FIRST );
	round_trip ( &at, 40000 );
}

#define tcp_test( name ) cmocka_unit_test_setup_teardown ( name, setup, fixture_teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		tcp_test ( tcp_established_data_is_read_and_acknowledged ),
		tcp_test ( tcp_established_data_goes_straight_to_a_waiting_reader ),
		tcp_test ( tcp_established_reader_smaller_than_segment ),
		tcp_test ( tcp_established_batch_wakes_reader_once_and_is_acknowledged_once ),
		tcp_test ( tcp_established_lone_segment_is_acknowledged_after_a_delay ),
		tcp_test ( tcp_established_gap_is_reported_and_filled ),
		tcp_test ( tcp_established_segment_over_two_pieces_takes_up_both ),
		tcp_test ( tcp_established_gap_filled_under_a_waiting_reader ),
		tcp_test ( tcp_established_sack_reports_three_latest_pieces ),
		tcp_test ( tcp_established_more_pieces_than_can_be_kept ),
		tcp_test ( tcp_established_duplicate_is_reported_as_dsack ),
		tcp_test ( tcp_established_partly_old_segment_gives_its_new_part ),
		tcp_test ( tcp_established_coalesced_packet ),
		tcp_test ( tcp_established_data_beyond_the_window_is_cut ),
		tcp_test ( tcp_established_little_reads_do_not_open_a_silly_window ),
		tcp_test ( tcp_established_bad_checksum_is_dropped ),
		tcp_test ( tcp_established_rst_at_next_resets ),
		tcp_test ( tcp_established_data_before_rst_is_still_read ),
		tcp_test ( tcp_established_rst_elsewhere_in_window_is_challenged ),
		tcp_test ( tcp_established_syn_is_challenged ),
		tcp_test ( tcp_established_challenges_are_limited ),
		tcp_test ( tcp_established_ack_of_unsent_or_ancient_data_is_challenged ),
		tcp_test ( tcp_established_segment_without_ack_is_dropped ),
		tcp_test ( tcp_established_old_timestamp_is_refused ),
		tcp_test ( tcp_established_old_timestamp_counts_again_after_24_days ),
		tcp_test ( tcp_established_missing_timestamp_is_dropped ),
		tcp_test ( tcp_established_timestamp_of_first_unacknowledged_segment_is_echoed ),
		tcp_test ( tcp_established_fin_ends_the_stream ),
		tcp_test ( tcp_established_fin_wakes_a_waiting_reader ),
		tcp_test ( tcp_established_fin_before_its_data_waits_for_it ),
		tcp_test ( tcp_established_data_beyond_the_fin_is_ignored ),
		tcp_test ( tcp_established_fin_beyond_the_window_is_not_believed ),
		tcp_test ( tcp_established_read_time_out_leaves_the_stream_usable ),
		tcp_test ( tcp_established_cancelled_reader_leaves_its_buffer_alone ),
		tcp_test ( tcp_established_idle_connection_is_probed ),
		tcp_test ( tcp_established_unanswered_probes_end_the_connection ),
		tcp_test ( tcp_established_peers_probe_is_answered ),
		tcp_test ( tcp_window_grows_with_what_a_round_trip_brings ),
		tcp_test ( tcp_window_halves_when_the_nic_runs_out_of_buffers ),
		tcp_test ( tcp_window_keeps_what_is_in_it_when_it_grows ),
		tcp_test ( tcp_window_stays_when_there_is_no_memory ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
