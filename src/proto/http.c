/** @file
 * HTTP/1.1 client (RFC 9110, RFC 9112): one resource into an image.
 *
 * A transfer that breaks or stalls once it has begun is resumed where it stopped, if the server
 * named a strong validator, else begun anew; see docs/http.md. Body bytes go from TCP straight
 * into the image, so nothing here is done per byte.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/version.h"
#include "net/addr.h"
#include "proto/fetch.h"
#include "proto/http_pool.h"
#include "proto/http_request.h"

/** Without any data for so long a transfer has failed. */
#define HTTP_IDLE_US ( 120 * US_PER_S )
/** Without any data for so long a transfer that can be resumed is given another connection. */
#define HTTP_STALL_US ( 15 * US_PER_S )
/** Body of an answer that is not wanted: up to here it is read so that the connection can be kept;
 * bytes. */
#define HTTP_DRAIN_MAX 16384
/** Interim (1xx) responses before the real one. */
#define HTTP_INTERIM_MAX 16
/** Resumptions without progress: how many, and since how long. Waiting 1/4 s, 1/2 s, 1 s, ... up
 * to 4 s in between survives the restart of a server. */
#define HTTP_RESUME_TRIES    12
#define HTTP_RESUME_US       ( 60 * US_PER_S )
#define HTTP_RESUME_FIRST_US ( 250 * US_PER_MS )
#define HTTP_RESUME_WAIT_MAX ( 4 * US_PER_S )
/** Times that a body is begun anew because it cannot be resumed. */
#define HTTP_RESTART_TRIES 4
/** What counts as progress, bytes. */
#define HTTP_RESUME_PROGRESS 65536

/** Internal: ask again, nothing is wrong. */
#define HTTP_AGAIN 2

struct http_transfer {
	struct fetch *fetch;
	struct http_conn *conn; /**< while a request is under way */
	const char *method;
	bool repeatable;       /**< asking twice does no harm */
	bool auth;             /**< the server has asked for credentials */
	bool begun;            /**< a good response came: from now on failures are repaired */
	char *validator;       /**< names the version that we have a part of; or NULL */
	size_t furthest;       /**< most bytes that any attempt got to */
	unsigned int failures; /**< since the last progress */
	unsigned int restarts; /**< bodies begun anew */
	utime_t progressed;    /**< when that was */
};

static void __printf ( 2, 3 ) http_say ( struct http_transfer *transfer, const char *fmt, ... ) {
	struct job *job = transfer->fetch->job;
	va_list args;

	va_start ( args, fmt );
	vsnprintf ( job->message, sizeof ( job->message ), fmt, args );
	va_end ( args );
}

/* ---- One request and its response head ---- */

/* The name goes to a resolver and into a header line. */
static int http_check_host ( const struct uri *uri ) {
	const char *pos = uri->host;

	if ( !pos || !*pos )
		return FAIL ( EINVAL, "URI without a host" );
	for ( ; *pos; pos++ ) {
		if ( ( *pos <= ' ' ) || ( *pos >= 0x7f ) || strchr ( "/@?#", *pos ) )
			return FAIL ( EINVAL, "bad character in host name" );
	}
	return 0;
}

static TASK_FN int http_connect ( struct http_transfer *transfer, bool fresh ) {
	const struct uri *uri = transfer->fetch->uri;
	bool named = false;
	ipv4_addr_t addr;
	int rc;

	/* Resolving may take a while: say what is being waited for. */
	if ( !transfer->fetch->job->message[0] && ( ipv4_parse ( uri->host, &addr ) != 0 ) ) {
		http_say ( transfer, "%s", uri->host );
		named = true;
	}
	rc = http_conn_open ( uri, fresh, &transfer->conn );
	if ( named )
		http_say ( transfer, "%s", "" );
	return rc;
}

static TASK_FN int http_send ( struct http_transfer *transfer ) {
	struct http_request request = {
		.method = transfer->method,
		.uri = transfer->fetch->uri,
		.offset = transfer->fetch->image->len,
		.if_range = transfer->validator,
		.auth = transfer->auth,
	};
	size_t len;
	char *text = http_request_text ( &request, &len );
	int rc;

	if ( !text )
		return -ENOMEM;
	LOG ( LOG_DETAIL, "request of %zu bytes from byte %zu", len, request.offset );
	rc = stream_write ( transfer->conn->stream, text, len, deadline_in ( HTTP_IDLE_US ) );
	free ( text );
	return rc;
}

static TASK_FN int http_read_final_head ( struct http_transfer *transfer,
					  struct http_response *ret_response ) {
	utime_t deadline = deadline_in ( HTTP_IDLE_US );
	int rc;

	for ( unsigned int i = 0; i < HTTP_INTERIM_MAX; i++ ) {
		rc = http_read_head ( transfer->conn, ret_response, deadline );
		if ( err_is ( rc, ETIMEDOUT ) )
			return FAIL ( ETIMEDOUT, "the server has not answered the request" );
		if ( ( rc != 0 ) || ( ret_response->status >= 200 ) )
			return rc;
	}
	return FAIL ( EIO_HTTP_OTHER, "the server keeps sending interim responses" );
}

static void http_hang_up ( struct http_transfer *transfer, bool keep ) {
	http_conn_close ( transfer->conn, keep );
	transfer->conn = NULL;
}

/* Ask for what is missing, and read the head of the answer. */
static TASK_FN int http_ask ( struct http_transfer *transfer, struct http_response *ret_response ) {
	struct image *image = transfer->fetch->image;
	bool fresh = !transfer->repeatable, stale;
	int rc;

	/* Without a validator there is no telling what the part that we have belongs to. */
	if ( !transfer->validator )
		image->len = 0;
	do {
		if ( ( rc = http_connect ( transfer, fresh ) ) != 0 )
			return rc;
		if ( ( ( rc = http_send ( transfer ) ) == 0 ) &&
		     ( ( rc = http_read_final_head ( transfer, ret_response ) ) == 0 ) ) {
			LOG ( LOG_EVENT, "%s %s: status %u%s", transfer->method,
			      transfer->fetch->uri->host, ret_response->status,
			      transfer->conn->reused ? ", kept connection" : "" );
			http_body_start ( transfer->conn, ret_response,
					  ( strcmp ( transfer->method, "HEAD" ) == 0 ) ||
						  ( ret_response->status == 204 ) ||
						  ( ret_response->status == 304 ) );
			return 0;
		}
		/* The server may have given up a kept connection just now: that is no failure. */
		stale = transfer->conn->reused && !transfer->conn->answered &&
			!err_is ( rc, ECANCELED );
		http_hang_up ( transfer, false );
		fresh = true;
	} while ( stale );
	return rc;
}

/* Read the rest of an unwanted answer, so that its connection can be kept, and let go of it. */
static TASK_FN void http_drain ( struct http_transfer *transfer,
				 const struct http_response *response ) {
	utime_t deadline = deadline_in ( US_PER_S );
	struct error_note note;
	char scratch[256];
	size_t total = 0;
	ssize_t got = 1;

	error_note_get ( &note );
	while ( response->keep_alive && ( got > 0 ) && ( total < HTTP_DRAIN_MAX ) ) {
		got = http_body_read ( transfer->conn, scratch, sizeof ( scratch ), deadline );
		total += ( got > 0 ) ? (size_t) got : 0;
	}
	http_hang_up ( transfer, response->keep_alive );
	error_note_set ( &note );
}

/* ---- A good response: the body ---- */

static void http_set_validator ( struct http_transfer *transfer,
				 const struct http_response *response ) {
	const struct http_text *text =
		response->etag.text ? &response->etag : &response->last_modified;

	free ( transfer->validator );
	transfer->validator = NULL;
	/* A part that was asked for by `param --header Range` cannot be resumed by us. */
	if ( !text->text || ( response->status != 200 ) )
		return;
	transfer->validator = malloc ( text->len + 1 );
	if ( transfer->validator ) {
		memcpy ( transfer->validator, text->text, text->len );
		transfer->validator[text->len] = '\0';
	}
}

/* Forget what we have. */
static void http_start_over ( struct http_transfer *transfer ) {
	transfer->fetch->image->len = 0;
	free ( transfer->validator );
	transfer->validator = NULL;
}

/* Does a 206 continue exactly where we stopped? */
static bool http_continues ( const struct http_transfer *transfer,
			     const struct http_response *response ) {
	const struct fetch *fetch = transfer->fetch;

	return ( response->status == 206 ) && response->has_range &&
	       ( response->range_start == fetch->image->len ) &&
	       ( !fetch->job->total || !response->has_range_total ||
		 ( response->range_total == fetch->job->total ) );
}

static TASK_FN int http_receive_all ( struct http_transfer *transfer ) {
	struct http_conn *conn = transfer->conn;
	struct image *image = transfer->fetch->image;
	utime_t patience = transfer->validator ? HTTP_STALL_US : HTTP_IDLE_US;
	ssize_t got;
	int rc;

	while ( !conn->complete ) {
		if ( ( image->len + 1 >= image->capacity ) &&
		     ( ( rc = image_grow ( image ) ) != 0 ) )
			return rc;
		got = http_body_read ( conn, image->data + image->len,
				       image->capacity - image->len - 1, deadline_in ( patience ) );
		if ( got == -ETIMEDOUT )
			return FAIL ( ETIMEDOUT, "no data for %u seconds",
				      (unsigned int) ( patience / US_PER_S ) );
		if ( got < 0 )
			return (int) got;
		image->len += (size_t) got;
		fetch_progress ( transfer->fetch, image->len );
	}
	image_set_len ( image, image->len );
	return 0;
}

/* Get ready for the body: decide where it goes, make room, remember its version. */
static int http_begin ( struct http_transfer *transfer, const struct http_response *response ) {
	const struct http_conn *conn = transfer->conn;
	struct image *image = transfer->fetch->image;
	struct job *job = transfer->fetch->job;
	uint64_t total = image->len + conn->left;

	if ( !image->len )
		http_set_validator ( transfer, response );
	if ( transfer->begun && image->len ) {
		http_say ( transfer, "resumed at %zu", image->len );
	} else if ( transfer->begun ) {
		http_say ( transfer, "started over" );
		transfer->restarts++;
	}
	transfer->begun = true;
	fetch_progress ( transfer->fetch, image->len );
	job->total = 0;
	if ( conn->chunked || conn->until_close )
		return 0;
	if ( ( total < image->len ) || ( total > SIZE_MAX ) )
		return FAIL ( EIO_HTTP_OTHER, "the server sent a bad length" );
	job->total = total;
	return image_reserve ( image, (size_t) total );
}

static TASK_FN int http_accept ( struct http_transfer *transfer,
				 const struct http_response *response ) {
	int rc;

	if ( response->bad_encoding )
		return FAIL ( ENOTSUP,
			      "the server uses a transfer encoding that was not asked for" );
	if ( transfer->fetch->image->len && !http_continues ( transfer, response ) ) {
		http_start_over ( transfer );
		if ( response->status == 206 )
			return FAIL ( ECONNRESET,
				      "the server sent another part than was asked for" );
	}
	if ( ( ( rc = http_begin ( transfer, response ) ) != 0 ) ||
	     ( ( rc = http_receive_all ( transfer ) ) != 0 ) )
		return rc;
	http_hang_up ( transfer, response->keep_alive );
	return 0;
}

/* ---- Other responses ---- */

static bool is_network_path ( const struct http_text *location ) {
	return ( location->len >= 2 ) && ( memcmp ( location->text, "//", 2 ) == 0 );
}

static TASK_FN int http_redirect ( struct http_transfer *transfer,
				   const struct http_response *response ) {
	const struct http_text *location = &response->location;
	struct fetch *fetch = transfer->fetch;
	struct uri *reference, *uri;
	size_t len;
	char *text;
	int rc;

	if ( !location->text || !location->len )
		return FAIL ( EXDEV, "the server redirects (%u) without saying where",
			      response->status );
	/* For us "//host/path" is a path; for a server it names another host (RFC 3986 §4.2). */
	len = location->len +
	      ( is_network_path ( location ) ? strlen ( fetch->uri->scheme ) + 1 : 0 );
	text = malloc ( len + 1 );
	if ( !text )
		return -ENOMEM;
	snprintf ( text, len + 1, "%s%s%.*s",
		   is_network_path ( location ) ? fetch->uri->scheme : "",
		   is_network_path ( location ) ? ":" : "", (int) location->len, location->text );
	http_drain ( transfer, response );
	LOG ( LOG_EVENT, "redirected to %s", text );
	rc = uri_parse ( text, &reference );
	free ( text );
	if ( rc != 0 )
		return rc;
	rc = uri_resolve ( fetch->uri, reference, &uri );
	uri_free ( reference );
	if ( rc != 0 )
		return rc;
	uri_free ( fetch->uri );
	fetch->uri = uri;
	return FETCH_AGAIN;
}

/* An error, in the server's own words as far as they are printable. */
static int http_error ( const struct http_response *response ) {
	char reason[64];
	size_t len = MIN ( response->reason.len, sizeof ( reason ) - 1 );
	int code = EIO_HTTP_OTHER;

	for ( size_t i = 0; i < len; i++ ) {
		char c = response->reason.text[i];

		reason[i] = ( ( c >= ' ' ) && ( c < 0x7f ) ) ? c : '.';
	}
	reason[len] = '\0';
	if ( response->status == 401 )
		code = EACCES_HTTP;
	else if ( response->status == 403 )
		code = EPERM_HTTP;
	else if ( response->status == 404 )
		code = ENOENT_HTTP;
	else if ( response->status / 100 == 4 )
		code = EIO_HTTP_4XX;
	else if ( response->status / 100 == 5 )
		code = EIO_HTTP_5XX;
	return FAIL ( code, "the server says: %u%s%s", response->status, len ? " " : "", reason );
}

static TASK_FN int http_refused ( struct http_transfer *transfer,
				  const struct http_response *response ) {
	int seconds = response->retry_after;
	int rc;

	if ( ( response->status == 401 ) && response->auth_basic && !transfer->auth &&
	     transfer->fetch->uri->user ) {
		http_drain ( transfer, response );
		transfer->auth = true;
		return HTTP_AGAIN;
	}
	/* The part that we have is not part of what is there now. */
	if ( ( response->status == 416 ) && transfer->fetch->image->len ) {
		http_start_over ( transfer );
		http_drain ( transfer, response );
		return HTTP_AGAIN;
	}
	rc = http_error ( response );
	http_drain ( transfer, response );
	if ( seconds < 0 )
		return rc;
	seconds = MAX ( seconds, 1 );
	http_say ( transfer, "busy, trying again in %d s", seconds );
	if ( ( rc = sleep_until ( deadline_in ( (utime_t) seconds * US_PER_S ) ) ) != 0 )
		return rc;
	http_say ( transfer, "%s", "" );
	return HTTP_AGAIN;
}

/* ---- The whole transfer ---- */

/* One request. @return 0 done, FETCH_AGAIN, HTTP_AGAIN, or a negative error */
static TASK_FN int http_attempt ( struct http_transfer *transfer ) {
	struct http_response response;
	int rc;

	if ( ( rc = http_ask ( transfer, &response ) ) != 0 )
		return rc;
	switch ( response.status / 100 ) {
	case 2:
		return http_accept ( transfer, &response );
	case 3:
		return http_redirect ( transfer, &response );
	default:
		return http_refused ( transfer, &response );
	}
}

/* Is it worth another try? Not what was refused for good, or failed on our side. */
static bool http_may_resume ( const struct http_transfer *transfer, int rc ) {
	if ( !transfer->repeatable || !transfer->begun )
		return false;
	if ( err_is ( rc, ECANCELED ) || err_is ( rc, ENOMEM ) || err_is ( rc, ENOENT ) ||
	     err_is ( rc, EACCES ) || err_is ( rc, EPERM ) || err_is ( rc, ENOTSUP ) )
		return false;
	return !err_is ( rc, EIO ) || ( rc == -EIO_HTTP_5XX );
}

/* Say why there is no further try. */
static int http_give_up ( const struct http_transfer *transfer, int rc ) {
	char why[80];

	snprintf ( why, sizeof ( why ), "%s", error_detail ( rc ) );
	return FAIL ( -rc, "gave up at byte %zu%s%s", transfer->furthest, why[0] ? ": " : "", why );
}

/* After a failure: count it, wait a little longer each time. @return 0 try again, or an error */
static TASK_FN int http_back_off ( struct http_transfer *transfer, int rc ) {
	size_t have = transfer->fetch->image->len;
	utime_t now = clock_now (), wait;

	if ( have >= transfer->furthest + HTTP_RESUME_PROGRESS ) {
		transfer->failures = 0;
		transfer->progressed = now;
	}
	transfer->furthest = MAX ( transfer->furthest, have );
	LOG ( LOG_EVENT, "stopped at byte %zu: %s", have, error_text ( rc ) );
	if ( ( ++transfer->failures > HTTP_RESUME_TRIES ) ||
	     ( transfer->restarts >= HTTP_RESTART_TRIES ) ||
	     ( now - transfer->progressed > HTTP_RESUME_US + HTTP_IDLE_US ) )
		return http_give_up ( transfer, rc );
	if ( transfer->validator && have )
		http_say ( transfer, "%s, resuming at %zu",
			   err_is ( rc, ETIMEDOUT ) ? "stalled" : "connection lost", have );
	else
		http_say ( transfer, "connection lost, starting over" );
	wait = HTTP_RESUME_FIRST_US << ( transfer->failures - 1 );
	return sleep_until ( now + MIN ( wait, HTTP_RESUME_WAIT_MAX ) );
}

static TASK_FN int http_transfer_run ( struct http_transfer *transfer ) {
	int rc;

	for ( ;; ) {
		rc = http_attempt ( transfer );
		http_hang_up ( transfer, false );
		if ( ( rc == 0 ) || ( rc == FETCH_AGAIN ) )
			return rc;
		if ( rc == HTTP_AGAIN )
			continue;
		if ( !http_may_resume ( transfer, rc ) )
			return rc;
		if ( ( rc = http_back_off ( transfer, rc ) ) != 0 )
			return rc;
	}
}

static TASK_FN int http_fetch ( struct fetch *fetch ) {
	struct http_transfer transfer = { .fetch = fetch, .progressed = clock_now () };
	int rc;

	if ( ( ( rc = http_check_host ( fetch->uri ) ) != 0 ) ||
	     ( ( rc = http_method ( fetch->uri->params, &transfer.method ) ) != 0 ) )
		return rc;
	transfer.repeatable = ( strcmp ( transfer.method, "GET" ) == 0 ) ||
			      ( strcmp ( transfer.method, "HEAD" ) == 0 );
	fetch->image->len = 0;
	rc = http_transfer_run ( &transfer );
	free ( transfer.validator );
	return rc;
}

static const struct uri_scheme http_scheme = { .name = "http", .fetch = http_fetch };
URI_SCHEME ( http_scheme );

static const struct feature http_feature = { .name = "HTTP", .order = 110, .tag = 19, .value = 1 };
FEATURE ( http_feature );
