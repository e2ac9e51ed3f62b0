/** @file
 * HTTP requests as text (RFC 9110, RFC 9112 §3, RFC 7617, HTML form encoding).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/error.h"
#include "core/memory.h"
#include "core/settings.h"
#include "core/version.h"
#include "proto/http_request.h"

int http_method ( const struct params *params, const char **ret_method ) {
	static const char *const methods[] = { "GET", "POST", "HEAD", "PUT" };
	const struct param *param;

	*ret_method = "GET";
	if ( !params )
		return 0;
	if ( params->method ) {
		for ( size_t i = 0; i < ARRAY_SIZE ( methods ); i++ ) {
			*ret_method = methods[i];
			if ( strcasecmp ( params->method, methods[i] ) == 0 )
				return 0;
		}
		return FAIL ( ENOTSUP, "HTTP method %.16s is not known", params->method );
	}
	for ( param = params->first; param; param = param->next ) {
		if ( !param->header )
			*ret_method = "POST";
	}
	return 0;
}

/** Text that grows; once memory is short it stays failed. */
struct text {
	char *buf;
	size_t len;
	size_t capacity;
	bool failed;
};

/* Room for @c len more bytes and a NUL. */
static char *text_reserve ( struct text *text, size_t len ) {
	if ( !text->failed && ( text->len + len >= text->capacity ) ) {
		size_t capacity = 2 * ( text->len + len ) + 256;
		char *buf = realloc ( text->buf, capacity );

		text->failed = !buf;
		if ( buf ) {
			text->buf = buf;
			text->capacity = capacity;
		}
	}
	return text->failed ? NULL : text->buf + text->len;
}

static void __printf ( 2, 3 ) text_printf ( struct text *text, const char *fmt, ... ) {
	va_list args;
	char *pos;
	int len;

	va_start ( args, fmt );
	len = vsnprintf ( NULL, 0, fmt, args );
	va_end ( args );
	if ( !( pos = text_reserve ( text, (size_t) len ) ) )
		return;
	va_start ( args, fmt );
	vsnprintf ( pos, (size_t) len + 1, fmt, args );
	va_end ( args );
	text->len += (size_t) len;
}

/* Percent-encoded, as in a query or a form. */
static void text_encoded ( struct text *text, const char *raw ) {
	size_t raw_len = strlen ( raw );
	size_t len = (size_t) uri_encode ( raw, raw_len, NULL, 0 );
	char *pos = text_reserve ( text, len );

	if ( !pos )
		return;
	uri_encode ( raw, raw_len, pos, len + 1 );
	text->len += len;
}

/* A header from a script: line ends in it would start another header. */
static void text_header ( struct text *text, const char *key, const char *value ) {
	size_t start = text->len;

	text_printf ( text, "%s: %s", key, value );
	for ( size_t i = start; !text->failed && ( i < text->len ); i++ ) {
		if ( (unsigned char) text->buf[i] < ' ' )
			text->buf[i] = ' ';
	}
	text_printf ( text, "\r\n" );
}

/* "/path?query" as the user wrote it. */
static void text_target ( struct text *text, const struct uri *uri ) {
	struct uri target = { .path = uri->path ? uri->path : "/", .query = uri->query };
	size_t len = (size_t) uri_format ( &target, NULL, 0 );
	char *pos = text_reserve ( text, len );

	if ( !pos )
		return;
	uri_format ( &target, pos, len + 1 );
	text->len += len;
}

static void text_host ( struct text *text, const struct uri *uri ) {
	text_printf ( text, strchr ( uri->host, ':' ) ? "Host: [%s]" : "Host: %s", uri->host );
	if ( uri->port )
		text_printf ( text, ":%u", uri->port );
	text_printf ( text, "\r\n" );
}

static void text_basic_auth ( struct text *text, const struct uri *uri ) {
	struct text plain = { .buf = NULL };
	ssize_t len;
	char *pos;

	text_printf ( &plain, "%s:%s", uri->user, uri->password ? uri->password : "" );
	text_printf ( text, "Authorization: Basic " );
	if ( !plain.failed ) {
		len = setting_type_base64.format ( plain.buf, plain.len, NULL, 0 );
		pos = ( len >= 0 ) ? text_reserve ( text, (size_t) len ) : NULL;
		if ( pos ) {
			setting_type_base64.format ( plain.buf, plain.len, pos, (size_t) len + 1 );
			text->len += (size_t) len;
		}
	}
	text->failed = text->failed || plain.failed;
	free ( plain.buf );
	text_printf ( text, "\r\n" );
}

static struct text form_text ( const struct params *params ) {
	struct text form = { .buf = NULL };
	const struct param *param;

	for ( param = params ? params->first : NULL; param; param = param->next ) {
		if ( param->header )
			continue;
		if ( form.len )
			text_printf ( &form, "&" );
		text_encoded ( &form, param->key );
		text_printf ( &form, "=" );
		text_encoded ( &form, param->value );
	}
	return form;
}

char *http_request_text ( const struct http_request *request, size_t *ret_len ) {
	const struct uri *uri = request->uri;
	const struct param *param = uri->params ? uri->params->first : NULL;
	struct text form = form_text ( uri->params );
	struct text text = { .failed = form.failed };

	text_printf ( &text, "%s ", request->method );
	text_target ( &text, uri );
	text_printf ( &text, " HTTP/1.1\r\nConnection: keep-alive\r\nUser-Agent: iPXE/%s\r\n",
		      version_text );
	text_host ( &text, uri );
	if ( request->offset ) {
		text_printf ( &text, "Range: bytes=%llu-\r\nIf-Range: %s\r\n",
			      (unsigned long long) request->offset, request->if_range );
	}
	if ( form.len ) {
		text_printf ( &text,
			      "Content-Type: application/x-www-form-urlencoded\r\n"
			      "Content-Length: %zu\r\n",
			      form.len );
	}
	if ( request->auth )
		text_basic_auth ( &text, uri );
	for ( ; param; param = param->next ) {
		if ( param->header )
			text_header ( &text, param->key, param->value );
	}
	text_printf ( &text, "\r\n%s", form.len ? form.buf : "" );
	free ( form.buf );
	if ( text.failed ) {
		free ( text.buf );
		return NULL;
	}
	*ret_len = text.len;
	return text.buf;
}
