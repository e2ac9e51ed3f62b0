/** @file
 * PE files: what the parser accepts, it recognises; nothing outside of the file is touched (ASan).
 */
#include <stdlib.h>
#include "core/error.h"
#include "image/pe.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct pe pe;
	int probed = pe_probe ( data, len );
	int rc = pe_parse ( data, len, &pe );

	if ( ( rc == 0 ) && ( ( probed != 0 ) || ( pe.subsystem < PE_SUBSYSTEM_APPLICATION ) ||
			      ( pe.subsystem > PE_SUBSYSTEM_RUNTIME_DRIVER ) ) )
		abort ();
	if ( ( rc != 0 ) && ( ( rc != -ENOEXEC_IMAGE ) || !*error_detail ( rc ) ) )
		abort ();
	return 0;
}
