/** @file
 * Fetching: URI to image, whatever the scheme. One table entry a scheme.
 */
#ifndef PROTO_FETCH_H
#define PROTO_FETCH_H

#include "core/image.h"
#include "core/job.h"
#include "core/uri.h"

/** What whoever wants an image may wish. */
struct fetch_options {
	const char *name;   /**< for the image, or NULL: from the URI */
	utime_t timeout_us; /**< without progress; 0 = none */
	bool quiet;         /**< no output, except about a digest */
	const char *sha256; /**< the digest that the contents must have, 64 hex digits; or NULL */
};
/** Nothing in particular. */
extern const struct fetch_options fetch_no_options;

/** A fetch in progress, between the generic part and a scheme. */
struct fetch {
	struct uri *uri;       /**< absolute; a scheme that follows redirects replaces it */
	struct image *image;   /**< where bytes go: image_reserve(), image_write() */
	struct job *job;       /**< progress; `done` through fetch_progress() */
	struct verify *verify; /**< what checks the contents as they come, or NULL */
};

/**
 * For schemes: so much has arrived. To be called for each piece, and with 0 before a download that
 * begins anew changes anything.
 *
 * @param done  bytes from the image's beginning without a gap, which will stay as they are
 */
void fetch_progress ( struct fetch *fetch, uint64_t done );

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
 * Download in the foreground, with a progress line, into a new unregistered image. If the contents
 * are not what `options->sha256` says, that is a failed download.
 *
 * @param uri         absolute, or relative to the working URI; text
 * @param options     borrowed
 * @param ret_image   the caller owns one reference
 * @return 0, -ENOTSUP_OPEN unknown scheme, -ECANCELED_JOB, -ETIMEDOUT_JOB, an error of
 *         verify_init() or verify_finish(), or the scheme's error
 * Context: task; blocks.
 */
TASK_FN int fetch_image ( const char *uri, const struct fetch_options *options,
			  struct image **ret_image );

/**
 * What commands do with an operand that is an image name or a URI: the registered image of exactly
 * that name, else a download, registered at the end of the list.
 *
 * @param text        image name or URI
 * @param options     borrowed; the name is given to a registered image, too
 * @param ret_image   borrowed: the list holds it
 * @return as fetch_image()
 * Context: task; blocks.
 */
TASK_FN int fetch_acquire ( const char *text, const struct fetch_options *options,
			    struct image **ret_image );

/**
 * Check a registered image's contents against `options->sha256`, if there is one, in the foreground,
 * with a progress line. One with another digest is unregistered.
 *
 * @return 0, -ECANCELED_JOB, -ENOMEM, or an error of verify_init() or verify_finish()
 * Context: task; blocks.
 */
TASK_FN int fetch_verify ( struct image *image, const struct fetch_options *options );

#endif /* PROTO_FETCH_H */
