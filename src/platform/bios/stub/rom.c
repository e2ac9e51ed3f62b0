/** @file
 * Started by the BIOS from our option ROM (stub/rom_header.S).
 */
#include "platform/bios/stub/stub.h"

/** What stub/rom_header.S knows, at ROM_ENTRY. */
struct rom_entry {
	uint32_t boot_device;
	uint32_t restart;
};

void loader_collect ( const uint8_t *left ) {
	struct rom_entry entry;

	memcpy ( &entry, left + ROM_ENTRY, sizeof ( entry ) );
	info.boot_device = entry.boot_device;
	info.restart = entry.restart;
}

void loader_release ( void ) {
	print ( "ok\r\n" );
}
