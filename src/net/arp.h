/** @file
 * ARP (RFC 826): which Ethernet address has an IPv4 neighbour.
 */
#ifndef NET_ARP_H
#define NET_ARP_H

#include "net/addr.h"
#include "net/netif.h"

/** Neighbours remembered, all interfaces together; the least recently used one makes room. */
#define ARP_ENTRIES_MAX 64
/** Packets that wait for one neighbour's answer (the transmit pool is 64 packets). */
#define ARP_QUEUE_MAX 8

/** A neighbour, for `nstat`. */
struct arp_neighbour {
	struct netif *netif;
	ipv4_addr_t addr;
	uint8_t mac[ETH_ALEN];
	bool complete; /**< `mac` is known; else requests are under way */
};

/** Walk the neighbours, most recently used first: NULL starts, NULL ends. */
const struct arp_neighbour *arp_next ( const struct arp_neighbour *neighbour );

/**
 * Send an IPv4 packet to a neighbour, asking for its Ethernet address first if need be.
 *
 * @param netif     out of this interface
 * @param pkt       at the IP header; taken
 * @param next_hop  the neighbour
 * @param src       our address, the sender of requests; 0 if we have none
 * @return 0 (sent, or waiting for the neighbour's answer), -ENOBUFS, -ENOMEM, -ENETDOWN or the
 *         driver's error
 */
int arp_transmit ( struct netif *netif, struct pkt *pkt, ipv4_addr_t next_hop, ipv4_addr_t src );

#endif /* NET_ARP_H */
