/** @file
 * Fetching: URI to image, whatever the scheme. One table entry a scheme.
 */
#ifndef PROTO_FETCH_H
#define PROTO_FETCH_H

#include "core/image.h"
#include "core/job.h"
#include "core/uri.h"

/** A fetch in progress, between the generic part and a scheme. */
struct fetch {
	struct uri *uri;     /**< absolute; a scheme that follows redirects replaces it */
	struct image *image; /**< where bytes go: image_reserve(), image_write() */
	struct job *job;     /**< progress */
};

struct uri_scheme {
	const char *name; /**< "http" */
	/** Fetch all of it. @return 0, FETCH_AGAIN (`uri` was replaced: fetch that, maybe by another
	 * scheme), or a negative error. Context: task; blocks. */
	TASK_FN int ( *fetch ) ( struct fetch *fetch );
};
#define FETCH_AGAIN 1
/** Redirections followed for one download; more is a loop. */
#define FETCH_REDIRECTS_MAX  20
#define URI_SCHEME( object ) TABLE_ENTRY ( uri_scheme, uri_scheme, object )

/**
 * Download in the foreground, with a progress line, into a new unregistered image.
 *
 * @param uri         absolute, or relative to the working URI; text
 * @param name        image name, or NULL (from the URI)
 * @param timeout_us  without progress, 0 = none
 * @param quiet       no output
 * @param ret_image   the caller owns one reference
 * @return 0, -ENOTSUP_OPEN unknown scheme, -ECANCELED_JOB, -ETIMEDOUT_JOB, or the scheme's error
 * Context: task; blocks.
 */
TASK_FN int fetch_image ( const char *uri, const char *name, utime_t timeout_us, bool quiet,
			  struct image **ret_image );

/**
 * What commands do with an operand that is an image name or a URI: the registered image of exactly
 * that name, else a download, registered at the end of the list.
 *
 * @param text        image name or URI
 * @param name        name for a downloaded image, or NULL
 * @param ret_image   borrowed: the list holds it
 * @return as fetch_image()
 * Context: task; blocks.
 */
TASK_FN int fetch_acquire ( const char *text, const char *name, utime_t timeout_us, bool quiet,
			    struct image **ret_image );

#endif /* PROTO_FETCH_H */
