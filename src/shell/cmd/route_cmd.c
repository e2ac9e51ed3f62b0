/** @file
 * Command route.
 */
#include "shell/command.h"
#include "shell/netif_print.h"

static TASK_FN int route_exec ( struct cmd_args *args ) {
	routes_print ();
	return 0;
}

static const struct command route_cmd = {
	.name = "route",
	.exec = route_exec,
	.help = "Print the routes",
};
COMMAND ( route_cmd );
