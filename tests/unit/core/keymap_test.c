/** @file
 * Keyboard layouts.
 */
#include "lib/test.h"
#include "core/console.h"
#include "core/keymap.h"
#include "core/settings.h"

static void choose ( const char *name ) {
	assert_int_equal ( settings_set_text ( NULL, "keymap", name ), 0 );
}

static void us_keys_stay_as_they_are ( void **state ) {
	for ( const char *layout = "us"; layout; layout = layout[0] ? "" : NULL ) {
		choose ( layout );
		for ( int ch = 0; ch <= 0xff; ch++ )
			assert_int_equal ( keymap_translate ( ch ), ch );
	}
	assert_int_equal ( keymap_translate ( '\\' | KEYMAP_KEY102 ), '<' );
	assert_int_equal ( keymap_translate ( '|' | KEYMAP_KEY102 ), '>' );
}

static void german_keys_are_where_germans_expect_them ( void **state ) {
	choose ( "de" );
	assert_int_equal ( keymap_translate ( 'y' ), 'z' );
	assert_int_equal ( keymap_translate ( 'Z' ), 'Y' );
	assert_int_equal ( keymap_translate ( CTRL ( 'Y' ) ), CTRL ( 'Z' ) );
	assert_int_equal ( keymap_translate ( '/' ), '-' );
	assert_int_equal ( keymap_translate ( '&' ), '/' );
	assert_int_equal ( keymap_translate ( '>' ), ':' );
	assert_int_equal ( keymap_translate ( '\\' ), '#' );
	assert_int_equal ( keymap_translate ( '[' ), 0xfc );
	assert_int_equal ( keymap_translate ( 'q' | KEYMAP_ALTGR ), '@' );
	assert_int_equal ( keymap_translate ( '7' | KEYMAP_ALTGR ), '{' );
	assert_int_equal ( keymap_translate ( '0' | KEYMAP_ALTGR ), '}' );
	assert_int_equal ( keymap_translate ( '-' | KEYMAP_ALTGR ), '\\' );
	assert_int_equal ( keymap_translate ( '\\' | KEYMAP_KEY102 | KEYMAP_ALTGR ), '|' );
	assert_int_equal ( keymap_translate ( 'g' | KEYMAP_ALTGR ), 0 );
	choose ( "" );
}

static void keys_without_a_character_pass ( void **state ) {
	choose ( "de" );
	assert_int_equal ( keymap_translate ( KEY_UP ), KEY_UP );
	assert_int_equal ( keymap_translate ( -1 ), -1 );
	assert_int_equal ( keymap_translate ( '\n' ), '\n' );
	assert_int_equal ( keymap_translate ( '\b' ), '\b' );
	assert_int_equal ( keymap_translate ( CTRL ( 'C' ) ), CTRL ( 'C' ) );
	choose ( "" );
}

static void unknown_layout_means_the_built_in_one ( void **state ) {
	choose ( "de" );
	choose ( "klingon" );
	assert_int_equal ( keymap_translate ( 'y' ), 'y' );
	choose ( "" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( us_keys_stay_as_they_are ),
		cmocka_unit_test ( german_keys_are_where_germans_expect_them ),
		cmocka_unit_test ( keys_without_a_character_pass ),
		cmocka_unit_test ( unknown_layout_means_the_built_in_one ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
