/** @file
 * SMBIOS tables: fields are looked up by name and by number; nothing outside of the table is touched (ASan).
 * The first byte of the input is the version.
 */
#include <stdlib.h>
#include <string.h>
#include "core/init.h"
#include "core/platform.h"
#include "core/settings.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

static const char *const names[] = {
	"uuid",         "manufacturer",    "product",        "serial",
	"asset",        "smbios/0.5.0",    "smbios/1.0.2",   "smbios/1.1.4.0",
	"smbios/4.0.0", "smbios/17.255.1", "smbios/127.0.0",
};

static const uint8_t *table;
static size_t table_len;
static unsigned int table_version;

/* This file is linked first. */
const void *platform_smbios ( size_t *ret_len, unsigned int *ret_version ) {
	*ret_len = table_len;
	*ret_version = table_version;
	return table;
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	static bool started;
	struct setting_ref ref;
	char text[64];

	if ( !started ) {
		started = true;
		init_phase ( INIT_EARLY );
	}
	if ( len == 0 )
		return 0;
	table_version = data[0] << 7;
	table = data + 1;
	table_len = len - 1;
	for ( size_t i = 0; i < ARRAY_SIZE ( names ); i++ ) {
		if ( setting_ref_parse ( names[i], false, &ref ) != 0 )
			abort ();
		setting_fetch ( &ref, text, sizeof ( text ), NULL, NULL );
		setting_fetch_text ( &ref, text, sizeof ( text ) );
	}
	return 0;
}
