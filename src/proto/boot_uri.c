/** @file
 * The URI of a boot file as DHCP names it. See proto/boot_uri.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/uri.h"
#include "proto/boot_uri.h"

/** "scheme:/..." */
static bool is_full_uri ( const char *text ) {
	struct uri *uri;
	bool full = false;

	if ( uri_parse ( text, &uri ) == 0 ) {
		full = uri_is_absolute ( uri ) && !uri->opaque;
		uri_free ( uri );
	}
	return full;
}

/** The URI of a name that a TFTP server knows, taken literally. @return heap memory or NULL */
static char *tftp_uri ( ipv4_addr_t server, const char *name ) {
	size_t len = sizeof ( "tftp:///" ) + IPV4_TEXT_LEN + 3 * strlen ( name ), used;
	char addr[IPV4_TEXT_LEN], *text = malloc ( len );

	if ( !text )
		return NULL;
	used = snprintf ( text, len, "tftp://%s/", ipv4_text ( server, addr ) );
	for ( ; *name; name++ ) {
		unsigned char c = *name;
		bool plain = ( c > ' ' ) && ( c < 0x7f ) && !strchr ( "%?#", c );

		used += snprintf ( text + used, len - used, plain ? "%c" : "%%%02X", c );
	}
	return text;
}

char *boot_uri ( ipv4_addr_t next_server, const char *filename ) {
	if ( is_full_uri ( filename ) )
		return strdup ( filename );
	return ( next_server && *filename ) ? tftp_uri ( next_server, filename ) : NULL;
}
