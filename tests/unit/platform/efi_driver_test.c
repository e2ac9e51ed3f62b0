/** @file
 * The driver of a UEFI option ROM, against a played firmware: a database of handles and protocols, in which
 * each step can be made to fail.
 */
#include <stdarg.h>
#include <stdlib.h>
#include "lib/test.h"

#include "platform/codec/insn.c"
#include "platform/codec/targets.c"
#include "platform/codec/unpack.c"
#include "platform/efi/stub/driver.c"

/* ---- What the driver carries ---- */

#define FILE_LEN 40

/* Nothing that the filter has left alone, and the file. */
__asm__( ".data\n"
	 ".balign 4\n"
	 ".globl driver_payload, driver_payload_end\n"
	 "driver_payload: .skip 24\n"
	 ".long 0xffffffff\n"
	 ".skip 40\n"
	 "driver_payload_end:\n"
	 ".text\n" );

const uint32_t driver_ids[] = { 0x1af41000, 0x8086100e, 0 };
const uint8_t data_slot[32], data_slot_end[1];

static void copy_decode ( const uint8_t *src, uint8_t *dst, size_t len,
			  const struct payload_layout *layout, void *work ) {
	memset ( work, 0xff, 100 );
	memcpy ( dst, src, len );
}

const struct codec payload_codec = { .work_len = 100, .decode = copy_decode };

static uint8_t *payload_bytes ( void ) {
	return (uint8_t *) (uintptr_t) driver_payload + sizeof ( struct payload_header ) + 4;
}

/* ---- The firmware ---- */

#define PROTOCOLS_MAX 8
#define HANDLES_MAX   8

struct fake_handle {
	bool exists;
	struct {
		EFI_GUID *guid;
		void *interface;
	} protocols[PROTOCOLS_MAX];
};

static struct fake_handle handles[HANDLES_MAX];
static struct fake_handle *const image = &handles[0], *const nic = &handles[1];

/** Opened BY_DRIVER or BY_CHILD_CONTROLLER. */
static struct {
	EFI_HANDLE handle, user;
	const EFI_GUID *guid;
	UINT32 how;
} opens[HANDLES_MAX];

static unsigned int allocated, pages_out, steps, fail_at;
static CHAR16 said[80];

/** Count a step that may fail. */
static bool fails ( void ) {
	return ++steps == fail_at;
}

static bool same_guid ( const EFI_GUID *a, const EFI_GUID *b ) {
	return a && ( memcmp ( a, b, sizeof ( *a ) ) == 0 );
}

static void **find ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	struct fake_handle *fake = handle;

	for ( unsigned int i = 0; fake && i < PROTOCOLS_MAX; i++ ) {
		if ( same_guid ( fake->protocols[i].guid, guid ) )
			return &fake->protocols[i].interface;
	}
	return NULL;
}

static void put ( struct fake_handle *fake, EFI_GUID *guid, void *interface ) {
	unsigned int i = 0;

	while ( fake->protocols[i].guid )
		assert_true ( ++i < PROTOCOLS_MAX );
	fake->exists = true;
	fake->protocols[i].guid = guid;
	fake->protocols[i].interface = interface;
}

static EFI_STATUS EFIAPI fake_open ( EFI_HANDLE handle, EFI_GUID *guid, void **interface,
				     EFI_HANDLE agent, EFI_HANDLE user, UINT32 how ) {
	void **found = find ( handle, guid );
	unsigned int i = 0;

	assert_ptr_equal ( agent, image );
	if ( !found )
		return EFI_UNSUPPORTED;
	*interface = *found;
	if ( how == EFI_OPEN_PROTOCOL_GET_PROTOCOL )
		return EFI_SUCCESS;
	if ( fails () )
		return EFI_ACCESS_DENIED;
	while ( opens[i].handle )
		i++;
	opens[i].handle = handle;
	opens[i].user = user;
	opens[i].guid = guid;
	opens[i].how = how;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_close ( EFI_HANDLE handle, EFI_GUID *guid, EFI_HANDLE agent,
				      EFI_HANDLE user ) {
	for ( unsigned int i = 0; i < HANDLES_MAX; i++ ) {
		if ( ( opens[i].handle == handle ) && ( opens[i].user == user ) ) {
			opens[i].handle = NULL;
			return EFI_SUCCESS;
		}
	}
	return EFI_NOT_FOUND;
}

static EFI_STATUS EFIAPI fake_install ( EFI_HANDLE *handle, ... ) {
	struct fake_handle *fake = *handle;
	__builtin_ms_va_list args;
	EFI_GUID *guid;

	if ( fails () )
		return EFI_OUT_OF_RESOURCES;
	for ( unsigned int i = 2; !fake; i++ )
		fake = handles[i].exists ? NULL : &handles[i];
	__builtin_ms_va_start ( args, handle );
	while ( ( guid = __builtin_va_arg( args, EFI_GUID * ) ) != NULL )
		put ( fake, guid, __builtin_va_arg( args, void * ) );
	__builtin_ms_va_end ( args );
	*handle = fake;
	return EFI_SUCCESS;
}

static bool refuse_uninstall;

static EFI_STATUS EFIAPI fake_uninstall ( EFI_HANDLE handle, ... ) {
	struct fake_handle *fake = handle;
	__builtin_ms_va_list args;
	EFI_GUID *guid;

	if ( refuse_uninstall )
		return EFI_ACCESS_DENIED;
	__builtin_ms_va_start ( args, handle );
	while ( ( guid = __builtin_va_arg( args, EFI_GUID * ) ) != NULL ) {
		void **found = find ( handle, guid );

		assert_non_null ( found );
		assert_ptr_equal ( *found, __builtin_va_arg( args, void * ) );
		for ( unsigned int i = 0; i < PROTOCOLS_MAX; i++ ) {
			if ( same_guid ( fake->protocols[i].guid, guid ) )
				fake->protocols[i].guid = NULL;
		}
	}
	__builtin_ms_va_end ( args );
	fake->exists = false;
	for ( unsigned int i = 0; i < PROTOCOLS_MAX; i++ )
		fake->exists |= ( fake->protocols[i].guid != NULL );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_locate ( EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, void *key,
				       UINTN *count, EFI_HANDLE **ret_handles ) {
	*count = 0;
	*ret_handles = calloc ( HANDLES_MAX, sizeof ( EFI_HANDLE ) );
	allocated++;
	for ( unsigned int i = 0; i < HANDLES_MAX; i++ ) {
		if ( handles[i].exists && find ( &handles[i], guid ) )
			( *ret_handles )[( *count )++] = &handles[i];
	}
	return EFI_SUCCESS;
}

/** As EDK2: children first, then the controller. */
static EFI_STATUS EFIAPI fake_disconnect ( EFI_HANDLE controller, EFI_HANDLE driver,
					   EFI_HANDLE child ) {
	for ( unsigned int i = 0; i < HANDLES_MAX; i++ ) {
		EFI_HANDLE user = opens[i].user;

		if ( ( opens[i].handle == controller ) &&
		     ( opens[i].how == EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER ) &&
		     ( binding.Stop ( &binding, controller, 1, &user ) != 0 ) )
			return EFI_DEVICE_ERROR;
	}
	return binding.Stop ( &binding, controller, 0, NULL );
}

static EFI_STATUS EFIAPI fake_pool ( EFI_MEMORY_TYPE type, UINTN len, void **ret ) {
	if ( fails () )
		return EFI_OUT_OF_RESOURCES;
	*ret = malloc ( len );
	allocated++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_free ( void *mem ) {
	free ( mem );
	allocated--;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_pages ( EFI_ALLOCATE_TYPE type, EFI_MEMORY_TYPE memory, UINTN pages,
				      EFI_PHYSICAL_ADDRESS *ret ) {
	if ( fails () )
		return EFI_OUT_OF_RESOURCES;
	*ret = (uintptr_t) malloc ( pages * EFI_PAGE_SIZE );
	pages_out++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_free_pages ( EFI_PHYSICAL_ADDRESS at, UINTN pages ) {
	free ( (void *) (uintptr_t) at );
	pages_out--;
	return EFI_SUCCESS;
}

static void EFIAPI fake_set ( void *mem, UINTN len, UINT8 value ) {
	memset ( mem, value, len );
}

static EFI_STATUS EFIAPI fake_output ( SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text ) {
	for ( unsigned int i = 0; text[i]; i++ )
		said[i] = text[i];
	return EFI_SUCCESS;
}

static uint32_t pci_id;

static EFI_STATUS EFIAPI fake_config ( EFI_PCI_IO_PROTOCOL *this, EFI_PCI_IO_PROTOCOL_WIDTH width,
				       UINT32 offset, UINTN count, void *buf ) {
	assert_int_equal ( width, EfiPciIoWidthUint32 );
	assert_int_equal ( offset, 0 );
	memcpy ( buf, &pci_id, sizeof ( pci_id ) );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_location ( EFI_PCI_IO_PROTOCOL *this, UINTN *segment, UINTN *bus,
					 UINTN *device, UINTN *function ) {
	*segment = 0;
	*bus = 0xa5;
	*device = 0x1c;
	*function = 7;
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = {
	.OpenProtocol = fake_open,
	.CloseProtocol = fake_close,
	.InstallMultipleProtocolInterfaces = fake_install,
	.UninstallMultipleProtocolInterfaces = fake_uninstall,
	.LocateHandleBuffer = fake_locate,
	.DisconnectController = fake_disconnect,
	.AllocatePool = fake_pool,
	.FreePool = fake_free,
	.AllocatePages = fake_pages,
	.FreePages = fake_free_pages,
	.SetMem = fake_set,
};
static SIMPLE_TEXT_OUTPUT_INTERFACE output = { .OutputString = fake_output };
static EFI_SYSTEM_TABLE table = { .BootServices = &services, .ConOut = &output };
static EFI_LOADED_IMAGE_PROTOCOL loaded;
static EFI_PCI_IO_PROTOCOL pci_io = { .GetLocation = fake_location, .Pci.Read = fake_config };
/* ACPI(a0341d0,0)/Pci(1c,7), end. */
static uint8_t nic_path[] = { 2, 1, 12, 0, 0xd0, 0x41, 3,    0xa,  0,    0, 0,
			      0, 1, 1,  6, 0,    7,    0x1c, 0x7f, 0xff, 4, 0 };

/** The driver has been loaded, and there is a card. */
static int setup ( void **state ) {
	struct payload_header *header = (void *) (uintptr_t) driver_payload;

	memset ( handles, 0, sizeof ( handles ) );
	memset ( opens, 0, sizeof ( opens ) );
	memset ( said, 0, sizeof ( said ) );
	allocated = pages_out = steps = fail_at = 0;
	refuse_uninstall = false;
	pci_id = 0x100e8086;
	for ( unsigned int i = 0; i < FILE_LEN; i++ )
		payload_bytes ()[i] = (uint8_t) ( i * 3 );
	header->len = header->mem_len = FILE_LEN;
	header->crc = crc32 ( (uint8_t *) &header->len,
			      driver_payload_end - (const uint8_t *) &header->len );
	put ( image, &loaded_image_guid, &loaded );
	put ( nic, &pci_io_guid, &pci_io );
	put ( nic, &path_guid, nic_path );
	return efi_main ( image, &table ) == EFI_SUCCESS ? 0 : -1;
}

static EFI_STATUS try_start ( void ) {
	return binding.Start ( &binding, nic, NULL );
}

static struct card *the_card ( void ) {
	void **found = find ( nic, &rom_guid );

	return found ? *found : NULL;
}

/** Nothing of the driver's is left on the card, and no handle of its making. */
static void assert_nothing_left ( void ) {
	assert_null ( find ( nic, &rom_guid ) );
	for ( unsigned int i = 2; i < HANDLES_MAX; i++ )
		assert_false ( handles[i].exists );
	for ( unsigned int i = 0; i < HANDLES_MAX; i++ )
		assert_null ( opens[i].handle );
	assert_int_equal ( allocated, 0 );
}

static int teardown ( void **state ) {
	if ( the_card () )
		fake_disconnect ( nic, NULL, NULL );
	assert_nothing_left ();
	return 0;
}

static bool same_text ( const CHAR16 *wide, const char *text ) {
	while ( *text && ( *wide == (unsigned char) *text ) ) {
		wide++;
		text++;
	}
	return !*wide && !*text;
}

/* ---- Tests ---- */

static void supported_knows_its_ids ( void **state ) {
	assert_int_equal ( binding.Supported ( &binding, nic, NULL ), EFI_SUCCESS );
	pci_id = 0x10001af4;
	assert_int_equal ( binding.Supported ( &binding, nic, NULL ), EFI_SUCCESS );
	pci_id = 0x1af41000;
	assert_int_equal ( binding.Supported ( &binding, nic, NULL ), EFI_UNSUPPORTED );
	pci_id = 0;
	assert_int_equal ( binding.Supported ( &binding, nic, NULL ), EFI_UNSUPPORTED );
	assert_int_equal ( binding.Supported ( &binding, image, NULL ), EFI_UNSUPPORTED );
}

static void start_makes_a_named_boot_handle ( void **state ) {
	static const uint8_t name_node[] = { 4, 4, 48, 0, 'L', 0, 'a', 0, 'n', 0 };
	struct card *card;
	const uint8_t *path;

	assert_int_equal ( try_start (), EFI_SUCCESS );
	card = the_card ();
	assert_non_null ( card );
	assert_ptr_equal ( card->rom.controller, nic );
	path = *find ( card->boot, &path_guid );
	assert_memory_equal ( path, nic_path, sizeof ( nic_path ) - 4 );
	path += sizeof ( nic_path ) - 4;
	assert_memory_equal ( path, name_node, sizeof ( name_node ) );
	assert_true ( same_text ( (const CHAR16 *) ( path + 4 ), "Lanyard (PCI a5:1c.7)" ) );
	assert_memory_equal ( path + 48, nic_path + sizeof ( nic_path ) - 4, 4 );
	assert_non_null ( find ( card->boot, &load_file_guid ) );
	assert_int_equal ( binding.Supported ( &binding, nic, NULL ), EFI_ALREADY_STARTED );
}

static void card_stays_free_for_others ( void **state ) {
	assert_int_equal ( try_start (), EFI_SUCCESS );
	for ( unsigned int i = 0; i < HANDLES_MAX; i++ )
		assert_true ( !opens[i].handle || same_guid ( opens[i].guid, &rom_guid ) );
	assert_int_equal ( opens[0].how, EFI_OPEN_PROTOCOL_BY_DRIVER );
	assert_int_equal ( opens[1].how, EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER );
}

static void stop_leaves_nothing ( void **state ) {
	assert_int_equal ( try_start (), EFI_SUCCESS );
	assert_int_equal ( fake_disconnect ( nic, NULL, NULL ), EFI_SUCCESS );
	assert_nothing_left ();
	assert_int_equal ( binding.Stop ( &binding, nic, 0, NULL ), EFI_DEVICE_ERROR );
	assert_int_equal ( binding.Supported ( &binding, nic, NULL ), EFI_SUCCESS );
}

static void stop_that_is_refused_changes_nothing ( void **state ) {
	assert_int_equal ( try_start (), EFI_SUCCESS );
	refuse_uninstall = true;
	assert_int_equal ( fake_disconnect ( nic, NULL, NULL ), EFI_DEVICE_ERROR );
	assert_non_null ( the_card () );
	assert_non_null ( the_card ()->boot );
	refuse_uninstall = false;
	assert_int_equal ( fake_disconnect ( nic, NULL, NULL ), EFI_SUCCESS );
	assert_nothing_left ();
}

static void start_that_fails_anywhere_leaves_nothing ( void **state ) {
	unsigned int at = 1;

	for ( ;; at++ ) {
		steps = 0;
		fail_at = at;
		if ( try_start () == EFI_SUCCESS )
			break;
		assert_nothing_left ();
	}
	assert_true ( at > 4 );
}

static void broken_device_path_is_refused ( void **state ) {
	uint8_t length = nic_path[2];

	nic_path[2] = 3;
	assert_int_not_equal ( try_start (), EFI_SUCCESS );
	nic_path[2] = length;
	assert_nothing_left ();
}

static EFI_STATUS load ( BOOLEAN boot_policy, uint8_t type, UINTN *len, void *buf ) {
	EFI_LOAD_FILE_PROTOCOL *protocol = *find ( the_card ()->boot, &load_file_guid );
	uint8_t path[] = { type, ( type == 0x7f ) ? 0xff : 4, 4, 0 };

	return protocol->LoadFile ( protocol, (EFI_DEVICE_PATH *) path, boot_policy, len, buf );
}

static void load_file_gives_the_application ( void **state ) {
	uint8_t buf[FILE_LEN + 8] = { 0 };
	UINTN len = 0;

	assert_int_equal ( try_start (), EFI_SUCCESS );
	assert_int_equal ( load ( true, 0x7f, &len, NULL ), EFI_BUFFER_TOO_SMALL );
	assert_int_equal ( len, FILE_LEN );
	len = FILE_LEN - 1;
	assert_int_equal ( load ( true, 0x7f, &len, buf ), EFI_BUFFER_TOO_SMALL );
	len = sizeof ( buf );
	assert_int_equal ( load ( true, 0x7f, &len, buf ), EFI_SUCCESS );
	assert_int_equal ( len, FILE_LEN );
	assert_memory_equal ( buf, payload_bytes (), FILE_LEN );
	assert_int_equal ( buf[FILE_LEN], 0 );
	assert_int_equal ( load ( false, 0x7f, &len, buf ), EFI_SUCCESS );
	assert_int_equal ( load ( false, 4, &len, buf ), EFI_NOT_FOUND );
	assert_int_equal ( load ( true, 0x7f, NULL, buf ), EFI_INVALID_PARAMETER );
	assert_int_equal ( pages_out, 0 );
}

static void load_file_refuses_damage_and_wants_memory ( void **state ) {
	uint8_t buf[FILE_LEN];
	UINTN len = sizeof ( buf );

	assert_int_equal ( try_start (), EFI_SUCCESS );
	fail_at = steps + 1;
	assert_int_equal ( load ( true, 0x7f, &len, buf ), EFI_OUT_OF_RESOURCES );
	payload_bytes ()[3] ^= 1;
	assert_int_equal ( load ( true, 0x7f, &len, buf ), EFI_DEVICE_ERROR );
	assert_true ( same_text ( said, "Lanyard: the option ROM is damaged (CRC error)\r\n" ) );
	payload_bytes ()[3] ^= 1;
	( (struct payload_header *) (uintptr_t) driver_payload )->len--;
	assert_int_equal ( load ( true, 0x7f, &len, buf ), EFI_DEVICE_ERROR );
	assert_int_equal ( pages_out, 0 );
}

static void names_are_in_english ( void **state ) {
	CHAR16 *name = NULL;

	assert_int_equal ( name2.GetDriverName ( &name2, (CHAR8 *) "en-US", &name ), EFI_SUCCESS );
	assert_true ( same_text ( name, "Lanyard" ) );
	assert_int_equal ( name2.GetDriverName ( &name2, (CHAR8 *) "de", &name ), EFI_UNSUPPORTED );
	assert_int_equal ( name2.GetDriverName ( &name2, NULL, &name ), EFI_INVALID_PARAMETER );
	assert_int_equal ( name2.GetControllerName ( &name2, nic, NULL, (CHAR8 *) "en", &name ),
			   EFI_UNSUPPORTED );
	assert_int_equal ( try_start (), EFI_SUCCESS );
	assert_int_equal (
		name1.GetControllerName ( &name1, nic, the_card ()->boot, (CHAR8 *) "eng", &name ),
		EFI_SUCCESS );
	assert_true ( same_text ( name, "Lanyard (PCI a5:1c.7)" ) );
	assert_int_equal ( name1.GetControllerName ( &name1, nic, image, (CHAR8 *) "eng", &name ),
			   EFI_UNSUPPORTED );
}

/** Another build of ours in another card's ROM. */
static void unload_leaves_the_cards_of_other_drivers ( void **state ) {
	static struct {
		struct efi_rom_protocol rom;
		EFI_LOAD_FILE_PROTOCOL load_file;
	} other;
	struct fake_handle *other_nic = &handles[7];

	other.rom.controller = other_nic;
	put ( other_nic, &rom_guid, &other );
	assert_int_equal ( try_start (), EFI_SUCCESS );
	assert_int_equal ( loaded.Unload ( image ), EFI_SUCCESS );
	assert_ptr_equal ( *find ( other_nic, &rom_guid ), &other );
	assert_null ( find ( image, &binding_guid ) );
	assert_null ( find ( image, &name2_guid ) );
	other_nic->exists = false;
	assert_nothing_left ();
}

#define TEST( test ) cmocka_unit_test_setup_teardown ( test, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( supported_knows_its_ids ),
		TEST ( start_makes_a_named_boot_handle ),
		TEST ( card_stays_free_for_others ),
		TEST ( stop_leaves_nothing ),
		TEST ( stop_that_is_refused_changes_nothing ),
		TEST ( start_that_fails_anywhere_leaves_nothing ),
		TEST ( broken_device_path_is_refused ),
		TEST ( load_file_gives_the_application ),
		TEST ( load_file_refuses_damage_and_wants_memory ),
		TEST ( names_are_in_english ),
		TEST ( unload_leaves_the_cards_of_other_drivers ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
