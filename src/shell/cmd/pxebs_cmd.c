/** @file
 * Command pxebs: PXE boot server discovery.
 */
#include "core/console.h"
#include "core/error.h"
#include "proto/pxebs.h"
#include "shell/command.h"

static TASK_FN int pxebs_exec ( struct cmd_args *args ) {
	struct netif *netif = netif_find ( args->argv[0] );
	unsigned long type;
	int rc;

	if ( !netif ) {
		con_printf ( "\"%s\": no such network device\n", args->argv[0] );
		return -ENODEV;
	}
	if ( ( rc = cmd_parse_integer ( args->argv[1], &type ) ) != 0 )
		return rc;
	if ( ( rc = pxebs_discover ( netif, type ) ) != 0 )
		return cmd_fail ( rc, "Could not discover boot server on %s", netif->name );
	return 0;
}

static const struct command pxebs_command = {
	.name = "pxebs",
	.operands = "<interface> <server type>",
	.help = "Find a PXE boot server of a type",
	.min_args = 2,
	.max_args = 2,
	.exec = pxebs_exec,
	.completes = 'n',
};
COMMAND ( pxebs_command );
