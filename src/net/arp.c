/** @file
 * ARP (RFC 826, RFC 1122 §2.3.2): a small cache of neighbours. An entry is made when we want to send
 * to a neighbour, or when a neighbour asks for us; what else is heard updates entries but makes
 * none, so that strangers cannot fill the cache. Requests are repeated 1/8 s apart, doubling; an
 * entry that is a minute old is asked for again, by unicast, while it stays in use.
 */
#include <string.h>
#include "core/log.h"
#include "core/memory.h"
#include "core/reader.h"
#include "net/arp.h"
#include "net/ether.h"
#include "net/ipv4.h"

#define ARP_LEN         28
#define ARP_REQUEST     1
#define ARP_REPLY       2
#define ARP_FIRST_US    ( US_PER_S / 8 )
#define ARP_LIMIT_US    ( 3 * US_PER_S ) /**< a longer interval is not waited for: given up */
#define ARP_STALE_US    ( 60 * US_PER_S )
#define ARP_HTYPE_ETHER 1

struct arp_entry {
	struct list list;
	struct arp_neighbour pub;
	ipv4_addr_t src;  /**< sender address of our requests */
	bool stale;       /**< complete, but old: ask when it is used next */
	bool asking;      /**< requests are under way; `timer` is the next one's */
	utime_t interval; /**< until the next request */
	struct timer timer;
	struct list queue; /**< IP packets that wait */
	unsigned int queued;
};

/** All entries, most recently used first. */
static struct list entries = LIST_INIT ( entries );
static unsigned int entry_count;

static void entry_timer ( struct timer *timer, utime_t now );

static struct arp_entry *entry_find ( const struct netif *netif, ipv4_addr_t addr ) {
	struct arp_entry *entry;

	list_for_each ( entry, &entries, list ) {
		if ( ( entry->pub.addr == addr ) && ( entry->pub.netif == netif ) )
			return entry;
	}
	return NULL;
}

/** Forget a neighbour; packets that wait for it fail with @c rc. */
static void entry_free ( struct arp_entry *entry, int rc ) {
	struct pkt *pkt;

	timer_stop ( &entry->timer );
	list_del ( &entry->list );
	entry_count--;
	while ( ( pkt = list_first ( &entry->queue, struct pkt, list ) ) != NULL ) {
		list_del ( &pkt->list );
		netif_tx_done ( entry->pub.netif, pkt, rc );
	}
	free ( entry );
}

static struct arp_entry *entry_new ( struct netif *netif, ipv4_addr_t addr ) {
	struct arp_entry *entry;

	if ( entry_count >= ARP_ENTRIES_MAX )
		entry_free ( list_last ( &entries, struct arp_entry, list ), -ENOBUFS );
	if ( ( entry = zalloc ( sizeof ( *entry ) ) ) == NULL )
		return NULL;
	entry->pub.netif = netif;
	entry->pub.addr = addr;
	list_init ( &entry->queue );
	timer_init ( &entry->timer, entry_timer );
	list_add ( &entry->list, &entries );
	entry_count++;
	return entry;
}

/** Send a request or reply. */
static int arp_send ( struct netif *netif, uint16_t op, ipv4_addr_t src, const uint8_t *target_mac,
		      ipv4_addr_t target, const uint8_t *dest_mac ) {
	struct pkt *pkt = pkt_new ( netif );
	uint8_t *data;
	struct writer w;

	if ( !pkt )
		return -ENOBUFS;
	if ( ( data = pkt_put ( pkt, ARP_LEN ) ) == NULL ) {
		pkt_free ( pkt );
		return -ENOBUFS;
	}
	w = WRITER ( data, ARP_LEN );
	write_be16 ( &w, ARP_HTYPE_ETHER );
	write_be16 ( &w, ETH_TYPE_IPV4 );
	write_u8 ( &w, ETH_ALEN );
	write_u8 ( &w, sizeof ( ipv4_addr_t ) );
	write_be16 ( &w, op );
	write_bytes ( &w, netif->mac, ETH_ALEN );
	write_be32 ( &w, src );
	write_bytes ( &w, target_mac, ETH_ALEN );
	write_be32 ( &w, target );
	return ether_transmit ( netif, pkt, dest_mac, ETH_TYPE_ARP );
}

/** Ask once, and set the timer for asking again. */
static void entry_ask ( struct arp_entry *entry, utime_t now ) {
	static const uint8_t nobody[ETH_ALEN];
	const uint8_t *dest = entry->pub.complete ? entry->pub.mac : eth_broadcast;
	char addr[IPV4_TEXT_LEN];

	LOG ( LOG_DETAIL, "%s: who has %s?", entry->pub.netif->name,
	      ipv4_text ( entry->pub.addr, addr ) );
	arp_send ( entry->pub.netif, ARP_REQUEST, entry->src, nobody, entry->pub.addr, dest );
	timer_start ( &entry->timer, now + entry->interval );
	entry->interval *= 2;
}

static void entry_start_asking ( struct arp_entry *entry, ipv4_addr_t src ) {
	entry->src = src;
	entry->stale = false;
	entry->asking = true;
	entry->interval = ARP_FIRST_US;
	entry_ask ( entry, clock_now () );
}

/** No answer came, or the entry has become old. */
static void entry_timer ( struct timer *timer, utime_t now ) {
	struct arp_entry *entry = container_of ( timer, struct arp_entry, timer );
	char addr[IPV4_TEXT_LEN];

	if ( !entry->asking ) {
		entry->stale = true;
	} else if ( entry->interval > ARP_LIMIT_US ) {
		LOG ( LOG_EVENT, "%s: nobody has %s", entry->pub.netif->name,
		      ipv4_text ( entry->pub.addr, addr ) );
		entry_free ( entry, -ETIMEDOUT_NEIGHBOUR );
	} else {
		entry_ask ( entry, now );
	}
}

/** The neighbour's address is known (again): send what has waited. */
static void entry_complete ( struct arp_entry *entry, const uint8_t *mac ) {
	char addr[IPV4_TEXT_LEN], text[MAC_TEXT_LEN];
	struct pkt *pkt;

	if ( !entry->pub.complete )
		LOG ( LOG_EVENT, "%s: %s is %s", entry->pub.netif->name,
		      ipv4_text ( entry->pub.addr, addr ), mac_text ( mac, text ) );
	memcpy ( entry->pub.mac, mac, ETH_ALEN );
	entry->pub.complete = true;
	entry->asking = entry->stale = false;
	timer_start ( &entry->timer, clock_now () + ARP_STALE_US );
	while ( ( pkt = list_first ( &entry->queue, struct pkt, list ) ) != NULL ) {
		list_del ( &pkt->list );
		entry->queued--;
		ether_transmit ( entry->pub.netif, pkt, entry->pub.mac, ETH_TYPE_IPV4 );
	}
}

/** Let a packet wait. The oldest one gives way: a newer one is more likely still wanted. */
static void entry_queue ( struct arp_entry *entry, struct pkt *pkt ) {
	struct pkt *oldest;

	if ( entry->queued == ARP_QUEUE_MAX ) {
		oldest = list_first ( &entry->queue, struct pkt, list );
		list_del ( &oldest->list );
		entry->queued--;
		netif_tx_done ( entry->pub.netif, oldest, -ENOBUFS );
	}
	list_add_tail ( &pkt->list, &entry->queue );
	entry->queued++;
}

int arp_transmit ( struct netif *netif, struct pkt *pkt, ipv4_addr_t next_hop, ipv4_addr_t src ) {
	struct arp_entry *entry = entry_find ( netif, next_hop );
	bool is_new = !entry;

	if ( !netif->open ) {
		netif_tx_done ( netif, pkt, -ENETDOWN );
		return -ENETDOWN;
	}
	if ( is_new && ( ( entry = entry_new ( netif, next_hop ) ) == NULL ) ) {
		netif_tx_done ( netif, pkt, -ENOMEM );
		return -ENOMEM;
	}
	if ( entries.next != &entry->list ) {
		list_del ( &entry->list );
		list_add ( &entry->list, &entries );
	}
	if ( is_new || entry->stale )
		entry_start_asking ( entry, src );
	if ( entry->pub.complete )
		return ether_transmit ( netif, pkt, entry->pub.mac, ETH_TYPE_IPV4 );
	entry_queue ( entry, pkt );
	return 0;
}

/** Learn from a packet's sender. */
static void arp_learn ( struct netif *netif, ipv4_addr_t addr, const uint8_t *mac, bool asks_us ) {
	struct arp_entry *entry = entry_find ( netif, addr );

	if ( !entry && asks_us && ( entry_count < ARP_ENTRIES_MAX ) )
		entry = entry_new ( netif, addr );
	if ( entry )
		entry_complete ( entry, mac );
}

/** RFC 826, "Packet Reception". */
static void arp_rx ( struct pkt *pkt, utime_t now ) {
	struct netif *netif = pkt->netif;
	struct reader r = READER ( pkt->data, pkt_len ( pkt ) );
	uint8_t mac[ETH_ALEN] = { 0 };
	ipv4_addr_t sender, target, ours = ipv4_netif_addr ( netif );
	uint16_t op;
	bool supported;

	supported = ( read_be16 ( &r ) == ARP_HTYPE_ETHER );
	supported &= ( read_be16 ( &r ) == ETH_TYPE_IPV4 );
	supported &= ( read_be16 ( &r ) == ( ETH_ALEN << 8 | sizeof ( ipv4_addr_t ) ) );
	op = read_be16 ( &r );
	read_copy ( &r, mac, ETH_ALEN );
	sender = read_be32 ( &r );
	read_skip ( &r, ETH_ALEN );
	target = read_be32 ( &r );
	if ( reader_failed ( &r ) ) {
		netif_rx_error ( netif, pkt, -EINVAL );
		return;
	}
	pkt_free ( pkt );
	/* Nobody's own address is a group address, and ours is not for others to announce. */
	if ( !supported || ( mac[0] & 1 ) || ( ours && ( sender == ours ) ) )
		return;
	if ( ipv4_is_unicast ( sender ) )
		arp_learn ( netif, sender, mac, ours && ( target == ours ) );
	if ( ( op == ARP_REQUEST ) && ours && ( target == ours ) )
		arp_send ( netif, ARP_REPLY, ours, mac, sender, mac );
}

const struct arp_neighbour *arp_next ( const struct arp_neighbour *neighbour ) {
	struct list *next = entries.next;

	if ( neighbour )
		next = container_of ( neighbour, struct arp_entry, pub )->list.next;
	return ( next == &entries ) ? NULL : &list_entry ( next, struct arp_entry, list )->pub;
}

static void arp_closed ( struct netif *netif ) {
	struct arp_entry *entry, *tmp;

	list_for_each_safe ( entry, tmp, &entries, list ) {
		if ( entry->pub.netif == netif )
			entry_free ( entry, -ECANCELED );
	}
}

static const struct ether_protocol arp_protocol = { .type = ETH_TYPE_ARP, .rx = arp_rx };
ETHER_PROTOCOL ( arp_protocol );

static const struct netif_hook arp_hook = { .closed = arp_closed };
NETIF_HOOK ( arp_hook );
