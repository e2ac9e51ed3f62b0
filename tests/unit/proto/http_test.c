/** @file
 * The HTTP client against scripted servers: requests as sent, all framings, redirection, keep-alive,
 * refusals. Broken transfers are in http_resume_test.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/http_download.h"
#include "core/error.h"
#include "platform/host/host.h"
#include "proto/http_pool.h"

/* ---- Requests ---- */

static void request_has_headers_in_the_known_order ( void **state ) {
	START ( { .reply = OK ( 5 ) "hello" } );
	FETCH ( "http://h/a%20b?c=%20d", "hello" );
	assert_string_equal ( memstream_request ( 0 ),
			      request_of ( "GET /a%20b?c=%20d", "Host: h\r\n\r\n" ) );
}

static void request_names_port_and_brackets_of_the_host ( void **state ) {
	START ( { .reply = OK ( 0 ) } );
	FETCH ( "http://[fe80::1]:8080", "" );
	assert_string_equal ( memstream_request ( 0 ),
			      request_of ( "GET /", "Host: [fe80::1]:8080\r\n\r\n" ) );
}

static void request_line_cannot_be_broken_by_the_uri ( void **state ) {
	START ( { .reply = OK ( 0 ) } );
	FETCH ( "http://h/a b\r\nX: y?\x01", "" );
	assert_string_equal ( memstream_request ( 0 ),
			      request_of ( "GET /a%20b%0D%0AX:%20y?%01", "Host: h\r\n\r\n" ) );
}

static void host_that_is_no_host_name_is_refused ( void **state ) {
	START ( { .reply = OK ( 0 ) } );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h%0d%0aX/a" ) ), EINVAL );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http:///a" ) ), EINVAL );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http:a" ) ), EINVAL );
	assert_int_equal ( memstream_opened (), 0 );
}

static void form_is_posted ( void **state ) {
	struct params *params = params_new ( "", NULL );

	params_add ( params, false, "mac", "52:54" );
	params_add ( params, true, "X-Key", "a\r\nb" );
	params_add ( params, false, "a b", "c&d" );
	START ( { .reply = OK ( 2 ) "ok" } );
	FETCH ( "http://h/p##params", "ok" );
	assert_string_equal ( memstream_request ( 0 ),
			      request_of ( "POST /p",
					   "Host: h\r\n"
					   "Content-Type: application/x-www-form-urlencoded\r\n"
					   "Content-Length: 23\r\n"
					   "X-Key: a  b\r\n\r\n"
					   "mac=52%3A54&a%20b=c%26d" ) );
}

static void header_parameters_alone_make_no_post ( void **state ) {
	params_add ( params_new ( "x", NULL ), true, "Accept", "text/plain" );
	START ( { .reply = OK ( 0 ) } );
	FETCH ( "http://h/p##params=x", "" );
	assert_string_equal ( memstream_request ( 0 ),
			      request_of ( "GET /p", "Host: h\r\nAccept: text/plain\r\n\r\n" ) );
}

static void method_is_taken_from_the_list ( void **state ) {
	params_new ( "", "put" );
	START ( { .reply = OK ( 0 ) } );
	FETCH ( "http://h/p##params", "" );
	assert_memory_equal ( memstream_request ( 0 ), "PUT /p ", 7 );
	params_new ( "", "DELETE" );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/p##params" ) ), ENOTSUP );
}

static void head_has_no_body ( void **state ) {
	params_new ( "", "HEAD" );
	START ( { .reply = OK ( 100 ) } );
	FETCH ( "http://h/p##params", "" );
	assert_memory_equal ( memstream_request ( 0 ), "HEAD /p ", 8 );
}

static void credentials_are_sent_only_when_asked_for ( void **state ) {
	START ( { .reply = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
			   "Content-Length: 3\r\n\r\nno!" },
		{ .reply = OK ( 2 ) "ok" } );
	FETCH ( "http://Aladdin:open%20sesame@h/p", "ok" );
	assert_null ( strstr ( memstream_request ( 0 ), "Authorization" ) );
	assert_string_equal ( memstream_request ( 1 ),
			      request_of ( "GET /p", "Host: h\r\nAuthorization: Basic "
						     "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n" ) );
	assert_int_equal ( memstream_opened (), 1 );
}

static void credentials_are_tried_once ( void **state ) {
	START ( { .reply = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: "
			   "0\r\n\r\n" },
		{ .reply = "HTTP/1.1 401 Still no\r\nWWW-Authenticate: Basic\r\nContent-Length: "
			   "0\r\n\r\n" } );
	assert_int_equal ( FETCH_FAILS ( "http://u:p@h/p" ), -EACCES_HTTP );
	assert_string_equal ( last_detail, "the server says: 401 Still no" );
	assert_int_equal ( memstream_exchanges (), 2 );
}

/* ---- Bodies ---- */

static void body_of_known_length_is_read_in_any_pieces ( void **state ) {
	static struct mem_exchange exchange = { .reply = OK ( 11 ) "hello world" };

	for ( exchange.read_max = 1; exchange.read_max < 60; exchange.read_max++ ) {
		memstream_start ( &exchange, 1 );
		FETCH ( "http://h/", "hello world" );
		http_pool_flush ();
	}
}

static void chunks_are_joined_in_any_pieces ( void **state ) {
	static struct mem_exchange exchange = { .reply = CHUNKED
						"5\r\nhello\r\n01;x=y\r\n \r\n5 \r\nworld\r\n"
						"0\r\nTrailer: x\r\n\r\n" };

	for ( exchange.read_max = 1; exchange.read_max < 120; exchange.read_max++ ) {
		memstream_start ( &exchange, 1 );
		FETCH ( "http://h/", "hello world" );
		http_pool_flush ();
	}
}

static void body_without_length_ends_with_the_connection ( void **state ) {
	START ( { .reply = UNTIL_CLOSE "hello", .end = MEM_CLOSE } );
	FETCH ( "http://h/", "hello" );
	START ( { .reply = "HTTP/1.0 200 OK\r\n\r\n", .end = MEM_CLOSE } );
	FETCH ( "http://h/", "" );
}

static void bodyless_statuses_have_no_body ( void **state ) {
	START ( { .reply = "HTTP/1.1 204 No Content\r\n\r\n" }, { .reply = OK ( 1 ) "x" } );
	FETCH ( "http://h/", "" );
	FETCH ( "http://h/", "x" );
	assert_int_equal ( memstream_opened (), 1 );
}

static void interim_responses_are_skipped ( void **state ) {
	START ( { .reply = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" OK (
			  2 ) "ok" } );
	FETCH ( "http://h/", "ok" );
}

static void endless_interim_responses_are_an_error ( void **state ) {
	char reply[32 * 32] = "";
	struct mem_exchange exchange = { .reply = reply };

	for ( int i = 0; i < 32; i++ )
		strcat ( reply, "HTTP/1.1 100 Continue\r\n\r\n" );
	memstream_start ( &exchange, 1 );
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -EIO_HTTP_OTHER );
}

static void large_bodies_arrive_whole ( void **state ) {
	size_t len = 3000000;
	char *reply = malloc ( len + 200 ), *body;
	struct mem_exchange exchange = { .reply = reply, .read_max = 50000 };
	int head = sprintf ( reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len );

	body = reply + head;
	for ( size_t i = 0; i < len; i++ )
		body[i] = (char) ( i * 2654435761u >> 24 );
	exchange.len = (size_t) head + len;
	memstream_start ( &exchange, 1 );
	download_check ( "http://h/", body, len );
	/* The same without a length. */
	head = sprintf ( reply, "HTTP/1.0 200 OK\r\nX: %020d\r\n\r\n", 0 );
	memmove ( reply + head, body, len );
	exchange.len = (size_t) head + len;
	exchange.end = MEM_CLOSE;
	memstream_start ( &exchange, 1 );
	http_pool_flush ();
	download_check ( "http://h/", reply + head, len );
	free ( reply );
}

static void bad_chunks_are_an_error ( void **state ) {
	static const char *const bad[] = {
		CHUNKED "x\r\n",
		CHUNKED "\r\n",
		CHUNKED "5\r\nhelloX\r\n0\r\n\r\n",
		CHUNKED "fffffffffffffffff\r\n",
	};
	struct mem_exchange exchange = { .end = MEM_STALL };

	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ ) {
		exchange.reply = bad[i];
		memstream_start ( &exchange, 1 );
		assert_int_equal ( FETCH_FAILS ( "http://h/" ), -EIO_HTTP_OTHER );
		assert_int_equal ( memstream_exchanges (), 1 );
	}
}

static void endless_chunk_lines_heads_and_trailers_are_errors ( void **state ) {
	static char reply[3 * HTTP_HEAD_MAX];
	struct mem_exchange exchange = { .reply = reply,
					 .len = sizeof ( reply ),
					 .end = MEM_STALL };

	memset ( reply, 'x', sizeof ( reply ) );
	memcpy ( reply, "HTTP/1.1 200 OK\r\n", 17 );
	memstream_start ( &exchange, 1 );
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -EIO_HTTP_OTHER );
	memset ( reply, '0', sizeof ( reply ) );
	memcpy ( reply, CHUNKED, strlen ( CHUNKED ) );
	memstream_start ( &exchange, 1 );
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -EIO_HTTP_OTHER );
	for ( size_t i = 0; i < sizeof ( reply ); i += 4 )
		memcpy ( reply + i, "x:y\n", 4 );
	memcpy ( reply, CHUNKED "0\r\n", strlen ( CHUNKED ) + 3 );
	memstream_start ( &exchange, 1 );
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -EIO_HTTP_OTHER );
}

static void unknown_transfer_coding_is_an_error ( void **state ) {
	START ( { .reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, "
			   "chunked\r\n\r\n0\r\n\r\n" } );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ENOTSUP );
}

static void body_that_does_not_fit_in_memory_is_a_plain_error ( void **state ) {
	START ( { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387904\r\n\r\nx",
		  .end = MEM_STALL },
		{ .reply = OK ( 1 ) "x" } );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ENOMEM );
	assert_memory_equal ( last_detail, "4611686018427387904 bytes do not fit in memory (", 48 );
	FETCH ( "http://h/", "x" ); /* nothing is lost */
}

static void length_beyond_64_bits_is_an_error ( void **state ) {
	START ( { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx",
		  .end = MEM_STALL } );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ENOMEM );
}

static void each_failing_allocation_is_survived ( void **state ) {
	for ( unsigned int nth = 1; nth <= 3; nth++ ) {
		START ( { .reply = OK ( 5 ) "hello" } );
		host_fail_pages ( nth );
		if ( nth <= 2 ) /* task stack, or image */
			assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ENOMEM );
		host_fail_pages ( 0 );
		http_pool_flush ();
	}
}

/* ---- Connections ---- */

static void connection_is_used_again ( void **state ) {
	START ( { .reply = OK ( 1 ) "a" }, { .reply = CHUNKED "1\r\nb\r\n0\r\n\r\n" },
		{ .reply = OK ( 1 ) "c" } );
	FETCH ( "http://h/1", "a" );
	FETCH ( "http://h/2", "b" );
	FETCH ( "http://h:80/3", "c" );
	assert_int_equal ( memstream_opened (), 1 );
}

static void connection_is_kept_for_its_server_only ( void **state ) {
	START ( { .reply = OK ( 1 ) "a" }, { .reply = OK ( 1 ) "b" }, { .reply = OK ( 1 ) "c" } );
	FETCH ( "http://h/1", "a" );
	FETCH ( "http://i/2", "b" );
	FETCH ( "http://h:81/3", "c" );
	assert_int_equal ( memstream_opened (), 3 );
}

static TASK_FN int sleep_task ( void *arg ) {
	return sleep_until ( deadline_in ( *(utime_t *) arg ) );
}

static void connection_is_kept_for_ten_seconds ( void **state ) {
	utime_t us = HTTP_KEEP_US - 1000;

	START ( { .reply = OK ( 1 ) "a" }, { .reply = OK ( 1 ) "b" }, { .reply = OK ( 1 ) "c" } );
	FETCH ( "http://h/1", "a" );
	test_run_task ( sleep_task, &us );
	FETCH ( "http://h/2", "b" );
	us = HTTP_KEEP_US + 1000;
	test_run_task ( sleep_task, &us );
	assert_int_equal ( memstream_alive (), 0 );
	FETCH ( "http://h/3", "c" );
	assert_int_equal ( memstream_opened (), 2 );
}

static void connection_that_will_close_is_not_kept ( void **state ) {
	START ( { .reply = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na" },
		{ .reply = OK ( 1 ) "b" } );
	FETCH ( "http://h/1", "a" );
	assert_int_equal ( memstream_alive (), 0 );
	FETCH ( "http://h/2", "b" );
}

static void connection_closed_meanwhile_is_not_used ( void **state ) {
	START ( { .reply = OK ( 1 ) "a", .end = MEM_CLOSE }, { .reply = OK ( 1 ) "b" } );
	FETCH ( "http://h/1", "a" );
	FETCH ( "http://h/2", "b" );
	assert_int_equal ( memstream_opened (), 2 );
	assert_int_equal ( memstream_exchanges (), 2 );
}

static void stale_connection_is_replaced_silently ( void **state ) {
	START ( { .reply = OK ( 1 ) "a", .end = MEM_LEAVE }, { .reply = OK ( 1 ) "b" } );
	FETCH ( "http://h/1", "a" );
	FETCH ( "http://h/2", "b" );
	assert_int_equal ( memstream_opened (), 2 );
}

static void post_never_uses_a_kept_connection ( void **state ) {
	START ( { .reply = OK ( 1 ) "a" }, { .reply = OK ( 1 ) "b" } );
	FETCH ( "http://h/1", "a" );
	params_add ( params_new ( "", NULL ), false, "a", "b" );
	FETCH ( "http://h/2##params", "b" );
	assert_int_equal ( memstream_opened (), 2 );
}

static void connection_with_bytes_left_over_is_not_kept ( void **state ) {
	START ( { .reply = OK ( 1 ) "abc" }, { .reply = OK ( 1 ) "b" } );
	FETCH ( "http://h/1", "a" );
	assert_int_equal ( memstream_alive (), 0 );
}

static void refused_connection_is_the_error ( void **state ) {
	START ( { .end = MEM_REFUSE } );
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -ECONNREFUSED_TCP );
	assert_int_equal ( memstream_opened (), 1 );
}

static void closed_without_an_answer_is_an_error ( void **state ) {
	START ( { .reply = "", .end = MEM_CLOSE } );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ECONNRESET );
	assert_string_equal ( last_detail, "the server closed the connection without an answer" );
	assert_int_equal ( memstream_opened (), 1 );
}

static void silent_server_times_out_after_two_minutes ( void **state ) {
	utime_t start = clock_now ();

	START ( { .reply = "HTTP/1.1 200", .end = MEM_STALL } );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ETIMEDOUT );
	assert_in_range ( clock_now () - start, 120 * US_PER_S, 121 * US_PER_S );
}

/* ---- Redirection ---- */

static void redirection_is_followed ( void **state ) {
	struct download download = { .uri = "http://u:p@h/a/b?q" };
	char *uri;

	START ( { .reply = "HTTP/1.1 301 Moved\r\nLocation: http://i:81/x/y.ipxe?z\r\n"
			   "Content-Length: 5\r\n\r\nmoved" },
		{ .reply = "HTTP/1.1 302 Found\r\nLocation: ../w\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = "HTTP/1.1 307 T\r\nLocation: /v\r\nTransfer-Encoding: "
			   "chunked\r\n\r\n0\r\n\r\n" },
		{ .reply = "HTTP/1.1 308 P\r\nLocation: //k/u\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = OK ( 2 ) "ok" } );
	assert_int_equal ( test_run_task ( download_task, &download ), 0 );
	assert_memory_equal ( memstream_request ( 1 ), "GET /x/y.ipxe?z HTTP", 20 );
	assert_non_null ( strstr ( memstream_request ( 1 ), "Host: i:81\r\n" ) );
	assert_memory_equal ( memstream_request ( 2 ), "GET /w ", 7 );
	assert_memory_equal ( memstream_request ( 3 ), "GET /v ", 7 );
	assert_non_null ( strstr ( memstream_request ( 4 ), "Host: k\r\n" ) );
	assert_int_equal ( memstream_opened (), 3 );
	/* Named after where we asked, known by where it was. */
	assert_string_equal ( download.image->name, "b" );
	uri = uri_text ( download.image->uri, false );
	assert_string_equal ( uri, "http://k/u" );
	free ( uri );
	image_put ( download.image );
}

static void redirection_drops_the_form ( void **state ) {
	params_add ( params_new ( "", NULL ), false, "a", "b" );
	START ( { .reply = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = OK ( 2 ) "ok" } );
	FETCH ( "http://h/##params", "ok" );
	assert_string_equal ( memstream_request ( 1 ), request_of ( "GET /x", "Host: h\r\n\r\n" ) );
}

static void endless_redirection_is_an_error ( void **state ) {
	struct mem_exchange exchanges[32];

	for ( size_t i = 0; i < ARRAY_SIZE ( exchanges ); i++ ) {
		exchanges[i] = ( struct mem_exchange ){
			.reply = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
		};
	}
	memstream_start ( exchanges, ARRAY_SIZE ( exchanges ) );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), ELOOP );
	assert_string_equal ( last_detail, "more than 20 redirections" );
	assert_int_equal ( memstream_exchanges (), FETCH_REDIRECTS_MAX + 1 );
}

static void redirection_to_nowhere_is_an_error ( void **state ) {
	START ( { .reply = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = "HTTP/1.1 302 Found\r\nLocation: gopher://h/\r\nContent-Length: "
			   "0\r\n\r\n" },
		{ .reply = "HTTP/1.1 302 Found\r\nLocation: http://h:99999/\r\nContent-Length: "
			   "0\r\n\r\n" } );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), EXDEV );
	http_pool_flush ();
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -ENOTSUP_OPEN );
	assert_int_equal ( err_of ( FETCH_FAILS ( "http://h/" ) ), EINVAL );
}

/* ---- Refusals ---- */

static void refusals_have_the_known_codes_and_the_servers_words ( void **state ) {
	static const struct {
		const char *status;
		int rc;
		const char *detail;
	} refusals[] = {
		{ "404 File not found", -ENOENT_HTTP, "the server says: 404 File not found" },
		{ "401 Who are you", -EACCES_HTTP, "the server says: 401 Who are you" },
		{ "403", -EPERM_HTTP, "the server says: 403" },
		{ "410 Gone", -EIO_HTTP_4XX, "the server says: 410 Gone" },
		{ "500 \x1b[2JOops", -EIO_HTTP_5XX, "the server says: 500 .[2JOops" },
		{ "503 Busy", -EIO_HTTP_5XX, "the server says: 503 Busy" },
		{ "600 What", -EIO_HTTP_OTHER, "the server says: 600 What" },
	};
	char reply[128];
	struct mem_exchange exchange = { .reply = reply };

	for ( size_t i = 0; i < ARRAY_SIZE ( refusals ); i++ ) {
		sprintf ( reply, "HTTP/1.1 %s\r\nContent-Length: 3\r\n\r\nxyz",
			  refusals[i].status );
		memstream_start ( &exchange, 1 );
		assert_int_equal ( FETCH_FAILS ( "http://h/" ), refusals[i].rc );
		assert_string_equal ( last_detail, refusals[i].detail );
		assert_int_equal ( memstream_alive (), 1 ); /* kept for the next try */
		http_pool_flush ();
	}
}

static void large_error_page_is_not_read ( void **state ) {
	START ( { .reply = "HTTP/1.1 404 No\r\nContent-Length: 1000000\r\n\r\nxyz",
		  .end = MEM_STALL } );
	assert_int_equal ( FETCH_FAILS ( "http://h/" ), -ENOENT_HTTP );
	assert_int_equal ( memstream_aborted (), 1 );
}

static void retry_after_is_honoured ( void **state ) {
	utime_t start = clock_now ();

	START ( { .reply = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = "HTTP/1.1 404 Not yet\r\nRetry-After: soon\r\nContent-Length: "
			   "0\r\n\r\n" },
		{ .reply = "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" },
		{ .reply = OK ( 2 ) "ok" } );
	FETCH ( "http://h/", "ok" );
	assert_in_range ( clock_now () - start, 13 * US_PER_S, 14 * US_PER_S );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		HTTP_TEST ( request_has_headers_in_the_known_order ),
		HTTP_TEST ( request_names_port_and_brackets_of_the_host ),
		HTTP_TEST ( request_line_cannot_be_broken_by_the_uri ),
		HTTP_TEST ( host_that_is_no_host_name_is_refused ),
		HTTP_TEST ( form_is_posted ),
		HTTP_TEST ( header_parameters_alone_make_no_post ),
		HTTP_TEST ( method_is_taken_from_the_list ),
		HTTP_TEST ( head_has_no_body ),
		HTTP_TEST ( credentials_are_sent_only_when_asked_for ),
		HTTP_TEST ( credentials_are_tried_once ),
		HTTP_TEST ( body_of_known_length_is_read_in_any_pieces ),
		HTTP_TEST ( chunks_are_joined_in_any_pieces ),
		HTTP_TEST ( body_without_length_ends_with_the_connection ),
		HTTP_TEST ( bodyless_statuses_have_no_body ),
		HTTP_TEST ( interim_responses_are_skipped ),
		HTTP_TEST ( endless_interim_responses_are_an_error ),
		HTTP_TEST ( large_bodies_arrive_whole ),
		HTTP_TEST ( bad_chunks_are_an_error ),
		HTTP_TEST ( endless_chunk_lines_heads_and_trailers_are_errors ),
		HTTP_TEST ( unknown_transfer_coding_is_an_error ),
		HTTP_TEST ( body_that_does_not_fit_in_memory_is_a_plain_error ),
		HTTP_TEST ( length_beyond_64_bits_is_an_error ),
		HTTP_TEST ( each_failing_allocation_is_survived ),
		HTTP_TEST ( connection_is_used_again ),
		HTTP_TEST ( connection_is_kept_for_its_server_only ),
		HTTP_TEST ( connection_is_kept_for_ten_seconds ),
		HTTP_TEST ( connection_that_will_close_is_not_kept ),
		HTTP_TEST ( connection_closed_meanwhile_is_not_used ),
		HTTP_TEST ( stale_connection_is_replaced_silently ),
		HTTP_TEST ( post_never_uses_a_kept_connection ),
		HTTP_TEST ( connection_with_bytes_left_over_is_not_kept ),
		HTTP_TEST ( refused_connection_is_the_error ),
		HTTP_TEST ( closed_without_an_answer_is_an_error ),
		HTTP_TEST ( silent_server_times_out_after_two_minutes ),
		HTTP_TEST ( redirection_is_followed ),
		HTTP_TEST ( redirection_drops_the_form ),
		HTTP_TEST ( endless_redirection_is_an_error ),
		HTTP_TEST ( redirection_to_nowhere_is_an_error ),
		HTTP_TEST ( refusals_have_the_known_codes_and_the_servers_words ),
		HTTP_TEST ( large_error_page_is_not_read ),
		HTTP_TEST ( retry_after_is_honoured ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
