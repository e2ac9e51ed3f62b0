/** @file
 * Downloads, whatever the scheme: resolve the URI, run the scheme's client as a foreground job,
 * follow redirections, hand over an image.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/console.h"
#include "core/error.h"
#include "proto/fetch.h"

TABLE ( uri_scheme, uri_scheme );

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

/* The job: until the scheme does not send us elsewhere. */
static TASK_FN int fetch_run ( struct job *job, void *arg ) {
	struct fetch *fetch = arg;
	const struct uri_scheme *scheme = NULL;
	int rc;

	fetch->job = job;
	for ( unsigned int i = 0; i <= FETCH_REDIRECTS_MAX; i++ ) {
		if ( ( rc = find_scheme ( fetch->uri, &scheme ) ) != 0 )
			return rc;
		if ( ( rc = scheme->fetch ( fetch ) ) != FETCH_AGAIN )
			return rc;
	}
	return FAIL ( ELOOP, "more than %d redirections", FETCH_REDIRECTS_MAX );
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

/* Download @c fetch->uri, which may be replaced on the way, into @c fetch->image. */
static TASK_FN int fetch_foreground ( struct fetch *fetch, utime_t timeout_us, bool quiet ) {
	struct job_options options = { .timeout_us = timeout_us, .rate = true };
	char *text = NULL;
	struct uri *uri;
	int rc;

	if ( !quiet ) {
		if ( !( text = uri_text ( fetch->uri, true ) ) )
			return -ENOMEM;
		options.text = text;
	}
	rc = job_run ( &options, fetch_run, fetch );
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

TASK_FN int fetch_image ( const char *uri, const char *name, utime_t timeout_us, bool quiet,
			  struct image **ret_image ) {
	struct fetch fetch = { .uri = NULL };
	int rc;

	if ( ( rc = fetch_parse ( uri, &fetch.uri ) ) != 0 ) {
		/* No job, so no progress line: say it the same way. */
		if ( !quiet ) {
			const char *detail = error_detail ( rc );

			con_printf ( "%s... %s\n", uri, error_text ( rc ) );
			if ( *detail )
				con_printf ( "  %s\n", detail );
		}
		return rc;
	}
	fetch.image = image_new ( name, fetch.uri );
	rc = fetch.image ? fetch_foreground ( &fetch, timeout_us, quiet ) : -ENOMEM;
	uri_free ( fetch.uri );
	if ( rc != 0 ) {
		image_put ( fetch.image );
		return rc;
	}
	*ret_image = fetch.image;
	return 0;
}

TASK_FN int fetch_acquire ( const char *text, const char *name, utime_t timeout_us, bool quiet,
			    struct image **ret_image ) {
	struct image *image = image_find ( text );
	int rc;

	if ( image ) {
		if ( name && ( ( rc = image_set_name ( image, name ) ) != 0 ) )
			return rc;
	} else {
		if ( ( rc = fetch_image ( text, name, timeout_us, quiet, &image ) ) != 0 )
			return rc;
		rc = image_register ( image );
		image_put ( image );
		if ( rc != 0 )
			return rc;
	}
	*ret_image = image;
	return 0;
}
