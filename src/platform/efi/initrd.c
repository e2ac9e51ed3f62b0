/** @file
 * The initrd for Linux kernels with an EFI stub: LoadFile2 (UEFI specification 2.10 §13.2) on the device path
 * that Linux has named for it (LINUX_EFI_INITRD_MEDIA_GUID, kernel 5.8 and newer).
 */
#include "core/error.h"
#include "image/initrd.h"
#include "platform/efi/efi.h"

static EFI_GUID load_file2_guid = {
	0x4006c0c1, 0xfcb3, 0x403e, { 0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d }
};
static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;

static struct {
	VENDOR_DEVICE_PATH vendor;
	EFI_DEVICE_PATH end;
} initrd_path = {
	.vendor = {
		.Header = { MEDIA_DEVICE_PATH, MEDIA_VENDOR_DP,
			    { sizeof ( VENDOR_DEVICE_PATH ), 0 } },
		.Guid = { 0x5568e427, 0x68fc, 0x4f3d,
			  { 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 } },
	},
	.end = { END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE,
		 { sizeof ( EFI_DEVICE_PATH ), 0 } },
};

/** Our own handle, or that of another instance whose protocol we have replaced. */
static EFI_HANDLE initrd_handle;
static void *replaced;

static EFI_STATUS EFIAPI load_initrd ( EFI_LOAD_FILE_PROTOCOL *this __unused,
				       EFI_DEVICE_PATH *path __unused, BOOLEAN boot_policy,
				       UINTN *len, void *buf ) {
	size_t total;

	if ( boot_policy )
		return EFI_UNSUPPORTED;
	if ( !len )
		return EFI_INVALID_PARAMETER;
	if ( ( initrd_measure ( &total ) != 0 ) || !total )
		return EFI_NOT_FOUND;
	if ( !buf || ( *len < total ) ) {
		*len = total;
		return EFI_BUFFER_TOO_SMALL;
	}
	*len = total;
	return ( initrd_read ( 0, buf, total ) == (ssize_t) total ) ? EFI_SUCCESS
								    : EFI_DEVICE_ERROR;
}

static EFI_LOAD_FILE_PROTOCOL load_file2 = { .LoadFile = load_initrd };

int efi_initrd_install ( void ) {
	EFI_DEVICE_PATH *rest = &initrd_path.vendor.Header;
	EFI_STATUS status;
	size_t len;
	int rc;

	if ( ( rc = initrd_measure ( &len ) ) != 0 )
		return rc;
	if ( !len )
		return 0;
	/* Somebody who started us may offer one: ours is the one that was asked for. */
	if ( ( efi_bs->LocateDevicePath ( &load_file2_guid, &rest, &initrd_handle ) == 0 ) &&
	     ( rest->Type == END_DEVICE_PATH_TYPE ) &&
	     ( ( replaced = efi_protocol ( initrd_handle, &load_file2_guid ) ) != NULL ) ) {
		status = efi_bs->ReinstallProtocolInterface ( initrd_handle, &load_file2_guid,
							      replaced, &load_file2 );
	} else {
		initrd_handle = NULL;
		replaced = NULL;
		status = efi_bs->InstallMultipleProtocolInterfaces ( &initrd_handle, &path_guid,
								     &initrd_path, &load_file2_guid,
								     &load_file2, NULL );
	}
	if ( status == 0 )
		return 0;
	initrd_handle = NULL;
	return FAIL ( EIO, "the firmware does not let us offer an initrd (status %#llx)",
		      (unsigned long long) status );
}

void efi_initrd_uninstall ( void ) {
	if ( !initrd_handle )
		return;
	if ( replaced )
		efi_bs->ReinstallProtocolInterface ( initrd_handle, &load_file2_guid, &load_file2,
						     replaced );
	else
		efi_bs->UninstallMultipleProtocolInterfaces ( initrd_handle, &path_guid,
							      &initrd_path, &load_file2_guid,
							      &load_file2, NULL );
	initrd_handle = NULL;
}
