/** @file
 * stub/pxe.c once more, for images that keep the ROM's UNDI (.kpxe, .kkpxe): there it is part of the core, for that
 * is packed. It runs as it does in the stub, before anything else.
 */
#include "platform/bios/bios.h"

#define info  boot_info
#define print bios_print
#include "platform/bios/stub/call.c"
#include "platform/bios/stub/pxe.c"

/** Nothing of the ROM's base memory is given back, so the low block stays where it is. */
void install_low ( void ) {
}

void pxe_rom_release ( void ) {
	loader_collect ( (const uint8_t *) boot_info.pxe_entry );
	loader_release ();
}
