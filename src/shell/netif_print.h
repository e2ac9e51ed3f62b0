/** @file
 * What `ifstat` and `route` print; autoboot prints it too.
 */
#ifndef SHELL_NETIF_PRINT_H
#define SHELL_NETIF_PRINT_H

#include "net/netif.h"

struct cmd_args;

/** State of an interface: address, hardware, link, counters. */
void netif_print ( const struct netif *netif );

/** All IPv4 routes. */
void routes_print ( void );

/**
 * Run @c fn for each interface that the operands name, or for all without operands. Unknown ones
 * are reported and skipped.
 * @param until_success  stop at the first one for which @c fn returned 0
 * @return status of the last one, -ENODEV if there was none
 * Context: task; blocks.
 */
TASK_FN int netif_for_each_arg ( struct cmd_args *args, bool until_success,
				 TASK_FN int ( *fn ) ( struct netif *netif, void *ctx ),
				 void *ctx );

#endif /* SHELL_NETIF_PRINT_H */
