/** @file
 * Commands ifopen, ifclose, ifstat.
 */
#include "core/error.h"
#include "shell/command.h"
#include "shell/netif_print.h"

static TASK_FN int open_one ( struct netif *netif, void *ctx ) {
	int rc = netif_open ( netif );

	return rc ? cmd_fail ( rc, "Could not open %s", netif->name ) : 0;
}

static TASK_FN int ifopen_exec ( struct cmd_args *args ) {
	return netif_for_each_arg ( args, false, open_one, NULL );
}

static const struct command ifopen_cmd = {
	.name = "ifopen",
	.operands = "[<interface>...]",
	.max_args = -1,
	.exec = ifopen_exec,
	.completes = 'n',
	.help = "Open interfaces (default: all)",
};
COMMAND ( ifopen_cmd );

static TASK_FN int close_one ( struct netif *netif, void *ctx ) {
	netif_close ( netif );
	return 0;
}

static TASK_FN int ifclose_exec ( struct cmd_args *args ) {
	return netif_for_each_arg ( args, false, close_one, NULL );
}

static const struct command ifclose_cmd = {
	.name = "ifclose",
	.operands = "[<interface>...]",
	.max_args = -1,
	.exec = ifclose_exec,
	.completes = 'n',
	.help = "Close interfaces (default: all)",
};
COMMAND ( ifclose_cmd );

static TASK_FN int print_one ( struct netif *netif, void *ctx ) {
	netif_print ( netif );
	return 0;
}

static TASK_FN int ifstat_exec ( struct cmd_args *args ) {
	return netif_for_each_arg ( args, false, print_one, NULL );
}

static const struct command ifstat_cmd = {
	.name = "ifstat",
	.operands = "[<interface>...]",
	.max_args = -1,
	.exec = ifstat_exec,
	.completes = 'n',
	.help = "Print state and counters of interfaces (default: all)",
};
COMMAND ( ifstat_cmd );
