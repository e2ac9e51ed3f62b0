/** @file
 * Memory runs out at every possible moment of a script and of an edited line: nothing crashes,
 * leaks, or is left half done.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/console.h"
#include "core/image.h"
#include "core/init.h"
#include "core/memory.h"
#include "core/settings.h"
#include "platform/host/host.h"
#include "shell/command.h"
#include "shell/readline.h"

#define RUNS_MAX 2000

static const char script[] = "#!ipxe\n"
			     "set a.b/c:hex 01:02 ||\n"
			     "set x ${a.b/c:uint16} ||\n"
			     "echo a \\\n ${x} ${version} ||\n"
			     "show a.b/c ||\n"
			     "inc n ||\n"
			     "clear a.b/c ||\n"
			     "goto end || goto end ||\n"
			     "nonsense\n"
			     ":end\n"
			     "prompt -t 10 text ||\n"
			     "config nowhere ||\n"
			     "sleep 1\n";

static TASK_FN int run_script ( void *arg ) {
	struct image *image = image_new ( "script", NULL );
	int rc = image ? image_write ( image, 0, script, sizeof ( script ) - 1 ) : -ENOMEM;

	if ( rc == 0 ) {
		image_register ( image );
		rc = image_exec ( image );
		image_unregister ( image );
	}
	image_put ( image );
	return rc;
}

static TASK_FN int run_line ( void *arg ) {
	struct history history = { 0 };
	const struct readline_options options = { .prompt = "> ",
						  .prefill = "fill",
						  .history = &history,
						  .complete = true,
						  .timeout_us = US_PER_S };
	static const char keys[] = "one\ntwo\033[A\033[Bx\ncl\tfoo\n";
	char *line;
	int rc = 0;

	host_console_type ( keys, sizeof ( keys ) - 1 );
	for ( unsigned int i = 0; i < 3; i++ ) {
		int read_rc = readline ( &options, &line );

		if ( read_rc != 0 )
			rc = read_rc;
		free ( line );
	}
	history_free ( &history );
	/* Without memory for a line its keys are still there. */
	while ( console_getkey ( deadline_in ( 1 ) ) > 0 )
		;
	return rc;
}

static void forget_settings ( void ) {
	const struct setting *setting;

	while ( ( setting = settings_generic_next ( &settings_root, NULL ) ) != NULL )
		settings_generic_store ( &settings_root, setting, NULL, 0 );
	settings_unregister ( settings_find ( "a", true ) );
}

static void sweep ( TASK_FN int ( *fn ) ( void *arg ) ) {
	size_t before = heap_used ();
	bool failed = true;
	int rc = 0;

	for ( unsigned int nth = 1; failed; nth++ ) {
		assert_in_range ( nth, 1, RUNS_MAX );
		test_capture_start ();
		host_fail_heap ( nth );
		rc = test_run_task ( fn, NULL );
		failed = host_heap_failed ();
		host_fail_heap ( 0 );
		test_capture_stop ();
		forget_settings ();
		assert_int_equal ( heap_used (), before );
	}
	assert_int_equal ( rc, 0 );
}

static void script_survives_want_of_memory ( void **state ) {
	sweep ( run_script );
}

static void line_editor_survives_want_of_memory ( void **state ) {
	sweep ( run_line );
}

static int group_setup ( void **state ) {
	host_clock_virtual ( 1000 );
	init_phase ( INIT_EARLY );
	return 0;
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( script_survives_want_of_memory ),
		cmocka_unit_test ( line_editor_survives_want_of_memory ),
	};

	return cmocka_run_group_tests ( tests, group_setup, NULL );
}
