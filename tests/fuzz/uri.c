/** @file
 * URIs: whatever is parsed can be formatted, and what was formatted parses to the same again;
 * resolving never fails for other reasons than memory.
 */
#include <stdlib.h>
#include <string.h>
#include "core/uri.h"

static void check ( bool condition ) {
	if ( !condition )
		abort ();
}

/* Format, parse again, format again: nothing changes any more. */
static void check_stable ( const struct uri *uri ) {
	char *first = uri_text ( uri, false ), *second;
	struct uri *again;
	bool ambiguous = uri->path && !uri->host &&
			 ( strncmp ( uri->path, "//", 2 ) == 0 ||
			   ( !uri->scheme && strchr ( uri->path, ':' ) ) );

	check ( first != NULL );
	/* What is only a path may read as an authority or a scheme (RFC 3986 §3.3, §4.2). */
	if ( !ambiguous && ( uri_parse ( first, &again ) == 0 ) ) {
		second = uri_text ( again, false );
		check ( second && ( strcmp ( first, second ) == 0 ) );
		free ( second );
		uri_free ( again );
	}
	free ( first );
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	char *text = malloc ( len + 1 ), *reference, *decoded;
	struct uri *base = NULL, *uri = NULL, *resolved = NULL, *copy;

	memcpy ( text, data, len );
	text[len] = '\0';
	params_new ( "", NULL );
	/* "base reference", or just a reference. */
	reference = strchr ( text, ' ' );
	if ( reference ) {
		*( reference++ ) = '\0';
		if ( uri_parse ( text, &base ) != 0 )
			base = NULL;
	} else {
		reference = text;
	}
	if ( uri_parse ( reference, &uri ) == 0 ) {
		check_stable ( uri );
		check ( uri_basename ( uri ) != NULL );
		check ( uri_resolve ( base, uri, &resolved ) == 0 );
		check ( uri->params == NULL );
		check_stable ( resolved );
		copy = uri_dup ( resolved );
		check_stable ( copy );
		uri_free ( copy );
	}
	decoded = uri_decode ( text );
	check ( decoded && ( strlen ( decoded ) <= len ) );
	free ( decoded );
	uri_free ( resolved );
	uri_free ( uri );
	uri_free ( base );
	params_free ( params_take ( "" ) );
	free ( text );
	return 0;
}
