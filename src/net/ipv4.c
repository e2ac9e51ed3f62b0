/** @file
 * IPv4 (RFC 791, RFC 1122 §3.2): validation and dispatch of received packets, header and next hop
 * of sent ones. Options are skipped, packets are never forwarded, and sent ones never fragmented.
 * The host model is strong: a packet is for us if it reaches the interface that has the address.
 */
#include <string.h>
#include "core/log.h"
#include "core/random.h"
#include "core/reader.h"
#include "net/arp.h"
#include "net/ether.h"
#include "net/ipv4.h"
#include "net/ipv4_int.h"

#define VERSION_IHL 0x45
#define TTL         64
#define FLAG_DF     0x4000
#define FLAG_MF     0x2000
#define OFFSET_MASK 0x1fff

TABLE ( ipv4_protocol, ipv4_protocol );

/** Identification of the next packet that we send. */
static uint16_t next_id;
static bool next_id_set;

/* ---- Routes ---- */

static struct list routes = LIST_INIT ( routes );
static struct list spare_routes = LIST_INIT ( spare_routes );
static struct ipv4_route route_store[IPV4_ROUTES_MAX];
static unsigned int routes_made;

int ipv4_route_add ( struct netif *netif, ipv4_addr_t src, ipv4_addr_t dest, ipv4_addr_t mask,
		     ipv4_addr_t gateway ) {
	struct ipv4_route *route = list_first ( &spare_routes, struct ipv4_route, list );
	char text[4][IPV4_TEXT_LEN];

	if ( route )
		list_del ( &route->list );
	else if ( routes_made < IPV4_ROUTES_MAX )
		route = &route_store[routes_made++];
	else
		return -ENOMEM;
	route->netif = netif;
	route->src = src;
	route->dest = dest & mask;
	route->mask = mask;
	route->gateway = gateway;
	LOG ( LOG_DETAIL, "%s: %s/%s by %s, as %s", netif->name, ipv4_text ( route->dest, text[0] ),
	      ipv4_text ( mask, text[1] ), gateway ? ipv4_text ( gateway, text[2] ) : "the wire",
	      ipv4_text ( src, text[3] ) );
	list_add_tail ( &route->list, &routes );
	return 0;
}

void ipv4_route_flush ( struct netif *netif ) {
	struct ipv4_route *route, *tmp;

	list_for_each_safe ( route, tmp, &routes, list ) {
		if ( route->netif == netif ) {
			list_del ( &route->list );
			list_add ( &route->list, &spare_routes );
		}
	}
}

const struct ipv4_route *ipv4_route_next ( const struct ipv4_route *route ) {
	struct list *next = route ? route->list.next : routes.next;

	return ( next == &routes ) ? NULL : list_entry ( next, struct ipv4_route, list );
}

/** Is @c a to be preferred? The first one added wins if all else is equal. */
static bool better ( const struct ipv4_route *a, const struct ipv4_route *b ) {
	if ( !b || ( a->mask != b->mask ) )
		return !b || ( a->mask > b->mask );
	return a->netif->open_order > b->netif->open_order;
}

const struct ipv4_route *ipv4_route_via ( const struct netif *netif, ipv4_addr_t dest,
					  ipv4_addr_t *ret_next ) {
	const struct ipv4_route *route, *best = NULL;

	list_for_each ( route, &routes, list ) {
		if ( ( ( dest & route->mask ) == route->dest ) && route->netif->open &&
		     ( !netif || ( route->netif == netif ) ) && better ( route, best ) )
			best = route;
	}
	if ( best && ret_next )
		*ret_next = best->gateway ? best->gateway : dest;
	return best;
}

const struct ipv4_route *ipv4_route ( ipv4_addr_t dest, ipv4_addr_t *ret_next ) {
	return ipv4_route_via ( NULL, dest, ret_next );
}

ipv4_addr_t ipv4_netif_addr ( const struct netif *netif ) {
	const struct ipv4_route *route;

	list_for_each ( route, &routes, list ) {
		if ( route->netif == netif )
			return route->src;
	}
	return IPV4_NONE;
}

/** Is it the route's directed broadcast address? A /31 or /32 has none (RFC 3021). */
static bool is_broadcast ( const struct ipv4_route *route, ipv4_addr_t addr ) {
	return !route->gateway && ( route->mask < 0xfffffffe ) &&
	       ( addr == ( route->dest | ~route->mask ) );
}

/* ---- Sending ---- */

static void write_header ( uint8_t *header, size_t len, uint8_t proto, ipv4_addr_t src,
			   ipv4_addr_t dest ) {
	struct writer w = WRITER ( header, IPV4_HLEN );
	uint16_t csum;

	if ( !next_id_set ) {
		next_id = (uint16_t) random_u32 ();
		next_id_set = true;
	}
	write_u8 ( &w, VERSION_IHL );
	write_u8 ( &w, 0 );
	write_be16 ( &w, (uint16_t) len );
	write_be16 ( &w, next_id++ );
	/* TCP discovers the path MTU (RFC 1191); a datagram may be fragmented on its way. */
	write_be16 ( &w, ( proto == IP_PROTO_TCP ) ? FLAG_DF : 0 );
	write_u8 ( &w, TTL );
	write_u8 ( &w, proto );
	write_be16 ( &w, 0 );
	write_be32 ( &w, src );
	write_be32 ( &w, dest );
	csum = csum_finish ( csum_add ( 0, header, IPV4_HLEN ) );
	header[10] = csum >> 8;
	header[11] = csum & 0xff;
}

/** A packet that cannot be sent: freed, and counted if it is known where. */
static int tx_fail ( struct pkt *pkt, struct netif *netif, int rc ) {
	if ( netif )
		netif_tx_done ( netif, pkt, rc );
	else
		pkt_free ( pkt );
	return rc;
}

/** Is it a broadcast address on this interface? */
static bool is_broadcast_on ( const struct netif *netif, ipv4_addr_t addr ) {
	const struct ipv4_route *route;

	if ( addr == IPV4_BROADCAST )
		return true;
	list_for_each ( route, &routes, list ) {
		if ( ( route->netif == netif ) && is_broadcast ( route, addr ) )
			return true;
	}
	return false;
}

int ipv4_transmit ( struct pkt *pkt, uint8_t proto, struct netif *netif, ipv4_addr_t src,
		    ipv4_addr_t dest ) {
	const struct ipv4_route *route = ipv4_route_via ( netif, dest, NULL );
	ipv4_addr_t next = dest;
	char text[IPV4_TEXT_LEN];
	uint8_t *header;

	if ( route ) {
		netif = route->netif;
		next = route->gateway ? route->gateway : dest;
		src = src ? src : route->src;
	}
	/* The packet's buffer must be one that the interface's device can reach. To ourselves there
	 * is no way: nothing here listens. */
	if ( !netif || ( pkt->netif != netif ) || ( dest == ipv4_netif_addr ( netif ) ) ||
	     ( !route && ( dest != IPV4_BROADCAST ) && ipv4_netif_addr ( netif ) ) ) {
		LOG ( LOG_PACKET, "no way to %s", ipv4_text ( dest, text ) );
		return tx_fail ( pkt, pkt->netif, -ENETUNREACH );
	}
	if ( !src )
		src = ipv4_netif_addr ( netif );
	if ( pkt_len ( pkt ) + IPV4_HLEN > netif->mtu )
		return tx_fail ( pkt, netif, -EMSGSIZE );
	if ( ( header = pkt_push ( pkt, IPV4_HLEN ) ) == NULL )
		return tx_fail ( pkt, netif, -EMSGSIZE );
	write_header ( header, pkt_len ( pkt ), proto, src, dest );
	if ( is_broadcast_on ( netif, dest ) )
		return ether_transmit ( netif, pkt, eth_broadcast, ETH_TYPE_IPV4 );
	return arp_transmit ( netif, pkt, next, src );
}

/* ---- Receiving ---- */

static inline uint16_t be16 ( const uint8_t *bytes ) {
	return (uint16_t) ( ( bytes[0] << 8 ) | bytes[1] );
}

static inline uint32_t be32 ( const uint8_t *bytes ) {
	return ( (uint32_t) be16 ( bytes ) << 16 ) | be16 ( bytes + 2 );
}

/** Check the header, leave the packet at its payload, trimmed. @return 0, -EINVAL, -EIO checksum */
static int parse_header ( struct pkt *pkt, struct ipv4_header *ret_header ) {
	const uint8_t *data = pkt->data;
	size_t len = pkt_len ( pkt ), header_len, total_len;

	if ( ( len < IPV4_HLEN ) || ( ( data[0] >> 4 ) != 4 ) )
		return -EINVAL;
	header_len = ( data[0] & 0x0f ) * 4U;
	total_len = be16 ( data + 2 );
	if ( ( header_len < IPV4_HLEN ) || ( total_len < header_len ) || ( total_len > len ) )
		return -EINVAL;
	if ( csum_finish ( csum_add ( 0, data, header_len ) ) != 0 )
		return -EIO;
	ret_header->id = be16 ( data + 4 );
	ret_header->offset = ( be16 ( data + 6 ) & OFFSET_MASK ) * 8U;
	ret_header->more_fragments = ( be16 ( data + 6 ) & FLAG_MF ) != 0;
	ret_header->proto = data[9];
	ret_header->src = be32 ( data + 12 );
	ret_header->dest = be32 ( data + 16 );
	pkt_trim ( pkt, total_len );
	pkt_pull ( pkt, header_len );
	return 0;
}

/** How a received packet relates to us. */
enum destination {
	DEST_MARTIAN,   /**< its sender cannot exist */
	DEST_OTHER,     /**< for somebody else */
	DEST_BROADCAST, /**< for everybody; or we do not know yet who we are */
	DEST_US,
};

static enum destination classify ( const struct pkt *pkt, const struct ipv4_header *header ) {
	const struct ipv4_route *route;
	bool configured = false, us = false;
	bool broadcast = ( header->dest == IPV4_BROADCAST );

	if ( !ipv4_is_unicast ( header->src ) )
		return DEST_MARTIAN;
	list_for_each ( route, &routes, list ) {
		if ( route->netif != pkt->netif )
			continue;
		configured = true;
		if ( ( header->src == route->src ) || is_broadcast ( route, header->src ) )
			return DEST_MARTIAN;
		us |= ( header->dest == route->src );
		broadcast |= is_broadcast ( route, header->dest );
	}
	if ( us && !( pkt->flags & ( PKT_BROADCAST | PKT_MULTICAST ) ) )
		return DEST_US;
	/* A DHCP server may already send to the address that it is about to give us. */
	if ( us || broadcast || ( !configured && ipv4_is_unicast ( header->dest ) ) )
		return DEST_BROADCAST;
	return DEST_OTHER;
}

static void dispatch ( struct pkt *pkt, const struct ipv4_header *header, utime_t now ) {
	const struct ipv4_protocol *const *protocol;

	table_for_each ( protocol, ipv4_protocol ) {
		if ( ( *protocol )->proto == header->proto ) {
			( *protocol )->rx ( pkt, header->src, header->dest, now );
			return;
		}
	}
	netif_rx_error ( pkt->netif, pkt, -ENOTSUP );
}

static void ipv4_rx ( struct pkt *pkt, utime_t now ) {
	struct ipv4_header header;
	enum destination destination;
	int rc;

	if ( ( rc = parse_header ( pkt, &header ) ) != 0 ) {
		netif_rx_error ( pkt->netif, pkt, rc );
		return;
	}
	destination = classify ( pkt, &header );
	if ( destination == DEST_MARTIAN ) {
		netif_rx_error ( pkt->netif, pkt, -EINVAL );
		return;
	}
	if ( ( destination == DEST_OTHER ) ||
	     ( ( destination == DEST_BROADCAST ) && ( header.proto != IP_PROTO_UDP ) ) ) {
		pkt_free ( pkt );
		return;
	}
	if ( ( header.offset || header.more_fragments ) &&
	     ( ( pkt = ipv4_reassemble ( pkt, &header, now ) ) == NULL ) )
		return;
	dispatch ( pkt, &header, now );
}

static void ipv4_removed ( struct netif *netif ) {
	ipv4_route_flush ( netif );
}

static const struct ether_protocol ipv4_ether_protocol = { .type = ETH_TYPE_IPV4, .rx = ipv4_rx };
ETHER_PROTOCOL ( ipv4_ether_protocol );

static const struct netif_hook ipv4_hook = { .removed = ipv4_removed };
NETIF_HOOK ( ipv4_hook );
