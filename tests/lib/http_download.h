/** @file
 * Downloads over HTTP from servers that follow a script (lib/memstream.h), for tests of the client.
 */
#ifndef LIB_HTTP_DOWNLOAD_H
#define LIB_HTTP_DOWNLOAD_H

#include "lib/memstream.h"
#include "lib/test.h"
#include "core/image.h"
#include "proto/fetch.h"

/** A test between whose start and end nothing may be lost: heap, pages, connections. */
#define HTTP_TEST( fn ) cmocka_unit_test_setup_teardown ( fn, http_test_setup, http_test_teardown )
int http_test_setup ( void **state );
int http_test_teardown ( void **state );

struct download {
	const char *uri;
	utime_t timeout_us;
	const char *sha256;  /**< what the contents must have, or NULL */
	struct image *image; /**< NULL after a failure; the caller owns one reference */
	char detail[200];    /**< words of the failure */
};

/** Download as @c arg, a struct download, says. Context: task. @return what fetch_image() returned */
TASK_FN int download_task ( void *arg );

/** Words of the last failure of download_check(). */
extern char last_detail[200];

/** Download with the digest of @c contents, and compare them (NULL: expect failure). @return what fetch_image() returned */
int download_check ( const char *uri, const char *contents, size_t len );

/** A request as we send it: `<line> HTTP/1.1`, the headers of all requests, then @c rest. Valid until
 * the next call. */
const char *request_of ( const char *line, const char *rest );

#define START( ... )                                                            \
	do {                                                                    \
		static const struct mem_exchange exchanges[] = { __VA_ARGS__ }; \
		memstream_start ( exchanges, ARRAY_SIZE ( exchanges ) );        \
	} while ( 0 )

#define FETCH( uri, contents ) download_check ( uri, contents, strlen ( contents ) )
#define FETCH_FAILS( uri )     download_check ( uri, NULL, 0 )

#define OK( len )   "HTTP/1.1 200 OK\r\nContent-Length: " #len "\r\n\r\n"
#define CHUNKED     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define UNTIL_CLOSE "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

#endif /* LIB_HTTP_DOWNLOAD_H */
