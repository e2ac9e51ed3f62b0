/** @file
 * The data slot: any entries under a right checksum. What they set and register is taken away again.
 */
#include <string.h>
#include "core/console.h"
#include "core/crc32.h"
#include "core/image.h"
#include "core/settings.h"
#include "image/slot.h"
#include "platform/host/host.h"

#define CAPACITY 4096

static void put32 ( uint8_t *p, uint32_t value ) {
	for ( int i = 0; i < 4; i++ )
		p[i] = (uint8_t) ( value >> ( 8 * i ) );
}

static void discard ( const char *text __unused, size_t len __unused ) {
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	static uint8_t slot[CAPACITY];
	struct settings *block, *next;
	struct image *image;

	host_console_hook ( discard );
	if ( len > CAPACITY - SLOT_HEADER )
		return 0;
	memset ( slot, 0, sizeof ( slot ) );
	memcpy ( slot + SLOT_HEADER, data, len );
	put32 ( slot + SLOT_CAPACITY, CAPACITY );
	put32 ( slot + SLOT_USED, (uint32_t) len );
	put32 ( slot + SLOT_CRC, crc32 ( slot + SLOT_CAPACITY, CAPACITY - SLOT_CAPACITY ) );
	slot_load ( slot, CAPACITY );

	while ( ( image = image_next ( NULL ) ) != NULL )
		image_unregister ( image );
	list_for_each_safe ( block, next, &settings_root.children, siblings ) {
		if ( block->autocreated )
			settings_unregister ( block );
	}
	return 0;
}
