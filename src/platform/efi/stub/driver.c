/** @file
 * The driver of a UEFI option ROM (UEFI specification 2.10 §11, §14.4.2): a boot option for each of its
 * cards. It drives nothing. For a card it makes a handle with Load File (§13.1), from which the firmware
 * loads the application, unpacked, and starts it: as often as it likes, with nothing left from the last time. So
 * the card is free for the application, and for a driver of the firmware's before and after.
 *
 * A program of its own, with nothing of the core but the decoder. docs/rom.md tells the story.
 */
#include <stdbool.h>
#include <string.h>
#include "config/branding.h"
#include "core/crc32.h"
#include "platform/efi/rom.h"
#include "platform/codec/unpack.h"

#define PATH_MAX_LEN   4096 /* longer device paths are broken ones */
#define NODE_LEN       4    /* of a node's header */
#define DRIVER_VERSION 0x10 /* §11.1: the lowest of those that are not the platform's own */

/* "Lanyard (PCI 00:03.0)", what users read. */
#define WIDE_( text )        L##text
#define WIDE( text )         WIDE_ ( text )
#define NAME                 WIDE ( PRODUCT_SHORT_NAME )
#define NAME_LOCATION        NAME L" (PCI 00:00.0)"
#define NAME_CHARS           ( sizeof ( NAME_LOCATION ) / sizeof ( CHAR16 ) )
#define NAME_LOCATION_DIGITS ( NAME_CHARS - sizeof ( "00:00.0)" ) )

extern const uint8_t data_slot[], data_slot_end[];

/** A card. */
struct card {
	struct efi_rom_protocol rom;
	EFI_LOAD_FILE_PROTOCOL load_file;
	EFI_HANDLE boot; /* our child */
	CHAR16 name[NAME_CHARS];
	uint8_t path[]; /* of the child */
};

extern const uint32_t driver_ids[];
extern const uint8_t driver_payload[]; /* struct payload_header, then the packed bytes */
extern const uint8_t driver_payload_end[];

static EFI_SYSTEM_TABLE *st;
static EFI_BOOT_SERVICES *bs;

static EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;
static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID load_file_guid = EFI_LOAD_FILE_PROTOCOL_GUID;
static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID binding_guid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
static EFI_GUID name_guid = EFI_COMPONENT_NAME_PROTOCOL_GUID;
static EFI_GUID name2_guid = EFI_COMPONENT_NAME2_PROTOCOL_GUID;
static EFI_GUID rom_guid = EFI_ROM_PROTOCOL_GUID;

static EFI_DRIVER_BINDING_PROTOCOL binding;

static EFI_STATUS EFIAPI load_file ( EFI_LOAD_FILE_PROTOCOL *this, EFI_DEVICE_PATH *path,
				     BOOLEAN boot_policy, UINTN *len, void *buf );

/** A protocol that somebody else owns. @return it, or NULL */
static void *protocol ( EFI_HANDLE handle, EFI_GUID *guid ) {
	void *interface;

	if ( bs->OpenProtocol ( handle, guid, &interface, binding.DriverBindingHandle, handle,
				EFI_OPEN_PROTOCOL_GET_PROTOCOL ) != 0 )
		return NULL;
	return interface;
}

/** What we have made for a card. @return NULL if it is none of ours; another driver of our kind has its own */
static struct card *card_of ( EFI_HANDLE controller ) {
	struct efi_rom_protocol *rom = protocol ( controller, &rom_guid );
	struct card *card = (struct card *) rom; /* its first member */

	return ( card && ( card->load_file.LoadFile == load_file ) ) ? card : NULL;
}

/* ---- Loading ---- */

/** Is what we carry as it was packed? Without that neither its header nor a codec may be trusted. */
static bool payload_is_sound ( const struct payload_header *payload ) {
	const uint8_t *start = (const uint8_t *) &payload->len;

	return crc32 ( start, (size_t) ( driver_payload_end - start ) ) == payload->crc;
}

static EFI_STATUS EFIAPI load_file ( EFI_LOAD_FILE_PROTOCOL *this, EFI_DEVICE_PATH *path,
				     BOOLEAN boot_policy, UINTN *len, void *buf ) {
	const struct payload_header *payload = (const void *) driver_payload;
	UINTN pages = unpack_work_len ( &payload_codec ) / EFI_PAGE_SIZE + 1;
	EFI_PHYSICAL_ADDRESS work;
	static CHAR16 damaged[] = NAME L": the option ROM is damaged (CRC error)\r\n";

	if ( !path || !len )
		return EFI_INVALID_PARAMETER;
	/* There is one file, and it has no name. */
	if ( !boot_policy && ( path->Type != END_DEVICE_PATH_TYPE ) )
		return EFI_NOT_FOUND;
	if ( !buf || ( *len < payload->len ) ) {
		*len = payload->len;
		return EFI_BUFFER_TOO_SMALL;
	}
	if ( !payload_is_sound ( payload ) ) {
		if ( st->ConOut )
			st->ConOut->OutputString ( st->ConOut, damaged );
		return EFI_DEVICE_ERROR;
	}
	if ( bs->AllocatePages ( AllocateAnyPages, EfiBootServicesData, pages, &work ) != 0 )
		return EFI_OUT_OF_RESOURCES;
	bs->SetMem ( (void *) (uintptr_t) work, pages * EFI_PAGE_SIZE, 0 );
	unpack ( &payload_codec, payload, buf, (void *) (uintptr_t) work );
	bs->FreePages ( work, pages );
	*len = payload->len;
	return EFI_SUCCESS;
}

/* ---- Cards ---- */

/** Length of a device path without its end node. @return 0 if it has no end */
static UINTN path_len ( const uint8_t *path ) {
	UINTN len = 0, node;

	while ( path[len] != END_DEVICE_PATH_TYPE ) {
		node = path[len + 2] | ( path[len + 3] << 8 );
		if ( ( node < NODE_LEN ) || ( len + node > PATH_MAX_LEN ) )
			return 0;
		len += node;
	}
	return len;
}

static uint8_t *put_node ( uint8_t *at, uint8_t type, uint8_t subtype, const void *data,
			   UINTN len ) {
	at[0] = type;
	at[1] = subtype;
	at[2] = (uint8_t) ( NODE_LEN + len );
	at[3] = (uint8_t) ( ( NODE_LEN + len ) >> 8 );
	if ( len )
		memcpy ( at + NODE_LEN, data, len );
	return at + NODE_LEN + len;
}

static void put_hex ( CHAR16 *at, UINTN value, unsigned int digits ) {
	while ( digits-- ) {
		at[digits] = L"0123456789abcdef"[value & 0xf];
		value >>= 4;
	}
}

static void set_name ( struct card *card, EFI_PCI_IO_PROTOCOL *io ) {
	UINTN segment = 0, bus = 0, device = 0, function = 0;
	CHAR16 *digits = card->name + NAME_LOCATION_DIGITS;

	io->GetLocation ( io, &segment, &bus, &device, &function );
	memcpy ( card->name, NAME_LOCATION, sizeof ( card->name ) );
	put_hex ( digits, bus, 2 );
	put_hex ( digits + 3, device, 2 );
	put_hex ( digits + 6, function, 1 );
}

/** Firmware takes the name of a boot option from a file's name in the path. */
static struct card *card_new ( EFI_HANDLE controller, EFI_PCI_IO_PROTOCOL *io ) {
	const uint8_t *parent = protocol ( controller, &path_guid );
	UINTN len = parent ? path_len ( parent ) : 0;
	struct card *card;
	uint8_t *end;

	if ( !len ||
	     ( bs->AllocatePool ( EfiBootServicesData,
				  sizeof ( *card ) + len + sizeof ( card->name ) + 2 * NODE_LEN,
				  (void **) &card ) != 0 ) )
		return NULL;
	card->rom.controller = controller;
	card->rom.slot = data_slot;
	card->rom.slot_len = (UINTN) ( data_slot_end - data_slot );
	card->load_file.LoadFile = load_file;
	card->boot = NULL;
	set_name ( card, io );
	memcpy ( card->path, parent, len );
	end = put_node ( card->path + len, MEDIA_DEVICE_PATH, MEDIA_FILEPATH_DP, card->name,
			 sizeof ( card->name ) );
	put_node ( end, END_DEVICE_PATH_TYPE, END_ENTIRE_DEVICE_PATH_SUBTYPE, NULL, 0 );
	return card;
}

/** Open our protocol on the card, for ourselves or for the child. */
static EFI_STATUS open_rom ( EFI_HANDLE controller, EFI_HANDLE user, UINT32 how ) {
	void *interface;

	return bs->OpenProtocol ( controller, &rom_guid, &interface, binding.DriverBindingHandle,
				  user, how );
}

static void close_rom ( EFI_HANDLE controller, EFI_HANDLE user ) {
	bs->CloseProtocol ( controller, &rom_guid, binding.DriverBindingHandle, user );
}

static EFI_STATUS make_child ( struct card *card ) {
	EFI_STATUS status;

	status = bs->InstallMultipleProtocolInterfaces ( &card->boot, &path_guid, card->path,
							 &load_file_guid, &card->load_file,
							 &rom_guid, &card->rom, NULL );
	if ( status == 0 )
		status = open_rom ( card->rom.controller, card->boot,
				    EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER );
	return status;
}

static EFI_STATUS remove_child ( struct card *card ) {
	EFI_STATUS status;

	if ( !card->boot )
		return EFI_SUCCESS;
	close_rom ( card->rom.controller, card->boot );
	status = bs->UninstallMultipleProtocolInterfaces ( card->boot, &path_guid, card->path,
							   &load_file_guid, &card->load_file,
							   &rom_guid, &card->rom, NULL );
	if ( status == 0 )
		card->boot = NULL;
	else
		open_rom ( card->rom.controller, card->boot,
			   EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER );
	return status;
}

static EFI_STATUS remove_card ( struct card *card ) {
	EFI_HANDLE controller = card->rom.controller;
	EFI_STATUS status = remove_child ( card );

	if ( status != 0 )
		return status;
	close_rom ( controller, controller );
	status =
		bs->UninstallMultipleProtocolInterfaces ( controller, &rom_guid, &card->rom, NULL );
	if ( status == 0 )
		bs->FreePool ( card );
	return status;
}

/* ---- Driver binding (§11.1) ---- */

static int is_ours ( EFI_PCI_IO_PROTOCOL *io ) {
	const uint32_t *id;
	uint32_t found;

	if ( io->Pci.Read ( io, EfiPciIoWidthUint32, 0, 1, &found ) != 0 )
		return 0;
	for ( id = driver_ids; *id; id++ ) {
		if ( found == ( ( *id << 16 ) | ( *id >> 16 ) ) )
			return 1;
	}
	return 0;
}

static EFI_STATUS EFIAPI supported ( EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
				     EFI_DEVICE_PATH *remaining ) {
	EFI_PCI_IO_PROTOCOL *io = protocol ( controller, &pci_io_guid );

	if ( !io || !is_ours ( io ) )
		return EFI_UNSUPPORTED;
	/* Another one of our drivers, perhaps: one boot option is enough. */
	return protocol ( controller, &rom_guid ) ? EFI_ALREADY_STARTED : EFI_SUCCESS;
}

/** PCI I/O is not opened BY_DRIVER: that is for whoever drives the card. A protocol of our own takes its
 * place, by which the firmware sees that we are at work here, and calls stop(). */
static EFI_STATUS EFIAPI start ( EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
				 EFI_DEVICE_PATH *remaining ) {
	EFI_PCI_IO_PROTOCOL *io = protocol ( controller, &pci_io_guid );
	struct card *card = io ? card_new ( controller, io ) : NULL;
	EFI_STATUS status;

	if ( !card )
		return EFI_OUT_OF_RESOURCES;
	status = bs->InstallMultipleProtocolInterfaces ( &controller, &rom_guid, &card->rom, NULL );
	if ( status != 0 ) {
		bs->FreePool ( card );
		return status;
	}
	status = open_rom ( controller, controller, EFI_OPEN_PROTOCOL_BY_DRIVER );
	if ( status == 0 )
		status = make_child ( card );
	if ( status != 0 )
		remove_card ( card );
	return status;
}

static EFI_STATUS EFIAPI stop ( EFI_DRIVER_BINDING_PROTOCOL *this, EFI_HANDLE controller,
				UINTN child_count, EFI_HANDLE *children ) {
	struct card *card = card_of ( controller );
	EFI_STATUS status;

	if ( !card )
		return EFI_DEVICE_ERROR;
	status = child_count ? remove_child ( card ) : remove_card ( card );
	return ( status == 0 ) ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

static EFI_DRIVER_BINDING_PROTOCOL binding = {
	.Supported = supported, .Start = start, .Stop = stop, .Version = DRIVER_VERSION
};

/* ---- Names (§11.6) ---- */

/** Languages are "eng" in the old protocol, "en" or "en-US" in the new one. */
static EFI_STATUS check_language ( const CHAR8 *language ) {
	if ( !language )
		return EFI_INVALID_PARAMETER;
	return ( ( language[0] == 'e' ) && ( language[1] == 'n' ) ) ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static EFI_STATUS EFIAPI driver_name ( EFI_COMPONENT_NAME2_PROTOCOL *this, CHAR8 *language,
				       CHAR16 **ret_name ) {
	static CHAR16 name[] = NAME;
	EFI_STATUS status = ret_name ? check_language ( language ) : EFI_INVALID_PARAMETER;

	if ( status == 0 )
		*ret_name = name;
	return status;
}

static EFI_STATUS EFIAPI controller_name ( EFI_COMPONENT_NAME2_PROTOCOL *this,
					   EFI_HANDLE controller, EFI_HANDLE child, CHAR8 *language,
					   CHAR16 **ret_name ) {
	struct card *card;
	EFI_STATUS status = ret_name ? check_language ( language ) : EFI_INVALID_PARAMETER;

	if ( status != 0 )
		return status;
	card = controller ? card_of ( controller ) : NULL;
	if ( !card || ( child && ( child != card->boot ) ) )
		return EFI_UNSUPPORTED;
	*ret_name = card->name;
	return EFI_SUCCESS;
}

static EFI_COMPONENT_NAME2_PROTOCOL name2 = {
	.GetDriverName = driver_name,
	.GetControllerName = controller_name,
	.SupportedLanguages = (CHAR8 *) "en",
};
/* The same functions with other codes for languages. */
static EFI_COMPONENT_NAME2_PROTOCOL name1 = {
	.GetDriverName = driver_name,
	.GetControllerName = controller_name,
	.SupportedLanguages = (CHAR8 *) "eng",
};

/* ---- Coming and going ---- */

static EFI_STATUS EFIAPI unload ( EFI_HANDLE image ) {
	EFI_HANDLE *handles;
	EFI_STATUS status = EFI_SUCCESS;
	UINTN count, i;

	if ( bs->LocateHandleBuffer ( ByProtocol, &rom_guid, NULL, &count, &handles ) == 0 ) {
		for ( i = 0; ( i < count ) && ( status == 0 ); i++ ) {
			struct card *card = card_of ( handles[i] );

			/* Children went away with their cards. */
			if ( card && ( card->rom.controller == handles[i] ) )
				status = bs->DisconnectController (
					handles[i], binding.DriverBindingHandle, NULL );
		}
		bs->FreePool ( handles );
	}
	if ( status != 0 )
		return status;
	return bs->UninstallMultipleProtocolInterfaces (
		image, &binding_guid, &binding, &name2_guid, &name2, &name_guid, &name1, NULL );
}

EFI_STATUS EFIAPI efi_main ( EFI_HANDLE image, EFI_SYSTEM_TABLE *systab );

EFI_STATUS EFIAPI efi_main ( EFI_HANDLE image, EFI_SYSTEM_TABLE *systab ) {
	EFI_LOADED_IMAGE_PROTOCOL *loaded;

	st = systab;
	bs = systab->BootServices;
	binding.ImageHandle = binding.DriverBindingHandle = image;
	loaded = protocol ( image, &loaded_image_guid );
	if ( !loaded )
		return EFI_UNSUPPORTED;
	loaded->Unload = unload;
	return bs->InstallMultipleProtocolInterfaces ( &image, &binding_guid, &binding, &name2_guid,
						       &name2, &name_guid, &name1, NULL );
}
