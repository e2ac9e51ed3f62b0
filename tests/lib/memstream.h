/** @file
 * Streams inside the test program whose other end follows a script: each time the client has sent
 * something and reads, the next exchange of the script answers.
 *
 *	static const struct mem_exchange script[] = {
 *		{ .reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", .end = MEM_RESET },
 *		{ .reply = "HTTP/1.1 206 Partial\r\n..." },
 *	};
 *	memstream_start ( script, ARRAY_SIZE ( script ) );
 *
 * An exchange after one that ended with MEM_KEEP belongs to the same connection; all others begin
 * with a new one.
 */
#ifndef LIB_MEMSTREAM_H
#define LIB_MEMSTREAM_H

#include "core/stream.h"
#include "proto/http_pool.h"

/** What the peer does after its reply. */
enum mem_end {
	MEM_KEEP,   /**< waits for the next request */
	MEM_CLOSE,  /**< closes; can be seen at once */
	MEM_RESET,  /**< resets; reads fail with ECONNRESET_TCP */
	MEM_LEAVE,  /**< is gone, which only a further request tells (stale keep-alive) */
	MEM_STALL,  /**< sends nothing more */
	MEM_REFUSE, /**< there is no reply: the connection attempt is refused */
};

struct mem_exchange {
	const char *reply;
	size_t len;      /**< of the reply; 0: strlen */
	size_t read_max; /**< bytes a read gets at most; 0: no limit */
	enum mem_end end;
};

/** Begin a script; forgets the last one. */
void memstream_start ( const struct mem_exchange *script, unsigned int count );

/** Connects as the script says: with ECONNREFUSED_TCP beyond its end as well. Aborted streams are counted. */
extern const struct http_transport memstream_transport;

/** What the client sent in exchange @c index, NUL-terminated; "" if it did not come so far. */
const char *memstream_request ( unsigned int index );

/** Exchanges begun, connections opened, aborted, and open now. */
unsigned int memstream_exchanges ( void );
unsigned int memstream_opened ( void );
unsigned int memstream_aborted ( void );
unsigned int memstream_alive ( void );

#endif /* LIB_MEMSTREAM_H */
