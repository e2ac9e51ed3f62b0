/** @file
 * Booting as the network says (docs/booting.md).
 */
#ifndef SHELL_AUTOBOOT_H
#define SHELL_AUTOBOOT_H

#include "net/netif.h"

/** Limit autoboot to the interface on this device, for firmware that a device brought itself. */
void autoboot_limit ( const char *bus_type, uint32_t bus_loc );

/**
 * Try every interface in turn, the one that loaded us (proto/cached_dhcp.h) first, each to its end
 * whether or not one before succeeded. autoboot_limit() leaves only one.
 * @param only  NULL, or the one interface to try (without the closing message)
 * @return status of the last attempt, -ENODEV_AUTOBOOT if there was none
 * Context: task; blocks.
 */
TASK_FN int autoboot ( struct netif *only );

#endif /* SHELL_AUTOBOOT_H */
