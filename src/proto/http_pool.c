/** @file
 * HTTP connections: connect, keep for the next request to the same server, forget after a while.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/init.h"
#include "core/memory.h"
#include "net/tcp.h"
#include "proto/dns.h"
#include "proto/http_pool.h"

#define HTTP_PORT 80

/* ---- TCP as transport ---- */

static TASK_FN int http_tcp_open ( const struct uri *uri, struct stream **ret_stream ) {
	struct endpoint peer;
	int rc;

	rc = resolve ( uri->host, (uint16_t) uri_port ( uri, HTTP_PORT ), TIME_NEVER, &peer );
	if ( rc != 0 )
		return rc;
	return tcp_connect ( &peer, TIME_NEVER, ret_stream );
}

static const struct http_transport http_tcp = {
	.open = http_tcp_open,
	.is_stale = tcp_is_stale,
	.abort = tcp_abort,
};
const struct http_transport *http_transport = &http_tcp;

/* ---- Kept connections ---- */

/** Most recently used first. */
static struct list kept = LIST_INIT ( kept );

static void http_conn_free ( struct http_conn *conn ) {
	timer_stop ( &conn->expiry );
	list_del ( &conn->list );
	free ( conn->server );
	free ( conn );
}

static void http_conn_finish ( struct http_conn *conn ) {
	stream_close ( conn->stream );
	http_conn_free ( conn );
}

static void http_conn_expired ( struct timer *timer, utime_t now ) {
	http_conn_finish ( container_of ( timer, struct http_conn, expiry ) );
}

void http_pool_flush ( void ) {
	struct http_conn *conn;

	while ( ( conn = list_first ( &kept, struct http_conn, list ) ) != NULL )
		http_conn_finish ( conn );
}

static const struct init_fn http_init_fn = {
	.phase = INIT_SERVICES,
	.name = "http",
	.shutdown = http_pool_flush,
};
INIT_FN ( http_init_fn );

/* "http://host:port" into fresh heap memory. */
static char *http_server_key ( const struct uri *uri ) {
	struct uri server = {
		.scheme = uri->scheme,
		.host = uri->host,
		.port = uri_port ( uri, HTTP_PORT ),
	};

	return uri_text ( &server, true );
}

/* A kept connection to that server that the server has not closed meanwhile. */
static struct http_conn *http_pool_take ( const char *server ) {
	struct http_conn *conn, *tmp;

	list_for_each_safe ( conn, tmp, &kept, list ) {
		if ( strcmp ( conn->server, server ) != 0 )
			continue;
		if ( http_transport->is_stale ( conn->stream ) ) {
			http_conn_finish ( conn );
			continue;
		}
		timer_stop ( &conn->expiry );
		list_del ( &conn->list );
		return conn;
	}
	return NULL;
}

static void http_pool_keep ( struct http_conn *conn ) {
	struct http_conn *other;
	unsigned int count = 0;

	list_for_each ( other, &kept, list )
		count++;
	if ( count >= HTTP_KEEP_COUNT )
		http_conn_finish ( list_last ( &kept, struct http_conn, list ) );
	list_add ( &conn->list, &kept );
	timer_start ( &conn->expiry, deadline_in ( HTTP_KEEP_US ) );
}

/* ---- Open and close ---- */

TASK_FN int http_conn_open ( const struct uri *uri, bool fresh, struct http_conn **ret_conn ) {
	struct http_conn *conn;
	char *server = http_server_key ( uri );
	int rc;

	if ( !server )
		return -ENOMEM;
	if ( !fresh && ( conn = http_pool_take ( server ) ) ) {
		free ( server );
		conn->reused = true;
	} else {
		/* Not zeroed as a whole: most of it is buffer. */
		conn = malloc ( sizeof ( *conn ) );
		if ( !conn ) {
			free ( server );
			return -ENOMEM;
		}
		memset ( conn, 0, offsetof ( struct http_conn, buf ) );
		conn->server = server;
		list_init ( &conn->list );
		timer_init ( &conn->expiry, http_conn_expired );
		if ( ( rc = http_transport->open ( uri, &conn->stream ) ) != 0 ) {
			http_conn_free ( conn );
			return rc;
		}
	}
	conn->answered = conn->complete = false;
	*ret_conn = conn;
	return 0;
}

void http_conn_close ( struct http_conn *conn, bool keep ) {
	if ( !conn )
		return;
	if ( !conn->complete ) {
		http_transport->abort ( conn->stream );
		http_conn_free ( conn );
	} else if ( keep && !conn->until_close && ( conn->start == conn->end ) ) {
		http_pool_keep ( conn );
	} else {
		http_conn_finish ( conn );
	}
}
