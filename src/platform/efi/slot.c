/** @file
 * The data slot on UEFI: a section of its own of the program, .slot, read-only. An option ROM carries the program
 * packed, and has a slot for it.
 */
#include "core/platform.h"
#include "core/reader.h"
#include "image/slot.h"
#include "platform/efi/efi.h"
#include "platform/efi/rom.h"

extern const uint8_t data_slot[], data_slot_end[];

static bool is_used ( const void *slot, size_t len ) {
	struct reader r = READER ( slot, len );

	read_skip ( &r, SLOT_USED );
	return read_le32 ( &r ) != 0;
}

const void *platform_data_slot ( size_t *ret_len ) {
	static const EFI_GUID rom_guid = EFI_ROM_PROTOCOL_GUID;
	const struct efi_rom_protocol *rom;

	*ret_len = (size_t) ( data_slot_end - data_slot );
	if ( is_used ( data_slot, *ret_len ) )
		return data_slot;
	rom = efi_protocol ( efi_loaded_image->DeviceHandle, &rom_guid );
	*ret_len = rom ? rom->slot_len : 0;
	return is_used ( rom ? rom->slot : NULL, *ret_len ) ? rom->slot : NULL;
}

void platform_data_slot_done ( void ) {
}
