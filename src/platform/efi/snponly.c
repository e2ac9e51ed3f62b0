/** @file
 * snponly.efi: only the NIC that we were loaded from, found by device path (UEFI specification 2.10
 * §9.1, §10.2). PXE and HTTP boot hang handles below the NIC's, some of them with a Simple Network
 * protocol that is the same one; they go away as soon as the NIC is taken. So the NIC is the handle
 * with that protocol nearest to the root on the way to the loaded image's device. One that somebody keeps is
 * passed over: a boot loader that has started us offers it as another one, farther from the root.
 */
#include <string.h>
#include "core/console.h"
#include "platform/efi/net_path.h"
#include "platform/efi/snp.h"

static EFI_GUID snp_guid = EFI_SIMPLE_NETWORK_PROTOCOL_GUID;

static EFI_HANDLE boot_nic ( void ) {
	static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
	const uint8_t *ours = efi_protocol ( efi_loaded_image->DeviceHandle, &path_guid ), *path;
	size_t ours_len = ( ours ? device_path_len ( ours, DEVICE_PATH_MAX ) : 0 ),
	       nearest = SIZE_MAX, len;
	EFI_HANDLE nic = NULL;
	EFI_HANDLE *handles;
	UINTN count, i;

	handles = efi_handles ( &snp_guid, &count );
	for ( i = 0; i < count; i++ ) {
		if ( efi_in_use ( handles[i], &snp_guid, EFI_OPEN_PROTOCOL_EXCLUSIVE ) ||
		     ( ( path = efi_protocol ( handles[i], &path_guid ) ) == NULL ) )
			continue;
		len = device_path_len ( path, DEVICE_PATH_MAX );
		if ( len && ( len <= ours_len ) && ( len < nearest ) &&
		     ( memcmp ( path, ours, len ) == 0 ) ) {
			nic = handles[i];
			nearest = len;
		}
	}
	if ( handles )
		efi_bs->FreePool ( handles );
	return nic;
}

static bool snponly_wanted ( EFI_HANDLE handle ) {
	static bool asked;
	static EFI_HANDLE nic;

	if ( !asked ) {
		asked = true;
		if ( ( nic = boot_nic () ) == NULL )
			con_printf ( "Not loaded over the network: snponly has no NIC to use\n" );
	}
	return handle == nic;
}

static const struct snp_filter snponly_filter = { .wanted = snponly_wanted };
SNP_FILTER ( snponly_filter );
