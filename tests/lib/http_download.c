/** @file
 * Downloads of tests.
 */
#include <stdio.h>
#include "lib/http_download.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/version.h"
#include "platform/host/host.h"
#include "proto/http_pool.h"

static size_t heap_before, pages_before;

int http_test_setup ( void **state ) {
	host_clock_virtual ( 1000 );
	http_transport = &memstream_transport;
	heap_before = heap_used ();
	pages_before = host_pages_used ();
	return 0;
}

int http_test_teardown ( void **state ) {
	http_pool_flush ();
	assert_int_equal ( memstream_alive (), 0 );
	assert_int_equal ( heap_used (), heap_before );
	assert_int_equal ( host_pages_used (), pages_before );
	return 0;
}

TASK_FN int download_task ( void *arg ) {
	struct download *download = arg;
	struct fetch_options options = { .timeout_us = download->timeout_us,
					 .quiet = true,
					 .sha256 = download->sha256 };
	int rc = fetch_image ( download->uri, &options, &download->image );

	snprintf ( download->detail, sizeof ( download->detail ), "%s", error_detail ( rc ) );
	return rc;
}

char last_detail[200];

int download_check ( const char *uri, const char *contents, size_t len ) {
	struct download download = {
		.uri = uri,
		/* Whatever happens on the way, the digest is the contents'. */
		.sha256 = contents ? test_sha256 ( contents, len ) : NULL,
	};
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

const char *request_of ( const char *line, const char *rest ) {
	static char text[1024];

	snprintf ( text, sizeof ( text ),
		   "%s HTTP/1.1\r\nConnection: keep-alive\r\nUser-Agent: iPXE/%s\r\n%s", line,
		   version_text, rest );
	return text;
}
