/** @file
 * Command ps.
 */
#include "core/task.h"
#include "shell/command.h"

static TASK_FN int ps_exec ( struct cmd_args *args ) {
	task_dump ();
	return 0;
}

static const struct command ps_cmd = {
	.name = "ps",
	.exec = ps_exec,
	.help = "List the tasks and the stack that each has used",
};
COMMAND ( ps_cmd );
