/** @file
 * HTTP connections: opened to a server, kept for a while after use, read through a small buffer.
 * Internal to proto/http*.c.
 */
#ifndef PROTO_HTTP_POOL_H
#define PROTO_HTTP_POOL_H

#include "core/stream.h"
#include "core/timer.h"
#include "core/uri.h"
#include "wire/http.h"

/** How long an unused connection is kept, and how many of them. */
#define HTTP_KEEP_US    ( 10 * US_PER_S )
#define HTTP_KEEP_COUNT 4

/** What is below HTTP: TCP; unit tests put scripted peers here. */
struct http_transport {
	/** Connect to the URI's server. Context: task; blocks. */
	TASK_FN int ( *open ) ( const struct uri *uri, struct stream **ret_stream );
	/** The peer has closed it meanwhile. */
	bool ( *is_stale ) ( struct stream *stream );
	/** Close without finishing what is under way; frees. */
	void ( *abort ) ( struct stream *stream );
};
extern const struct http_transport *http_transport;

struct http_conn {
	struct list list;    /**< among the kept ones */
	struct timer expiry; /**< of a kept one */
	struct stream *stream;
	char *server;  /**< "http://host:port", what it may be reused for */
	bool reused;   /**< has served an earlier request */
	bool answered; /**< something came back for the current request */

	/* The body of the current response. */
	bool chunked;
	bool until_close; /**< neither length nor chunks */
	bool in_chunks;   /**< a chunk header has been read */
	bool complete;
	uint64_t left; /**< bytes of body, or of the current chunk */

	size_t start, end;       /**< buffered, not consumed */
	char buf[HTTP_HEAD_MAX]; /**< heads, chunk headers, and what came along with them */
};

/**
 * A connection to the server of @c uri: a kept one, or a new one.
 * @param fresh  do not reuse
 * @return 0, -ENOMEM, or the transport's error
 * Context: task; blocks.
 */
TASK_FN int http_conn_open ( const struct uri *uri, bool fresh, struct http_conn **ret_conn );

/** Done with it: keep it if the response is complete and @c keep, else close it. NULL: no-op. */
void http_conn_close ( struct http_conn *conn, bool keep );

/** Close all connections that are kept. */
void http_pool_flush ( void );

/**
 * Read a response head into the buffer and consume it.
 * @param ret_response  points into the buffer, valid until the next read
 * @return 0, -ECONNRESET closed before a complete head, -EIO_HTTP_OTHER, or the stream's error
 */
TASK_FN int http_read_head ( struct http_conn *conn, struct http_response *ret_response,
			     utime_t deadline );

/** Prepare to read the body that belongs to a response; @c empty: there is none. */
void http_body_start ( struct http_conn *conn, const struct http_response *response, bool empty );

/**
 * Read body bytes straight to where they belong.
 * @return 1..len, 0 at the end of the body, -ECONNRESET if the connection ended before it,
 *         -EIO_HTTP_OTHER bad chunks, or the stream's error
 */
TASK_FN ssize_t http_body_read ( struct http_conn *conn, void *buf, size_t len, utime_t deadline );

#endif /* PROTO_HTTP_POOL_H */
