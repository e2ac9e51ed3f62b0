/** @file
 * What programs started under UEFI see of our images: the file system, the initrd, text conversion.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"

#include "platform/efi/file.c"
#include "platform/efi/initrd.c"
#include "platform/efi/text.c"

/* ---- The firmware ---- */

static void *offered;     /* the initrd protocol that is installed */
static bool other_handle; /* somebody else has installed one before us */
static unsigned int reinstalled;

static EFI_STATUS EFIAPI fake_locate_path ( EFI_GUID *guid, EFI_DEVICE_PATH **path,
					    EFI_HANDLE *handle ) {
	if ( !other_handle )
		return EFI_NOT_FOUND;
	*path = &initrd_path.end;
	*handle = &offered;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_reinstall ( EFI_HANDLE handle, EFI_GUID *guid, void *old,
					  void *new ) {
	assert_ptr_equal ( handle, &offered );
	assert_ptr_equal ( old, offered );
	offered = new;
	reinstalled++;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_install ( EFI_HANDLE *handle, ... ) {
	assert_null ( *handle );
	offered = &load_file2;
	*handle = &offered;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_uninstall ( EFI_HANDLE handle, ... ) {
	assert_ptr_equal ( handle, &offered );
	offered = NULL;
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = {
	.LocateDevicePath = fake_locate_path,
	.ReinstallProtocolInterface = fake_reinstall,
	.InstallMultipleProtocolInterfaces = fake_install,
	.UninstallMultipleProtocolInterfaces = fake_uninstall,
};
EFI_BOOT_SERVICES *efi_bs = &services;

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	return offered;
}

/* ---- Images and files ---- */

static EFI_FILE_PROTOCOL *folder;

static struct image *add_image ( const char *name, const char *text, const char *cmdline ) {
	struct image *image = image_new ( name, NULL );

	assert_non_null ( image );
	assert_int_equal ( image_write ( image, 0, text, strlen ( text ) ), 0 );
	image_set_cmdline ( image, cmdline );
	image_register ( image );
	image_put ( image );
	return image;
}

static int set_up ( void **state ) {
	offered = NULL;
	other_handle = false;
	reinstalled = 0;
	add_image ( "One.TXT", "first", NULL );
	add_image ( "two", "second image", NULL );
	assert_int_equal ( efi_image_fs.OpenVolume ( &efi_image_fs, &folder ), EFI_SUCCESS );
	return 0;
}

static int tear_down ( void **state ) {
	efi_image_fs_close_all ();
	assert_true ( list_empty ( &files ) );
	while ( image_next ( NULL ) )
		image_unregister ( image_next ( NULL ) );
	return 0;
}

static EFI_STATUS open_name ( const CHAR16 *name, EFI_FILE_PROTOCOL **ret ) {
	*ret = NULL;
	return folder->Open ( folder, ret, (CHAR16 *) name, EFI_FILE_MODE_READ, 0 );
}

static const char *read_all ( EFI_FILE_PROTOCOL *file ) {
	static char buf[16384];
	UINTN len = sizeof ( buf ) - 1;

	assert_int_equal ( file->Read ( file, &len, buf ), EFI_SUCCESS );
	buf[len] = '\0';
	return buf;
}

static void names_are_found_in_any_case ( void **state ) {
	static const CHAR16 *const names[] = { L"One.TXT", L"\\one.txt", L".\\ONE.txt" };
	EFI_FILE_PROTOCOL *file;

	for ( size_t i = 0; i < ARRAY_SIZE ( names ); i++ ) {
		assert_int_equal ( open_name ( names[i], &file ), EFI_SUCCESS );
		assert_string_equal ( read_all ( file ), "first" );
		file->Close ( file );
	}
	assert_int_equal ( open_name ( L"\\three", &file ), EFI_NOT_FOUND );
	assert_int_equal ( open_name ( L"\\EFI\\BOOT\\two", &file ), EFI_NOT_FOUND );
}

static void hidden_images_are_not_there ( void **state ) {
	EFI_FILE_PROTOCOL *file;

	image_find ( "two" )->flags |= IMAGE_HIDDEN;
	assert_int_equal ( open_name ( L"two", &file ), EFI_NOT_FOUND );
}

static void endless_name_is_not_read_to_its_end ( void **state ) {
	size_t chars = NAME_MAX_CHARS + 1;
	CHAR16 *name = malloc ( chars * sizeof ( *name ) ); /* and no NUL (ASan) */
	EFI_FILE_PROTOCOL *file;

	for ( size_t i = 0; i < chars; i++ )
		name[i] = 0xffff;
	assert_int_equal ( open_name ( name, &file ), EFI_NOT_FOUND );
	name[chars - 1] = 0;
	assert_int_equal ( open_name ( name, &file ), EFI_NOT_FOUND );
	free ( name );
}

static void nothing_can_be_changed ( void **state ) {
	EFI_FILE_PROTOCOL *file;
	UINTN len = 1;
	UINT64 pos = 0;

	assert_int_equal (
		folder->Open ( folder, &file, (CHAR16 *) L"new",
			       EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE, 0 ),
		EFI_WRITE_PROTECTED );
	assert_int_equal ( open_name ( L"two", &file ), EFI_SUCCESS );
	assert_int_equal ( file->Write ( file, &len, &pos ), EFI_WRITE_PROTECTED );
	assert_int_equal ( file->SetInfo ( file, &file_info_guid, 0, NULL ), EFI_WRITE_PROTECTED );
	assert_int_equal ( file->Delete ( file ), EFI_WARN_DELETE_FAILURE );
	assert_non_null ( image_find ( "two" ) );
}

static void reading_goes_on_where_it_stopped ( void **state ) {
	EFI_FILE_PROTOCOL *file;
	char buf[8] = "";
	UINTN len = 4;
	UINT64 pos;

	assert_int_equal ( open_name ( L"two", &file ), EFI_SUCCESS );
	assert_int_equal ( file->Read ( file, &len, buf ), EFI_SUCCESS );
	assert_memory_equal ( buf, "seco", 4 );
	assert_string_equal ( read_all ( file ), "nd image" );
	assert_string_equal ( read_all ( file ), "" );
	assert_int_equal ( file->SetPosition ( file, 7 ), EFI_SUCCESS );
	assert_string_equal ( read_all ( file ), "image" );
	assert_int_equal ( file->SetPosition ( file, UINT64_MAX ), EFI_SUCCESS );
	assert_int_equal ( file->GetPosition ( file, &pos ), EFI_SUCCESS );
	assert_int_equal ( pos, 12 );
}

static void reading_beyond_the_end_is_an_error ( void **state ) {
	EFI_FILE_PROTOCOL *file;
	char buf[8];
	UINTN len = sizeof ( buf );

	assert_int_equal ( open_name ( L"two", &file ), EFI_SUCCESS );
	assert_int_equal ( file->SetPosition ( file, 13 ), EFI_SUCCESS );
	assert_int_equal ( file->Read ( file, &len, buf ), EFI_DEVICE_ERROR );
	assert_int_equal ( file->SetPosition ( file, UINT64_MAX - 1 ), EFI_SUCCESS );
	assert_int_equal ( file->Read ( file, &len, buf ), EFI_DEVICE_ERROR );
	len = 8;
	assert_int_equal ( file->Read ( file, &len, NULL ), EFI_INVALID_PARAMETER );
}

static void file_survives_its_image ( void **state ) {
	EFI_FILE_PROTOCOL *file;

	assert_int_equal ( open_name ( L"two", &file ), EFI_SUCCESS );
	image_unregister ( image_find ( "two" ) );
	assert_string_equal ( read_all ( file ), "second image" );
}

static void folder_lists_all_images ( void **state ) {
	union {
		EFI_FILE_INFO info;
		uint8_t bytes[256];
	} buf;
	char name[32];
	UINTN len = 10;

	/* Too small a buffer: its size is told, and nothing is skipped. */
	assert_int_equal ( folder->Read ( folder, &len, &buf ), EFI_BUFFER_TOO_SMALL );
	assert_int_equal ( len, SIZE_OF_EFI_FILE_INFO + 16 );
	assert_int_equal ( folder->Read ( folder, &len, &buf ), EFI_SUCCESS );
	efi_utf8 ( buf.info.FileName, 31, name, sizeof ( name ) );
	assert_string_equal ( name, "One.TXT" );
	assert_int_equal ( buf.info.FileSize, 5 );
	assert_int_equal ( buf.info.Attribute, EFI_FILE_READ_ONLY );
	len = sizeof ( buf );
	assert_int_equal ( folder->Read ( folder, &len, &buf ), EFI_SUCCESS );
	assert_int_equal ( buf.info.FileSize, 12 );
	len = sizeof ( buf );
	assert_int_equal ( folder->Read ( folder, &len, &buf ), EFI_SUCCESS );
	assert_int_equal ( len, 0 );
	assert_int_equal ( folder->SetPosition ( folder, 1 ), EFI_UNSUPPORTED );
	assert_int_equal ( folder->SetPosition ( folder, 0 ), EFI_SUCCESS );
	len = sizeof ( buf );
	assert_int_equal ( folder->Read ( folder, &len, &buf ), EFI_SUCCESS );
	assert_int_equal ( buf.info.FileSize, 5 );
}

static void volume_has_a_label ( void **state ) {
	union {
		EFI_FILE_SYSTEM_INFO info;
		uint8_t bytes[64];
	} buf;
	UINTN len = sizeof ( buf );

	assert_int_equal ( folder->GetInfo ( folder, &fs_info_guid, &len, &buf ), EFI_SUCCESS );
	assert_true ( buf.info.ReadOnly );
	assert_memory_equal ( buf.info.VolumeLabel, VOLUME_LABEL, 10 );
	assert_int_equal ( buf.info.VolumeSize, 1024 );
	len = sizeof ( buf );
	assert_int_equal ( folder->GetInfo ( folder, &label_guid, &len, &buf ), EFI_SUCCESS );
	assert_int_equal ( len, 10 );
	assert_int_equal ( folder->GetInfo ( folder, &load_file2_guid, &len, &buf ),
			   EFI_UNSUPPORTED );
}

static void whole_initrd_is_a_file ( void **state ) {
	EFI_FILE_PROTOCOL *file;
	UINTN len = 4096 + 12;
	char *buf = malloc ( len );

	assert_int_equal ( open_name ( L"\\Initrd.Magic", &file ), EFI_SUCCESS );
	assert_int_equal ( file->Read ( file, &len, buf ), EFI_SUCCESS );
	assert_int_equal ( len, 4096 + 12 );
	assert_string_equal ( buf, "first" );
	assert_memory_equal ( buf + 4096, "second image", 12 );
	free ( buf );
}

static void grub_is_what_is_selected ( void **state ) {
	EFI_FILE_PROTOCOL *file;

	assert_int_equal ( open_name ( L"\\grubx64.efi", &file ), EFI_NOT_FOUND );
	image_select ( image_find ( "two" ) );
	assert_int_equal ( open_name ( L"\\grubx64.efi", &file ), EFI_SUCCESS );
	assert_string_equal ( read_all ( file ), "second image" );
	assert_int_equal ( open_name ( L"\\grub.cfg", &file ), EFI_NOT_FOUND );
	add_image ( "grubx64.efi", "grub itself", NULL );
	assert_int_equal ( open_name ( L"\\grubx64.efi", &file ), EFI_SUCCESS );
	assert_string_equal ( read_all ( file ), "grub itself" );
}

static void only_the_folder_opens_files ( void **state ) {
	EFI_FILE_PROTOCOL *file, *inner;

	assert_int_equal ( open_name ( L"two", &file ), EFI_SUCCESS );
	assert_int_equal ( file->Open ( file, &inner, (CHAR16 *) L"two", EFI_FILE_MODE_READ, 0 ),
			   EFI_NOT_FOUND );
	assert_int_equal ( open_name ( L"\\", &inner ), EFI_SUCCESS );
	assert_int_equal ( inner->Open ( inner, &file, (CHAR16 *) L"two", EFI_FILE_MODE_READ, 0 ),
			   EFI_SUCCESS );
}

/* ---- Initrd ---- */

static void initrd_is_loaded_in_two_steps ( void **state ) {
	UINTN len = 0;
	char *buf;

	assert_int_equal ( efi_initrd_install (), 0 );
	assert_ptr_equal ( offered, &load_file2 );
	assert_int_equal ( load_initrd ( &load_file2, NULL, true, &len, NULL ), EFI_UNSUPPORTED );
	assert_int_equal ( load_initrd ( &load_file2, NULL, false, &len, NULL ),
			   EFI_BUFFER_TOO_SMALL );
	assert_int_equal ( len, 4096 + 12 );
	buf = malloc ( len );
	len--;
	assert_int_equal ( load_initrd ( &load_file2, NULL, false, &len, buf ),
			   EFI_BUFFER_TOO_SMALL );
	assert_int_equal ( load_initrd ( &load_file2, NULL, false, &len, buf ), EFI_SUCCESS );
	assert_memory_equal ( buf + 4096, "second image", 12 );
	free ( buf );
	efi_initrd_uninstall ();
	assert_null ( offered );
}

static void without_images_there_is_no_initrd ( void **state ) {
	tear_down ( NULL );
	assert_int_equal ( efi_initrd_install (), 0 );
	assert_null ( offered );
	efi_initrd_uninstall ();
}

static void initrd_of_somebody_else_is_replaced_for_a_while ( void **state ) {
	static EFI_LOAD_FILE_PROTOCOL theirs;

	offered = &theirs;
	other_handle = true;
	assert_int_equal ( efi_initrd_install (), 0 );
	assert_ptr_equal ( offered, &load_file2 );
	efi_initrd_uninstall ();
	assert_ptr_equal ( offered, &theirs );
	assert_int_equal ( reinstalled, 2 );
}

/* ---- Text ---- */

static void text_goes_there_and_back ( void **state ) {
	static const char *const texts[] = { "", "plain", "gr\xc3\xbc\xc3\x9f",
					     "\xf0\x9f\x9a\x80!" };
	CHAR16 wide[16];
	char back[32];

	for ( size_t i = 0; i < ARRAY_SIZE ( texts ); i++ ) {
		size_t chars = efi_utf16 ( texts[i], wide, ARRAY_SIZE ( wide ) );

		assert_int_equal ( wide[chars], 0 );
		efi_utf8 ( wide, ARRAY_SIZE ( wide ), back, sizeof ( back ) );
		assert_string_equal ( back, texts[i] );
	}
	assert_int_equal ( efi_utf16 ( "\xf0\x9f\x9a\x80", wide, 16 ), 2 );
}

static void text_is_cut_to_its_buffer ( void **state ) {
	CHAR16 *wide = malloc ( 8 ); /* four characters (ASan) */

	assert_int_equal (
		efi_utf16 ( "\xf0\x9f\x9a\x80\xf0\x9f\x9a\x80\xf0\x9f\x9a\x80", wide, 4 ), 2 );
	assert_int_equal ( wide[2], 0 );
	free ( wide );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, set_up, tear_down )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( names_are_found_in_any_case ),
		TEST ( hidden_images_are_not_there ),
		TEST ( endless_name_is_not_read_to_its_end ),
		TEST ( nothing_can_be_changed ),
		TEST ( reading_goes_on_where_it_stopped ),
		TEST ( reading_beyond_the_end_is_an_error ),
		TEST ( file_survives_its_image ),
		TEST ( folder_lists_all_images ),
		TEST ( volume_has_a_label ),
		TEST ( whole_initrd_is_a_file ),
		TEST ( grub_is_what_is_selected ),
		TEST ( only_the_folder_opens_files ),
		TEST ( initrd_is_loaded_in_two_steps ),
		TEST ( without_images_there_is_no_initrd ),
		TEST ( initrd_of_somebody_else_is_replaced_for_a_while ),
		TEST ( text_goes_there_and_back ),
		TEST ( text_is_cut_to_its_buffer ),
	};

	return cmocka_run_group_tests_name ( "platform/efi_file", tests, NULL, NULL );
}
