/** @file
 * The settings browser, as a user at a terminal sees it.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/vt.h"
#include "core/error.h"
#include "core/init.h"
#include "core/settings.h"
#include "platform/host/host.h"
#include "shell/command.h"

#define FIRST   3  /* row of the list */
#define LAST    18 /* of the list */
#define INFO    20
#define HELP    23
#define BROWSE  "Ctrl-D - delete setting     Ctrl-X - exit configuration utility"
#define EDITING "Enter - accept changes     Ctrl-C - discard changes"

static void make_settings ( void ) {
	test_line ( "set blk/hostname box" );
	test_line ( "set blk.sub/ip 10.0.0.1" );
	test_line ( "set blk/own value of mine" );
	test_line ( "clear blk/user-class" );
}

static void assert_centred ( unsigned int row, const char *text ) {
	char wanted[VT_COLS + 1];

	snprintf ( wanted, sizeof ( wanted ), "%*s%s", (int) ( VT_COLS - strlen ( text ) ) / 2, "",
		   text );
	assert_vt_row ( row, wanted );
}

/** The row that starts so, or 0. */
static unsigned int find_row ( const char *start ) {
	for ( unsigned int row = FIRST; row <= LAST; row++ ) {
		if ( strncmp ( vt_row ( row ), start, strlen ( start ) ) == 0 )
			return row;
	}
	return 0;
}

/** Go down the list to the line that starts so. @return its row */
static TASK_FN unsigned int go_to ( const char *start ) {
	unsigned int row;

	vt_type ( HOME );
	for ( unsigned int i = 0; i < 300; i++ ) {
		row = find_row ( start );
		if ( row && ( vt_attribute ( row, 1 ).background == 1 ) )
			return row;
		vt_type ( DOWN );
	}
	vt_dump ();
	fail_msg ( "no line \"%s\"", start );
	return 0;
}

static TASK_FN int look ( void *arg ) {
	unsigned int row;

	assert_centred ( 1, "Lanyard configuration settings - blk" );
	assert_vt_row ( 3, "  ../" );
	assert_vt_style ( 3, 5, 7, 1, false );
	assert_vt_row ( 4, "  sub/" );
	assert_vt_row ( INFO, "" );
	assert_centred ( HELP, BROWSE );
	row = go_to ( "  hostname.......box" );
	assert_vt_style ( row, 3, 7, 1, true );
	assert_centred ( INFO, "blk/hostname:string - Host name" );
	assert_centred ( INFO + 1, "https://ipxe.org/cfg/hostname" );
	/* One of a block below is shown, but not as this block's own. */
	row = go_to ( "  ip.............10.0.0.1" );
	assert_vt_style ( row, 3, 7, 1, false );
	assert_centred ( INFO, "blk.sub/ip:ipv4 - IPv4 address" );
	go_to ( "  user-class.....<not specified>" );
	row = go_to ( "  own............value of mine" );
	assert_vt_style ( row, 3, 7, 1, true );
	vt_type ( END );
	assert_vt_row ( 2, "  ..." );
	assert_vt_row ( LAST + 1, "" );
	vt_type ( CTRL_X );
	assert_vt_row ( 1, "" );
	return 0;
}

static void block_shows_its_settings ( void **state ) {
	make_settings ();
	assert_int_equal ( vt_session ( "config blk", look, NULL ), 0 );
}

static TASK_FN int change ( void *arg ) {
	unsigned int row = go_to ( "  hostname.......box" );

	/* Enter edits, Ctrl-C drops. */
	vt_type ( "\n" );
	assert_centred ( HELP, EDITING );
	assert_vt_style ( row, 17, 0, 6, false );
	vt_type ( "1\003" );
	assert_centred ( HELP, BROWSE );
	assert_vt_row ( row, "  hostname.......box" );
	/* Typing edits, Enter stores. */
	vt_type ( "7\n" );
	assert_vt_row ( row, "  hostname.......box7" );
	vt_type ( "\010\010\025other\n" );
	assert_vt_row ( row, "  hostname.......other" );
	/* Ctrl-D deletes, in this block only. */
	vt_type ( CTRL_D );
	assert_vt_row ( row, "  hostname.......<not specified>" );
	row = go_to ( "  ip.............10.0.0.1" );
	vt_type ( "x\n" );
	assert_centred ( HELP, "Invalid argument (https://ipxe.org/1c056002)" );
	assert_vt_style ( HELP, 20, 7, 1, false );
	vt_type ( "\025"
		  "10.0.0.2\n" );
	assert_centred ( HELP, BROWSE );
	assert_vt_row ( row, "  ip.............10.0.0.2" );
	assert_vt_style ( row, 3, 7, 1, true );
	vt_type ( CTRL_D );
	assert_vt_row ( row, "  ip.............10.0.0.1" );
	vt_type ( "\033" );
	return 0;
}

static void settings_are_edited_and_deleted ( void **state ) {
	make_settings ();
	assert_int_equal ( vt_session ( "config blk", change, NULL ), 0 );
}

static TASK_FN int walk ( void *arg ) {
	assert_centred ( 1, "Lanyard configuration settings" );
	go_to ( "  blk/" );
	vt_type ( "\n" );
	assert_centred ( 1, "Lanyard configuration settings - blk" );
	vt_type ( DOWN "\n" );
	assert_centred ( 1, "Lanyard configuration settings - blk.sub" );
	vt_type ( "\n" );
	assert_vt_row ( 4, "  sub/" );
	assert_vt_style ( 4, 3, 7, 1, false );
	vt_type ( HOME "\n" );
	assert_centred ( 1, "Lanyard configuration settings" );
	vt_type ( "\003" );
	return 0;
}

static void blocks_are_walked_down_and_up ( void **state ) {
	make_settings ();
	assert_int_equal ( vt_session ( "config", walk, NULL ), 0 );
}

static TASK_FN int lose_block ( void *arg ) {
	struct settings *settings = settings_find ( "blk.sub", false );

	vt_type ( DOWN "\n" );
	settings_unregister ( settings );
	free ( settings );
	vt_type ( "\n" );
	assert_centred ( 1, "Lanyard configuration settings" );
	vt_type ( CTRL_X );
	return 0;
}

static void block_may_go_away ( void **state ) {
	struct settings *settings = malloc ( sizeof ( *settings ) );

	settings_init ( settings, NULL, NULL );
	settings_register ( settings, settings_find ( "blk", true ), "sub" );
	test_line ( "set blk.sub/ip 10.0.0.1" );
	assert_int_equal ( vt_session ( "config blk.sub", lose_block, NULL ), 0 );
}

static void no_memory_is_survived ( void **state ) {
	make_settings ();
	assert_in_range ( vt_without_memory ( "config blk", DOWN DOWN "\ny\n" CTRL_X ), 6, 2000 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( block_shows_its_settings ),
		cmocka_unit_test ( settings_are_edited_and_deleted ),
		cmocka_unit_test ( blocks_are_walked_down_and_up ),
		cmocka_unit_test ( block_may_go_away ),
		cmocka_unit_test ( no_memory_is_survived ),
	};

	return cmocka_run_group_tests ( tests, test_early_setup, NULL );
}
