/** @file
 * Forms, as a user at a terminal sees them.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/vt.h"
#include "core/error.h"
#include "core/init.h"
#include "core/settings.h"
#include "platform/host/host.h"
#include "shell/command.h"

#define EMPTY  "________________________________________"
#define INDENT "                    " /* left of an edit box */

static void assert_cursor ( unsigned int row, unsigned int col ) {
	unsigned int at_row, at_col;

	assert_true ( vt_cursor ( &at_row, &at_col ) );
	assert_int_equal ( at_row, row );
	assert_int_equal ( at_col, col );
}

static void make_form ( void ) {
	test_line ( "clear user ; clear addr ; clear word ||" );
	test_line ( "set user joe" );
	test_line ( "form Who are you?" );
	test_line ( "item --gap Please fill in" );
	test_line ( "item user User name" );
	test_line ( "item addr:ipv4 Address" );
	test_line ( "item --secret word Secret word" );
}

/* ---- What is seen ---- */

static TASK_FN int look ( void *arg ) {
	assert_vt_row ( 1, "                                  Who are you?" );
	assert_vt_style ( 1, 35, 7, 4, true );
	assert_vt_row ( 8, "                                 Please fill in" );
	assert_vt_style ( 8, 35, 6, 4, false );
	assert_vt_row ( 9, "                                   User name" );
	assert_vt_row ( 10, INDENT "joe_____________________________________" );
	assert_vt_style ( 10, 20, 0, 6, false );
	assert_vt_style ( 10, 59, 0, 6, false );
	assert_vt_style ( 10, 60, 7, 4, false );
	assert_vt_row ( 12, "                                    Address" );
	assert_vt_row ( 13, INDENT EMPTY );
	assert_vt_row ( 16, INDENT EMPTY );
	assert_vt_row ( 23, "               Ctrl-X - save changes     Ctrl-C - discard changes" );
	assert_cursor ( 10, 23 );
	vt_type ( "\002\002x" );
	assert_vt_row ( 10, INDENT "jxoe____________________________________" );
	assert_cursor ( 10, 22 );
	vt_type ( "\n" );
	assert_cursor ( 13, 20 );
	vt_type ( "10.0.2.2\t" );
	assert_cursor ( 16, 20 );
	vt_type ( "pass" );
	assert_vt_row ( 16, INDENT "****____________________________________" );
	assert_setting ( "user", "joe" );
	vt_type ( "\r" );
	return 0;
}

static void form_shows_and_stores_settings ( void **state ) {
	unsigned int row, col;

	make_form ();
	assert_int_equal ( vt_session ( "present", look, NULL ), 0 );
	assert_setting ( "user", "jxoe" );
	assert_setting ( "addr", "10.0.2.2" );
	assert_setting ( "word", "pass" );
	for ( row = 0; row < VT_ROWS; row++ )
		assert_vt_row ( row, "" );
	assert_true ( vt_cursor ( &row, &col ) );
	assert_vt_style ( 10, 20, 9, 9, false );
}

static TASK_FN int type_all ( void *arg ) {
	vt_type ( arg );
	return 0;
}

static void keys_move_between_boxes ( void **state ) {
	static const struct {
		const char *keys, *user, *word;
	} v[] = {
		{ "a" DOWN DOWN "b\030", "joea", "b" },
		{ "\t\tb\ta\030", "joea", "b" },
		{ BACKTAB "b" BACKTAB UP "a\030", "joea", "b" },
		{ UP "a" DOWN DOWN DOWN "b" UP UP UP UP "c\030", "joeac", "b" },
		{ "\016\016b\020\020a\030", "joea", "b" },
		{ "\025new\030", "new", NULL },
		{ "\027\n\nb\n", NULL, "b" },
	};

	for ( unsigned int i = 0; i < ARRAY_SIZE ( v ); i++ ) {
		make_form ();
		assert_int_equal ( vt_session ( "present", type_all, (void *) v[i].keys ), 0 );
		assert_setting ( "user", v[i].user );
		assert_setting ( "word", v[i].word );
	}
}

static void cancelling_stores_nothing ( void **state ) {
	static const char *const keys[] = { "x\033", "x\003" };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( keys ); i++ ) {
		make_form ();
		assert_int_equal ( vt_session ( "present", type_all, (void *) keys[i] ),
				   -ECANCELED_FORM );
		assert_setting ( "user", "joe" );
		assert_int_equal ( vt_session ( "present", type_all, (void *) "" ), -ENOENT );
		assert_vt_row ( 0, "No default user interface" );
	}
}

/* ---- Errors ---- */

static TASK_FN int correct ( void *arg ) {
	vt_type ( DOWN "somewhere" DOWN "w\r" );
	/* The others are stored, this one is asked for again. */
	assert_vt_row ( 14, "                  Invalid argument (https://ipxe.org/1c056002)" );
	assert_vt_style ( 14, 20, 7, 1, false );
	assert_cursor ( 13, 29 );
	assert_setting ( "word", "w" );
	assert_setting ( "addr", NULL );
	vt_type ( "\025"
		  "10.1.1.1" );
	/* Enter in a box with an error tries again. */
	vt_type ( "\r" );
	assert_vt_row ( 13, "" );
	return 0;
}

static void error_shows_under_its_box_until_corrected ( void **state ) {
	make_form ();
	assert_int_equal ( vt_session ( "present", correct, NULL ), 0 );
	assert_setting ( "addr", "10.1.1.1" );
	assert_setting ( "word", "w" );
}

static void forms_that_cannot_be_shown_say_why ( void **state ) {
	char text[32];

	test_line ( "form Empty" );
	test_line ( "item --gap only text" );
	assert_int_equal ( vt_session ( "present", type_all, (void *) "" ), -EINVAL_FORM );
	test_line ( "form Bad" );
	test_line ( "item x:nonsense X" );
	assert_int_equal ( vt_session ( "present", type_all, (void *) "" ), -EINVAL_SETTING );
	assert_vt_row ( 0, "\"x:nonsense\": invalid setting" );
	test_line ( "form Long" );
	for ( unsigned int i = 0; i < 7; i++ ) {
		snprintf ( text, sizeof ( text ), "item i%u Item %u", i, i );
		test_line ( text );
	}
	assert_int_equal ( vt_session ( "present", type_all, (void *) "" ), -ERANGE_FORM );
	/* Without their labels, seven fit. */
	test_line ( "form Long" );
	for ( unsigned int i = 0; i < 7; i++ ) {
		snprintf ( text, sizeof ( text ), "item i%u", i );
		test_line ( text );
	}
	assert_int_equal ( vt_session ( "present", type_all, (void *) "a\tb\030" ), 0 );
	assert_setting ( "i1", "b" );
}

static void missing_blocks_are_made ( void **state ) {
	test_line ( "form --name other" );
	test_line ( "item --form other blk/name Name" );
	assert_int_equal ( vt_session ( "present --keep --form other", type_all, (void *) "v\n" ),
			   0 );
	test_line ( "iseq ${blk/name} v" );
	test_line ( "form --name other --delete" );
	assert_int_equal ( vt_session ( "present --form other", type_all, (void *) "" ), -ENOENT );
	assert_vt_row ( 0, "\"other\": no such user interface" );
}

/* ---- Boxes ---- */

static TASK_FN int type_much ( void *arg ) {
	vt_type ( "0123456789012345678901234567890123456789" );
	assert_vt_row ( 12, INDENT "123456789012345678901234567890123456789_" );
	assert_cursor ( 12, 59 );
	vt_bytes ();
	vt_type ( "\001" );
	assert_vt_row ( 12, INDENT "0123456789012345678901234567890123456789" );
	assert_cursor ( 12, 20 );
	vt_bytes ();
	vt_type ( "\006" );
	assert_in_range ( vt_bytes (), 1, 8 );
	vt_type ( "\025\013" );
	assert_vt_row ( 12, INDENT EMPTY );
	vt_type ( "abc" );
	vt_bytes ();
	vt_type ( "d" );
	/* One cell and its colours. */
	assert_in_range ( vt_bytes (), 1, 24 );
	vt_type ( "\n" );
	return 0;
}

static void long_text_scrolls_in_its_box ( void **state ) {
	test_line ( "clear long ||" );
	test_line ( "form ${}" );
	test_line ( "item long Text" );
	assert_int_equal ( vt_session ( "present", type_much, NULL ), 0 );
	assert_setting ( "long", "abcd" );
}

static TASK_FN int redraw ( void *arg ) {
	vt_start ();
	vt_type ( "\014" );
	assert_vt_row ( 10, INDENT "joe_____________________________________" );
	assert_cursor ( 10, 23 );
	vt_type ( "\030" );
	return 0;
}

static void ctrl_l_draws_all_anew ( void **state ) {
	make_form ();
	assert_int_equal ( vt_session ( "present", redraw, NULL ), 0 );
}

/* ---- login ---- */

static TASK_FN int log_in ( void *arg ) {
	assert_vt_row ( 10, "                                    Username" );
	assert_vt_row ( 13, "                                    Password" );
	vt_type ( "joe\nsecret" );
	assert_vt_row ( 11, INDENT "joe_____________________________________" );
	assert_vt_row ( 14, INDENT "******__________________________________" );
	vt_type ( "\n" );
	return 0;
}

static void login_asks_for_credentials ( void **state ) {
	assert_int_equal ( vt_session ( "login", log_in, NULL ), 0 );
	assert_setting ( "username", "joe" );
	assert_setting ( "password", "secret" );
	assert_int_equal ( vt_session ( "login", type_all, (void *) "x\003" ), -ECANCELED_FORM );
	assert_vt_row ( 0, "Could not set credentials: Operation canceled (https://ipxe.org/"
			   "0b63e0a0)" );
	assert_setting ( "username", "joe" );
}

/* ---- Memory ---- */

static void no_memory_is_survived ( void **state ) {
	assert_in_range (
		vt_without_memory ( "clear oom ; form T && item oom A && present", "v\n" ), 6,
		100 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( form_shows_and_stores_settings ),
		cmocka_unit_test ( keys_move_between_boxes ),
		cmocka_unit_test ( cancelling_stores_nothing ),
		cmocka_unit_test ( error_shows_under_its_box_until_corrected ),
		cmocka_unit_test ( forms_that_cannot_be_shown_say_why ),
		cmocka_unit_test ( missing_blocks_are_made ),
		cmocka_unit_test ( long_text_scrolls_in_its_box ),
		cmocka_unit_test ( ctrl_l_draws_all_anew ),
		cmocka_unit_test ( login_asks_for_credentials ),
		cmocka_unit_test ( no_memory_is_survived ),
	};

	return cmocka_run_group_tests ( tests, test_early_setup, NULL );
}
