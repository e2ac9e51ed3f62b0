/** @file
 * URIs: parse, resolve relative ones, format. RFC 3986, with these deviations that scripts rely on:
 * a scheme consists of letters, '-' and '_'; an authority needs a scheme in front ("//x" is a
 * path); "./" and "../" are resolved at the start of a relative path only; "##params" at the end
 * attaches a request parameter list.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/memory.h"
#include "core/uri.h"

/* ---- Percent coding ---- */

static int hex_digit ( char c ) {
	if ( ( c >= '0' ) && ( c <= '9' ) )
		return c - '0';
	c |= 0x20;
	return ( ( c >= 'a' ) && ( c <= 'f' ) ) ? c - 'a' + 10 : -1;
}

/* Decode in place: the result is never longer. %00 stays text, for it would end the string. */
static char *decode_in_place ( char *text ) {
	char *in = text, *out = text;

	while ( *in ) {
		int high = ( in[0] == '%' ) ? hex_digit ( in[1] ) : -1;
		int low = ( high >= 0 ) ? hex_digit ( in[2] ) : -1;

		if ( ( low >= 0 ) && ( ( high | low ) != 0 ) ) {
			*( out++ ) = (char) ( ( high << 4 ) | low );
			in += 3;
		} else {
			*( out++ ) = *( in++ );
		}
	}
	*out = '\0';
	return text;
}

char *uri_decode ( const char *text ) {
	char *copy = memdup ( text, strlen ( text ) + 1 );

	return copy ? decode_in_place ( copy ) : NULL;
}

/** Text that is being formatted into a buffer which may be too small (as snprintf does). */
struct out {
	char *buf;
	size_t len;
	size_t used;
};

static void out_char ( struct out *out, char c ) {
	if ( out->used + 1 < out->len )
		out->buf[out->used] = c;
	out->used++;
}

static void out_text ( struct out *out, const char *text ) {
	while ( *text )
		out_char ( out, *( text++ ) );
}

/* One character, encoded if it is not printable ASCII, a space, or one of @c reserved. */
static void out_encoded ( struct out *out, char c, const char *reserved ) {
	static const char hex[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char) c;

	if ( ( byte > ' ' ) && ( byte < 0x7f ) && !strchr ( reserved, c ) ) {
		out_char ( out, c );
		return;
	}
	out_char ( out, '%' );
	out_char ( out, hex[byte >> 4] );
	out_char ( out, hex[byte & 0x0f] );
}

static void out_field ( struct out *out, const char *text, const char *reserved ) {
	while ( *text )
		out_encoded ( out, *( text++ ), reserved );
}

static int out_end ( struct out *out ) {
	if ( out->len )
		out->buf[MIN ( out->used, out->len - 1 )] = '\0';
	return (int) out->used;
}

int uri_encode ( const void *raw, size_t raw_len, char *buf, size_t len ) {
	struct out out = { .buf = buf, .len = len };
	const char *bytes = raw;

	for ( size_t i = 0; i < raw_len; i++ )
		out_encoded ( &out, bytes[i], "%/#:@?=&+" );
	return out_end ( &out );
}

/* ---- Parsing ---- */

/* Cut @c text at the first @c separator. @return what follows it, or NULL */
static char *cut ( char *text, char separator ) {
	char *pos = strchr ( text, separator );

	if ( !pos )
		return NULL;
	*pos = '\0';
	return pos + 1;
}

static int parse_port ( char *text, unsigned int *ret_port ) {
	unsigned long port;
	char *end;

	decode_in_place ( text );
	if ( !*text )
		return 0;
	port = strtoul ( text, &end, 0 );
	if ( *end || !isdigit ( (unsigned char) *text ) || ( port > 65535 ) )
		return FAIL ( EINVAL, "\"%.16s\" is not a port number", text );
	*ret_port = (unsigned int) port;
	return 0;
}

/* [user[:password]@]host[:port] */
static int parse_authority ( struct uri *uri, char *text ) {
	char *host = strrchr ( text, '@' );
	char *port, *password;

	if ( host ) {
		*( host++ ) = '\0';
		password = cut ( text, ':' );
		uri->user = decode_in_place ( text );
		if ( password )
			uri->password = decode_in_place ( password );
	} else {
		host = text;
	}
	if ( *host == '[' ) {
		host++;
		port = cut ( host, ']' );
		if ( !port || ( *port && ( *port != ':' ) ) )
			return FAIL ( EINVAL, "bad address literal in URI" );
		port = *port ? port + 1 : NULL;
	} else {
		port = cut ( host, ':' );
	}
	uri->host = decode_in_place ( host );
	return port ? parse_port ( port, &uri->port ) : 0;
}

/* The ##params[=name] suffix takes a parameter list. */
static int parse_params ( struct uri *uri, char *text ) {
	char *suffix = strstr ( text, "##params" );
	const char *name = "";

	if ( !suffix )
		return 0;
	if ( suffix[8] == '=' )
		name = &suffix[9];
	else if ( suffix[8] )
		return 0;
	uri->params = params_take ( name );
	if ( !uri->params )
		return FAIL ( ENOENT, "no parameter list \"%.32s\"", name );
	*suffix = '\0';
	return 0;
}

/* Everything after the parameter list. */
static int parse_text ( struct uri *uri, char *text ) {
	char *pos, *path, *authority;

	uri->fragment = cut ( text, '#' );
	for ( pos = text; isalpha ( (unsigned char) *pos ) || ( *pos == '-' ) || ( *pos == '_' ); )
		pos++;
	if ( ( *pos == ':' ) && ( pos != text ) ) {
		*( pos++ ) = '\0';
		uri->scheme = text;
		if ( *pos != '/' ) {
			uri->opaque = decode_in_place ( pos );
			return 0;
		}
		text = pos;
	}
	uri->query = cut ( text, '?' );
	if ( !uri->scheme || ( strncmp ( text, "//", 2 ) != 0 ) ) {
		uri->path = *text ? text : NULL;
		return 0;
	}
	/* The authority moves one byte to the left: room for its end, before the path's slash. */
	authority = text + 1;
	path = strchr ( text + 2, '/' );
	if ( !path )
		path = text + strlen ( text );
	memmove ( authority, text + 2, (size_t) ( path - ( text + 2 ) ) );
	path[-1] = '\0';
	uri->path = *path ? path : NULL;
	return parse_authority ( uri, authority );
}

int uri_parse ( const char *text, struct uri **ret_uri ) {
	size_t len = strlen ( text );
	struct uri *uri;
	char *copy;
	int rc;

	if ( len > URI_LEN_MAX )
		return FAIL ( EINVAL, "URI is longer than %d bytes", URI_LEN_MAX );
	uri = zalloc ( sizeof ( *uri ) + len + 1 );
	if ( !uri )
		return -ENOMEM;
	copy = (char *) ( uri + 1 );
	memcpy ( copy, text, len + 1 );
	if ( ( ( rc = parse_params ( uri, copy ) ) != 0 ) ||
	     ( ( rc = parse_text ( uri, copy ) ) != 0 ) ) {
		uri_free ( uri );
		return rc;
	}
	*ret_uri = uri;
	return 0;
}

void uri_free ( struct uri *uri ) {
	if ( !uri )
		return;
	params_free ( uri->params );
	free ( uri );
}

/* ---- Copying and resolving ---- */

/* The fields of struct uri that are strings. */
static const size_t string_fields[] = {
	offsetof ( struct uri, scheme ), offsetof ( struct uri, opaque ),
	offsetof ( struct uri, user ),   offsetof ( struct uri, password ),
	offsetof ( struct uri, host ),   offsetof ( struct uri, path ),
	offsetof ( struct uri, query ),  offsetof ( struct uri, fragment ),
};

struct uri *uri_dup ( const struct uri *uri ) {
	size_t len = sizeof ( *uri );
	struct uri *copy;
	char *pos;

	for ( size_t i = 0; i < ARRAY_SIZE ( string_fields ); i++ ) {
		const char *text = *(const char *const *) ( (const char *) uri + string_fields[i] );

		len += text ? strlen ( text ) + 1 : 0;
	}
	copy = zalloc ( len );
	if ( !copy )
		return NULL;
	pos = (char *) ( copy + 1 );
	for ( size_t i = 0; i < ARRAY_SIZE ( string_fields ); i++ ) {
		const char *text = *(const char *const *) ( (const char *) uri + string_fields[i] );

		if ( !text )
			continue;
		len = strlen ( text ) + 1;
		*(const char **) ( (char *) copy + string_fields[i] ) = memcpy ( pos, text, len );
		pos += len;
	}
	copy->port = uri->port;
	return copy;
}

/* Length of the directory part of @c path without its last component: "/a/b/" -> "/a/". */
static size_t parent_len ( const char *path, size_t dir_len ) {
	if ( dir_len <= 1 )
		return dir_len;
	for ( dir_len--; dir_len && ( path[dir_len - 1] != '/' ); )
		dir_len--;
	return dir_len;
}

/* Base path with its last component replaced by a relative path, into fresh heap memory. */
static char *resolve_path ( const struct uri *base, const char *relative ) {
	const char *base_path = base->path ? base->path : ( base->host ? "/" : "" );
	const char *slash = strrchr ( base_path, '/' );
	size_t dir_len = slash ? (size_t) ( slash - base_path ) + 1 : 0;
	size_t relative_len;
	char *path;

	while ( relative[0] == '.' ) {
		size_t dots = ( relative[1] == '.' ) ? 2 : 1;

		if ( relative[dots] && ( relative[dots] != '/' ) )
			break;
		if ( dots == 2 )
			dir_len = parent_len ( base_path, dir_len );
		relative += dots;
		if ( *relative )
			relative++;
	}
	relative_len = strlen ( relative );
	path = malloc ( dir_len + relative_len + 1 );
	if ( path ) {
		memcpy ( path, base_path, dir_len );
		memcpy ( path + dir_len, relative, relative_len + 1 );
	}
	return path;
}

int uri_resolve ( const struct uri *base, struct uri *reference, struct uri **ret_uri ) {
	struct uri merged = *reference, *uri;
	char *path = NULL;

	if ( base && !base->opaque && !uri_is_absolute ( reference ) ) {
		merged = *base;
		merged.fragment = reference->fragment;
		if ( reference->path || reference->query )
			merged.query = reference->query;
		if ( reference->path && ( reference->path[0] == '/' ) ) {
			merged.path = reference->path;
		} else if ( reference->path ) {
			merged.path = path = resolve_path ( base, reference->path );
			if ( !path )
				return -ENOMEM;
		}
	}
	uri = uri_dup ( &merged );
	free ( path );
	if ( !uri )
		return -ENOMEM;
	uri->params = reference->params;
	reference->params = NULL;
	*ret_uri = uri;
	return 0;
}

/* ---- Formatting ---- */

static void out_authority ( struct out *out, const struct uri *uri ) {
	out_text ( out, "//" );
	if ( uri->user ) {
		out_field ( out, uri->user, "%/#:@?" );
		if ( uri->password ) {
			out_char ( out, ':' );
			out_field ( out, uri->password, "%/#:@?" );
		}
		out_char ( out, '@' );
	}
	if ( strchr ( uri->host, ':' ) ) {
		out_char ( out, '[' );
		out_field ( out, uri->host, "%/#?[]@" );
		out_char ( out, ']' );
	} else {
		out_field ( out, uri->host, "%/#:@?[]" );
	}
	if ( uri->port ) {
		char digits[8];
		char *pos = &digits[sizeof ( digits ) - 1];

		*pos = '\0';
		for ( unsigned int port = uri->port; port; port /= 10 )
			*( --pos ) = (char) ( '0' + port % 10 );
		out_char ( out, ':' );
		out_text ( out, pos );
	}
}

int uri_format ( const struct uri *uri, char *buf, size_t len ) {
	struct out out = { .buf = buf, .len = len };

	if ( uri->scheme ) {
		out_field ( &out, uri->scheme, "%/#:@?" );
		out_char ( &out, ':' );
	}
	if ( uri->opaque ) {
		const char *opaque = uri->opaque;

		/* A slash in front would make it hierarchical. */
		if ( *opaque == '/' )
			out_encoded ( &out, *( opaque++ ), "/" );
		out_field ( &out, opaque, "%#" );
	}
	if ( uri->host )
		out_authority ( &out, uri );
	/* Raw parts: percent signs in them are there on purpose. */
	if ( uri->path )
		out_field ( &out, uri->path, "?#" );
	if ( uri->query ) {
		out_char ( &out, '?' );
		out_field ( &out, uri->query, "#" );
	}
	if ( uri->fragment ) {
		out_char ( &out, '#' );
		out_field ( &out, uri->fragment, "" );
	}
	return out_end ( &out );
}

char *uri_text ( const struct uri *uri, bool public ) {
	struct uri shown = *uri;
	size_t len;
	char *text;

	if ( public )
		shown.user = shown.password = shown.query = shown.fragment = NULL;
	len = (size_t) uri_format ( &shown, NULL, 0 ) + 1;
	text = malloc ( len );
	if ( text )
		uri_format ( &shown, text, len );
	return text;
}

const char *uri_basename ( const struct uri *uri ) {
	const char *path = uri->path ? uri->path : uri->opaque;
	const char *slash = path ? strrchr ( path, '/' ) : NULL;

	if ( !path )
		return "";
	return slash ? slash + 1 : path;
}
