/** @file
 * HTTP response heads and chunk headers.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "core/memory.h"
#include "wire/http.h"

static struct http_response parse ( const char *head ) {
	struct http_response response;

	assert_int_equal ( http_parse_response ( head, strlen ( head ), &response ), 0 );
	return response;
}

static void assert_refused ( const char *head ) {
	struct http_response response;

	assert_int_equal ( http_parse_response ( head, strlen ( head ), &response ),
			   -EIO_HTTP_OTHER );
}

static void assert_http_text ( struct http_text text, const char *expected ) {
	assert_int_equal ( text.len, strlen ( expected ) );
	assert_memory_equal ( text.text, expected, text.len );
}

static void head_ends_at_the_empty_line ( void **state ) {
	assert_int_equal ( http_head_len ( "A\r\nB\r\n\r\nbody", 12 ), 8 );
	assert_int_equal ( http_head_len ( "A\nB\n\nbody", 9 ), 5 );
	assert_int_equal ( http_head_len ( "A\r\n\nbody", 8 ), 4 );
	assert_int_equal ( http_head_len ( "A\nB", 3 ), 0 );
	assert_int_equal ( http_head_len ( "", 0 ), 0 );
}

static void head_is_incomplete_at_each_shorter_length ( void **state ) {
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

	for ( size_t len = 0; len < sizeof ( head ) - 1; len++ ) {
		char *copy = memdup ( head, len ? len : 1 );

		assert_int_equal ( http_head_len ( copy, len ), 0 );
		free ( copy );
	}
	assert_int_equal ( http_head_len ( head, sizeof ( head ) - 1 ), sizeof ( head ) - 1 );
}

static void response_truncated_anywhere_does_not_overread ( void **state ) {
	static const char head[] =
		"HTTP/1.1 206 Partial Content\r\nContent-Length: 50,50\r\n"
		"Transfer-Encoding: gzip, chunked\r\nConnection: close, x\r\n"
		"Content-Range: bytes 10-59/60\r\nETag: \"x\"\r\nDate: a\r\n"
		"Last-Modified: b\r\nWWW-Authenticate: Digest a=b, Basic realm=x\r\n"
		"Retry-After: 7\r\nLocation: /there\r\n\r\n";

	for ( size_t len = 0; len < sizeof ( head ); len++ ) {
		char *copy = memdup ( head, len ? len : 1 );
		struct http_response response;

		http_parse_response ( copy, len, &response );
		free ( copy );
	}
}

static void status_line_is_understood ( void **state ) {
	struct http_response response = parse ( "HTTP/1.1 404 File not found\r\n\r\n" );

	assert_int_equal ( response.status, 404 );
	assert_http_text ( response.reason, "File not found" );
	assert_true ( response.keep_alive );
	assert_false ( response.has_length );
	assert_int_equal ( response.retry_after, -1 );
	assert_null ( response.location.text );
	response = parse ( "HTTP/1.0 200\n\n" );
	assert_int_equal ( response.status, 200 );
	assert_int_equal ( response.reason.len, 0 );
	assert_false ( response.keep_alive );
}

static void anything_else_than_http1_is_refused ( void **state ) {
	static const char *const bad[] = {
		"",
		"\r\n\r\n",
		"220 ftp server\r\n\r\n",
		"HTTP/2 200 OK\r\n\r\n",
		"HTTP/1.1\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n",
		"HTTP/1.1 abc OK\r\n\r\n",
		"HTTP/1.1 -20 OK\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2\r\n\r\n",
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ )
		assert_refused ( bad[i] );
}

static void header_names_ignore_case_and_blanks ( void **state ) {
	struct http_response response =
		parse ( "HTTP/1.1 200 OK\r\ncontent-LENGTH:\t 42 \t\r\nconnection:Close\r\n\r\n" );

	assert_true ( response.has_length );
	assert_int_equal ( response.length, 42 );
	assert_false ( response.keep_alive );
}

static void contradicting_or_bad_lengths_are_refused ( void **state ) {
	static const char *const bad[] = { "1\r\nContent-Length: 2",    "1, 2", "-1", "0x10", "",
					   "18446744073709551616",      "1 2",  "+1", "1.0",  "a",
					   "99999999999999999999999999" };
	char head[128];

	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ ) {
		snprintf ( head, sizeof ( head ), "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
			   bad[i] );
		assert_refused ( head );
	}
	assert_int_equal ( parse ( "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n"
				   "Content-Length: 5\r\n\r\n" )
				   .length,
			   5 );
	assert_true ( parse ( "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n" )
			      .length == UINT64_MAX );
}

static void transfer_codings_are_told_apart ( void **state ) {
	struct http_response response =
		parse ( "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" );

	assert_true ( response.chunked );
	assert_false ( response.bad_encoding );
	response = parse ( "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" );
	assert_true ( response.bad_encoding );
	response = parse ( "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n" );
	assert_true ( response.bad_encoding );
	response = parse ( "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n" );
	assert_false ( response.chunked || response.bad_encoding );
}

static void content_range_is_understood ( void **state ) {
	struct http_response response =
		parse ( "HTTP/1.1 206 P\r\nContent-Range: bytes 10-59/60\r\n\r\n" );

	assert_true ( response.has_range && response.has_range_total );
	assert_int_equal ( response.range_start, 10 );
	assert_int_equal ( response.range_total, 60 );
	response = parse ( "HTTP/1.1 206 P\r\nContent-Range: bytes 10-59/*\r\n\r\n" );
	assert_true ( response.has_range && !response.has_range_total );
	assert_false ( parse ( "HTTP/1.1 416 R\r\nContent-Range: bytes */60\r\n\r\n" ).has_range );
	assert_false ( parse ( "HTTP/1.1 206 P\r\nContent-Range: bytes 9-5/6\r\n\r\n" ).has_range );
	assert_false ( parse ( "HTTP/1.1 206 P\r\nContent-Range: lines 1-5/6\r\n\r\n" ).has_range );
}

static void only_strong_validators_count ( void **state ) {
	struct http_response response =
		parse ( "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nDate: Sun, 22\r\n"
			"Last-Modified: Sat, 21\r\n\r\n" );

	assert_http_text ( response.etag, "\"abc\"" );
	assert_http_text ( response.last_modified, "Sat, 21" );
	response = parse ( "HTTP/1.1 200 OK\r\nETag: W/\"abc\"\r\nLast-Modified: Sat, 21\r\n"
			   "Date: Sat, 21\r\n\r\n" );
	assert_null ( response.etag.text );
	assert_null ( response.last_modified.text );
}

static void basic_is_found_among_challenges ( void **state ) {
	assert_true ( parse ( "HTTP/1.1 401 U\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n" )
			      .auth_basic );
	assert_true ( parse ( "HTTP/1.1 401 U\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\","
			      " basic realm=\"z\"\r\n\r\n" )
			      .auth_basic );
	assert_true ( parse ( "HTTP/1.1 401 U\r\nWWW-Authenticate: NTLM\r\n"
			      "WWW-Authenticate: Basic\r\n\r\n" )
			      .auth_basic );
	assert_false ( parse ( "HTTP/1.1 401 U\r\nWWW-Authenticate: Digest realm=Basic\r\n\r\n" )
			       .auth_basic );
}

static void retry_after_is_seconds_or_five ( void **state ) {
	assert_int_equal ( parse ( "HTTP/1.1 503 B\r\nRetry-After: 7\r\n\r\n" ).retry_after, 7 );
	assert_int_equal (
		parse ( "HTTP/1.1 503 B\r\nRetry-After: Sun, 22 Nov\r\n\r\n" ).retry_after,
		HTTP_RETRY_DEFAULT );
	assert_int_equal (
		parse ( "HTTP/1.1 503 B\r\nRetry-After: 99999999999\r\n\r\n" ).retry_after,
		HTTP_RETRY_MAX );
}

static void odd_lines_are_skipped ( void **state ) {
	struct http_response response = parse (
		"HTTP/1.1 200 OK\r\nnonsense\r\n: x\r\nX:\r\nX-Long: a\r\n Content-Length: 7\r\n"
		"Content-Length: 5\r\n\r\n" );

	assert_int_equal ( response.length, 5 );
}

static void chunk_sizes_are_understood ( void **state ) {
	static const struct {
		const char *line;
		uint64_t size;
	} good[] = { { "0", 0 },
		     { "1a", 26 },
		     { "FfF", 4095 },
		     { "10;name=\"v;w\"", 16 },
		     { "5 ", 5 },
		     { "5\t;x", 5 },
		     { "000000000000000000000005", 5 },
		     { "ffffffffffffffff", UINT64_MAX } };
	static const char *const bad[] = { "",   " ",   ";x",  "g",
					   "-1", "0x5", "1 2", "10000000000000000" };
	uint64_t size;

	for ( size_t i = 0; i < ARRAY_SIZE ( good ); i++ ) {
		assert_int_equal (
			http_parse_chunk ( good[i].line, strlen ( good[i].line ), &size ), 0 );
		assert_true ( size == good[i].size );
	}
	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ )
		assert_int_equal ( http_parse_chunk ( bad[i], strlen ( bad[i] ), &size ),
				   -EIO_HTTP_OTHER );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( head_ends_at_the_empty_line ),
		cmocka_unit_test ( head_is_incomplete_at_each_shorter_length ),
		cmocka_unit_test ( response_truncated_anywhere_does_not_overread ),
		cmocka_unit_test ( status_line_is_understood ),
		cmocka_unit_test ( anything_else_than_http1_is_refused ),
		cmocka_unit_test ( header_names_ignore_case_and_blanks ),
		cmocka_unit_test ( contradicting_or_bad_lengths_are_refused ),
		cmocka_unit_test ( transfer_codings_are_told_apart ),
		cmocka_unit_test ( content_range_is_understood ),
		cmocka_unit_test ( only_strong_validators_count ),
		cmocka_unit_test ( basic_is_found_among_challenges ),
		cmocka_unit_test ( retry_after_is_seconds_or_five ),
		cmocka_unit_test ( odd_lines_are_skipped ),
		cmocka_unit_test ( chunk_sizes_are_understood ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
