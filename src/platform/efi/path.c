/** @file
 * Device paths (UEFI specification 2.10 §10).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "net/netif.h"
#include "platform/efi/efi.h"
#include "platform/efi/net_path.h"

#define NODE_LEN     4 /* of a node's header */
#define IFTYPE_ETHER 1 /* RFC 3232, as in the MAC address node §10.3.4.10 */

size_t efi_path_node ( uint8_t *buf, uint8_t type, uint8_t subtype, const void *data, size_t len ) {
	buf[0] = type;
	buf[1] = subtype;
	buf[2] = (uint8_t) ( NODE_LEN + len );
	buf[3] = (uint8_t) ( ( NODE_LEN + len ) >> 8 );
	if ( len )
		memcpy ( buf + NODE_LEN, data, len );
	return NODE_LEN + len;
}

/** The PCI function of an interface, by its place. */
static EFI_HANDLE pci_handle ( const struct netif *netif ) {
	static const EFI_GUID pci_io_guid = EFI_PCI_IO_PROTOCOL_GUID;
	EFI_HANDLE *handles, found = NULL;
	EFI_PCI_IO_PROTOCOL *io;
	char location[sizeof ( netif->location )];
	UINTN count, at[4], i;

	handles = efi_handles ( &pci_io_guid, &count );
	for ( i = 0; ( i < count ) && !found; i++ ) {
		io = efi_protocol ( handles[i], &pci_io_guid );
		if ( !io || ( io->GetLocation ( io, &at[0], &at[1], &at[2], &at[3] ) != 0 ) )
			continue;
		snprintf ( location, sizeof ( location ), "%04x:%02x:%02x.%x", (unsigned int) at[0],
			   (unsigned int) at[1], (unsigned int) at[2], (unsigned int) at[3] );
		if ( strcmp ( location, netif->location ) == 0 )
			found = handles[i];
	}
	if ( handles )
		efi_bs->FreePool ( handles );
	return found;
}

uint8_t *efi_boot_path ( size_t extra, size_t *ret_len ) {
	static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
	const struct netif *netif = netif_last_opened ();
	const EFI_DEVICE_PATH *parent = NULL;
	uint8_t mac[sizeof ( EFI_MAC_ADDRESS ) + 1] = { 0 };
	uint8_t *path;
	size_t len;

	if ( netif )
		parent = efi_protocol ( pci_handle ( netif ), &path_guid );
	if ( !parent ) {
		netif = NULL;
		parent = efi_protocol ( efi_loaded_image->DeviceHandle, &path_guid );
	}
	len = parent ? device_path_len ( parent, DEVICE_PATH_MAX ) : 0;
	if ( !( path = malloc ( len + NODE_LEN + sizeof ( mac ) + extra ) ) )
		return NULL;
	if ( len )
		memcpy ( path, parent, len );
	if ( netif ) {
		memcpy ( mac, netif->mac, ETH_ALEN );
		mac[sizeof ( mac ) - 1] = IFTYPE_ETHER;
		len += efi_path_node ( path + len, MESSAGING_DEVICE_PATH, MSG_MAC_ADDR_DP, mac,
				       sizeof ( mac ) );
	}
	*ret_len = len;
	return path;
}
