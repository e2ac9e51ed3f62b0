/** @file
 * What all PCI NIC drivers have in common: describing the device to the packet layer.
 */
#ifndef DRIVERS_PCI_NET_H
#define DRIVERS_PCI_NET_H

#include "bus/pci.h"
#include "net/netif.h"

/** How often drivers look at the link and at their counters while open, microseconds. */
#define PCI_NET_LINK_US 100000

/**
 * Fill the identity of an interface from its PCI device; addresses are the driver's work.
 *
 * @param netif  zeroed; its dma, bus fields, chip, mtu and max_mtu (1500) are set
 * @param pci    borrowed for the interface's life
 * @param chip   static string, from the driver's id table
 */
void pci_net_init ( struct netif *netif, struct pci_device *pci, const char *chip );

/** True if an Ethernet address may be a station's: not a group address and not all zeros. */
bool pci_net_mac_valid ( const uint8_t *mac );

#endif /* DRIVERS_PCI_NET_H */
