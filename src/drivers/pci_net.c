/** @file
 * Common parts of the PCI NIC drivers.
 */
#include <stdio.h>
#include <string.h>

#include "drivers/pci_net.h"

#define BUS_TYPE_PCI 1 /* first byte of the setting busid */

void pci_net_init ( struct netif *netif, struct pci_device *pci, const char *chip ) {
	netif->dma = &pci->dma;
	netif->chip = chip;
	netif->bus_type = "PCI";
	netif->bus_loc = PCI_BUSDEVFN ( pci );
	netif->bus_id[0] = BUS_TYPE_PCI;
	netif->bus_id[1] = (uint8_t) ( pci->vendor >> 8 );
	netif->bus_id[2] = (uint8_t) pci->vendor;
	netif->bus_id[3] = (uint8_t) ( pci->device >> 8 );
	netif->bus_id[4] = (uint8_t) pci->device;
	netif->mtu = netif->max_mtu = 1500;
	snprintf ( netif->location, sizeof ( netif->location ), "%04x:%02x:%02x.%x", pci->segment,
		   pci->bus, pci->dev, pci->fn );
}

bool pci_net_mac_valid ( const uint8_t *mac ) {
	static const uint8_t zero[ETH_ALEN];

	return !( mac[0] & 1 ) && ( memcmp ( mac, zero, ETH_ALEN ) != 0 );
}
