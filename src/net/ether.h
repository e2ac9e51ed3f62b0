/** @file
 * Ethernet II framing (RFC 894): sending, and the table of what may be inside a received frame.
 */
#ifndef NET_ETHER_H
#define NET_ETHER_H

#include "net/netif.h"

#define ETH_HLEN      14
#define ETH_MIN_LEN   60 /**< shortest frame without its check sequence */
#define ETH_TYPE_IPV4 0x0800
#define ETH_TYPE_ARP  0x0806

extern const uint8_t eth_broadcast[ETH_ALEN];

/**
 * Send a payload in a frame; short ones are padded with zeros.
 * @param pkt   the payload; taken
 * @param dest  borrowed
 * @return 0, -EMSGSIZE no room for the header, -ENETDOWN or the driver's error
 */
int ether_transmit ( struct netif *netif, struct pkt *pkt, const uint8_t *dest, uint16_t type );

/** A payload type; a table entry. */
struct ether_protocol {
	uint16_t type;
	/** Takes the packet; data behind the Ethernet header. @c now is the batch's time. */
	void ( *rx ) ( struct pkt *pkt, utime_t now );
};
#define ETHER_PROTOCOL( object ) TABLE_ENTRY ( ether_protocol, ether_protocol, object )

/** Received frame, from netif_rx(). Takes it. */
void ether_rx ( struct pkt *pkt, utime_t now );

#endif /* NET_ETHER_H */
