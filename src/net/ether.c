/** @file
 * Ethernet II (RFC 894): the address filter and dispatch of received frames, framing of sent ones.
 * IEEE 802.3 length frames (LLC) and VLAN tags are not for us and count as unsupported.
 */
#include <string.h>
#include "core/error.h"
#include "net/ether.h"

TABLE ( ether_protocol, ether_protocol );

const uint8_t eth_broadcast[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/** Set the packet's flags by its destination. @return false if it is for somebody else */
static bool for_us ( struct pkt *pkt, const uint8_t *dest ) {
	if ( memcmp ( dest, pkt->netif->mac, ETH_ALEN ) == 0 )
		return true;
	if ( !( dest[0] & 1 ) )
		return false;
	pkt->flags |= memcmp ( dest, eth_broadcast, ETH_ALEN ) ? PKT_MULTICAST : PKT_BROADCAST;
	return true;
}

void ether_rx ( struct pkt *pkt, utime_t now ) {
	const struct ether_protocol *const *protocol;
	const uint8_t *header = pkt->data;
	uint16_t type;

	if ( !pkt_pull ( pkt, ETH_HLEN ) ) {
		netif_rx_error ( pkt->netif, pkt, -EINVAL );
		return;
	}
	/* A promiscuous receiver hands us everybody's frames; that is no error. */
	if ( !for_us ( pkt, header ) ) {
		pkt_free ( pkt );
		return;
	}
	type = (uint16_t) ( ( header[12] << 8 ) | header[13] );
	table_for_each ( protocol, ether_protocol ) {
		if ( ( *protocol )->type == type ) {
			( *protocol )->rx ( pkt, now );
			return;
		}
	}
	netif_rx_error ( pkt->netif, pkt, -ENOTSUP_NETDEVICE );
}

/** Zeros up to the shortest frame; a pool buffer holds bytes of older packets otherwise. */
static void pad ( struct pkt *pkt ) {
	size_t len = pkt_len ( pkt );
	uint8_t *zeros;

	if ( ( len < ETH_MIN_LEN ) && ( ( zeros = pkt_put ( pkt, ETH_MIN_LEN - len ) ) != NULL ) )
		memset ( zeros, 0, ETH_MIN_LEN - len );
}

int ether_transmit ( struct netif *netif, struct pkt *pkt, const uint8_t *dest, uint16_t type ) {
	uint8_t *header = pkt_push ( pkt, ETH_HLEN );

	if ( !header ) {
		netif_tx_done ( netif, pkt, -EMSGSIZE );
		return -EMSGSIZE;
	}
	memcpy ( header, dest, ETH_ALEN );
	memcpy ( header + ETH_ALEN, netif->mac, ETH_ALEN );
	header[12] = type >> 8;
	header[13] = type & 0xff;
	pad ( pkt );
	return netif_transmit ( netif, pkt );
}
