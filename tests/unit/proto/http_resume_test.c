/** @file
 * HTTP downloads that do not go smoothly, against scripted servers: resumption, cancellation,
 * time-outs, and what the user reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/http_download.h"
#include "core/error.h"
#include "platform/host/host.h"
#include "proto/http_pool.h"

/* ---- Resumption ---- */

#define TAGGED( len ) "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: " #len "\r\n\r\n"

static void broken_transfer_is_resumed ( void **state ) {
	START ( { .reply = TAGGED ( 11 ) "hello", .end = MEM_RESET },
		{ .reply = "HTTP/1.1 206 P\r\nContent-Range: bytes 5-10/11\r\nContent-Length: "
			   "6\r\n\r\n world" } );
	FETCH ( "http://h/", "hello world" );
	assert_string_equal ( memstream_request ( 1 ),
			      request_of ( "GET /", "Host: h\r\nRange: bytes=5-\r\n"
						    "If-Range: \"v1\"\r\n\r\n" ) );
}

static void transfer_cut_anywhere_is_resumed ( void **state ) {
	static const char whole[] = TAGGED ( 11 ) "hello world";
	size_t head = strlen ( TAGGED ( 11 ) );
	char rest[128];
	struct mem_exchange exchanges[2] = { { .reply = whole, .end = MEM_CLOSE },
					     { .reply = rest } };

	for ( size_t have = 1; have < 11; have++ ) {
		exchanges[0].len = head + have;
		sprintf ( rest,
			  "HTTP/1.1 206 P\r\nContent-Range: bytes %zu-10/11\r\n"
			  "Content-Length: %zu\r\n\r\n%s",
			  have, 11 - have, &"hello world"[have] );
		memstream_start ( exchanges, 2 );
		FETCH ( "http://h/", "hello world" );
		http_pool_flush ();
	}
}

static void chunked_transfer_is_resumed ( void **state ) {
	START ( { .reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: b\r\n"
			   "Last-Modified: a\r\n\r\n3\r\nhel\r\n4\r\nlo",
		  .end = MEM_CLOSE },
		{ .reply = "HTTP/1.1 206 P\r\nContent-Range: bytes 5-10/11\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n6\r\n world\r\n0\r\n\r\n" } );
	FETCH ( "http://h/", "hello world" );
	assert_non_null ( strstr ( memstream_request ( 1 ), "If-Range: a\r\n" ) );
}

static void server_that_restarts_is_waited_for ( void **state ) {
	START ( { .reply = TAGGED ( 11 ) "hello", .end = MEM_RESET }, { .end = MEM_REFUSE },
		{ .end = MEM_REFUSE }, { .end = MEM_REFUSE }, { .end = MEM_REFUSE },
		{ .end = MEM_REFUSE }, { .end = MEM_REFUSE },
		{ .reply = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = "HTTP/1.1 206 P\r\nContent-Range: bytes 5-10/11\r\nContent-Length: "
			   "6\r\n\r\n world" } );
	FETCH ( "http://h/", "hello world" );
	assert_in_range ( clock_now (), 10 * US_PER_S, 60 * US_PER_S );
}

static void dead_server_is_given_up ( void **state ) {
	utime_t start = clock_now ();

	START ( { .reply = TAGGED ( 11 ) "hello", .end = MEM_RESET } );
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -ECONNREFUSED_TCP );
	assert_memory_equal ( last_detail, "gave up at byte 5", 17 );
	assert_in_range ( clock_now () - start, 20 * US_PER_S, 60 * US_PER_S );
}

static void stalled_transfer_is_resumed_on_another_connection ( void **state ) {
	utime_t start = clock_now ();

	START ( { .reply = TAGGED ( 11 ) "hello", .end = MEM_STALL },
		{ .reply = "HTTP/1.1 206 P\r\nContent-Range: bytes 5-10/11\r\nContent-Length: "
			   "6\r\n\r\n world" } );
	FETCH ( "http://h/", "hello world" );
	assert_in_range ( clock_now () - start, 15 * US_PER_S, 16 * US_PER_S );
	assert_int_equal ( memstream_aborted (), 1 );
}

static void transfer_without_validator_begins_anew ( void **state ) {
	START ( { .reply = OK ( 11 ) "HELLO", .end = MEM_CLOSE },
		{ .reply = OK ( 11 ) "hello world" } );
	FETCH ( "http://h/", "hello world" );
	assert_null ( strstr ( memstream_request ( 1 ), "Range" ) );
}

static void changed_resource_begins_anew ( void **state ) {
	START ( { .reply = TAGGED ( 11 ) "HELLO", .end = MEM_CLOSE },
		{ .reply = "HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 5\r\n\r\nother" } );
	FETCH ( "http://h/", "other" );
	assert_int_equal ( memstream_exchanges (), 2 );
}

static void resumption_of_a_second_version_uses_its_validator ( void **state ) {
	START ( { .reply = TAGGED ( 11 ) "HELLO", .end = MEM_CLOSE },
		{ .reply = "HTTP/1.1 200 OK\r\nETag: \"v2\"\r\nContent-Length: 5\r\n\r\not",
		  .end = MEM_CLOSE },
		{ .reply = "HTTP/1.1 206 P\r\nContent-Range: bytes 2-4/5\r\nContent-Length: "
			   "3\r\n\r\nher" } );
	FETCH ( "http://h/", "other" );
	assert_non_null ( strstr ( memstream_request ( 2 ), "Range: bytes=2-\r\n"
							    "If-Range: \"v2\"\r\n" ) );
}

static void range_not_satisfiable_begins_anew ( void **state ) {
	START ( { .reply = TAGGED ( 11 ) "HELLO", .end = MEM_CLOSE },
		{ .reply = "HTTP/1.1 416 R\r\nContent-Range: bytes */3\r\nContent-Length: "
			   "0\r\n\r\n" },
		{ .reply = OK ( 3 ) "new" } );
	FETCH ( "http://h/", "new" );
	assert_null ( strstr ( memstream_request ( 2 ), "Range" ) );
}

static void other_part_than_asked_for_begins_anew ( void **state ) {
	static const char *const wrong[] = {
		"HTTP/1.1 206 P\r\nContent-Range: bytes 4-10/11\r\nContent-Length: "
		"7\r\n\r\nXXXXXXX",
		"HTTP/1.1 206 P\r\nContent-Range: bytes 5-11/12\r\nContent-Length: "
		"7\r\n\r\nXXXXXXX",
		"HTTP/1.1 206 P\r\nContent-Length: 6\r\n\r\nXXXXXX",
		"HTTP/1.1 206 P\r\nContent-Type: multipart/byteranges\r\nContent-Length: "
		"2\r\n\r\nXX",
	};
	struct mem_exchange exchanges[] = {
		{ .reply = TAGGED ( 11 ) "HELLO", .end = MEM_CLOSE },
		{ .end = MEM_KEEP },
		{ .reply = TAGGED ( 11 ) "hello world" },
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( wrong ); i++ ) {
		exchanges[1].reply = wrong[i];
		memstream_start ( exchanges, ARRAY_SIZE ( exchanges ) );
		FETCH ( "http://h/", "hello world" );
		http_pool_flush ();
	}
}

static void server_that_always_breaks_is_given_up ( void **state ) {
	struct mem_exchange exchanges[64];

	for ( size_t i = 0; i < ARRAY_SIZE ( exchanges ); i++ )
		exchanges[i] =
			( struct mem_exchange ){ .reply = OK ( 11 ) "hel", .end = MEM_CLOSE };
	memstream_start ( exchanges, ARRAY_SIZE ( exchanges ) );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ECONNRESET );
	assert_int_equal ( memstream_exchanges (), 5 );
}

static void post_is_never_repeated ( void **state ) {
	params_add ( params_new ( "", NULL ), false, "a", "b" );
	START ( { .reply = TAGGED ( 11 ) "hello", .end = MEM_RESET },
		{ .reply = TAGGED ( 11 ) "hello world" } );
	assert_int_equal ( FETCH_FAILS ( "http://h/##params" ), -ECONNRESET_TCP );
	assert_int_equal ( memstream_exchanges (), 1 );
}

static void short_body_is_never_taken_for_the_whole ( void **state ) {
	/* Each cut of each framing, with a server that has no second answer. */
	static const char *const replies[] = { OK ( 5 ) "hello", TAGGED ( 5 ) "hello",
					       CHUNKED "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" };
	struct mem_exchange exchange = { .end = MEM_CLOSE };

	for ( size_t i = 0; i < ARRAY_SIZE ( replies ); i++ ) {
		exchange.reply = replies[i];
		for ( exchange.len = 1; exchange.len < strlen ( replies[i] ); exchange.len++ ) {
			memstream_start ( &exchange, 1 );
			FETCH_FAILS ( "http://h/" );
		}
	}
}

/* ---- Cancellation, time-out, console ---- */

static TASK_FN int cancel_task ( void *arg ) {
	sleep_until ( deadline_in ( 3 * US_PER_S ) );
	host_console_type ( "\x03", 1 );
	return 0;
}

static TASK_FN int cancelled_download_task ( void *arg ) {
	struct task_group group;
	int rc;

	task_group_init ( &group );
	assert_int_equal ( task_spawn ( &group, "ctrl-c", cancel_task, NULL, TASK_STACK_NORMAL ),
			   0 );
	rc = download_task ( arg );
	task_group_join ( &group );
	return rc;
}

static void ctrl_c_stops_at_once_and_frees_everything ( void **state ) {
	static const struct mem_exchange scripts[][2] = {
		{ { .reply = "", .end = MEM_STALL } },
		{ { .reply = TAGGED ( 11 ) "hello", .end = MEM_STALL } },
		{ { .reply = TAGGED ( 11 ) "hello", .end = MEM_RESET }, { .end = MEM_STALL } },
		{ { .reply = "HTTP/1.1 503 B\r\nRetry-After: 60\r\n\r\n", .end = MEM_CLOSE } },
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( scripts ); i++ ) {
		struct download download = { .uri = "http://h/" };
		utime_t start = clock_now ();

		memstream_start ( scripts[i], 2 );
		assert_int_equal ( test_run_task ( cancelled_download_task, &download ),
				   -ECANCELED_JOB );
		assert_null ( download.image );
		assert_int_equal ( memstream_alive (), 0 );
		assert_in_range ( clock_now () - start, 3 * US_PER_S, 3 * US_PER_S + 100000 );
	}
}

static void timeout_option_ends_a_stalled_transfer ( void **state ) {
	struct download download = { .uri = "http://h/", .timeout_us = 2 * US_PER_S };

	START ( { .reply = TAGGED ( 11 ) "hello", .end = MEM_STALL } );
	assert_int_equal ( test_run_task ( download_task, &download ), -ETIMEDOUT_JOB );
}

static TASK_FN int loud_task ( void *arg ) {
	struct image *image = NULL;
	int rc = fetch_image ( arg, &fetch_no_options, &image );

	image_put ( image );
	return rc;
}

static void progress_line_shows_the_public_uri ( void **state ) {
	char uri[] = "http://u:p@h:8099/a%20b?key=secret";
	const char *text;

	START ( { .reply = OK ( 2 ) "ok" } );
	test_capture_start ();
	assert_int_equal ( test_run_task ( loud_task, uri ), 0 );
	assert_string_equal ( test_capture_stop (), "http://h:8099/a%20b... ok\n" );
	START ( { .reply = "HTTP/1.1 404 Nope\r\nContent-Length: 0\r\n\r\n" } );
	http_pool_flush ();
	test_capture_start ();
	assert_int_equal ( test_run_task ( loud_task, uri ), -ENOENT_HTTP );
	text = test_capture_stop ();
	assert_memory_equal ( text, "http://h:8099/a%20b... Not found (https://ipxe.org/2d0c61",
			      57 );
	assert_non_null ( strstr ( text, "\n  the server says: 404 Nope\n" ) );
}

static void resumption_is_said_on_the_progress_line ( void **state ) {
	char uri[] = "http://h/x";

	START ( { .reply = TAGGED ( 11 ) "hello", .end = MEM_RESET }, { .end = MEM_REFUSE },
		{ .end = MEM_REFUSE }, { .end = MEM_REFUSE },
		{ .reply = "HTTP/1.1 206 P\r\nContent-Range: bytes 5-10/11\r\nContent-Length: "
			   "6\r\n\r\n world" } );
	test_capture_start ();
	assert_int_equal ( test_run_task ( loud_task, uri ), 0 );
	assert_non_null ( strstr ( test_capture_stop (), "[connection lost, resuming at 5]" ) );
}

static void uris_that_cannot_be_fetched_say_so ( void **state ) {
	char relative[] = "boot.ipxe", unknown[] = "gopher://h/x", bad[] = "http://h:99999/";
	const char *text;

	test_capture_start ();
	assert_int_equal ( test_run_task ( loud_task, relative ), -ENOTSUP_OPEN );
	text = test_capture_stop ();
	assert_memory_equal ( text, "boot.ipxe... Operation not supported (https://ipxe.org/3c0920",
			      61 );
	test_capture_start ();
	assert_int_equal ( test_run_task ( loud_task, unknown ), -ENOTSUP_OPEN );
	text = test_capture_stop ();
	assert_non_null ( strstr ( text, "cannot download by \"gopher:\"\n" ) );
	test_capture_start ();
	assert_int_equal ( err_of ( test_run_task ( loud_task, bad ) ), EINVAL );
	text = test_capture_stop ();
	assert_memory_equal ( text, "http://h:99999/... Invalid argument (", 37 );
	assert_non_null ( strstr ( text, "\n  \"99999\" is not a port number\n" ) );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		HTTP_TEST ( broken_transfer_is_resumed ),
		HTTP_TEST ( transfer_cut_anywhere_is_resumed ),
		HTTP_TEST ( chunked_transfer_is_resumed ),
		HTTP_TEST ( server_that_restarts_is_waited_for ),
		HTTP_TEST ( dead_server_is_given_up ),
		HTTP_TEST ( stalled_transfer_is_resumed_on_another_connection ),
		HTTP_TEST ( transfer_without_validator_begins_anew ),
		HTTP_TEST ( changed_resource_begins_anew ),
		HTTP_TEST ( resumption_of_a_second_version_uses_its_validator ),
		HTTP_TEST ( range_not_satisfiable_begins_anew ),
		HTTP_TEST ( other_part_than_asked_for_begins_anew ),
		HTTP_TEST ( server_that_always_breaks_is_given_up ),
		HTTP_TEST ( post_is_never_repeated ),
		HTTP_TEST ( short_body_is_never_taken_for_the_whole ),
		HTTP_TEST ( ctrl_c_stops_at_once_and_frees_everything ),
		HTTP_TEST ( timeout_option_ends_a_stalled_transfer ),
		HTTP_TEST ( progress_line_shows_the_public_uri ),
		HTTP_TEST ( resumption_is_said_on_the_progress_line ),
		HTTP_TEST ( uris_that_cannot_be_fetched_say_so ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
