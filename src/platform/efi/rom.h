/** @file
 * What the driver of a UEFI option ROM (stub/driver.c) and the application that it carries (rom.c) know of
 * each other.
 */
#ifndef PLATFORM_EFI_ROM_H
#define PLATFORM_EFI_ROM_H

#include <efi.h>

/** Our own protocol: the driver installs it on each card that it serves, and on the handle which it makes for
 * booting from that card. */
#define EFI_ROM_PROTOCOL_GUID                                          \
	{                                                              \
		0x0d9bb0f4, 0x9a53, 0x4b0f, {                          \
			0xb1, 0x39, 0x5c, 0x2e, 0x6a, 0x8d, 0x41, 0x97 \
		}                                                      \
	}

struct efi_rom_protocol {
	EFI_HANDLE controller; /**< the card, a handle with PCI I/O */
	const void *slot;      /**< the ROM's data slot */
	UINTN slot_len;        /**< bytes */
};

#endif /* PLATFORM_EFI_ROM_H */
