/** @file
 * The settings block of an interface; for net/netif.c only.
 */
#ifndef NET_NETIF_SETTINGS_H
#define NET_NETIF_SETTINGS_H

#include "net/netif.h"

/** Create block "netN". @return 0 or -ENOMEM */
int netif_settings_register ( struct netif *netif );
void netif_settings_unregister ( struct netif *netif );

#endif /* NET_NETIF_SETTINGS_H */
