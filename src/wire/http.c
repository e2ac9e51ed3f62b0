/** @file
 * Parser of HTTP/1.1 response heads and chunk headers (RFC 9112).
 */
#include <string.h>
#include <strings.h>
#include "core/error.h"
#include "wire/http.h"

size_t http_head_len ( const void *data, size_t len ) {
	const char *text = data;
	const char *pos = text, *end = text + len;

	/* An empty line: LF, then LF or CR LF. */
	while ( ( pos = memchr ( pos, '\n', (size_t) ( end - pos ) ) ) != NULL ) {
		pos++;
		if ( ( pos < end ) && ( *pos == '\n' ) )
			return (size_t) ( pos - text ) + 1;
		if ( ( end - pos >= 2 ) && ( pos[0] == '\r' ) && ( pos[1] == '\n' ) )
			return (size_t) ( pos - text ) + 2;
	}
	return 0;
}

bool http_text_is ( const struct http_text *text, const char *word ) {
	size_t len = strlen ( word );

	return text->text && ( text->len == len ) && ( strncasecmp ( text->text, word, len ) == 0 );
}

static bool is_blank ( char c ) {
	return ( c == ' ' ) || ( c == '\t' ) || ( c == '\r' );
}

static void trim ( struct http_text *text ) {
	while ( text->len && is_blank ( *text->text ) ) {
		text->text++;
		text->len--;
	}
	while ( text->len && is_blank ( text->text[text->len - 1] ) )
		text->len--;
}

/* Take what comes before @c separator (or all); @c rest keeps what follows it. */
static struct http_text take ( struct http_text *rest, char separator ) {
	const char *pos = rest->len ? memchr ( rest->text, separator, rest->len ) : NULL;
	struct http_text taken = *rest;

	taken.len = pos ? (size_t) ( pos - rest->text ) : rest->len;
	rest->text += taken.len + ( pos ? 1 : 0 );
	rest->len -= taken.len + ( pos ? 1 : 0 );
	return taken;
}

/* The whole text as a number of base 10 or 16. */
static bool parse_number ( const struct http_text *text, unsigned int base, uint64_t *ret_value ) {
	uint64_t value = 0;

	if ( !text->len )
		return false;
	for ( size_t i = 0; i < text->len; i++ ) {
		char c = text->text[i];
		unsigned int digit;

		if ( ( c >= '0' ) && ( c <= '9' ) )
			digit = (unsigned int) ( c - '0' );
		else if ( ( ( c | 0x20 ) >= 'a' ) && ( ( c | 0x20 ) <= 'f' ) )
			digit = (unsigned int) ( ( c | 0x20 ) - 'a' ) + 10;
		else
			return false;
		if ( ( digit >= base ) || ( value > ( UINT64_MAX - digit ) / base ) )
			return false;
		value = value * base + digit;
	}
	*ret_value = value;
	return true;
}

int http_parse_chunk ( const char *line, size_t len, uint64_t *ret_size ) {
	struct http_text rest = { line, len };
	struct http_text digits = take ( &rest, ';' );

	trim ( &digits );
	if ( !parse_number ( &digits, 16, ret_size ) )
		return FAIL ( EIO_HTTP_OTHER, "the server sent a bad chunk size" );
	return 0;
}

/* ---- Header lines ---- */

/* A parser of one header; @return false if the response cannot be trusted any more. */
typedef bool header_fn ( struct http_response *response, struct http_text value );

static bool header_content_length ( struct http_response *response, struct http_text value ) {
	struct http_text rest = value;

	/* Repeated values are allowed if they are equal (RFC 9112 §6.3). */
	do {
		struct http_text item = take ( &rest, ',' );
		uint64_t length;

		trim ( &item );
		if ( !parse_number ( &item, 10, &length ) ||
		     ( response->has_length && ( length != response->length ) ) )
			return false;
		response->has_length = true;
		response->length = length;
	} while ( rest.len );
	return true;
}

static bool header_transfer_encoding ( struct http_response *response, struct http_text value ) {
	struct http_text rest = value;

	do {
		struct http_text item = take ( &rest, ',' );

		trim ( &item );
		if ( http_text_is ( &item, "chunked" ) && !response->chunked )
			response->chunked = true;
		else if ( item.len && !http_text_is ( &item, "identity" ) )
			response->bad_encoding = true;
	} while ( rest.len );
	return true;
}

static bool header_connection ( struct http_response *response, struct http_text value ) {
	struct http_text rest = value;

	do {
		struct http_text item = take ( &rest, ',' );

		trim ( &item );
		if ( http_text_is ( &item, "close" ) )
			response->keep_alive = false;
		else if ( http_text_is ( &item, "keep-alive" ) )
			response->keep_alive = true;
	} while ( rest.len );
	return true;
}

/* "bytes 100-199/200", "bytes 100-199/<asterisk>" */
static bool header_content_range ( struct http_response *response, struct http_text value ) {
	struct http_text rest = value, unit = take ( &rest, ' ' ), start = take ( &rest, '-' );
	struct http_text end = take ( &rest, '/' );
	uint64_t last;

	if ( !http_text_is ( &unit, "bytes" ) )
		return true;
	trim ( &start );
	response->has_range = parse_number ( &start, 10, &response->range_start ) &&
			      parse_number ( &end, 10, &last ) && ( last >= response->range_start );
	response->has_range_total = parse_number ( &rest, 10, &response->range_total );
	return true;
}

static bool header_www_authenticate ( struct http_response *response, struct http_text value ) {
	struct http_text rest = value;

	/* Several challenges may share a line, with commas inside and between them. */
	do {
		struct http_text item = take ( &rest, ',' ), scheme;

		trim ( &item );
		scheme = take ( &item, ' ' );
		if ( http_text_is ( &scheme, "Basic" ) )
			response->auth_basic = true;
	} while ( rest.len );
	return true;
}

static bool header_retry_after ( struct http_response *response, struct http_text value ) {
	uint64_t seconds;

	if ( !parse_number ( &value, 10, &seconds ) )
		seconds = HTTP_RETRY_DEFAULT;
	response->retry_after = (int) MIN ( seconds, (uint64_t) HTTP_RETRY_MAX );
	return true;
}

static bool header_location ( struct http_response *response, struct http_text value ) {
	response->location = value;
	return true;
}

static bool header_etag ( struct http_response *response, struct http_text value ) {
	/* If-Range wants a strong comparison (RFC 9110 §13.1.5). */
	if ( value.len && ( value.text[0] == '"' ) )
		response->etag = value;
	return true;
}

static bool header_last_modified ( struct http_response *response, struct http_text value ) {
	response->last_modified = value;
	return true;
}

static const struct {
	const char *name;
	header_fn *parse;
} headers[] = {
	{ "Connection", header_connection },
	{ "Content-Length", header_content_length },
	{ "Content-Range", header_content_range },
	{ "ETag", header_etag },
	{ "Last-Modified", header_last_modified },
	{ "Location", header_location },
	{ "Retry-After", header_retry_after },
	{ "Transfer-Encoding", header_transfer_encoding },
	{ "WWW-Authenticate", header_www_authenticate },
};

/* "HTTP/1.1 200 OK"; the reason may be missing. */
static bool parse_status ( struct http_response *response, struct http_text line ) {
	struct http_text version = take ( &line, ' ' ), status;
	uint64_t number;

	if ( ( version.len != 8 ) || ( strncasecmp ( version.text, "HTTP/1.", 7 ) != 0 ) )
		return false;
	response->keep_alive = ( version.text[7] != '0' );
	trim ( &line );
	status = take ( &line, ' ' );
	if ( ( status.len != 3 ) || !parse_number ( &status, 10, &number ) || ( number < 100 ) )
		return false;
	response->status = (unsigned int) number;
	trim ( &line );
	response->reason = line;
	return true;
}

int http_parse_response ( const char *head, size_t len, struct http_response *ret_response ) {
	struct http_response response = { .retry_after = -1 };
	struct http_text rest = { head, len }, line = take ( &rest, '\n' ), date = { NULL, 0 };

	trim ( &line );
	if ( !parse_status ( &response, line ) )
		return FAIL ( EIO_HTTP_OTHER, "the server does not speak HTTP/1" );
	while ( rest.len ) {
		struct http_text name, value = take ( &rest, '\n' );

		/* A line that starts blank continues the one before; nothing we need is folded. */
		if ( value.len && is_blank ( value.text[0] ) )
			continue;
		name = take ( &value, ':' );
		trim ( &name );
		trim ( &value );
		if ( http_text_is ( &name, "Date" ) )
			date = value;
		for ( size_t i = 0; i < ARRAY_SIZE ( headers ); i++ ) {
			if ( !http_text_is ( &name, headers[i].name ) )
				continue;
			if ( !headers[i].parse ( &response, value ) )
				return FAIL ( EIO_HTTP_OTHER, "the server sent a bad %s header",
					      headers[i].name );
		}
	}
	/* Changed in the second of the answer: it may change again within that second. */
	if ( ( date.len == response.last_modified.len ) && date.len &&
	     ( memcmp ( date.text, response.last_modified.text, date.len ) == 0 ) )
		response.last_modified.text = NULL;
	*ret_response = response;
	return 0;
}
