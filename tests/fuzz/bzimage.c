/** @file
 * Kernel headers and command lines. The first 512 bytes and what follows are the file; a command line is
 * taken from the same bytes.
 */
#include <stdlib.h>
#include <string.h>
#include "image/bzimage.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	char *cmdline = calloc ( 1, len + 1 );
	struct bzimage_args args;
	struct bzimage bz;

	if ( bzimage_parse ( data, len, &bz ) == 0 ) {
		if ( ( bz.real_len + bz.kernel_len != len ) || !bz.kernel_len ||
		     ( bz.real_len > BZI_REAL_MAX ) || ( bz.header_end > len ) ||
		     ( bz.relocatable && ( bz.alignment & ( bz.alignment - 1 ) ) ) ||
		     ( bz.cmdline_max > 65535 ) )
			abort ();
	}
	memcpy ( cmdline, data, len );
	bzimage_parse_args ( cmdline, &args );
	free ( cmdline );
	return 0;
}
