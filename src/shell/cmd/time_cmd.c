/** @file
 * Command time.
 */
#include "core/clock.h"
#include "core/console.h"
#include "shell/command.h"

static TASK_FN int time_exec ( struct cmd_args *args ) {
	utime_t start = clock_now (), tenths;
	int rc = command_run ( args->argc, args->argv );

	tenths = ( clock_now () - start ) / ( US_PER_S / 10 );
	con_printf ( "%s: %u.%us\n", args->name, (unsigned int) ( tenths / 10 ),
		     (unsigned int) ( tenths % 10 ) );
	return rc;
}

static const struct command time_cmd = {
	.name = "time",
	.operands = "<command> [<args>...]",
	.min_args = 1,
	.max_args = -1,
	.exec = time_exec,
	.help = "Run a command and print how long it took",
};
COMMAND ( time_cmd );
