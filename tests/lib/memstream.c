/** @file
 * Scripted streams for tests.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "lib/memstream.h"

#define EXCHANGES_MAX 64
#define REQUEST_MAX   16384

struct memstream {
	struct stream stream;
	unsigned int exchange; /* the current one, once something was sent */
	bool asked;            /* the client has sent something */
	size_t pos;            /* of its reply */
};

static const struct mem_exchange *script;
static unsigned int script_len, next_exchange, opened, aborted, alive;
static char requests[EXCHANGES_MAX][REQUEST_MAX];
static struct event never = EVENT_INIT ( never );

void memstream_start ( const struct mem_exchange *exchanges, unsigned int count ) {
	script = exchanges;
	script_len = count;
	next_exchange = opened = aborted = 0;
	memset ( requests, 0, sizeof ( requests ) );
}

static size_t reply_len ( const struct mem_exchange *exchange ) {
	return exchange->len ? exchange->len : ( exchange->reply ? strlen ( exchange->reply ) : 0 );
}

static TASK_FN ssize_t memstream_read ( struct stream *stream, void *buf, size_t len,
					utime_t deadline ) {
	struct memstream *mem = container_of ( stream, struct memstream, stream );
	const struct mem_exchange *exchange = &script[mem->exchange];
	size_t left;

	if ( task_cancelled () )
		return -ECANCELED;
	left = mem->asked ? reply_len ( exchange ) - mem->pos : 0;
	if ( mem->asked && left ) {
		len = MIN ( len, left );
		if ( exchange->read_max )
			len = MIN ( len, exchange->read_max );
		memcpy ( buf, exchange->reply + mem->pos, len );
		mem->pos += len;
		return (ssize_t) len;
	}
	if ( mem->asked && ( exchange->end == MEM_CLOSE ) )
		return 0;
	if ( mem->asked && ( exchange->end == MEM_RESET ) )
		return -ECONNRESET_TCP;
	return event_wait ( &never, deadline );
}

static TASK_FN int memstream_write ( struct stream *stream, const void *data, size_t len,
				     utime_t deadline ) {
	struct memstream *mem = container_of ( stream, struct memstream, stream );
	char *request;

	if ( mem->asked && ( script[mem->exchange].end == MEM_LEAVE ) )
		return -ECONNRESET_TCP;
	if ( !mem->asked || ( mem->pos && ( script[mem->exchange].end == MEM_KEEP ) ) ) {
		if ( next_exchange >= script_len )
			return -ECONNRESET_TCP;
		mem->exchange = next_exchange++;
		mem->asked = true;
		mem->pos = 0;
	}
	request = requests[mem->exchange];
	if ( strlen ( request ) + len < REQUEST_MAX )
		memcpy ( request + strlen ( request ), data, len );
	return 0;
}

static void memstream_close ( struct stream *stream ) {
	alive--;
	free ( container_of ( stream, struct memstream, stream ) );
}

static const struct stream_ops memstream_ops = {
	.read = memstream_read,
	.write = memstream_write,
	.close = memstream_close,
};

static TASK_FN int memstream_open ( const struct uri *uri, struct stream **ret_stream ) {
	struct memstream *mem;

	opened++;
	if ( next_exchange >= script_len )
		return -ECONNREFUSED_TCP;
	if ( script[next_exchange].end == MEM_REFUSE ) {
		next_exchange++;
		return -ECONNREFUSED_TCP;
	}
	mem = zalloc ( sizeof ( *mem ) );
	if ( !mem )
		return -ENOMEM;
	mem->stream.ops = &memstream_ops;
	alive++;
	*ret_stream = &mem->stream;
	return 0;
}

static bool memstream_is_stale ( struct stream *stream ) {
	struct memstream *mem = container_of ( stream, struct memstream, stream );
	enum mem_end end = script[mem->exchange].end;

	return mem->asked && ( ( end == MEM_CLOSE ) || ( end == MEM_RESET ) );
}

static void memstream_abort ( struct stream *stream ) {
	aborted++;
	memstream_close ( stream );
}

const struct http_transport memstream_transport = {
	.open = memstream_open,
	.is_stale = memstream_is_stale,
	.abort = memstream_abort,
};

const char *memstream_request ( unsigned int index ) {
	return ( index < EXCHANGES_MAX ) ? requests[index] : "";
}

unsigned int memstream_exchanges ( void ) {
	return next_exchange;
}

unsigned int memstream_opened ( void ) {
	return opened;
}

unsigned int memstream_aborted ( void ) {
	return aborted;
}

unsigned int memstream_alive ( void ) {
	return alive;
}
