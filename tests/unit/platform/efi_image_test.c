/** @file
 * Starting UEFI programs, against a played firmware: what it is given, and what becomes of its answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/console.h"

#include "platform/efi/image.c"
#include "platform/efi/text.c"

/* ---- The firmware ---- */

static EFI_STATUS load_status, start_status;
static const CHAR16 *exit_text;
static unsigned int loaded_count, started, unloaded, installed, uninstalled, connected;
static bool handed_over, initrd_offered;
static int initrd_rc;
static EFI_LOADED_IMAGE_PROTOCOL loaded;
static char options[256];   /* load options that the program was started with */
static char path_seen[512]; /* its path, nodes as "type.subtype:length" */
static bool watchdog_off;

EFI_HANDLE efi_image;
EFI_SIMPLE_FILE_SYSTEM_PROTOCOL efi_image_fs;

static void describe_path ( const uint8_t *node ) {
	size_t len = 0;

	path_seen[0] = '\0';
	for ( ;; node += node[2] | ( node[3] << 8 ) ) {
		len += snprintf ( path_seen + len, sizeof ( path_seen ) - len, "%u.%u:%u ", node[0],
				  node[1], node[2] | ( node[3] << 8 ) );
		if ( node[0] == END_DEVICE_PATH_TYPE )
			return;
	}
}

static EFI_STATUS EFIAPI fake_load ( BOOLEAN policy, EFI_HANDLE parent, EFI_DEVICE_PATH *path,
				     void *data, UINTN len, EFI_HANDLE *handle ) {
	assert_int_equal ( installed, 2 );
	loaded_count++;
	describe_path ( (const uint8_t *) path );
	memset ( &loaded, 0, sizeof ( loaded ) );
	*handle = &loaded;
	return load_status;
}

static EFI_STATUS EFIAPI fake_start ( EFI_HANDLE handle, UINTN *len, CHAR16 **text ) {
	assert_true ( handed_over && initrd_offered );
	started++;
	assert_int_equal ( loaded.LoadOptionsSize % 2, 0 );
	options[0] = '\0';
	if ( loaded.LoadOptions ) {
		/* It ends with a NUL, which counts. */
		assert_int_equal (
			( (CHAR16 *) loaded.LoadOptions )[loaded.LoadOptionsSize / 2 - 1], 0 );
		efi_utf8 ( loaded.LoadOptions, loaded.LoadOptionsSize / 2, options,
			   sizeof ( options ) );
	}
	watchdog_off = false;
	if ( exit_text ) {
		*len = 2 * 12;
		*text = memdup ( exit_text, 2 * 12 );
	}
	return start_status;
}

static EFI_STATUS EFIAPI fake_unload ( EFI_HANDLE handle ) {
	unloaded++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_install ( EFI_HANDLE *handle, EFI_GUID *guid, EFI_INTERFACE_TYPE type,
					void *interface ) {
	*handle = &installed;
	installed++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_uninstall ( EFI_HANDLE handle, EFI_GUID *guid, void *interface ) {
	uninstalled++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_allocate ( EFI_MEMORY_TYPE type, UINTN len, void **ret ) {
	*ret = malloc ( len );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_free ( void *memory ) {
	free ( memory );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_watchdog ( UINTN seconds, UINT64 code, UINTN len, CHAR16 *text ) {
	watchdog_off = ( seconds == 0 );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_handles ( EFI_LOCATE_SEARCH_TYPE type, EFI_GUID *guid, void *key,
					UINTN *count, EFI_HANDLE **handles ) {
	*handles = calloc ( 3, sizeof ( **handles ) );
	*count = 3;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_connect ( EFI_HANDLE handle, EFI_HANDLE *drivers,
					EFI_DEVICE_PATH *path, BOOLEAN recursive ) {
	connected++;
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = {
	.LoadImage = fake_load,
	.StartImage = fake_start,
	.UnloadImage = fake_unload,
	.InstallProtocolInterface = fake_install,
	.UninstallProtocolInterface = fake_uninstall,
	.AllocatePool = fake_allocate,
	.FreePool = fake_free,
	.SetWatchdogTimer = fake_watchdog,
	.LocateHandleBuffer = fake_handles,
	.ConnectController = fake_connect,
};
EFI_BOOT_SERVICES *efi_bs = &services;

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	return &loaded;
}

void efi_hand_over ( void ) {
	handed_over = true;
}

void efi_take_back ( void ) {
	handed_over = false;
}

void efi_image_fs_close_all ( void ) {
}

int efi_initrd_install ( void ) {
	initrd_offered = ( initrd_rc == 0 );
	return initrd_rc;
}

void efi_initrd_uninstall ( void ) {
	initrd_offered = false;
}

size_t efi_path_node ( uint8_t *buf, uint8_t type, uint8_t subtype, const void *data, size_t len ) {
	buf[0] = type;
	buf[1] = subtype;
	buf[2] = (uint8_t) ( len + 4 );
	buf[3] = (uint8_t) ( ( len + 4 ) >> 8 );
	if ( len )
		memcpy ( buf + 4, data, len );
	return len + 4;
}

uint8_t *efi_boot_path ( size_t extra, size_t *ret_len ) {
	*ret_len = 0;
	return malloc ( extra );
}

/* ---- A program ---- */

static struct image *image;

static int set_up ( void **state ) {
	static uint8_t file[0x400];
	struct uri *uri;

	load_status = start_status = EFI_SUCCESS;
	exit_text = NULL;
	loaded_count = started = unloaded = installed = uninstalled = connected = 0;
	handed_over = initrd_offered = false;
	initrd_rc = 0;
	memset ( file, 0, sizeof ( file ) );
	memcpy ( file, "MZ", 2 );
	file[0x3c] = 0x40;
	memcpy ( file + 0x40, "PE\0\0\x64\x86\x01", 7 );
	file[0x40 + 20] = 112;
	memcpy ( file + 0x58, "\x0b\x02", 2 );
	file[0x58 + 57] = 0x10; /* size in memory */
	file[0x58 + 68] = PE_SUBSYSTEM_APPLICATION;
	memcpy ( file + 0x58 + 112, ".text", 5 );
	assert_int_equal ( uri_parse ( "http://h/prog.efi", &uri ), 0 );
	image = image_new ( NULL, uri );
	uri_free ( uri );
	assert_int_equal ( image_write ( image, 0, file, sizeof ( file ) ), 0 );
	return 0;
}

static int tear_down ( void **state ) {
	assert_false ( handed_over || initrd_offered );
	assert_int_equal ( installed, uninstalled );
	image_put ( image );
	return 0;
}

static void program_gets_name_arguments_and_path ( void **state ) {
	image_set_cmdline ( image, "one two" );
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_int_equal ( started, 1 );
	assert_string_equal ( options, "prog.efi one two" );
	/* URI, file name with its NUL, end. */
	assert_string_equal ( path_seen, "3.24:21 4.4:24 127.255:4 " );
	assert_true ( watchdog_off );
	assert_int_equal ( connected, 0 );
}

static void name_alone_is_a_command_line_too ( void **state ) {
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_string_equal ( options, "prog.efi" );
}

static void unified_kernel_gets_arguments_only ( void **state ) {
	memcpy ( image->data + 0x58 + 112, ".linux\0\0", 8 );
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_string_equal ( options, "" );
	assert_int_equal ( loaded.LoadOptionsSize, 0 );
	installed = uninstalled = 0;
	image_set_cmdline ( image, "quiet" );
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_string_equal ( options, "quiet" );
}

static void status_comes_back_with_words ( void **state ) {
	int rc;

	start_status = EFI_NOT_FOUND;
	exit_text = L"no kernel\r\n";
	rc = efi_exec ( image );
	assert_int_equal ( error_code ( rc ), 0x7f04828e );
	assert_string_equal ( error_detail ( rc ),
			      "prog.efi ended with status 0x800000000000000e: no kernel" );
	installed = uninstalled = 0;
	start_status = 5;
	exit_text = NULL;
	assert_int_equal ( error_code ( efi_exec ( image ) ), 0x7f048205 );
}

static void secure_boot_refusal_is_told_and_unloaded ( void **state ) {
	int rc;

	load_status = EFI_SECURITY_VIOLATION;
	rc = efi_exec ( image );
	assert_int_equal ( error_code ( rc ), 0x7f04819a );
	assert_non_null ( strstr ( error_detail ( rc ), "Secure Boot" ) );
	assert_int_equal ( unloaded, 1 );
	assert_int_equal ( started, 0 );
}

static void other_refusals_leave_nothing_to_unload ( void **state ) {
	load_status = EFI_UNSUPPORTED;
	assert_int_equal ( error_code ( efi_exec ( image ) ), 0x7f048183 );
	assert_int_equal ( unloaded, 0 );
	assert_int_equal ( started, 0 );
}

static void damaged_file_never_reaches_the_firmware ( void **state ) {
	image->data[0x58 + 18] = 1; /* entry point outside */
	assert_int_equal ( efi_exec ( image ), -ENOEXEC_IMAGE );
	assert_int_equal ( loaded_count, 0 );
	assert_int_equal ( installed, 0 );
}

static void initrd_that_cannot_be_offered_stops_it ( void **state ) {
	initrd_rc = -EFBIG;
	assert_int_equal ( efi_exec ( image ), -EFBIG );
	assert_int_equal ( started, 0 );
	assert_int_equal ( unloaded, 1 );
}

static void driver_finds_its_devices ( void **state ) {
	image->data[0x58 + 68] = PE_SUBSYSTEM_BOOT_DRIVER;
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_int_equal ( connected, 3 );
	free ( loaded.LoadOptions ); /* they stay with it */
	installed = uninstalled = connected = 0;
	start_status = EFI_UNSUPPORTED;
	assert_int_not_equal ( efi_exec ( image ), 0 );
	assert_int_equal ( connected, 0 );
}

static void type_is_shown_by_imgstat ( void **state ) {
	image_register ( image );
	test_capture_start ();
	image_print ( image );
	assert_string_equal ( test_capture_stop (), "prog.efi : 1024 bytes [EFI]\n" );
	image_unregister ( image );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, set_up, tear_down )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( program_gets_name_arguments_and_path ),
		TEST ( name_alone_is_a_command_line_too ),
		TEST ( unified_kernel_gets_arguments_only ),
		TEST ( status_comes_back_with_words ),
		TEST ( secure_boot_refusal_is_told_and_unloaded ),
		TEST ( other_refusals_leave_nothing_to_unload ),
		TEST ( damaged_file_never_reaches_the_firmware ),
		TEST ( initrd_that_cannot_be_offered_stops_it ),
		TEST ( driver_finds_its_devices ),
		TEST ( type_is_shown_by_imgstat ),
	};

	return cmocka_run_group_tests_name ( "platform/efi_image", tests, NULL, NULL );
}
