/** @file
 * Command goto.
 */
#include "core/console.h"
#include "core/error.h"
#include "image/script.h"
#include "shell/command.h"

static TASK_FN int goto_exec ( struct cmd_args *args ) {
	int rc;

	/* A loop may wait for nothing else: the network is served here, and Ctrl-C ends it. */
	if ( ( rc = task_yield () ) != 0 )
		return rc;
	if ( console_take_break () )
		return -ECANCELED_JOB;
	rc = script_goto ( args->argv[0] );
	if ( err_is ( rc, ENOTTY ) )
		return cmd_fail ( rc, "Not in a script" );
	if ( rc != 0 )
		return rc;
	shell_stop ( SHELL_STOP_LINE );
	return 0;
}

static const struct command goto_cmd = {
	.name = "goto",
	.operands = "<label>",
	.min_args = 1,
	.max_args = 1,
	.exec = goto_exec,
	.help = "Continue the script at the line \":<label>\"",
};
COMMAND ( goto_cmd );
