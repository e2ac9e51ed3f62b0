/** @file
 * The initrd. Each line of the input is an image: its arguments, and as its contents, the line itself some times.
 * Whoever reads it in pieces reads the same as in one go, and as much as was measured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/image.h"
#include "image/initrd.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

static void add_image ( const uint8_t *line, size_t len, unsigned int times ) {
	struct image *image = image_new ( NULL, NULL );
	char *cmdline = calloc ( 1, len + 1 );

	memcpy ( cmdline, line, len );
	for ( unsigned int i = 0; i < times; i++ )
		image_write ( image, i * len, line, len );
	image_set_cmdline ( image, *cmdline ? cmdline : NULL );
	image_register ( image );
	image_put ( image );
	free ( cmdline );
}

/* An image with arguments begins with a header that tells its length, if it is no folder's. */
static void check_starts ( const uint8_t *whole ) {
	struct image *image = NULL;
	size_t pos = 0, header;

	while ( ( image = initrd_next ( image ) ) != NULL ) {
		pos = ROUND_UP ( pos, INITRD_ALIGN );
		header = initrd_header_len ( image );
		if ( ( header % 4 ) || ( header && ( memcmp ( whole + pos, "070701", 6 ) != 0 ) ) ||
		     ( memcmp ( whole + pos + header, image->data, image->len ) != 0 ) )
			abort ();
		pos += header + image->len;
	}
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	size_t pos, total, piece = len % 97 + 1, line;
	uint8_t *whole, *parts;

	for ( pos = 0; pos < len; pos += line + 1 ) {
		const uint8_t *end = memchr ( data + pos, '\n', len - pos );

		line = end ? (size_t) ( end - data ) - pos : len - pos;
		add_image ( data + pos, line, (unsigned int) ( pos % 5 ) );
	}
	if ( initrd_measure ( &total ) != 0 )
		abort ();
	whole = malloc ( total + 1 );
	parts = malloc ( total + 1 );
	if ( initrd_read ( 0, whole, total + 1 ) != (ssize_t) total )
		abort ();
	for ( pos = 0; pos < total; pos += piece )
		if ( initrd_read ( pos, parts + pos, MIN ( piece, total - pos ) ) !=
		     (ssize_t) MIN ( piece, total - pos ) )
			abort ();
	if ( memcmp ( whole, parts, total ) != 0 )
		abort ();
	check_starts ( whole );
	free ( whole );
	free ( parts );
	while ( image_next ( NULL ) )
		image_unregister ( image_next ( NULL ) );
	return 0;
}
