/** @file
 * Setting builtin/dmesg.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/console.h"
#include "core/init.h"
#include "core/settings.h"

static void shows ( const char *expected ) {
	char *text = settings_get_text ( NULL, "dmesg" );

	assert_non_null ( text );
	assert_string_equal ( text, expected );
	free ( text );
}

static void forget ( void ) {
	struct setting_ref ref;

	assert_int_equal ( setting_ref_parse ( "builtin/dmesg", false, &ref ), 0 );
	assert_int_equal ( setting_store_text ( &ref, "" ), 0 );
	assert_int_equal ( err_of ( setting_store_text ( &ref, "x" ) ), ENOTSUP );
}

static void text_is_kept_without_ansi_sequences ( void **state ) {
	test_capture_start ();
	forget ();
	shows ( "" );
	con_printf ( "a\033[1mb\033[0;31mc\033[2J" );
	con_printf ( "\033" );
	con_printf ( "[?25" );
	con_printf ( "hd\n" );
	test_capture_stop ();
	shows ( "abcd\n" );
}

static void only_the_last_8_kib_are_kept ( void **state ) {
	static char expected[8193];

	test_capture_start ();
	forget ();
	for ( unsigned int i = 0; i < 2000; i++ )
		con_printf ( "%06u", i );
	test_capture_stop ();
	/* 8192 = 1365 numbers and the last two digits of one more. */
	snprintf ( expected, sizeof ( expected ), "34" );
	for ( unsigned int i = 635; i < 2000; i++ )
		snprintf ( expected + 2 + ( i - 635 ) * 6, 7, "%06u", i );
	shows ( expected );
}

static int group_setup ( void **state ) {
	init_phase ( INIT_EARLY );
	return 0;
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( text_is_kept_without_ansi_sequences ),
		cmocka_unit_test ( only_the_last_8_kib_are_kept ),
	};

	return cmocka_run_group_tests ( tests, group_setup, NULL );
}
