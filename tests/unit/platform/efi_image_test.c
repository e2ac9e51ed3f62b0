/** @file
 * Starting UEFI programs, against a played firmware: what it is given, and what becomes of its answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/console.h"

#include "platform/efi/image.c"
#include "platform/efi/shim.c"
#include "platform/efi/text.c"

/* ---- The firmware ---- */

static EFI_STATUS load_status, start_status;
static const void *trusted_data; /* a file that is loaded whatever load_status says */
static void ( *while_running ) ( void );
static const CHAR16 *exit_text;
static unsigned int loaded_count, started, unloaded, installed, uninstalled, connected;
static bool handed_over, initrd_offered;
static unsigned int offered; /* protocols that a program finds when it is loaded */
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
	assert_int_equal ( installed - uninstalled, offered );
	loaded_count++;
	describe_path ( (const uint8_t *) path );
	memset ( &loaded, 0, sizeof ( loaded ) );
	*handle = &loaded;
	return trusted_data && ( trusted_data == data ) ? EFI_SUCCESS : load_status;
}

static EFI_STATUS EFIAPI fake_start ( EFI_HANDLE handle, UINTN *len, CHAR16 **text ) {
	assert_true ( handed_over && initrd_offered );
	started++;
	if ( while_running )
		while_running ();
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

/* What a shim uses. */

static uint8_t sbat_level[8];
static unsigned int asked; /* the shim's protocol */

static EFI_STATUS ask ( void *buf, UINT32 len ) {
	assert_null ( buf );
	assert_int_equal ( len, 0 );
	asked++;
	return EFI_INVALID_PARAMETER;
}
static struct shim_lock shim_lock = { .verify = ask };

static EFI_STATUS EFIAPI fake_get_variable ( CHAR16 *name, EFI_GUID *guid, UINT32 *attributes,
					     UINTN *len, void *buf ) {
	if ( *len < sizeof ( sbat_level ) )
		return EFI_BUFFER_TOO_SMALL;
	memcpy ( buf, sbat_level, sizeof ( sbat_level ) );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_set_variable ( CHAR16 *name, EFI_GUID *guid, UINT32 attributes,
					     UINTN len, void *buf ) {
	memcpy ( sbat_level, buf, sizeof ( sbat_level ) );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_memory_map ( UINTN *len, EFI_MEMORY_DESCRIPTOR *map, UINTN *key,
					   UINTN *entry_len, UINT32 *version ) {
	return EFI_BUFFER_TOO_SMALL;
}

static EFI_BOOT_SERVICES services = {
	.GetMemoryMap = fake_memory_map,
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

static EFI_RUNTIME_SERVICES runtime_services = {
	.GetVariable = fake_get_variable,
	.SetVariable = fake_set_variable,
};
EFI_RUNTIME_SERVICES *efi_rt = &runtime_services;

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	return ( guid == &shim_lock_guid ) ? (void *) &shim_lock : &loaded;
}

EFI_HANDLE *efi_handles ( const EFI_GUID *guid, UINTN *count ) {
	*count = 1;
	return calloc ( 1, sizeof ( EFI_HANDLE ) );
}

static void hand_over ( void ) {
	handed_over = true;
}

static void take_back ( void ) {
	handed_over = false;
}

static const struct init_fn device = { .phase = INIT_DEVICES,
				       .suspend = hand_over,
				       .resume = take_back };
INIT_FN ( device );

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
	trusted_data = NULL;
	while_running = NULL;
	offered = 2;
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
	load_status = EFI_ACCESS_DENIED;
	rc = efi_exec ( image );
	assert_int_equal ( error_code ( rc ), 0x7f04818f );
	assert_non_null ( strstr ( error_detail ( rc ), "Secure Boot" ) );
	assert_int_equal ( unloaded, 1 );
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

/* ---- Behind a shim ---- */

/** @return the first byte that a reader of a variable sees */
static uint8_t read_variable ( const CHAR16 *name, EFI_GUID *guid ) {
	uint8_t value[sizeof ( sbat_level )] = { 0 };
	UINTN len = 0;

	assert_int_equal ( efi_rt->GetVariable ( (CHAR16 *) name, guid, NULL, &len, NULL ),
			   EFI_BUFFER_TOO_SMALL );
	len = sizeof ( value );
	assert_int_equal ( efi_rt->GetVariable ( (CHAR16 *) name, guid, NULL, &len, value ), 0 );
	assert_memory_equal ( value + 1, sbat_level + 1, sizeof ( value ) - 1 );
	return value[0];
}

static void write_variable ( void ) {
	efi_rt->SetVariable ( (CHAR16 *) L"SbatLevel", &shim_lock_guid, 0, 8, (void *) "sbat,2,x" );
}

static void get_map ( void ) {
	assert_int_equal ( efi_bs->GetMemoryMap ( NULL, NULL, NULL, NULL, NULL ),
			   EFI_BUFFER_TOO_SMALL );
}

static void as_a_shim_and_a_kernel ( void ) {
	EFI_GUID other = shim_lock_guid;

	other.Data1++;
	assert_int_equal ( read_variable ( L"SbatLevel", &shim_lock_guid ), 0 );
	assert_int_equal ( read_variable ( L"SbatLevel", &other ), 's' );
	assert_int_equal ( read_variable ( L"SbatLeve", &shim_lock_guid ), 's' );
	assert_int_equal ( read_variable ( L"SbatLevels", &shim_lock_guid ), 's' );
	write_variable ();
	assert_int_equal ( read_variable ( L"SbatLevel", &shim_lock_guid ), 's' );
	assert_int_equal ( read_variable ( L"SbatLevel", &shim_lock_guid ), 0 );
	assert_int_equal ( asked, 0 );
	get_map ();
	assert_int_equal ( asked, 1 );
	assert_ptr_equal ( efi_rt->GetVariable, fake_get_variable );
	assert_ptr_equal ( efi_rt->SetVariable, fake_set_variable );
	get_map ();
	assert_int_equal ( asked, 1 );
}

static struct image *shim;

static void add_shim ( unsigned int flags ) {
	shim = image_new ( "shimx64.efi", NULL );
	image_write ( shim, 0, image->data, image->len );
	image_register ( shim );
	shim->flags |= IMAGE_SHIM | IMAGE_HIDDEN | flags;
	memcpy ( sbat_level, "sbat,1,x", 8 );
	asked = 0;
	load_status = EFI_SECURITY_VIOLATION;
	trusted_data = shim->data;
}

static void remove_shim ( void ) {
	assert_ptr_equal ( efi_bs->GetMemoryMap, fake_memory_map );
	assert_ptr_equal ( efi_rt->GetVariable, fake_get_variable );
	assert_ptr_equal ( efi_rt->SetVariable, fake_set_variable );
	image_unregister ( shim );
	image_put ( shim );
}

static void shim_is_started_for_a_kernel_that_is_not_trusted ( void **state ) {
	add_shim ( 0 );
	image_set_cmdline ( image, "console=ttyS0 quiet" );
	while_running = as_a_shim_and_a_kernel;
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_int_equal ( started, 1 );
	assert_int_equal ( unloaded, 1 );
	assert_string_equal ( options, "shimx64.efi prog.efi console=ttyS0 quiet" );
	remove_shim ();
}

static void shim_stays_out_of_it_if_the_kernel_is_trusted ( void **state ) {
	add_shim ( 0 );
	load_status = EFI_SUCCESS;
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_string_equal ( options, "prog.efi" );
	remove_shim ();
}

static void arguments_of_the_shim_are_all_that_it_gets ( void **state ) {
	add_shim ( 0 );
	image_set_cmdline ( shim, "grubx64.efi" );
	image_set_cmdline ( image, "quiet" );
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_string_equal ( options, "shimx64.efi grubx64.efi" );
	remove_shim ();
}

static void as_a_loader ( void ) {
	assert_int_equal ( read_variable ( L"SbatLevel", &shim_lock_guid ), 's' );
	get_map ();
	assert_int_equal ( asked, 0 );
}

static void options_of_the_shim_switch_the_help_off ( void **state ) {
	add_shim ( IMAGE_SHIM_REQUIRE_LOADER | IMAGE_SHIM_ALLOW_SBAT );
	while_running = as_a_loader;
	assert_int_equal ( efi_exec ( image ), 0 );
	assert_int_equal ( started, 1 );
	remove_shim ();
}

static void shim_that_is_not_trusted_either_is_named ( void **state ) {
	int rc;

	add_shim ( 0 );
	trusted_data = NULL;
	rc = efi_exec ( image );
	assert_int_equal ( error_code ( rc ), 0x7f04819a );
	assert_string_equal ( error_detail ( rc ),
			      "Secure Boot: the firmware does not trust shimx64.efi" );
	assert_int_equal ( unloaded, 2 );
	remove_shim ();
}

static void trust_is_asked_without_starting_anything ( void **state ) {
	offered = 0;
	assert_true ( efi_image_type.trusted ( image ) );
	assert_int_equal ( unloaded, 1 );
	load_status = EFI_SECURITY_VIOLATION;
	assert_false ( efi_image_type.trusted ( image ) );
	assert_int_equal ( unloaded, 2 );
	load_status = EFI_LOAD_ERROR;
	assert_false ( efi_image_type.trusted ( image ) );
	assert_int_equal ( unloaded, 2 );
	assert_int_equal ( started, 0 );
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
		TEST ( shim_is_started_for_a_kernel_that_is_not_trusted ),
		TEST ( shim_stays_out_of_it_if_the_kernel_is_trusted ),
		TEST ( arguments_of_the_shim_are_all_that_it_gets ),
		TEST ( options_of_the_shim_switch_the_help_off ),
		TEST ( shim_that_is_not_trusted_either_is_named ),
		TEST ( trust_is_asked_without_starting_anything ),
	};

	return cmocka_run_group_tests_name ( "platform/efi_image", tests, NULL, NULL );
}
