/** @file
 * Boot programs: what is told of a file is told of its bytes alone (ASan), and what is too long or text is none.
 */
#include <stdlib.h>
#include "core/error.h"
#include "image/nbp.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	int rc = nbp_probe ( data, len );
	bool boot_sector = nbp_is_boot_sector ( data, len );

	nbp_needs_pxe ( data, len );
	if ( ( rc != 0 ) && ( rc != -ENOEXEC_IMAGE ) )
		abort ();
	if ( ( rc == 0 ) && ( ( len == 0 ) || ( len > NBP_MAX ) ) )
		abort ();
	if ( boot_sector && ( len < 512 ) )
		abort ();
	return 0;
}
