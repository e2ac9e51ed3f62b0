/** @file
 * Menus, as a user at a terminal sees them.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/vt.h"
#include "core/error.h"
#include "core/init.h"
#include "core/memory.h"
#include "core/settings.h"
#include "platform/host/host.h"
#include "shell/command.h"

#define FIRST 3 /* row of the first item */

/** The usual menu: headings, items, a gap. */
static void make_menu ( void ) {
	test_line ( "clear chosen ||" );
	test_line ( "menu What shall be booted?" );
	test_line ( "item --gap -- --- Systems ---" );
	test_line ( "item linux Boot Linux" );
	test_line ( "item --key m memtest Memory test" );
	test_line ( "item" );
	test_line ( "item --key t --gap Tools" );
	test_line ( "item --key 0x197e shell Shell (F12)" );
	test_line ( "item exit   Leave   it" );
}

/* ---- What is seen ---- */

static TASK_FN int look ( void *arg ) {
	unsigned int row, col;

	assert_vt_row ( 0, "" );
	assert_vt_row ( 1, "                             What shall be booted?" );
	assert_vt_style ( 1, 30, 7, 4, true );
	assert_vt_row ( 2, "" );
	assert_vt_row ( 3, "   --- Systems ---" );
	assert_vt_style ( 3, 5, 6, 4, false );
	assert_vt_row ( 4, "   Boot Linux" );
	assert_vt_row ( 5, "   Memory test" );
	assert_vt_style ( 5, 5, 7, 4, false );
	assert_vt_row ( 6, "" );
	assert_vt_row ( 7, "   Tools" );
	assert_vt_row ( 9, "   Leave it" );
	/* The selected row from edge to edge, with a blank column on either side. */
	assert_vt_style ( 4, 0, 7, 4, false );
	assert_vt_style ( 4, 1, 7, 1, true );
	assert_vt_style ( 4, 78, 7, 1, true );
	assert_vt_style ( 4, 79, 7, 4, false );
	for ( row = 10; row < 25; row++ )
		assert_vt_row ( row, "" );
	assert_false ( vt_cursor ( &row, &col ) );
	vt_type ( DOWN );
	assert_vt_style ( 4, 5, 7, 4, false );
	assert_vt_style ( 5, 5, 7, 1, true );
	vt_type ( "\r" );
	return 0;
}

static void menu_looks_as_it_should_and_leaves_a_clear_screen ( void **state ) {
	unsigned int row, col;

	make_menu ();
	assert_int_equal ( vt_session ( "choose chosen", look, NULL ), 0 );
	assert_setting ( "chosen", "memtest" );
	for ( row = 0; row < VT_ROWS; row++ ) {
		assert_vt_row ( row, "" );
		assert_vt_style ( row, 40, 9, 9, false );
	}
	assert_true ( vt_cursor ( &row, &col ) );
	assert_int_equal ( row, 0 );
	assert_int_equal ( col, 0 );
}

static TASK_FN int type_all ( void *arg ) {
	vt_type ( arg );
	return 0;
}

/** Choose with keys from the usual menu. */
static void check_keys ( const char *options, const char *keys, const char *chosen ) {
	char text[64];

	make_menu ();
	snprintf ( text, sizeof ( text ), "choose %s chosen", options );
	assert_int_equal ( vt_session ( text, type_all, (void *) keys ), 0 );
	assert_setting ( "chosen", chosen );
}

static void keys_move_over_named_items_only ( void **state ) {
	check_keys ( "", "\n", "linux" );
	check_keys ( "", UP "\r", "linux" );
	check_keys ( "", DOWN DOWN "\r", "shell" );
	check_keys ( "", DOWN DOWN UP "\r", "memtest" );
	check_keys ( "", DOWN DOWN DOWN DOWN DOWN "\r", "exit" );
	check_keys ( "", END "\r", "exit" );
	check_keys ( "", END HOME "\r", "linux" );
	check_keys ( "", PGDN "\r", "exit" );
	check_keys ( "", PGDN PGUP "\r", "linux" );
	check_keys ( "", "\t\r", "memtest" );
	check_keys ( "", "\t\t\t\r", "exit" );
	check_keys ( "", "\t\t\t\t\r", "linux" );
	check_keys ( "", "xyz \r", "linux" );
}

static void shortcuts_choose_items_and_lead_to_gaps ( void **state ) {
	check_keys ( "", "m", "memtest" );
	check_keys ( "", "\033[24~", "shell" );
	check_keys ( "", "t\r", "shell" );
	check_keys ( "", END "t" DOWN "\r", "exit" );
	check_keys ( "", END "m", "memtest" );
}

static void shortcut_takes_the_next_of_several ( void **state ) {
	test_line ( "menu ${}" );
	test_line ( "item --key a one 1" );
	test_line ( "item --key b two 2" );
	test_line ( "item --key a three 3" );
	test_line ( "item --key b four 4" );
	assert_int_equal ( vt_session ( "choose chosen", type_all, (void *) DOWN "a" ), 0 );
	assert_setting ( "chosen", "three" );
}

static void the_item_at_first_is_option_flag_or_first ( void **state ) {
	check_keys ( "--default shell", "\r", "shell" );
	check_keys ( "--default nothing", "\r", "linux" );
	make_menu ();
	test_line ( "item --default two Two" );
	test_line ( "item --default three Three" );
	test_line ( "item four Four" );
	assert_int_equal ( vt_session ( "choose --keep chosen", type_all, (void *) "\r" ), 0 );
	assert_setting ( "chosen", "three" );
	assert_int_equal (
		vt_session ( "choose --default memtest chosen", type_all, (void *) "\r" ), 0 );
	assert_setting ( "chosen", "memtest" );
}

/* ---- Ends ---- */

static void cancelling_leaves_the_setting_and_frees_the_menu ( void **state ) {
	static const char *const keys[] = { "\033", "\003" };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( keys ); i++ ) {
		make_menu ();
		test_line ( "set chosen before" );
		assert_int_equal ( vt_session ( "choose chosen", type_all, (void *) keys[i] ),
				   -ECANCELED_MENU );
		assert_setting ( "chosen", "before" );
		assert_int_equal ( vt_session ( "choose chosen", type_all, (void *) "" ), -ENOENT );
		assert_vt_row ( 0, "No default user interface" );
	}
}

static void kept_menu_can_be_shown_again ( void **state ) {
	make_menu ();
	assert_int_equal ( vt_session ( "choose -k chosen", type_all, (void *) END "\r" ), 0 );
	assert_setting ( "chosen", "exit" );
	assert_int_equal ( vt_session ( "choose chosen", type_all, (void *) "\r" ), 0 );
	assert_setting ( "chosen", "linux" );
}

static void menu_without_items_is_an_error ( void **state ) {
	test_line ( "menu Empty" );
	assert_int_equal ( vt_session ( "choose chosen", type_all, (void *) "" ), -ENOENT_MENU );
	test_line ( "menu Only text" );
	test_line ( "item --gap nothing to choose" );
	assert_int_equal ( vt_session ( "choose chosen", type_all, (void *) "" ), -ENOENT_MENU );
}

static void names_are_told_when_unknown ( void **state ) {
	assert_int_equal ( vt_session ( "choose --menu gone chosen", type_all, (void *) "" ),
			   -ENOENT );
	assert_vt_row ( 0, "\"gone\": no such user interface" );
	assert_int_equal ( vt_session ( "item --form gone x", type_all, (void *) "" ), -ENOENT );
	assert_vt_row ( 0, "\"gone\": no such user interface" );
	assert_int_equal ( vt_session ( "item x", type_all, (void *) "" ), -ENOENT );
	assert_vt_row ( 0, "No default user interface" );
	test_line ( "menu --name gone" );
	test_line ( "menu --name gone --delete" );
	assert_int_equal ( vt_session ( "item --menu gone x", type_all, (void *) "" ), -ENOENT );
}

static void named_menus_live_side_by_side ( void **state ) {
	test_line ( "menu --name a A" );
	test_line ( "menu --name b B" );
	test_line ( "item --menu a one One" );
	test_line ( "item --menu b two Two" );
	assert_int_equal ( vt_session ( "choose --menu a chosen", type_all, (void *) "\r" ), 0 );
	assert_setting ( "chosen", "one" );
	assert_int_equal ( vt_session ( "choose --menu b net7/x ||", type_all, (void *) "\r" ), 0 );
	test_line ( "iseq ${net7/x} two" );
}

/* ---- Time ---- */

static TASK_FN int watch_countdown ( void *arg ) {
	/* 0.1 s have passed. */
	assert_vt_row (
		4,
		"   Boot Linux                                                             (3)" );
	assert_vt_style ( 4, 75, 7, 1, true );
	vt_wait ( 1000 );
	assert_vt_row (
		4,
		"   Boot Linux                                                             (2)" );
	vt_bytes ();
	vt_wait ( 1000 );
	assert_vt_row (
		4,
		"   Boot Linux                                                             (1)" );
	/* ESC[5;76H1 */
	assert_in_range ( vt_bytes (), 1, 8 );
	assert_setting ( "chosen", NULL );
	vt_wait ( 1000 );
	assert_vt_row ( 4, "" );
	assert_setting ( "chosen", "linux" );
	return 0;
}

static void countdown_chooses_the_selected_item ( void **state ) {
	make_menu ();
	assert_int_equal ( vt_session ( "choose --timeout 3000 chosen", watch_countdown, NULL ),
			   0 );
}

static TASK_FN int stop_countdown ( void *arg ) {
	vt_type ( "x" );
	assert_vt_row ( 4, "   Boot Linux" );
	vt_wait ( 100000 );
	assert_vt_row ( 4, "   Boot Linux" );
	vt_type ( "\r" );
	return 0;
}

static void any_key_stops_the_countdown ( void **state ) {
	make_menu ();
	assert_int_equal ( vt_session ( "choose --timeout 3000 chosen", stop_countdown, NULL ), 0 );
}

static TASK_FN int restart_countdown ( void *arg ) {
	vt_type ( DOWN );
	assert_vt_row ( 4, "   Boot Linux" );
	assert_vt_row (
		5,
		"   Memory test                                                           (10)" );
	vt_wait ( 9000 );
	assert_vt_row (
		5,
		"   Memory test                                                            (1)" );
	vt_type ( "x" );
	assert_vt_row (
		5,
		"   Memory test                                                           (10)" );
	vt_wait ( 9400 );
	assert_setting ( "chosen", NULL );
	vt_wait ( 200 );
	assert_setting ( "chosen", "memtest" );
	return 0;
}

static void retimeout_counts_from_each_key ( void **state ) {
	make_menu ();
	assert_int_equal ( vt_session ( "choose --timeout 3000 --retimeout 10000 chosen",
					restart_countdown, NULL ),
			   0 );
}

/* ---- Long menus ---- */

static TASK_FN int scroll ( void *arg ) {
	assert_vt_row ( 2, "" );
	assert_vt_row ( 3, "   Heading" );
	assert_vt_row ( 4, "   Item 1" );
	assert_vt_row ( 22, "   Item 19" );
	assert_vt_row ( 23, "   ..." );
	vt_type ( PGDN );
	assert_vt_row ( 2, "   ..." );
	assert_vt_row ( 22, "   Item 21" );
	assert_vt_style ( 22, 5, 7, 1, true );
	vt_type ( END );
	assert_vt_row ( 3, "   Item 32" );
	assert_vt_row ( 21, "   Item 50" );
	assert_vt_row ( 22, "   Footing" );
	assert_vt_row ( 23, "" );
	assert_vt_style ( 21, 5, 7, 1, true );
	vt_type ( DOWN );
	assert_vt_style ( 21, 5, 7, 1, true );
	vt_type ( PGUP );
	assert_vt_row ( 3, "   Item 30" );
	assert_vt_style ( 3, 5, 7, 1, true );
	vt_type ( HOME );
	assert_vt_row ( 2, "" );
	assert_vt_row ( 3, "   Heading" );
	assert_vt_style ( 4, 5, 7, 1, true );
	vt_type ( END "\t" );
	assert_vt_row ( 3, "   Heading" );
	vt_type ( "\r" );
	return 0;
}

static void long_menu_scrolls_with_headings ( void **state ) {
	char text[32];

	test_line ( "menu Long" );
	test_line ( "item --gap Heading" );
	for ( unsigned int i = 1; i <= 50; i++ ) {
		snprintf ( text, sizeof ( text ), "item i%u Item %u", i, i );
		test_line ( text );
	}
	test_line ( "item --gap Footing" );
	assert_int_equal ( vt_session ( "choose chosen", scroll, NULL ), 0 );
	assert_setting ( "chosen", "i1" );
}

static TASK_FN int measure ( void *arg ) {
	size_t bytes = vt_bytes ();

	assert_in_range ( bytes, 400, 900 );
	vt_type ( DOWN );
	bytes = vt_bytes ();
	/* Two rows in other colours. */
	assert_in_range ( bytes, 150, 220 );
	vt_type ( "x" );
	assert_int_equal ( vt_bytes (), 0 );
	/* A terminal that joins now sees all. */
	vt_start ();
	vt_type ( "\014" );
	assert_vt_row ( 3, "   --- Systems ---" );
	assert_vt_style ( 5, 5, 7, 1, true );
	vt_type ( "\r" );
	return 0;
}

static void only_what_changed_is_printed ( void **state ) {
	make_menu ();
	assert_int_equal ( vt_session ( "choose chosen", measure, NULL ), 0 );
}

/* ---- Odd text ---- */

static TASK_FN int look_at_odd_text ( void *arg ) {
	assert_vt_row ( 3, "   über 30 €" );
	assert_vt_row ( 4, "   red text" );
	assert_vt_style ( 4, 4, 7, 4, false );
	assert_vt_row ( 5,
			"   0123456789012345678901234567890123456789012345678901234567890123456789"
			"0123" );
	assert_vt_row ( 6, "" );
	vt_type ( END "\r" );
	return 0;
}

static void odd_text_does_not_break_the_frame ( void **state ) {
	test_line ( "menu" );
	test_line ( "item u über 30 €" );
	test_line ( "set esc:hex 1b" );
	test_line ( "item r ${esc:string}[31mred${esc:string}[0m text" );
	test_line ( "item l "
		    "01234567890123456789012345678901234567890123456789012345678901234567890123456"
		    "78901234567890123456789" );
	test_line ( "item nothing" );
	assert_int_equal ( vt_session ( "choose chosen", look_at_odd_text, NULL ), 0 );
	assert_setting ( "chosen", "nothing" );
}

static TASK_FN int look_at_colours ( void *arg ) {
	assert_vt_style ( 5, 5, 2, 3, false );
	vt_type ( "\r" );
	return 0;
}

static void colours_are_those_of_cpair ( void **state ) {
	make_menu ();
	assert_int_equal ( vt_session ( "cpair --foreground 2 --background 3 1 && choose chosen",
					look_at_colours, NULL ),
			   0 );
	test_line ( "cpair --foreground 7 --background 4 1" );
}

/* ---- Memory ---- */

static void no_memory_is_survived ( void **state ) {
	assert_in_range ( vt_without_memory ( "menu T && item --key x a A && choose chosen", "x" ),
			  6, 100 );
	assert_setting ( "chosen", "a" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( menu_looks_as_it_should_and_leaves_a_clear_screen ),
		cmocka_unit_test ( keys_move_over_named_items_only ),
		cmocka_unit_test ( shortcuts_choose_items_and_lead_to_gaps ),
		cmocka_unit_test ( shortcut_takes_the_next_of_several ),
		cmocka_unit_test ( the_item_at_first_is_option_flag_or_first ),
		cmocka_unit_test ( cancelling_leaves_the_setting_and_frees_the_menu ),
		cmocka_unit_test ( kept_menu_can_be_shown_again ),
		cmocka_unit_test ( menu_without_items_is_an_error ),
		cmocka_unit_test ( names_are_told_when_unknown ),
		cmocka_unit_test ( named_menus_live_side_by_side ),
		cmocka_unit_test ( countdown_chooses_the_selected_item ),
		cmocka_unit_test ( any_key_stops_the_countdown ),
		cmocka_unit_test ( retimeout_counts_from_each_key ),
		cmocka_unit_test ( long_menu_scrolls_with_headings ),
		cmocka_unit_test ( only_what_changed_is_printed ),
		cmocka_unit_test ( odd_text_does_not_break_the_frame ),
		cmocka_unit_test ( colours_are_those_of_cpair ),
		cmocka_unit_test ( no_memory_is_survived ),
	};

	return cmocka_run_group_tests ( tests, test_early_setup, NULL );
}
