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
#include "core/table.h"
#include "core/task.h"

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

/** Has somebody (the firmware or us) opened the protocol on this handle so?
 * @param attribute  EFI_OPEN_PROTOCOL_BY_DRIVER, EFI_OPEN_PROTOCOL_EXCLUSIVE */
bool efi_in_use ( EFI_HANDLE handle, const EFI_GUID *guid, UINT32 attribute );

/**
 * All handles with a protocol.
 * @param ret_count  how many
 * @return pool memory that the caller frees with efi_bs->FreePool(), or NULL (count 0)
 */
EFI_HANDLE *efi_handles ( const EFI_GUID *guid, UINTN *ret_count );

/**
 * Stop the drivers that use a protocol of a device (@c guid NULL: any), and before them what stands on it. Top
 * down, the network stack first: firmware that starts at the bottom finds its own layers in use and gives up;
 * and a boot loader that has started us and lends its NIC to the firmware's network stack would be called by
 * it when it has gone.
 */
void efi_disconnect ( EFI_HANDLE handle, EFI_GUID *guid );

/**
 * Firmware text (UTF-16) to UTF-8.
 * @param chars  at most this many; a NUL ends the text earlier
 * @param buf    filled, always terminated, cut between characters
 * @return bytes written without the NUL
 */
size_t efi_utf8 ( const CHAR16 *text, size_t chars, char *buf, size_t len );

/**
 * Our text (UTF-8) to the firmware's.
 * @param buf    filled, always terminated; strlen ( text ) + 2 characters are enough for any text
 * @param chars  its room, characters
 * @return characters written without the NUL
 */
size_t efi_utf16 ( const char *text, CHAR16 *buf, size_t chars );

/* ---- How we were started ---- */

/**
 * Register the scripts that come with us and are not embedded (images.c): `autoexec.ipxe` from where we
 * were loaded, then the command line.
 * Context: task; blocks.
 */
TASK_FN void efi_register_scripts ( void );

/* ---- Programs that we start ---- */

/**
 * The device path of the interface that was opened last, with a node for its address, or of the
 * device that we were loaded from.
 * @param extra    bytes of room that the caller needs for nodes behind it
 * @param ret_len  its length without an end node (there is none)
 * @return heap memory of the caller, or NULL
 */
uint8_t *efi_boot_path ( size_t extra, size_t *ret_len );

/** Append a node. @return bytes written: 4 + @c len */
size_t efi_path_node ( uint8_t *buf, uint8_t type, uint8_t subtype, const void *data, size_t len );

/** File system with the registered images, for programs that we start (file.c). */
extern EFI_SIMPLE_FILE_SYSTEM_PROTOCOL efi_image_fs;
/** Close what programs have left open. */
void efi_image_fs_close_all ( void );

/**
 * Around a shim that we start (shim.c): what it is shown, and who is let through.
 * @param flags  of its image: IMAGE_SHIM_...
 */
void efi_shim_begin ( unsigned int flags );
void efi_shim_end ( void );

/** Offer the initrd to Linux, if there is one, and take it back. @return 0 or a negative error */
int efi_initrd_install ( void );
void efi_initrd_uninstall ( void );

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
