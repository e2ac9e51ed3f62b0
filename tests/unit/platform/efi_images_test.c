/** @file
 * Load options of all kinds: which are a command line, and what becomes of it.
 */
#include <stdlib.h>
#include "lib/test.h"

#include "platform/efi/images.c"
#include "platform/efi/text.c"

/* ---- The firmware: no file system ---- */

static EFI_LOADED_IMAGE_PROTOCOL loaded;
EFI_LOADED_IMAGE_PROTOCOL *efi_loaded_image = &loaded;

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	return NULL;
}

/* ---- Command line ---- */

static struct image *command_line ( const void *options, size_t len ) {
	loaded.LoadOptions = (void *) options;
	loaded.LoadOptionsSize = (UINT32) len;
	test_capture_start ();
	register_command_line ();
	return image_find ( CMDLINE_NAME );
}

static void expect_command ( const CHAR16 *options, size_t chars, const char *command ) {
	struct image *image = command_line ( options, chars * sizeof ( *options ) );

	assert_string_equal ( test_capture_stop (), "" );
	if ( command ) {
		assert_non_null ( image );
		assert_string_equal ( image->data, command );
		assert_string_equal ( image->type->name, "script" );
		image_unregister ( image );
	} else {
		assert_null ( image );
	}
}
#define EXPECT( options, command ) \
	expect_command ( (const CHAR16 *) options, sizeof ( options ) / 2, command )

static void first_word_is_the_program ( void **state ) {
	EXPECT ( L"ipxe.efi dhcp && shell", "dhcp && shell" );
	EXPECT ( L"  ipxe.efi \t echo  two  blanks ", "echo  two  blanks " );
	EXPECT ( L"\"fs0:\\my files\\ipxe.efi\" dhcp", "dhcp" );
	EXPECT ( L"ipxe.efi line\nanother\r\n", "line\nanother\r\n" );
	EXPECT ( L"ipxe.efi \x00fc\x20ac\xd83d\xde00", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" );
}

static void arguments_without_a_name_are_taken_whole ( void **state ) {
	EXPECT ( L"echo one && shell", "echo one && shell" );
	EXPECT ( L" \techo", "echo" );
	EXPECT ( L"echo\nexit", "echo\nexit" );
	EXPECT ( L"echoes one", "one" );
	EXPECT ( L"\"echo\" one", "one" );
	EXPECT ( L"Echo exit", "exit" );
}

static void name_alone_is_no_command ( void **state ) {
	EXPECT ( L"", NULL );
	EXPECT ( L"   ", NULL );
	EXPECT ( L"ipxe.efi", NULL );
	EXPECT ( L"ipxe.efi  ", NULL );
	EXPECT ( L"\"never closed dhcp", NULL );
	expect_command ( NULL, 100, NULL );
}

static void text_ends_with_its_nul_or_with_the_options ( void **state ) {
	static const CHAR16 text[] = L"x dhcp\0more";

	EXPECT ( text, "dhcp" );
	/* Without a NUL, in memory that ends there; and with half a character too many. */
	for ( size_t len = 0; len <= 12; len++ ) {
		uint8_t *exact = malloc ( len + 2 );
		struct image *image;

		memcpy ( exact + 2, text, len );
		image = command_line ( exact + 2, len );
		assert_int_equal ( image ? image->len : 0, ( len < 6 ) ? 0 : len / 2 - 2 );
		if ( image ) {
			assert_memory_equal ( image->data, "dhcp", image->len );
			image_unregister ( image );
		}
		test_capture_stop ();
		free ( exact );
	}
}

static void other_data_is_no_command_line ( void **state ) {
	static const CHAR16 control[] = L"x y\x0001 z", not_a_character[] = L"x y\xffff z";

	EXPECT ( control, NULL );
	EXPECT ( not_a_character, NULL );
}

static void halves_of_pairs_are_replaced ( void **state ) {
	static const CHAR16 halves[] = { 'x', ' ', 0xdc00, 0xd800, 'a', 0xd800 };

	expect_command ( halves, ARRAY_SIZE ( halves ),
			 "\xef\xbf\xbd\xef\xbf\xbd"
			 "a\xef\xbf\xbd" );
}

static void length_has_a_limit ( void **state ) {
	size_t chars = CMDLINE_MAX_CHARS + 1;
	CHAR16 *text = malloc ( chars * sizeof ( *text ) );
	struct image *image;

	for ( size_t i = 0; i < chars; i++ )
		text[i] = 0x20ac;
	text[1] = ' ';
	assert_null ( command_line ( text, chars * sizeof ( *text ) ) );
	assert_string_equal ( test_capture_stop (),
			      "Command line of 32768 characters is too long, ignored\n" );
	image = command_line ( text, ( chars - 1 ) * sizeof ( *text ) );
	test_capture_stop ();
	assert_non_null ( image );
	assert_int_equal ( image->len, 3 * ( chars - 3 ) );
	image_unregister ( image );
	free ( text );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( first_word_is_the_program ),
		cmocka_unit_test ( arguments_without_a_name_are_taken_whole ),
		cmocka_unit_test ( name_alone_is_no_command ),
		cmocka_unit_test ( text_ends_with_its_nul_or_with_the_options ),
		cmocka_unit_test ( other_data_is_no_command_line ),
		cmocka_unit_test ( halves_of_pairs_are_replaced ),
		cmocka_unit_test ( length_has_a_limit ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
