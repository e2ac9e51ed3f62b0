/** @file
 * Reading HTTP responses from a connection (RFC 9112): the head through the connection's buffer,
 * the body straight to where it belongs, whatever its framing.
 */
#include <string.h>
#include "core/error.h"
#include "proto/http_pool.h"

/** Read no more than this ahead while looking for a chunk header: what comes along with it is
 * copied twice. */
#define CHUNK_READ_AHEAD 64

/* Read more into the buffer, at most @c len bytes. @return as stream_read() */
static TASK_FN ssize_t http_fill ( struct http_conn *conn, size_t len, utime_t deadline ) {
	ssize_t got;

	if ( conn->start ) {
		memmove ( conn->buf, conn->buf + conn->start, conn->end - conn->start );
		conn->end -= conn->start;
		conn->start = 0;
	}
	len = MIN ( len, sizeof ( conn->buf ) - conn->end );
	got = stream_read ( conn->stream, conn->buf + conn->end, len, deadline );
	if ( got > 0 ) {
		conn->end += (size_t) got;
		conn->answered = true;
	}
	return got;
}

TASK_FN int http_read_head ( struct http_conn *conn, struct http_response *ret_response,
			     utime_t deadline ) {
	size_t len;
	ssize_t got;
	int rc;

	while ( ( len = http_head_len ( conn->buf + conn->start, conn->end - conn->start ) ) ==
		0 ) {
		if ( conn->end - conn->start == sizeof ( conn->buf ) )
			return FAIL ( EIO_HTTP_OTHER,
				      "the server sent more than %d bytes of headers",
				      HTTP_HEAD_MAX );
		got = http_fill ( conn, sizeof ( conn->buf ), deadline );
		if ( got < 0 )
			return (int) got;
		if ( got == 0 )
			return FAIL ( ECONNRESET,
				      "the server closed the connection without an answer" );
	}
	if ( ( rc = http_parse_response ( conn->buf + conn->start, len, ret_response ) ) != 0 )
		return rc;
	conn->start += len;
	return 0;
}

void http_body_start ( struct http_conn *conn, const struct http_response *response, bool empty ) {
	conn->chunked = !empty && response->chunked;
	conn->until_close = !empty && !response->chunked && !response->has_length;
	conn->in_chunks = false;
	conn->left = ( empty || response->chunked ) ? 0 : response->length;
	if ( conn->until_close )
		conn->left = UINT64_MAX;
	conn->complete = ( conn->left == 0 ) && !conn->chunked;
}

static int http_cut_short ( void ) {
	return FAIL ( ECONNRESET, "the server closed the connection before the end" );
}

/* A line of the chunked framing, without its end; valid until the next read. */
static TASK_FN int http_read_line ( struct http_conn *conn, const char **ret_line, size_t *ret_len,
				    utime_t deadline ) {
	const char *line, *end;
	size_t len;
	ssize_t got;

	for ( ;; ) {
		line = conn->buf + conn->start;
		len = conn->end - conn->start;
		if ( len && ( end = memchr ( line, '\n', len ) ) )
			break;
		if ( len > HTTP_LINE_MAX )
			return FAIL ( EIO_HTTP_OTHER, "the server sent a bad chunk header" );
		got = http_fill ( conn, CHUNK_READ_AHEAD, deadline );
		if ( got < 0 )
			return (int) got;
		if ( got == 0 )
			return http_cut_short ();
	}
	conn->start += (size_t) ( end - line ) + 1;
	len = (size_t) ( end - line );
	if ( len && ( line[len - 1] == '\r' ) )
		len--;
	*ret_line = line;
	*ret_len = len;
	return 0;
}

/* On to the next chunk; the last one has no bytes, trailers follow it and are ignored. */
static TASK_FN int http_next_chunk ( struct http_conn *conn, utime_t deadline ) {
	size_t len, trailers = 0;
	const char *line;
	int rc;

	if ( conn->in_chunks ) {
		if ( ( rc = http_read_line ( conn, &line, &len, deadline ) ) != 0 )
			return rc;
		if ( len )
			return FAIL ( EIO_HTTP_OTHER, "the server sent a chunk of a wrong size" );
	}
	if ( ( rc = http_read_line ( conn, &line, &len, deadline ) ) != 0 )
		return rc;
	if ( ( rc = http_parse_chunk ( line, len, &conn->left ) ) != 0 )
		return rc;
	conn->in_chunks = true;
	if ( conn->left )
		return 0;
	do {
		if ( ( rc = http_read_line ( conn, &line, &len, deadline ) ) != 0 )
			return rc;
		if ( ( trailers += len ) > HTTP_HEAD_MAX )
			return FAIL ( EIO_HTTP_OTHER, "the server sent too many trailers" );
	} while ( len );
	conn->complete = true;
	return 0;
}

TASK_FN ssize_t http_body_read ( struct http_conn *conn, void *buf, size_t len, utime_t deadline ) {
	size_t buffered = conn->end - conn->start;
	ssize_t got;
	int rc;

	if ( conn->chunked && !conn->complete && !conn->left ) {
		if ( ( rc = http_next_chunk ( conn, deadline ) ) != 0 )
			return rc;
		buffered = conn->end - conn->start;
	}
	if ( conn->complete )
		return 0;
	len = (size_t) MIN ( (uint64_t) len, conn->left );
	if ( buffered ) {
		got = (ssize_t) MIN ( buffered, len );
		memcpy ( buf, conn->buf + conn->start, (size_t) got );
		conn->start += (size_t) got;
	} else {
		got = stream_read ( conn->stream, buf, len, deadline );
		if ( ( got == 0 ) && !conn->until_close )
			return http_cut_short ();
		if ( got == 0 )
			conn->complete = true;
		if ( got <= 0 )
			return got;
	}
	if ( !conn->until_close )
		conn->left -= (size_t) got;
	if ( !conn->left && !conn->chunked )
		conn->complete = true;
	return got;
}
