/** @file
 * The HTTP client against scripted servers: requests as sent, all framings, redirection,
 * keep-alive, resumption, errors, cancellation.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/memstream.h"
#include "lib/test.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/version.h"
#include "platform/host/host.h"
#include "proto/fetch.h"
#include "proto/http_pool.h"

static TASK_FN int open_scripted ( const struct uri *uri, struct stream **ret_stream ) {
	return memstream_open ( ret_stream );
}

static const struct http_transport scripted = {
	.open = open_scripted,
	.is_stale = memstream_is_stale,
	.abort = memstream_abort,
};

static size_t heap_before, pages_before;

static int setup ( void **state ) {
	host_clock_virtual ( 1000 );
	http_transport = &scripted;
	heap_before = heap_used ();
	pages_before = host_pages_used ();
	return 0;
}

static int teardown ( void **state ) {
	http_pool_flush ();
	assert_int_equal ( memstream_alive (), 0 );
	assert_int_equal ( heap_used (), heap_before );
	assert_int_equal ( host_pages_used (), pages_before );
	return 0;
}

/* ---- Running a download ---- */

struct download {
	const char *uri;
	utime_t timeout_us;
	struct image *image;
	char detail[200];
};

static TASK_FN int download_task ( void *arg ) {
	struct download *download = arg;
	struct fetch_options options = { .timeout_us = download->timeout_us, .quiet = true };
	int rc = fetch_image ( download->uri, &options, &download->image );

	snprintf ( download->detail, sizeof ( download->detail ), "%s", error_detail ( rc ) );
	return rc;
}

static char last_detail[200];

/* Download, compare the contents (NULL: expect failure). @return what fetch_image() returned */
static int fetch ( const char *uri, const char *contents, size_t len ) {
	struct download download = { .uri = uri };
	int rc = test_run_task ( download_task, &download );

	memcpy ( last_detail, download.detail, sizeof ( last_detail ) );
	if ( contents ) {
		assert_int_equal ( rc, 0 );
		assert_int_equal ( download.image->len, len );
		assert_memory_equal ( download.image->data, contents, len );
		assert_int_equal ( download.image->data[len], 0 );
	} else {
		assert_int_not_equal ( rc, 0 );
		assert_null ( download.image );
	}
	image_put ( download.image );
	return rc;
}

#define START( ... )                                                            \
	do {                                                                    \
		static const struct mem_exchange exchanges[] = { __VA_ARGS__ }; \
		memstream_start ( exchanges, ARRAY_SIZE ( exchanges ) );        \
	} while ( 0 )

#define FETCH( uri, contents ) fetch ( uri, contents, strlen ( contents ) )
#define FETCH_FAILS( uri )     fetch ( uri, NULL, 0 )

#define OK( len )   "HTTP/1.1 200 OK\r\nContent-Length: " #len "\r\n\r\n"
#define CHUNKED     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define UNTIL_CLOSE "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

/* ---- Requests ---- */

static char *request_of ( const char *line, const char *rest ) {
	static char text[1024];

	snprintf ( text, sizeof ( text ),
		   "%s HTTP/1.1\r\nConnection: keep-alive\r\nUser-Agent: iPXE/%s\r\n%s", line,
		   version_text, rest );
	return text;
}

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
	fetch ( "http://h/", body, len );
	/* The same without a length. */
	head = sprintf ( reply, "HTTP/1.0 200 OK\r\nX: %020d\r\n\r\n", 0 );
	memmove ( reply + head, body, len );
	exchange.len = (size_t) head + len;
	exchange.end = MEM_CLOSE;
	memstream_start ( &exchange, 1 );
	http_pool_flush ();
	fetch ( "http://h/", reply + head, len );
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

#define TEST( fn ) cmocka_unit_test_setup_teardown ( fn, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( request_has_headers_in_the_known_order ),
		TEST ( request_names_port_and_brackets_of_the_host ),
		TEST ( request_line_cannot_be_broken_by_the_uri ),
		TEST ( host_that_is_no_host_name_is_refused ),
		TEST ( form_is_posted ),
		TEST ( header_parameters_alone_make_no_post ),
		TEST ( method_is_taken_from_the_list ),
		TEST ( head_has_no_body ),
		TEST ( credentials_are_sent_only_when_asked_for ),
		TEST ( credentials_are_tried_once ),
		TEST ( body_of_known_length_is_read_in_any_pieces ),
		TEST ( chunks_are_joined_in_any_pieces ),
		TEST ( body_without_length_ends_with_the_connection ),
		TEST ( bodyless_statuses_have_no_body ),
		TEST ( interim_responses_are_skipped ),
		TEST ( endless_interim_responses_are_an_error ),
		TEST ( large_bodies_arrive_whole ),
		TEST ( bad_chunks_are_an_error ),
		TEST ( endless_chunk_lines_heads_and_trailers_are_errors ),
		TEST ( unknown_transfer_coding_is_an_error ),
		TEST ( body_that_does_not_fit_in_memory_is_a_plain_error ),
		TEST ( length_beyond_64_bits_is_an_error ),
		TEST ( each_failing_allocation_is_survived ),
		TEST ( connection_is_used_again ),
		TEST ( connection_is_kept_for_its_server_only ),
		TEST ( connection_is_kept_for_ten_seconds ),
		TEST ( connection_that_will_close_is_not_kept ),
		TEST ( connection_closed_meanwhile_is_not_used ),
		TEST ( stale_connection_is_replaced_silently ),
		TEST ( post_never_uses_a_kept_connection ),
		TEST ( connection_with_bytes_left_over_is_not_kept ),
		TEST ( refused_connection_is_the_error ),
		TEST ( closed_without_an_answer_is_an_error ),
		TEST ( silent_server_times_out_after_two_minutes ),
		TEST ( redirection_is_followed ),
		TEST ( redirection_drops_the_form ),
		TEST ( endless_redirection_is_an_error ),
		TEST ( redirection_to_nowhere_is_an_error ),
		TEST ( refusals_have_the_known_codes_and_the_servers_words ),
		TEST ( large_error_page_is_not_read ),
		TEST ( retry_after_is_honoured ),
		TEST ( broken_transfer_is_resumed ),
		TEST ( transfer_cut_anywhere_is_resumed ),
		TEST ( chunked_transfer_is_resumed ),
		TEST ( server_that_restarts_is_waited_for ),
		TEST ( dead_server_is_given_up ),
		TEST ( stalled_transfer_is_resumed_on_another_connection ),
		TEST ( transfer_without_validator_begins_anew ),
		TEST ( changed_resource_begins_anew ),
		TEST ( resumption_of_a_second_version_uses_its_validator ),
		TEST ( range_not_satisfiable_begins_anew ),
		TEST ( other_part_than_asked_for_begins_anew ),
		TEST ( server_that_always_breaks_is_given_up ),
		TEST ( post_is_never_repeated ),
		TEST ( short_body_is_never_taken_for_the_whole ),
		TEST ( ctrl_c_stops_at_once_and_frees_everything ),
		TEST ( timeout_option_ends_a_stalled_transfer ),
		TEST ( progress_line_shows_the_public_uri ),
		TEST ( resumption_is_said_on_the_progress_line ),
		TEST ( uris_that_cannot_be_fetched_say_so ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
