/** @file
 * Bringing an interface up: open, wait for the link, configure. What ifconf, dhcp, iflinkwait and
 * autoboot share, messages included.
 */
#ifndef PROTO_IFCONF_H
#define PROTO_IFCONF_H

#include "net/netif.h"

/** How long an interface may take to get its link before it is configured, microseconds. */
#define LINK_WAIT_US 15000000ULL

/**
 * Wait for the link in the foreground: prints "Waiting for link-up on net0..." and the outcome.
 *
 * @param timeout_us  0 = none
 * @return 0, the link's own error at the time-out (-ENOTCONN_LINK_DOWN, ...), -ECANCELED_JOB
 * Context: task; blocks.
 */
TASK_FN int netif_link_job ( struct netif *netif, utime_t timeout_us );

/**
 * Open the interface, wait up to LINK_WAIT_US for its link (with a message only if it is not up),
 * and configure it in the foreground: prints "Configuring (net0 52:54:00:12:34:56)..." and the
 * outcome, each failure with its reason on a line of its own. Leaves the interface open, on
 * failure too.
 *
 * @param configurator  "dhcp", or NULL: all there are
 * @param timeout_us    of the configuration; 0 = none but the protocol's own
 * @return 0, -EADDRNOTAVAIL_CONFIG nothing worked (@c configurator NULL), the configurator's own
 *         error, the link's error, the driver's error, -ENOTSUP no such configurator,
 *         -ECANCELED_JOB. All were reported to the user.
 * Context: task; blocks.
 */
TASK_FN int netif_configure ( struct netif *netif, const char *configurator, utime_t timeout_us );

#endif /* PROTO_IFCONF_H */
