/** @file
 * Reassembly of IPv4 fragments (RFC 791 §3.2, RFC 815's problem with a bit map for an answer).
 * Memory is bounded: a few datagrams at a time, the oldest making room. An exact copy of a fragment
 * is ignored; one that overlaps with other contents condemns the datagram (RFC 5722 asks that of
 * IPv6, and no honest IPv4 sender does it either).
 */
#include <stdlib.h>
#include <string.h>
#include "core/timer.h"
#include "net/ipv4_int.h"

/** Datagrams in reassembly; each holds 64 KiB. */
#define DATAGRAMS_MAX 4
/** Time from the first fragment to the last (RFC 791 suggests 15 s, as long as a sender repeats). */
#define REASSEMBLY_US ( 15 * US_PER_S )
/** Unit of fragment offsets, bytes. */
#define BLOCK      8U
#define BLOCKS_MAX ( ( IPV4_LEN_MAX + BLOCK ) / BLOCK )

struct datagram {
	struct list list;
	struct netif *netif;
	ipv4_addr_t src, dest;
	uint16_t id;
	uint8_t proto;
	bool condemned; /**< swallow what else comes of it until the time-out */
	size_t len;     /**< of the whole payload; 0 until the last fragment came */
	size_t end;     /**< highest byte so far */
	size_t blocks;  /**< blocks received */
	utime_t expires;
	struct pkt *pkt; /**< payload, by offset */
	uint8_t have[( BLOCKS_MAX + 7 ) / 8];
};

static void expire ( struct timer *timer, utime_t now );

/** Oldest first. */
static struct list datagrams = LIST_INIT ( datagrams );
static unsigned int datagram_count;
static struct timer expiry = {
	.list = LIST_INIT ( expiry.list ),
	.expires = TIME_NEVER,
	.expired = expire,
};

static void datagram_free ( struct datagram *datagram ) {
	list_del ( &datagram->list );
	datagram_count--;
	pkt_free ( datagram->pkt );
	free ( datagram );
}

static void expire ( struct timer *timer, utime_t now ) {
	struct datagram *oldest;

	while ( ( oldest = list_first ( &datagrams, struct datagram, list ) ) != NULL ) {
		if ( oldest->expires > now ) {
			timer_start ( timer, oldest->expires );
			return;
		}
		netif_rx_error ( oldest->netif, NULL, -ETIMEDOUT );
		datagram_free ( oldest );
	}
}

static struct datagram *datagram_find ( const struct netif *netif,
					const struct ipv4_header *header ) {
	struct datagram *datagram;

	list_for_each ( datagram, &datagrams, list ) {
		if ( ( datagram->id == header->id ) && ( datagram->src == header->src ) &&
		     ( datagram->dest == header->dest ) && ( datagram->proto == header->proto ) &&
		     ( datagram->netif == netif ) )
			return datagram;
	}
	return NULL;
}

static struct datagram *datagram_new ( struct netif *netif, const struct ipv4_header *header,
				       utime_t now ) {
	struct datagram *datagram;

	if ( datagram_count == DATAGRAMS_MAX )
		datagram_free ( list_first ( &datagrams, struct datagram, list ) );
	if ( ( datagram = calloc ( 1, sizeof ( *datagram ) ) ) == NULL )
		return NULL;
	if ( ( datagram->pkt = pkt_heap_new ( BLOCKS_MAX * BLOCK ) ) == NULL ) {
		free ( datagram );
		return NULL;
	}
	datagram->pkt->netif = datagram->netif = netif;
	datagram->src = header->src;
	datagram->dest = header->dest;
	datagram->id = header->id;
	datagram->proto = header->proto;
	datagram->expires = now + REASSEMBLY_US;
	list_add_tail ( &datagram->list, &datagrams );
	if ( datagram_count++ == 0 )
		timer_start ( &expiry, datagram->expires );
	return datagram;
}

/** Mark blocks as received. @return how many of them had been before */
static size_t mark ( struct datagram *datagram, size_t first, size_t count ) {
	size_t seen = 0;

	for ( size_t block = first; block < first + count; block++ ) {
		uint8_t bit = (uint8_t) ( 1U << ( block % 8 ) );

		seen += ( datagram->have[block / 8] & bit ) != 0;
		datagram->have[block / 8] |= bit;
	}
	return seen;
}

/** Does the fragment fit the datagram, by its own numbers and what is known of the length? */
static bool plausible ( const struct datagram *datagram, const struct ipv4_header *header,
			size_t len ) {
	size_t end = header->offset + len;

	if ( !len || ( end > IPV4_LEN_MAX - IPV4_HLEN ) ||
	     ( header->more_fragments && ( len % BLOCK ) ) )
		return false;
	if ( datagram->len )
		return header->more_fragments ? ( end < datagram->len ) : ( end == datagram->len );
	return header->more_fragments || ( end >= datagram->end );
}

/** Put a fragment into its place. @return false if the datagram cannot be honest */
static bool datagram_add ( struct datagram *datagram, const struct ipv4_header *header,
			   const uint8_t *data, size_t len ) {
	size_t count = ( len + BLOCK - 1 ) / BLOCK, seen;
	uint8_t *place = datagram->pkt->data + header->offset;

	if ( !plausible ( datagram, header, len ) )
		return false;
	seen = mark ( datagram, header->offset / BLOCK, count );
	if ( seen )
		return ( seen == count ) && ( memcmp ( place, data, len ) == 0 );
	memcpy ( place, data, len );
	datagram->blocks += count;
	datagram->end = MAX ( datagram->end, header->offset + len );
	if ( !header->more_fragments )
		datagram->len = header->offset + len;
	return true;
}

static bool datagram_complete ( const struct datagram *datagram ) {
	return datagram->len && ( datagram->blocks == ( datagram->len + BLOCK - 1 ) / BLOCK );
}

struct pkt *ipv4_reassemble ( struct pkt *pkt, const struct ipv4_header *header, utime_t now ) {
	struct netif *netif = pkt->netif;
	struct datagram *datagram = datagram_find ( netif, header );
	struct pkt *whole;

	if ( !datagram && ( ( datagram = datagram_new ( netif, header, now ) ) == NULL ) ) {
		netif_rx_error ( netif, pkt, -ENOMEM );
		return NULL;
	}
	if ( datagram->condemned ||
	     !datagram_add ( datagram, header, pkt->data, pkt_len ( pkt ) ) ) {
		datagram->condemned = true;
		netif_rx_error ( netif, pkt, -EINVAL );
		return NULL;
	}
	pkt_free ( pkt );
	if ( !datagram_complete ( datagram ) )
		return NULL;
	whole = datagram->pkt;
	datagram->pkt = NULL;
	pkt_put ( whole, datagram->len );
	datagram_free ( datagram );
	return whole;
}

static void reassembly_closed ( struct netif *netif ) {
	struct datagram *datagram, *tmp;

	list_for_each_safe ( datagram, tmp, &datagrams, list ) {
		if ( datagram->netif == netif )
			datagram_free ( datagram );
	}
}

static const struct netif_hook reassembly_hook = { .closed = reassembly_closed };
NETIF_HOOK ( reassembly_hook );
