/** @file
 * Command nstat.
 */
#include "core/console.h"
#include "net/arp.h"
#include "shell/command.h"

static TASK_FN int nstat_exec ( struct cmd_args *args ) {
	const struct arp_neighbour *neighbour = NULL;
	char addr[IPV4_TEXT_LEN], mac[MAC_TEXT_LEN];

	while ( ( neighbour = arp_next ( neighbour ) ) != NULL ) {
		con_printf ( "%s IPv4 %s is Ethernet %s\n", neighbour->netif->name,
			     ipv4_text ( neighbour->addr, addr ),
			     neighbour->complete ? mac_text ( neighbour->mac, mac )
						 : "(incomplete) (ARP)" );
	}
	return 0;
}

static const struct command nstat_cmd = {
	.name = "nstat",
	.exec = nstat_exec,
	.help = "Print the neighbours that ARP knows",
};
COMMAND ( nstat_cmd );
