/** @file
 * Block smbios: fields of structures, and tables that lie about their length.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/init.h"
#include "core/platform.h"
#include "core/settings.h"

/** Types 0, 1 (twice), 3 without strings, 127. */
static const char good[] = "\x00\x06\x01\x00\x01\x02"
			   "vendor\0"
			   "1.0\0\0"
			   "\x01\x19\x02\x00\x01\x02\x00\x03"
			   "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
			   "\x07"
			   "maker\0"
			   "box\0"
			   "123\0\0"
			   "\x03\x04\x03\x00\0\0"
			   "\x01\x08\x04\x00\x01\x00\x00\x00"
			   "other\0\0"
			   "\x7f\x04\x05\x00\0\0"
			   "\x01\x08\x06\x00\x01\x00\x00\x00"
			   "hidden\0\0";

static const void *table = good;
static size_t table_len = sizeof ( good ) - 1;
static unsigned int table_version = 0x0206;

const void *platform_smbios ( size_t *ret_len, unsigned int *ret_version ) {
	*ret_len = table_len;
	*ret_version = table_version;
	return table;
}

/** Value as text, "" if there is none. */
static const char *get ( const char *name ) {
	static char text[512];
	struct setting_ref ref;

	if ( ( setting_ref_parse ( name, false, &ref ) != 0 ) ||
	     ( setting_fetch_text ( &ref, text, sizeof ( text ) ) < 0 ) )
		return "";
	return text;
}

static void fields_are_found_by_name_and_number ( void **state ) {
	assert_string_equal ( get ( "manufacturer" ), "maker" );
	assert_string_equal ( get ( "product" ), "box" );
	assert_string_equal ( get ( "serial" ), "123" );
	assert_string_equal ( get ( "smbios/0.5.0" ), "1.0" );
	assert_string_equal ( get ( "smbios/1.4.0" ), "maker" );
	assert_string_equal ( get ( "smbios/1.1.4.0" ), "other" );
	assert_string_equal ( get ( "smbios/1.0.2" ), "box" );
	assert_string_equal ( get ( "smbios/0.4.2" ), "01:02" );
	assert_string_equal ( get ( "smbios/0.4.1:uint8" ), "0x1" );
	assert_string_equal ( get ( "smbios/127.0.0" ), "7f:04:05:00" );
}

static void what_is_not_there_is_not_found ( void **state ) {
	assert_string_equal ( get ( "asset" ), "" );          /* offset outside of the structure */
	assert_string_equal ( get ( "board-serial" ), "" );   /* no such structure */
	assert_string_equal ( get ( "smbios/1.6.0" ), "" );   /* string number 0 */
	assert_string_equal ( get ( "smbios/1.0.4" ), "" );   /* no such string */
	assert_string_equal ( get ( "smbios/0.5.2" ), "" );   /* longer than the structure */
	assert_string_equal ( get ( "smbios/2.1.4.0" ), "" ); /* behind the end marker */
	assert_string_equal ( get ( "smbios/foo" ), "" );
}

static void uuid_is_swapped_from_version_2_6_on ( void **state ) {
	assert_string_equal ( get ( "uuid" ), "00112233-4455-6677-8899-aabbccddeeff" );
	table_version = 0x0205;
	assert_string_equal ( get ( "uuid" ), "33221100-5544-7766-8899-aabbccddeeff" );
	table_version = 0x0206;
}

/** Every truncation, in memory of just that size, so that the sanitizer sees a byte too much. */
static void truncated_tables_are_survived ( void **state ) {
	for ( size_t len = 0; len < sizeof ( good ); len++ ) {
		char *copy = malloc ( len + 1 );

		memcpy ( copy, good, len );
		table = copy;
		table_len = len;
		get ( "smbios/1.4.0" );
		get ( "smbios/1.1.4.0" );
		get ( "smbios/127.0.1" );
		get ( "uuid" );
		table = realloc ( copy, len ? len : 1 );
		get ( "smbios/5.4.0" );
		free ( (void *) table );
	}
	table = good;
	table_len = sizeof ( good ) - 1;
}

static void no_table_is_no_settings ( void **state ) {
	table = NULL;
	assert_string_equal ( get ( "uuid" ), "" );
	table = good;
}

static int group_setup ( void **state ) {
	init_phase ( INIT_EARLY );
	return 0;
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( fields_are_found_by_name_and_number ),
		cmocka_unit_test ( what_is_not_there_is_not_found ),
		cmocka_unit_test ( uuid_is_swapped_from_version_2_6_on ),
		cmocka_unit_test ( truncated_tables_are_survived ),
		cmocka_unit_test ( no_table_is_no_settings ),
	};

	return cmocka_run_group_tests ( tests, group_setup, NULL );
}
