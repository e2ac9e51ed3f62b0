/** @file
 * Command poweroff.
 */
#include "core/platform.h"
#include "shell/command.h"

static void poweroff_on_root ( void *arg ) {
	*(int *) arg = platform_poweroff ();
}

static TASK_FN int poweroff_exec ( struct cmd_args *args ) {
	int rc;

	on_root ( poweroff_on_root, &rc );
	return cmd_fail ( rc, "Could not power off" );
}

static const struct command poweroff_cmd = {
	.name = "poweroff",
	.exec = poweroff_exec,
	.help = "Switch the machine off",
};
COMMAND ( poweroff_cmd );
