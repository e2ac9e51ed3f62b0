/** @file
 * Started from the option ROM of a network card: boot from that card only. The BIOS has a boot order,
 * and another card may have another place in it.
 */
#include "core/console.h"
#include "core/init.h"
#include "platform/bios/bios.h"
#include "shell/autoboot.h"

static void rom_init ( void ) {
	if ( boot_info.boot_device & BOOT_DEVICE_PCI )
		autoboot_limit_pci ( boot_info.boot_device & ~BOOT_DEVICE_PCI );
}

static const struct init_fn rom_init_fn = {
	.phase = INIT_EARLY,
	.name = "option ROM's device",
	.startup = rom_init,
};
INIT_FN ( rom_init_fn );

/* The prompt said "configure", and other ROMs do store what is set then. */
static void rom_tell ( void ) {
	if ( boot_info.restart )
		con_printf (
			"This ROM stores no options: what you set is good until the restart.\n" );
}

static const struct init_fn rom_tell_fn = {
	.phase = INIT_SERVICES,
	.name = "option ROM's options",
	.startup = rom_tell,
};
INIT_FN ( rom_tell_fn );
