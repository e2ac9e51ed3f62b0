/** @file
 * The line editor: keys in, screen out. A small terminal replays the output, so that what is shown
 * is compared, not how.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/console.h"
#include "core/init.h"
#include "core/settings.h"
#include "platform/host/host.h"
#include "shell/command.h"
#include "shell/complete.h"
#include "shell/history.h"
#include "ui/lineedit.h"
#include "shell/readline.h"

#define COLUMNS 200

/** What a terminal of one row shows after @c output; blanks at the end are cut. */
static const char *screen ( const char *output, size_t *ret_cursor ) {
	static char row[COLUMNS + 1];
	size_t cursor = 0, len;

	memset ( row, ' ', COLUMNS );
	for ( ; *output; output++ ) {
		if ( *output == '\b' ) {
			assert_true ( cursor > 0 );
			cursor--;
		} else {
			assert_in_range ( *output, 0x20, 0x7e );
			row[cursor++] = *output;
		}
		assert_true ( cursor < COLUMNS );
	}
	for ( len = COLUMNS; ( len > 0 ) && ( row[len - 1] == ' ' ); len-- )
		;
	row[len] = '\0';
	*ret_cursor = cursor;
	return row;
}

/** Keys: plain characters, ^X for Ctrl-X, and L R H E D for cursor keys in <>. */
static int next_key ( const char **keys ) {
	static const struct {
		char name;
		int key;
	} special[] = { { 'L', KEY_LEFT },
			{ 'R', KEY_RIGHT },
			{ 'H', KEY_HOME },
			{ 'E', KEY_END },
			{ 'D', KEY_DELETE } };
	char c = *( *keys )++;

	if ( c == '^' )
		return CTRL ( *( *keys )++ );
	if ( c != '<' )
		return c;
	c = **keys;
	*keys += 2;
	for ( unsigned int i = 0; i < ARRAY_SIZE ( special ); i++ ) {
		if ( special[i].name == c )
			return special[i].key;
	}
	fail ();
	return 0;
}

static void keys_change_text_and_screen_alike ( void **state ) {
	static const struct {
		const char *start, *keys, *text;
		size_t cursor;
	} v[] = {
		{ "", "abc", "abc", 3 },
		{ "abc", "", "abc", 3 },
		{ "abc", "<L><L>x", "axbc", 2 },
		{ "abc", "^Ax^Ey", "xabcy", 5 },
		{ "abc", "<H>x<E>y", "xabcy", 5 },
		{ "abc", "^H", "ab", 2 },
		{ "abc", "^H^H^H^H", "", 0 },
		{ "abc", "<L>^H", "ac", 1 },
		{ "abc", "^D", "abc", 3 },
		{ "abc", "^A^D", "bc", 0 },
		{ "abc", "<H><D><D><D><D>", "", 0 },
		{ "abc", "^B^B^F^F^Fx", "abcx", 4 },
		{ "abc", "<L><L><L><L><L>x", "xabc", 1 },
		{ "abc def", "<L><L>^U", "ef", 0 },
		{ "abc def", "<L><L>^K", "abc d", 5 },
		{ "abc def  ", "^W", "abc ", 4 },
		{ "abc def", "^W^W^W", "", 0 },
		{ "abc def", "<L>^W", "abc f", 4 },
		{ "abc", "^U^U^K", "", 0 },
		{ "abc", "^G^Z^T", "abc", 3 },
	};

	for ( unsigned int i = 0; i < ARRAY_SIZE ( v ); i++ ) {
		struct lineedit line;
		const char *keys = v[i].keys;
		size_t cursor;

		test_capture_start ();
		lineedit_init ( &line, v[i].start );
		while ( *keys )
			lineedit_key ( &line, next_key ( &keys ) );
		assert_string_equal ( line.text, v[i].text );
		assert_int_equal ( line.cursor, v[i].cursor );
		assert_int_equal ( line.len, strlen ( v[i].text ) );
		/* A blank behind the text is not told from nothing. */
		if ( !line.len || ( line.text[line.len - 1] != ' ' ) )
			assert_string_equal ( screen ( test_capture_stop (), &cursor ), v[i].text );
		else
			screen ( test_capture_stop (), &cursor );
		assert_int_equal ( cursor, v[i].cursor );
	}
}

static void typing_at_the_end_prints_only_the_character ( void **state ) {
	struct lineedit line;

	lineedit_init ( &line, "some text" );
	test_capture_start ();
	lineedit_key ( &line, 'x' );
	assert_string_equal ( test_capture_stop (), "x" );
	test_capture_start ();
	lineedit_key ( &line, '\b' );
	assert_string_equal ( test_capture_stop (), "\b \b" );
	test_capture_start ();
	lineedit_key ( &line, KEY_LEFT );
	lineedit_key ( &line, KEY_RIGHT );
	assert_string_equal ( test_capture_stop (), "\bt" );
	test_capture_start ();
	lineedit_set ( &line, "some test" );
	assert_string_equal ( test_capture_stop (), "\b\bst" );
}

static void line_does_not_outgrow_its_buffer ( void **state ) {
	struct lineedit line;

	lineedit_init ( &line, NULL );
	for ( unsigned int i = 0; i < LINEEDIT_MAX + 10; i++ )
		lineedit_key ( &line, 'x' );
	assert_int_equal ( line.len, LINEEDIT_MAX );
	assert_int_equal ( strlen ( line.text ), LINEEDIT_MAX );
	lineedit_key ( &line, CTRL ( 'A' ) );
	lineedit_insert ( &line, "abc", 3 );
	assert_int_equal ( line.text[0], 'x' );
}

/* ---- History ---- */

static void history_keeps_the_last_seven_lines ( void **state ) {
	struct history history = { 0 };
	char text[4] = "l0";

	for ( unsigned int i = 0; i < 9; i++ ) {
		text[1] = '0' + i;
		history_add ( &history, text );
		history_add ( &history, "" );
	}
	for ( unsigned int i = 8; i > 1; i-- ) {
		text[1] = '0' + i;
		assert_string_equal ( history_move ( &history, 1, "current" ), text );
	}
	assert_null ( history_move ( &history, 1, "x" ) );
	history_free ( &history );
}

static void edits_last_until_a_line_is_entered ( void **state ) {
	struct history history = { 0 };

	assert_null ( history_move ( &history, 1, "x" ) );
	assert_null ( history_move ( &history, -1, "x" ) );
	history_add ( &history, "old" );
	assert_string_equal ( history_move ( &history, 1, "new" ), "old" );
	assert_string_equal ( history_move ( &history, -1, "edited" ), "new" );
	assert_string_equal ( history_move ( &history, 1, "new" ), "edited" );
	history_add ( &history, "entered" );
	assert_string_equal ( history_move ( &history, 1, "" ), "entered" );
	assert_string_equal ( history_move ( &history, 1, "entered" ), "old" );
	history_free ( &history );
}

/* ---- Completion ---- */

static void completion_fits_the_place ( void **state ) {
	static const struct {
		const char *line, *insert;
		bool several;
	} v[] = {
		{ "ec", "ho ", false },
		{ "echo", " ", false },
		{ "zzz", "", false },
		{ "i", "", true },
		{ "im", "g", true },
		{ "imgst", "at ", false },
		{ "echo a && ec", "ho ", false },
		{ "echo a || echo ec", "", false },
		{ "show host", "name ", false },
		{ "echo ${host", "name}", false },
		{ "echo ${builtin/vers", "ion}", false },
		{ "echo ${built", "in/", false },
		{ "echo ${hostname}", "", false },
		{ "echo a${mine", "-own}", false },
		{ "set mine", "-own ", false },
		{ "show --qu", "iet ", false },
		{ "show -", "-", true },
		{ "${", "", true },
		{ "", "", true },
		{ "   ", "", true },
		{ "nonsense x", "", false },
	};
	struct completion completion;

	settings_set_text ( NULL, "mine-own", "x" );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( v ); i++ ) {
		complete ( v[i].line, strlen ( v[i].line ), &completion );
		completion.insert[completion.insert_len] = '\0';
		if ( strcmp ( completion.insert, v[i].insert ) ||
		     ( ( completion.count > 1 ) != v[i].several ) )
			fail_msg ( "\"%s\" gave \"%s\" and %u candidates", v[i].line,
				   completion.insert, completion.count );
	}
}

/* ---- Reading lines ---- */

static struct history shell_history;

static TASK_FN int read_line ( void *arg ) {
	const struct readline_options options = {
		.prompt = "> ", .history = &shell_history, .complete = true, .timeout_us = US_PER_S
	};
	char *line;
	int rc;

	host_console_type ( arg, strlen ( arg ) );
	rc = readline ( &options, &line );
	if ( rc == 0 )
		con_printf ( "[%s]", line );
	else
		assert_null ( line );
	free ( line );
	return rc;
}

static void check_readline ( const char *keys, const char *output, int rc ) {
	test_capture_start ();
	assert_int_equal ( err_of ( test_run_task ( read_line, (void *) keys ) ), rc );
	assert_string_equal ( test_capture_stop (), output );
}

static void lines_are_read_with_keys_of_a_terminal ( void **state ) {
	check_readline ( "abc\r", "> abc\n[abc]", 0 );
	check_readline ( "\033[A\n", "> abc\n[abc]", 0 );
	check_readline ( "x\033[A\033[B\n", "> x\babc\b\b\bx  \b\b\n[x]", 0 );
	check_readline ( "ab\033[Dx\n", "> ab\bxb\b\n[axb]", 0 );
	check_readline ( "ab\x7f\n", "> ab\b \b\n[a]", 0 );
	check_readline ( "ab\003", "> ab\n", ECANCELED );
	check_readline ( "", "> \n", ETIMEDOUT );
	check_readline ( "ec\t\tx\n", "> echo x\n[echo x]", 0 );
	check_readline ( "imgf\t\n", "> imgf\n  imgfetch        imgfree       \n> imgf\n[imgf]",
			 0 );
	history_free ( &shell_history );
}

static TASK_FN int run_shell ( void *arg ) {
	host_console_type ( arg, strlen ( arg ) );
	return shell_run ();
}

static void shell_runs_lines_until_exit ( void **state ) {
	test_capture_start ();
	assert_int_equal ( test_run_task ( run_shell, (void *) "echo a\nx\003\nexit 3\n" ), 3 );
	assert_string_equal ( test_capture_stop (), "\033[?25hLanyard> echo a\na\n"
						    "\033[?25hLanyard> x\n"
						    "\033[?25hLanyard> \n"
						    "\033[?25hLanyard> exit 3\n" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( keys_change_text_and_screen_alike ),
		cmocka_unit_test ( typing_at_the_end_prints_only_the_character ),
		cmocka_unit_test ( line_does_not_outgrow_its_buffer ),
		cmocka_unit_test ( history_keeps_the_last_seven_lines ),
		cmocka_unit_test ( edits_last_until_a_line_is_entered ),
		cmocka_unit_test ( completion_fits_the_place ),
		cmocka_unit_test ( lines_are_read_with_keys_of_a_terminal ),
		cmocka_unit_test ( shell_runs_lines_until_exit ),
	};

	return cmocka_run_group_tests ( tests, test_early_setup, NULL );
}
