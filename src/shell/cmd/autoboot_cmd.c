/** @file
 * Command autoboot.
 */
#include "shell/autoboot.h"
#include "shell/command.h"
#include "shell/netif_print.h"

static TASK_FN int autoboot_one ( struct netif *netif, void *ctx ) {
	return autoboot ( netif );
}

static TASK_FN int autoboot_exec ( struct cmd_args *args ) {
	return netif_for_each_arg ( args, false, autoboot_one, NULL );
}

static const struct command autoboot_cmd = {
	.name = "autoboot",
	.operands = "[<interface>...]",
	.max_args = -1,
	.exec = autoboot_exec,
	.completes = 'n',
	.help = "Configure interfaces and boot as the network says (default: all)",
};
COMMAND ( autoboot_cmd );
