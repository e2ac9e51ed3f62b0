/** @file
 * Entry from the firmware (UEFI specification 2.10 §4.1, §7.4) and what all of this platform uses:
 * the tables, protocols by GUID, status codes.
 */
#include <string.h>
#include "core/error.h"
#include "core/init.h"
#include "core/platform.h"
#include "platform/efi/efi.h"
#include "platform/efi/sum.h"
#include "shell/main.h"

EFI_HANDLE efi_image;
EFI_SYSTEM_TABLE *efi_st;
EFI_BOOT_SERVICES *efi_bs;
EFI_RUNTIME_SERVICES *efi_rt;
EFI_LOADED_IMAGE_PROTOCOL *efi_loaded_image;

const struct platform_info platform_info = {
	.name = "efi",
	.dhcp_arch = 0x0007, /* x86-64 UEFI */
	.ndi = { 1, 3, 10 },
	.efi_error_codes = true,
	/* Firmware interrupts and event notifications run on whatever stack is current. */
	.stack_normal = 128 * 1024,
	.stack_large = 128 * 1024,
	/* A nap lasts until the next timer interrupt, a millisecond away (clock.c). */
	.nap_after_us = 2000,
};

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	void *interface;

	if ( !handle || ( efi_bs->OpenProtocol ( handle, (EFI_GUID *) guid, &interface, efi_image,
						 NULL, EFI_OPEN_PROTOCOL_GET_PROTOCOL ) != 0 ) )
		return NULL;
	return interface;
}

EFI_HANDLE *efi_handles ( const EFI_GUID *guid, UINTN *ret_count ) {
	EFI_HANDLE *handles = NULL;

	*ret_count = 0;
	if ( efi_bs->LocateHandleBuffer ( ByProtocol, (EFI_GUID *) guid, NULL, ret_count,
					  &handles ) != 0 ) {
		*ret_count = 0;
		return NULL;
	}
	return handles;
}

bool efi_in_use ( EFI_HANDLE handle, const EFI_GUID *guid, UINT32 attribute ) {
	EFI_OPEN_PROTOCOL_INFORMATION_ENTRY *entries;
	bool found = false;
	UINTN count, i;

	if ( efi_bs->OpenProtocolInformation ( handle, (EFI_GUID *) guid, &entries, &count ) != 0 )
		return false;
	for ( i = 0; i < count; i++ )
		found |= ( ( entries[i].Attributes & attribute ) != 0 );
	efi_bs->FreePool ( entries );
	return found;
}

const void *efi_config_table ( const EFI_GUID *guid ) {
	UINTN i;

	for ( i = 0; i < efi_st->NumberOfTableEntries; i++ ) {
		const EFI_CONFIGURATION_TABLE *table = &efi_st->ConfigurationTable[i];

		if ( memcmp ( &table->VendorGuid, guid, sizeof ( *guid ) ) == 0 )
			return table->VendorTable;
	}
	return NULL;
}

/** The low byte of an error code is the firmware's status, its top bit meaning "error". */
static EFI_STATUS status_of ( int rc ) {
	uint32_t code = error_code ( rc );

	return ( ( code & 0x80 ) ? EFIERR ( (EFI_STATUS) ( code & 0x7f ) ) : ( code & 0x7f ) );
}

static TASK_FN int main_task ( void *arg ) {
	efi_register_scripts ();
	return lanyard_main ( arg );
}

/** Where we are, with our headers first; by the linker. */
extern const uint8_t image_headers[];

/** Firmware looks at headers only. @return are we as we were built? Then nothing has written to our data yet. */
static bool is_sound ( EFI_SYSTEM_TABLE *systab ) {
	static const CHAR16 damaged[] = L"\r\nThe image is damaged (checksum error).\r\n";

	if ( sum_is_right ( image_headers ) )
		return true;
	if ( systab->ConOut )
		systab->ConOut->OutputString ( systab->ConOut, (CHAR16 *) damaged );
	return false;
}

EFI_STATUS EFIAPI efi_main ( EFI_HANDLE image, EFI_SYSTEM_TABLE *systab );

/** The firmware starts us here, on its own stack of at least 128 KiB. */
EFI_STATUS EFIAPI efi_main ( EFI_HANDLE image, EFI_SYSTEM_TABLE *systab ) {
	static const EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	EFI_STATUS status;

	if ( !is_sound ( systab ) )
		return EFI_CRC_ERROR;
	efi_image = image;
	efi_st = systab;
	efi_bs = systab->BootServices;
	efi_rt = systab->RuntimeServices;
	efi_loaded_image = efi_protocol ( image, &loaded_image_guid );
	if ( !efi_loaded_image )
		return EFI_UNSUPPORTED;

	/* People may sit at the prompt for longer than five minutes. */
	efi_bs->SetWatchdogTimer ( 0, 0, 0, NULL );
	efi_clock_init ();
	status = status_of ( core_main ( main_task ) );
	/* A boot manager (no parent image, §9.1) that is told success stops at its menu (§3.1.1). A
	 * script that has ended well without booting anything wants what comes next, as on BIOS. */
	if ( ( status == EFI_SUCCESS ) && !efi_loaded_image->ParentHandle )
		status = EFI_ABORTED;
	efi_memory_release_all ();
	return status;
}
