/** @file
 * Command shell.
 */
#include "shell/command.h"

static TASK_FN int shell_exec ( struct cmd_args *args ) {
	return shell_run ();
}

static const struct command shell_cmd = {
	.name = "shell",
	.exec = shell_exec,
	.help = "Start an interactive shell, ended by \"exit\"",
};
COMMAND ( shell_cmd );
