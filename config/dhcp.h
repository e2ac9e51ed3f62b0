/** @file
 * DHCP timing, microseconds. Retransmissions double from _MIN until they would pass _MAX.
 */
#ifndef CONFIG_DHCP_H
#define CONFIG_DHCP_H

#define DHCP_DISC_TIMEOUT_MIN_US 1000000 /* DISCOVER: at 0, 1, 3 and 7 s, failure at 15 s */
#define DHCP_DISC_TIMEOUT_MAX_US 10000000
#define DHCP_REQ_TIMEOUT_MIN_US  250000 /* REQUEST */
#define DHCP_REQ_TIMEOUT_MAX_US  10000000
#define DHCP_PROXY_WINDOW_US \
	2000000 /* How long a ProxyDHCP offer may take, from the first DISCOVER */
#define PXEBS_TIMEOUT_MIN_US    1000000
#define PXEBS_SERVER_TIMEOUT_US 3000000

#include "config/overrides/dhcp.h"

#endif /* CONFIG_DHCP_H */
