/** @file
 * ANSI sequences of the BIOS text screen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "platform/bios/ansi.c"

static struct ansi ansi;

static int set_up ( void **state ) {
	ansi = ( struct ansi ){ .attribute = ATTR_NORMAL };
	return 0;
}

/** Feed a text; the last action, and how many characters were to be drawn. */
static struct ansi_action feed ( const char *text, unsigned int *ret_chars ) {
	struct ansi_action action = { .what = ANSI_NONE };

	*ret_chars = 0;
	for ( ; *text; text++ ) {
		action = ansi_feed ( &ansi, (uint8_t) *text );
		*ret_chars += ( action.what == ANSI_CHAR );
	}
	return action;
}

static void plain_text_is_drawn ( void **state ) {
	unsigned int chars;

	feed ( "hello\r\n", &chars );
	assert_int_equal ( chars, 7 );
}

static void cursor_position_counts_from_one ( void **state ) {
	unsigned int chars;
	struct ansi_action action = feed ( "\033[5;10H", &chars );

	assert_int_equal ( action.what, ANSI_MOVE );
	assert_int_equal ( action.row, 4 );
	assert_int_equal ( action.column, 9 );
	assert_int_equal ( chars, 0 );
	action = feed ( "\033[H", &chars );
	assert_int_equal ( action.what, ANSI_MOVE );
	assert_int_equal ( action.row, 0 );
	assert_int_equal ( action.column, 0 );
}

static void erase_says_how_much ( void **state ) {
	unsigned int chars;

	assert_int_equal ( feed ( "\033[2J", &chars ).what, ANSI_ERASE_SCREEN );
	assert_int_equal ( feed ( "\033[2J", &chars ).how, 2 );
	assert_int_equal ( feed ( "\033[J", &chars ).how, 0 );
	assert_int_equal ( feed ( "\033[1K", &chars ).what, ANSI_ERASE_LINE );
	assert_int_equal ( feed ( "\033[1K", &chars ).how, 1 );
}

static void colours_become_cga_attributes ( void **state ) {
	unsigned int chars;

	feed ( "\033[1;31;44m", &chars );
	assert_int_equal ( ansi.attribute, 0x1c ); /* bright red on blue */
	feed ( "\033[39m", &chars );
	assert_int_equal ( ansi.attribute, 0x1f );
	feed ( "\033[49m", &chars );
	assert_int_equal ( ansi.attribute, 0x0f );
	feed ( "\033[m", &chars );
	assert_int_equal ( ansi.attribute, ATTR_NORMAL );
}

static void true_colour_is_swallowed ( void **state ) {
	unsigned int chars;

	feed ( "\033[38;2;31;44;1m", &chars );
	assert_int_equal ( ansi.attribute, ATTR_NORMAL );
	assert_int_equal ( chars, 0 );
}

static void cursor_is_shown_and_hidden ( void **state ) {
	unsigned int chars;

	assert_int_equal ( feed ( "\033[?25l", &chars ).what, ANSI_CURSOR );
	assert_int_equal ( feed ( "\033[?25l", &chars ).how, 0 );
	assert_int_equal ( feed ( "\033[?25h", &chars ).how, 1 );
	/* Without the question mark it is something else. */
	assert_int_equal ( feed ( "\033[25h", &chars ).what, ANSI_NONE );
}

static void unknown_sequences_leave_no_trace ( void **state ) {
	unsigned int chars;

	feed ( "a\033[7pb\033[1;2;3;4;5;6;7;8;9qc\033(d\033[99999999999999999999Xe", &chars );
	assert_int_equal ( chars, 5 );
	assert_int_equal ( ansi.attribute, ATTR_NORMAL );
}

static void any_bytes_end_in_a_sane_state ( void **state ) {
	uint32_t seed = 1;

	for ( unsigned int i = 0; i < 200000; i++ ) {
		seed = seed * 1664525 + 1013904223;
		struct ansi_action action =
			ansi_feed ( &ansi, "\033[;?0123456789mHJKhlx"[( seed >> 16 ) % 21] );

		assert_true ( action.row <= PARAM_MAX );
		assert_true ( action.column <= PARAM_MAX );
	}
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( plain_text_is_drawn, set_up ),
		cmocka_unit_test_setup ( cursor_position_counts_from_one, set_up ),
		cmocka_unit_test_setup ( erase_says_how_much, set_up ),
		cmocka_unit_test_setup ( colours_become_cga_attributes, set_up ),
		cmocka_unit_test_setup ( true_colour_is_swallowed, set_up ),
		cmocka_unit_test_setup ( cursor_is_shown_and_hidden, set_up ),
		cmocka_unit_test_setup ( unknown_sequences_leave_no_trace, set_up ),
		cmocka_unit_test_setup ( any_bytes_end_in_a_sane_state, set_up ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
