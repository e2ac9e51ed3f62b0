/** @file
 * Command config: the settings browser.
 */
#include "core/console.h"
#include "core/error.h"
#include "core/settings.h"
#include "shell/command.h"
#include "ui/browser.h"

static TASK_FN int config_exec ( struct cmd_args *args ) {
	const char *path = args->argc ? args->argv[0] : "";
	struct settings *settings = settings_find ( path, false );

	if ( !settings ) {
		con_printf ( "\"%s\": no such scope\n", path );
		return -EINVAL;
	}
	return browser_run ( settings );
}

static const struct command config_cmd = {
	.name = "config",
	.operands = "[<scope>]",
	.max_args = 1,
	.exec = config_exec,
	.help = "Look at settings and change them, full-screen",
};
COMMAND ( config_cmd );
