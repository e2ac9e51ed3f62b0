/** @file
 * TFTP downloads over the simulated network that fail: refusals, silence, hostile peers, no memory.
 */
#include "net/tftp_fixture.h"

/* ---- Failures ---- */

static void options_refused_are_left_out ( void **state ) {
	server.old_error = 8;
	assert_fetched ( 10000 );
	assert_int_equal ( server.requests, 2 );
	server.old_error = 4;
	assert_fetched ( 10000 );
	assert_int_equal ( server.errors, 0 );
}

static void errors_are_told_in_the_servers_words ( void **state ) {
	static const struct {
		unsigned int code;
		int rc;
	} errors[] = {
		{ 0, ENOTSUP }, { 1, ENOENT },  { 2, EACCES },  { 3, ENOTSUP },  { 4, ENOTTY },
		{ 5, ENOTSUP }, { 7, ENOTSUP }, { 8, ENOTSUP }, { 99, ENOTSUP },
	};
	char expected[64];

	for ( size_t i = 1; i < ARRAY_SIZE ( errors ); i++ ) {
		server.error = errors[i].code;
		assert_int_equal ( err_of ( fetch ( URI ) ), errors[i].rc );
		snprintf ( expected, sizeof ( expected ), "the server says: %u words",
			   errors[i].code );
		assert_string_equal ( probe.detail, expected );
	}
	server.error = 1;
	assert_int_equal ( fetch ( URI ), -ENOENT_TFTP );
	assert_int_equal ( server.errors, 0 );
}

static void error_in_the_middle_ends_it ( void **state ) {
	modern ();
	server.size = 500000;
	server.error_at = 100;
	assert_int_equal ( err_of ( fetch ( URI ) ), ENOTSUP );
	assert_string_equal ( probe.detail, "the server says: 0 disk.on fire" );
	assert_int_equal ( server.errors, 0 );
}

static void silence_ends_after_six_requests ( void **state ) {
	utime_t start = clock_now ();

	netsim_host_mute ( server.host, false );
	server.raw = "\0\7";
	server.raw_len = 2;
	assert_int_equal ( fetch ( URI ), -ETIMEDOUT_TFTP );
	assert_int_equal ( server.requests, 6 );
	assert_in_range ( clock_now () - start, 15700 * MS, 15800 * MS );
	assert_int_equal ( server.times[5] - server.times[4], 4000 * MS );
	assert_string_equal ( probe.detail, "TFTP server 10.0.0.1:69 did not answer" );
}

static void stall_ends_with_the_place ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	server.size = 500000;
	server.stop_at = 100;
	assert_int_equal ( fetch ( URI ), -ETIMEDOUT_TFTP );
	assert_in_range ( clock_now () - start, 15 * US_PER_S, 17 * US_PER_S );
	assert_string_equal ( probe.detail,
			      "TFTP server 10.0.0.1:5001 stopped sending at byte 143200" );
	assert_int_equal ( server.errors, 1 );
	assert_string_equal ( server.error_text, "TFTP Aborted" );
}

static void closed_port_is_told_at_once ( void **state ) {
	/* Type 3 code 3 with the start of our packet: made by hand when the request arrives. */
	static uint8_t icmp[8 + 28];
	static const uint8_t head[] = { 3, 3, 0,  0,  0, 0, 0,  0, 0x45, 0, 0,  90, 0, 0,
					0, 0, 64, 17, 0, 0, 10, 0, 0,    2, 10, 0,  0, 1 };
	utime_t start = clock_now ();
	uint16_t csum;

	server.raw = "";
	server.size = 1;
	netsim_spawn ( net, fetch_task, (void *) URI );
	netsim_run ( net, 100 * MS );
	assert_int_equal ( server.requests, 1 );
	memcpy ( icmp, head, sizeof ( head ) );
	icmp[28] = (uint8_t) ( server.peer >> 8 );
	icmp[29] = (uint8_t) server.peer;
	icmp[31] = 69;
	csum = netsim_csum ( 0, icmp, sizeof ( icmp ) );
	icmp[2] = (uint8_t) ( csum >> 8 );
	icmp[3] = (uint8_t) csum;
	netsim_host_send ( server.host, 1, 0, IPV4 ( 10, 0, 0, 2 ), icmp, sizeof ( icmp ), 0 );
	assert_int_equal ( err_of ( netsim_join ( net, 60 * US_PER_S ) ), ECONNREFUSED );
	assert_in_range ( clock_now () - start, 0, 200 * MS );
}

static void cancelled_transfer_is_aborted_at_once ( void **state ) {
	utime_t when;

	modern ();
	netsim_to_us ( net )->bytes_per_s = 1000000;
	server.size = 100000000;
	netsim_spawn ( net, fetch_task, (void *) URI );
	netsim_run ( net, 500 * MS );
	when = clock_now ();
	netsim_cancel ( net );
	assert_int_equal ( err_of ( netsim_join ( net, 60 * US_PER_S ) ), ECANCELED );
	netsim_run ( net, 10 * MS );
	assert_int_equal ( server.errors, 1 );
	assert_int_equal ( server.error_code, 0 );
	assert_string_equal ( server.error_text, "TFTP Aborted" );
	assert_in_range ( server.error_time - when, 0, 1 * MS );
}

static void uris_without_a_file_are_refused ( void **state ) {
	assert_int_equal ( err_of ( fetch ( "tftp://10.0.0.1" ) ), EINVAL );
	assert_int_equal ( err_of ( fetch ( "tftp://10.0.0.1/" ) ), EINVAL );
	assert_int_equal ( err_of ( fetch ( "tftp:///file" ) ), EINVAL );
	assert_int_equal ( err_of ( fetch ( "tftp:file" ) ), EINVAL );
}

static void name_too_long_is_refused ( void **state ) {
	char uri[1000] = "tftp://10.0.0.1/";

	memset ( uri + 16, 'x', 600 );
	assert_int_equal ( err_of ( fetch ( uri ) ), ENAMETOOLONG );
}

/* ---- Hostile peers ---- */

static void raw_answer ( const void *data, size_t len, int rc ) {
	server.raw = data;
	server.raw_len = len;
	assert_int_equal ( err_of ( fetch ( URI ) ), rc );
}

static void bad_options_are_refused ( void **state ) {
	raw_answer ( "\0\6blksize\0"
		     "1433",
		     15, EPROTO );
	assert_int_equal ( server.error_code, 8 );
	raw_answer ( "\0\6windowsize\0"
		     "65535",
		     19, EPROTO );
	/* These are no options at all, so no answer. */
	raw_answer ( "\0\6blksize\0"
		     "0",
		     12, ETIMEDOUT );
	raw_answer ( "\0\6blksize\0"
		     "99999",
		     16, ETIMEDOUT );
	raw_answer ( "\0\6windowsize\0"
		     "0",
		     15, ETIMEDOUT );
	raw_answer ( "\0\6tsize\0"
		     "-1",
		     11, ETIMEDOUT );
	raw_answer ( "\0\6tsize", 7, ETIMEDOUT );
}

static void block_larger_than_agreed_is_refused ( void **state ) {
	static uint8_t block[600] = { 0, 3, 0, 1 };

	raw_answer ( block, 4 + 513, EPROTO );
	assert_int_equal ( server.error_code, 4 );
}

static void first_block_must_be_the_first ( void **state ) {
	raw_answer ( "\0\3\0\2late", 8, ETIMEDOUT );
	raw_answer ( "\0\3\0\0none", 8, ETIMEDOUT );
	raw_answer ( "\0\4\0\1", 4, ETIMEDOUT );
}

/* Somebody else's packets, in every way that they can be somebody else's. */
static unsigned int stranger_errors;

static void stranger_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src,
			  ipv4_addr_t dest, const uint8_t *payload, size_t len, void *arg ) {
	if ( ( proto == IP_PROTO_UDP ) && ( len >= 12 ) && ( payload[9] == 5 ) &&
	     ( payload[11] == 5 ) )
		stranger_errors++;
}

static void strangers_change_nothing ( void **state ) {
	struct netsim_host *stranger = netsim_host_add ( net, STRANGER, stranger_rx, NULL );

	modern ();
	server.size = 2000000;
	netsim_to_us ( net )->bytes_per_s = 1000000;
	stranger_errors = 0;
	netsim_spawn ( net, fetch_task, (void *) URI );
	for ( unsigned int i = 0; i < 100; i++ ) {
		netsim_run ( net, 10 * MS );
		netsim_host_send_udp ( stranger, server.port, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\3\0\1evil", 8 );
		/* Errors of strangers are not answered. */
		netsim_host_send_udp ( stranger, server.port, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\5\0\1evil", 9 );
		netsim_host_send_udp ( server.host, 4999, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\3\0\1evil", 8 );
	}
	assert_int_equal ( netsim_join ( net, 60 * US_PER_S ), 0 );
	assert_whole ();
	/* Some wait in vain for ARP to find the stranger. */
	assert_in_range ( stranger_errors, 80, 100 );
	assert_int_equal ( server.errors, 100 );
	assert_int_equal ( server.error_code, 5 );
}

static void flood_of_old_blocks_does_not_outlast_the_timeout ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	server.size = 500000;
	server.stop_at = 10;
	netsim_spawn ( net, fetch_task, (void *) URI );
	for ( unsigned int i = 0; i < 1700; i++ ) {
		netsim_run ( net, 10 * MS );
		server_send_block ( &server, 3 );
		server_send_block ( &server, 10 );
		netsim_host_send_udp ( server.host, server.port, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\3\x50\0far ahead", 13 );
	}
	assert_int_equal ( netsim_join ( net, 10 * US_PER_S ), -ETIMEDOUT_TFTP );
	assert_in_range ( clock_now () - start, 15 * US_PER_S, 18 * US_PER_S );
	/* Answered at most four times a second. */
	assert_in_range ( server.acks, 5, 80 );
}

/* ---- Memory ---- */

static void no_memory_is_an_error_each_time ( void **state ) {
	bool failed = true;

	modern ();
	server.size = 300000;
	for ( unsigned int nth = 1; failed; nth++ ) {
		assert_in_range ( nth, 1, 100 );
		server.tsize = nth & 1;
		host_fail_heap ( nth );
		task_spawn ( netsim_group ( net ), "test", fetch_task, (void *) URI,
			     TASK_STACK_LARGE );
		netsim_join ( net, 60 * US_PER_S );
		failed = host_heap_failed ();
		host_fail_heap ( 0 );
		if ( failed ) {
			image_put ( image );
			image = NULL;
		}
	}
	assert_whole ();
	for ( unsigned int nth = 1; nth < 10; nth++ ) {
		image_put ( image );
		image = NULL;
		server.tsize = nth & 1;
		host_fail_pages ( nth );
		task_spawn ( netsim_group ( net ), "test", fetch_task, (void *) URI,
			     TASK_STACK_LARGE );
		netsim_join ( net, 60 * US_PER_S );
		host_fail_pages ( 0 );
	}
	assert_whole ();
}

int main ( void ) {
#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )
	const struct CMUnitTest tests[] = {
		TEST ( options_refused_are_left_out ),
		TEST ( errors_are_told_in_the_servers_words ),
		TEST ( error_in_the_middle_ends_it ),
		TEST ( silence_ends_after_six_requests ),
		TEST ( stall_ends_with_the_place ),
		TEST ( closed_port_is_told_at_once ),
		TEST ( cancelled_transfer_is_aborted_at_once ),
		TEST ( uris_without_a_file_are_refused ),
		TEST ( name_too_long_is_refused ),
		TEST ( bad_options_are_refused ),
		TEST ( block_larger_than_agreed_is_refused ),
		TEST ( first_block_must_be_the_first ),
		TEST ( strangers_change_nothing ),
		TEST ( flood_of_old_blocks_does_not_outlast_the_timeout ),
		TEST ( no_memory_is_an_error_each_time ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
