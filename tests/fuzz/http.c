/** @file
 * The HTTP client against a hostile server. The input is what the server sends: connections are
 * separated by 0xff bytes, each with a first byte that says how it ends and how reads are cut.
 */
#include <stdlib.h>
#include <string.h>
#include "core/init.h"
#include "core/memory.h"
#include "lib/memstream.h"
#include "platform/host/host.h"
#include "proto/fetch.h"
#include "proto/http_pool.h"
#include "wire/http.h"

#define CONNECTIONS_MAX 16

static TASK_FN int fetch_task ( void *arg ) {
	struct fetch_options options = { .timeout_us = 600 * US_PER_S, .quiet = true };
	struct image *image = NULL;

	if ( fetch_image ( "http://user:password@host/path?query", &options, &image ) == 0 ) {
		if ( image->data[image->len] != 0 )
			abort ();
		image_put ( image );
	}
	return 0;
}

static void fuzz_parsers ( const uint8_t *data, size_t len ) {
	struct http_response response;
	uint64_t size;
	size_t head = http_head_len ( data, len );

	if ( head > len )
		abort ();
	http_parse_response ( (const char *) data, len, &response );
	http_parse_chunk ( (const char *) data, len, &size );
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct mem_exchange exchanges[CONNECTIONS_MAX] = { { .reply = NULL } };
	const uint8_t *pos = data, *end = data + len;
	unsigned int count = 0;
	struct task_group group;
	char *copy;

	fuzz_parsers ( data, len );
	/* A large image of a lying Content-Length only costs time. */
	if ( len > 65536 )
		return 0;
	copy = malloc ( len + 1 );
	memcpy ( copy, data, len );
	while ( ( pos < end ) && ( count < CONNECTIONS_MAX ) ) {
		const uint8_t *stop = memchr ( pos, 0xff, (size_t) ( end - pos ) );
		struct mem_exchange *exchange = &exchanges[count++];

		if ( !stop )
			stop = end;
		exchange->end = ( enum mem_end ) ( *pos % ( MEM_REFUSE + 1 ) );
		exchange->read_max = *pos / 8;
		exchange->reply = copy + ( pos + ( pos < stop ) - data );
		exchange->len = (size_t) ( stop - pos ) - ( pos < stop );
		if ( !exchange->len )
			exchange->reply = "";
		pos = stop + 1;
	}
	host_clock_virtual ( 1000 );
	http_transport = &memstream_transport;
	memstream_start ( exchanges, count );
	task_group_init ( &group );
	if ( task_spawn ( &group, "fuzz", fetch_task, NULL, TASK_STACK_NORMAL ) == 0 )
		root_run ( &group );
	http_pool_flush ();
	if ( memstream_alive () || host_pages_used () )
		abort ();
	free ( copy );
	return 0;
}
