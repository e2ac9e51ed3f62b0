/** @file
 * Booting as the network says (docs/booting.md).
 */
#ifndef SHELL_AUTOBOOT_H
#define SHELL_AUTOBOOT_H

#include "net/netif.h"

/** Limit autoboot to these interfaces: a firmware has a boot order, and was told to boot from that one.
 * NULL: no limit. */
void autoboot_limit ( bool ( *allowed ) ( const struct netif *netif ) );

/** Limit autoboot to the PCI function at this place: bus << 8 | device << 3 | function. */
void autoboot_limit_pci ( uint32_t place );

/**
 * Try every interface in turn, the one that loaded us (proto/cached_dhcp.h) first, each to its end
 * whether or not one before succeeded. autoboot_limit() may leave out some.
 * @param only  NULL, or the one interface to try (without the closing message)
 * @return status of the last attempt, -ENODEV_AUTOBOOT if there was none
 * Context: task; blocks.
 */
TASK_FN int autoboot ( struct netif *only );

#endif /* SHELL_AUTOBOOT_H */
