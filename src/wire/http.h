/** @file
 * HTTP/1.1 responses and chunk headers as text (RFC 9110, RFC 9112): bytes <-> struct, nothing
 * else. Tolerant where servers are known to be sloppy (line ends, odd header lines are skipped),
 * strict where a misunderstanding would corrupt a body (lengths).
 */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "core/compiler.h"

/** Longest response head (status line and header lines) that is accepted, bytes. */
#define HTTP_HEAD_MAX 16384
/** Longest chunk header or trailer line, bytes. */
#define HTTP_LINE_MAX 1024
/** Retry-After that is not a number of seconds (RFC 9110 §10.2.3 also allows a date). */
#define HTTP_RETRY_DEFAULT 5
/** Longest Retry-After that is honoured, seconds. */
#define HTTP_RETRY_MAX 86400

/** A piece of the head, borrowed; not terminated. */
struct http_text {
	const char *text; /**< NULL: absent */
	size_t len;
};

/** What a client needs of a response head. Texts point into the parsed head. */
struct http_response {
	unsigned int status;     /**< 100..999 */
	struct http_text reason; /**< the server's words; may be empty */
	bool keep_alive;         /**< the connection may be used again */
	bool chunked;
	bool bad_encoding; /**< a transfer coding other than chunked */
	bool has_length;
	uint64_t length; /**< Content-Length; meaningless if chunked */
	bool has_range;  /**< a Content-Range of bytes with a known start */
	uint64_t range_start;
	bool has_range_total;
	uint64_t range_total;
	bool auth_basic; /**< WWW-Authenticate offers Basic */
	int retry_after; /**< seconds, or -1 */
	struct http_text location;
	struct http_text etag; /**< quotes included; absent if weak */
	struct http_text
		last_modified; /**< absent if it is no strong validator (RFC 9110 §8.8.2.2) */
};

/**
 * Find the end of a response head.
 * @return bytes up to and including the empty line, or 0 if it is not complete yet
 */
size_t http_head_len ( const void *data, size_t len );

/**
 * Parse a response head.
 *
 * @param head  as found by http_head_len(); borrowed, the response points into it
 * @param len   its length, bytes
 * @return 0, -EIO_HTTP_OTHER this is no HTTP/1.x response, or its lengths contradict each other
 * Spec: RFC 9112 §4, §5, §6
 */
int http_parse_response ( const char *head, size_t len, struct http_response *ret_response );

/**
 * Parse the line in front of a chunk (RFC 9112 §7.1); extensions are ignored.
 * @param line  without the line end
 * @return 0 or -EIO_HTTP_OTHER
 */
int http_parse_chunk ( const char *line, size_t len, uint64_t *ret_size );

/** Compare a piece of the head with a word, ignoring case. */
bool http_text_is ( const struct http_text *text, const char *word );

#endif /* WIRE_HTTP_H */
