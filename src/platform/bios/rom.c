/** @file
 * Started from the option ROM of a network card: boot from that card only. The BIOS has a boot order,
 * and another card may have another place in it.
 */
#include <string.h>
#include "core/init.h"
#include "platform/bios/bios.h"
#include "shell/autoboot.h"

static bool is_our_card ( const struct netif *netif ) {
	return netif->bus_type && ( strcmp ( netif->bus_type, "PCI" ) == 0 ) &&
	       ( netif->bus_loc == ( boot_info.boot_device & ~BOOT_DEVICE_PCI ) );
}

static void rom_init ( void ) {
	if ( boot_info.boot_device & BOOT_DEVICE_PCI )
		autoboot_limit ( is_our_card );
}

static const struct init_fn rom_init_fn = {
	.phase = INIT_EARLY,
	.name = "option ROM's device",
	.startup = rom_init,
};
INIT_FN ( rom_init_fn );
