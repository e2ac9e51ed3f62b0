/** @file
 * Started from the option ROM of a network card (stub/driver.c): boot from that card only. The firmware has
 * a boot order, and another card may have another place in it.
 */
#include "core/init.h"
#include "platform/efi/efi.h"
#include "platform/efi/rom.h"
#include "shell/autoboot.h"

static void rom_init ( void ) {
	static const EFI_GUID rom_guid = EFI_ROM_PROTOCOL_GUID;
	const struct efi_rom_protocol *rom =
		efi_protocol ( efi_loaded_image->DeviceHandle, &rom_guid );
	UINTN at[4];

	if ( !rom || !efi_pci_location ( rom->controller, NULL, at ) )
		return;
	autoboot_limit_pci ( (uint32_t) ( ( at[1] << 8 ) | ( at[2] << 3 ) | at[3] ) );
}

static const struct init_fn rom_init_fn = {
	.phase = INIT_EARLY,
	.name = "option ROM's device",
	.startup = rom_init,
};
INIT_FN ( rom_init_fn );
