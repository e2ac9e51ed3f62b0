/** @file
 * IPv4 (RFC 791, RFC 1122): addresses and routes, input with reassembly, output.
 */
#ifndef NET_IPV4_H
#define NET_IPV4_H

#include "core/list.h"
#include "net/addr.h"
#include "net/netif.h"

#define IP_PROTO_ICMP 1
#define IP_PROTO_TCP  6
#define IP_PROTO_UDP  17

#define IPV4_HLEN    20 /**< header without options */
#define IPV4_LEN_MAX 65535

/** Can be one host's address: not 0/8, loopback, multicast, reserved or broadcast. */
static inline bool ipv4_is_unicast ( ipv4_addr_t addr ) {
	uint8_t first = addr >> 24;

	return first && ( first != 127 ) && ( first < 224 );
}

/** Routes kept at most, all interfaces together; a lease's option 121 has room for about 50. */
#define IPV4_ROUTES_MAX 128

/** An address of an interface, or a route through one. The table is kept from settings
 * (ip, netmask, gateway, static-routes) by net/ipv4_settings.c. */
struct ipv4_route {
	struct list list;
	struct netif *netif;
	ipv4_addr_t src;  /**< our address on that interface */
	ipv4_addr_t dest; /**< network; 0 with mask 0 = default route */
	ipv4_addr_t mask;
	ipv4_addr_t gateway; /**< 0 = directly connected */
};

/**
 * Find the way to @c dest: longest prefix, open interfaces only, most recently opened first.
 * @param ret_next  next hop, 0-free
 * @return the route, borrowed until the next configuration change, or NULL
 */
const struct ipv4_route *ipv4_route ( ipv4_addr_t dest, ipv4_addr_t *ret_next );

/** All routes for display, in table order: NULL starts, NULL ends. */
const struct ipv4_route *ipv4_route_next ( const struct ipv4_route *route );

/** The way to @c dest out of one certain interface; as ipv4_route(). */
const struct ipv4_route *ipv4_route_via ( const struct netif *netif, ipv4_addr_t dest,
					  ipv4_addr_t *ret_next );

/** Add a route. @return 0 or -ENOMEM the table is full */
int ipv4_route_add ( struct netif *netif, ipv4_addr_t src, ipv4_addr_t dest, ipv4_addr_t mask,
		     ipv4_addr_t gateway );
/** Remove all routes of an interface. */
void ipv4_route_flush ( struct netif *netif );

/** The interface's address, or 0. */
ipv4_addr_t ipv4_netif_addr ( const struct netif *netif );

/**
 * Send a payload; takes the packet (from pkt_new() of the route's interface).
 *
 * @param pkt    payload, with PKT_HEADROOM in front
 * @param proto  IP_PROTO_...
 * @param netif  out of this one: needed for broadcast, NULL: by route
 * @param src    0: the route's address (0.0.0.0 is used if the interface has none, for DHCP)
 * @param dest   unicast, or IPV4_BROADCAST with @c netif
 * @return 0, -ENETUNREACH no route, -EMSGSIZE, -ENETDOWN, or the driver's error. While ARP is
 *         under way the packet waits in its queue and 0 is returned.
 */
int ipv4_transmit ( struct pkt *pkt, uint8_t proto, struct netif *netif, ipv4_addr_t src,
		    ipv4_addr_t dest );

/** What a transport protocol registers, as a table entry. Not called for fragments. */
struct ipv4_protocol {
	uint8_t proto;
	/** Takes the packet; data at the transport header, trimmed to the IP length. Only UDP gets
	 * packets for broadcast addresses, and those that reach an interface without address. */
	void ( *rx ) ( struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest, utime_t now );
};
#define IPV4_PROTOCOL( object ) TABLE_ENTRY ( ipv4_protocol, ipv4_protocol, object )

/**
 * Tell transports of an ICMP error: type, code and the start of the packet that caused it. It has
 * been checked that such a packet can have come from us: @c src is our address on the interface
 * that received the error. Anybody can forge the rest; a transport compares ports and numbers.
 * @c payload has 8 bytes at least. @c next_mtu: of ICMP_FRAG_NEEDED, 0 from old routers.
 */
struct ipv4_icmp_error {
	uint8_t proto;
	void ( *error ) ( uint8_t type, uint8_t code, uint16_t next_mtu, ipv4_addr_t src,
			  ipv4_addr_t dest, const uint8_t *payload, size_t len );
};
#define IPV4_ICMP_ERROR( object ) TABLE_ENTRY ( ipv4_icmp_error, ipv4_icmp_error, object )

/** One's complement sum (RFC 1071), 64 bits wide inside; start with 0, end with csum_finish(). Of
 * data in several pieces only the last may have an odd length. */
uint32_t csum_add ( uint32_t sum, const void *data, size_t len );
static inline uint16_t csum_finish ( uint32_t sum ) {
	sum = ( sum & 0xffff ) + ( sum >> 16 );
	sum = ( sum & 0xffff ) + ( sum >> 16 );
	return (uint16_t) ~sum;
}
/** Sum of the pseudo header, to start a TCP/UDP checksum from. */
uint32_t csum_pseudo_ipv4 ( ipv4_addr_t src, ipv4_addr_t dest, uint8_t proto, size_t len );

#endif /* NET_IPV4_H */
