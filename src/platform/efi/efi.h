/** @file
 * What the files of the UEFI platform share. Firmware types stay within this folder.
 *
 * Boot and runtime services are foreign code: they are called on the root stack only, at
 * TPL_APPLICATION. What may be reached from a task goes through on_root().
 */
#ifndef PLATFORM_EFI_EFI_H
#define PLATFORM_EFI_EFI_H

#include <efi.h>
#include "core/compiler.h"

extern EFI_HANDLE efi_image;
extern EFI_SYSTEM_TABLE *efi_st;
extern EFI_BOOT_SERVICES *efi_bs;
extern EFI_RUNTIME_SERVICES *efi_rt;
extern EFI_LOADED_IMAGE_PROTOCOL *efi_loaded_image;

/** Calibrate the clock. Before anything else asks for the time. */
void efi_clock_init ( void );

/** Give back all pages, the heap among them. The very last thing before we return. */
void efi_memory_release_all ( void );

/** Get a protocol without opening it. @return the interface or NULL */
void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid );

/** A table of the firmware's configuration (ACPI, SMBIOS). @return it, or NULL */
const void *efi_config_table ( const EFI_GUID *guid );

/** Has a driver (the firmware's or ours) opened the protocol on this handle? */
bool efi_in_use ( EFI_HANDLE handle, const EFI_GUID *guid );

/**
 * All handles with a protocol.
 * @param ret_count  how many
 * @return pool memory that the caller frees with efi_bs->FreePool(), or NULL (count 0)
 */
EFI_HANDLE *efi_handles ( const EFI_GUID *guid, UINTN *ret_count );

/**
 * Firmware text (UTF-16) to UTF-8.
 * @param chars  at most this many; a NUL ends the text earlier
 * @param buf    filled, always terminated, cut between characters
 * @return bytes written without the NUL
 */
size_t efi_utf8 ( const CHAR16 *text, size_t chars, char *buf, size_t len );

/**
 * Address of the PCI function that a handle lies on or below, by its device path.
 *
 * @param handle   e.g. one with a Simple Network protocol
 * @param ret_pci  the handle with PCI I/O, or NULL if the caller does not need it
 * @param ret      segment, bus, device, function
 * @return true if there is one
 */
bool efi_pci_location ( EFI_HANDLE handle, EFI_HANDLE *ret_pci, UINTN ret[4] );

#endif /* PLATFORM_EFI_EFI_H */
