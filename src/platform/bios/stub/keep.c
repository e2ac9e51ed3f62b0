/** @file
 * Loaded by a PXE ROM whose UNDI stays: the core talks to it (pxe_rom.c), which is packed.
 */
#include "platform/bios/stub/stub.h"

void loader_collect ( const uint8_t *left ) {
	memcpy ( info.pxe_entry, left, sizeof ( info.pxe_entry ) );
}

void loader_release ( void ) {
}
