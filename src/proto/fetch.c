/** @file
 * Downloads, whatever the scheme: resolve the URI, run the scheme's client as a foreground job,
 * follow redirections, hand over an image.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/console.h"
#include "core/error.h"
#include "core/log.h"
#include "proto/fetch.h"
#include "proto/verify.h"

TABLE ( uri_scheme, uri_scheme );

const struct fetch_options fetch_no_options;

static int find_scheme ( const struct uri *uri, const struct uri_scheme **ret_scheme ) {
	const struct uri_scheme *const *pos;

	if ( !uri->scheme )
		return FAIL ( ENOTSUP_OPEN,
			      "there is no image of that name, and no server yet that it "
			      "could be relative to" );
	table_for_each ( pos, uri_scheme ) {
		if ( strcasecmp ( ( *pos )->name, uri->scheme ) == 0 ) {
			*ret_scheme = *pos;
			return 0;
		}
	}
	return FAIL ( ENOTSUP_OPEN, "cannot download by \"%.16s:\"", uri->scheme );
}

/** A download and what is wished for it. */
struct download {
	struct fetch fetch; /* without `uri` if the image is there already */
	const struct fetch_options *options;
};

/* Until the scheme does not send us elsewhere. */
static TASK_FN int fetch_follow ( struct fetch *fetch ) {
	const struct uri_scheme *scheme = NULL;
	int rc;

	for ( unsigned int i = 0; i <= FETCH_REDIRECTS_MAX; i++ ) {
		if ( ( rc = find_scheme ( fetch->uri, &scheme ) ) != 0 )
			return rc;
		LOG ( LOG_DETAIL, "by %s from %s", scheme->name,
		      fetch->uri->host ? fetch->uri->host : "here" );
		if ( ( rc = scheme->fetch ( fetch ) ) != FETCH_AGAIN )
			return rc;
	}
	return FAIL ( ELOOP, "more than %d redirections", FETCH_REDIRECTS_MAX );
}

void fetch_progress ( struct fetch *fetch, uint64_t done ) {
	fetch->job->done = done;
	if ( fetch->verify )
		verify_progress ( fetch->verify, (size_t) done );
}

/* With a digest. One that is none is told before anything is downloaded. */
static TASK_FN int fetch_verified ( struct fetch *fetch, const char *sha256 ) {
	struct verify verify;
	int rc;

	if ( ( rc = verify_init ( &verify, fetch->image, sha256 ) ) != 0 )
		return rc;
	if ( fetch->uri ) {
		fetch->verify = &verify;
		rc = fetch_follow ( fetch );
		verify_stop ( &verify );
	}
	return rc ? rc : verify_finish ( &verify, fetch->job );
}

/* The job of a download. */
static TASK_FN int fetch_run ( struct job *job, void *arg ) {
	struct download *download = arg;
	const char *sha256 = download->options->sha256;

	download->fetch.job = job;
	return sha256 ? fetch_verified ( &download->fetch, sha256 )
		      : fetch_follow ( &download->fetch );
}

/* Text to an absolute URI (or what is left as it is, for want of a working URI). */
static int fetch_parse ( const char *text, struct uri **ret_uri ) {
	struct uri *reference;
	int rc;

	if ( ( rc = uri_parse ( text, &reference ) ) != 0 )
		return rc;
	rc = uri_resolve ( uri_cwd (), reference, ret_uri );
	uri_free ( reference );
	return rc;
}

/* What the progress line would have said, if there is none. */
static void fetch_print_failure ( const char *what, int rc ) {
	con_printf ( "%s... ", what );
	error_print ( rc );
}

/* Contents that are not what they should be are told even by a quiet download: whoever gives a digest
 * wants to know. Quiet about the rest, for scripts try what may not be there. */
static bool is_about_digest ( int rc ) {
	return ( rc == -EACCES_DIGEST ) || ( rc == -EINVAL_DIGEST ) || ( rc == -ENOTSUP_DIGEST );
}

/* @param text  of the progress line */
static TASK_FN int fetch_job ( struct download *download, const char *text ) {
	bool quiet = download->options->quiet;
	struct job_options options = {
		.text = quiet ? NULL : text,
		.timeout_us = download->options->timeout_us,
		.rate = ( download->fetch.uri != NULL ),
	};
	int rc = job_run ( &options, fetch_run, download );

	if ( quiet && is_about_digest ( rc ) )
		fetch_print_failure ( text, rc );
	return rc;
}

/* Download `fetch.uri`, which may be replaced on the way, into `fetch.image`. */
static TASK_FN int fetch_foreground ( struct download *download ) {
	struct fetch *fetch = &download->fetch;
	char *text = uri_text ( fetch->uri, true );
	struct uri *uri;
	int rc;

	if ( !text )
		return -ENOMEM;
	LOG ( LOG_EVENT, "begins: %s", text );
	rc = fetch_job ( download, text );
	LOG ( LOG_EVENT, "ends after %zu bytes: %s", fetch->image->len,
	      rc ? error_text ( rc ) : "complete" );
	free ( text );
	if ( rc != 0 )
		return rc;
	/* The image's URI is where it finally came from; without the parameters, which are spent. */
	if ( !( uri = uri_dup ( fetch->uri ) ) )
		return -ENOMEM;
	uri_free ( fetch->image->uri );
	fetch->image->uri = uri;
	return 0;
}

TASK_FN int fetch_image ( const char *uri, const struct fetch_options *options,
			  struct image **ret_image ) {
	struct download download = { .options = options };
	struct fetch *fetch = &download.fetch;
	int rc;

	if ( ( rc = fetch_parse ( uri, &fetch->uri ) ) != 0 ) {
		if ( !options->quiet )
			fetch_print_failure ( uri, rc );
		return rc;
	}
	fetch->image = image_new ( options->name, fetch->uri );
	rc = fetch->image ? fetch_foreground ( &download ) : -ENOMEM;
	uri_free ( fetch->uri );
	if ( rc != 0 ) {
		image_put ( fetch->image );
		return rc;
	}
	*ret_image = fetch->image;
	return 0;
}

TASK_FN int fetch_verify ( struct image *image, const struct fetch_options *options ) {
	struct download download = { .fetch = { .image = image }, .options = options };
	int rc = options->sha256 ? fetch_job ( &download, image->name ) : 0;

	if ( rc == -EACCES_DIGEST )
		image_unregister ( image );
	return rc;
}

TASK_FN int fetch_acquire ( const char *text, const struct fetch_options *options,
			    struct image **ret_image ) {
	struct image *image = image_find ( text );
	int rc;

	if ( image ) {
		if ( ( ( rc = fetch_verify ( image, options ) ) != 0 ) ||
		     ( options->name &&
		       ( ( rc = image_set_name ( image, options->name ) ) != 0 ) ) )
			return rc;
	} else {
		if ( ( rc = fetch_image ( text, options, &image ) ) != 0 )
			return rc;
		rc = image_register ( image );
		image_put ( image );
		if ( rc != 0 )
			return rc;
	}
	*ret_image = image;
	return 0;
}
