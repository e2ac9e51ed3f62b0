/** @file
 * UDP sockets (RFC 768, RFC 1122 §4.1). Received datagrams wait in their packet buffers until the
 * socket's owner takes them; the number and size of what waits are bounded.
 */
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/reader.h"
#include "net/icmp.h"
#include "net/ipv4.h"
#include "net/udp.h"

#define UDP_HLEN 8
/** Waiting datagrams of a socket: a TFTP window, and well below a NIC's receive ring. */
#define QUEUE_MAX 64
/** Waiting bytes of a socket: reassembled datagrams have 64 KiB each. */
#define QUEUE_BYTES_MAX ( 256 * 1024 )
/** Range of ports that we choose. */
#define PORT_MIN 1025
#define PORT_MAX 65535

struct udp {
	struct list list;
	struct netif *netif;     /**< bound to it, or NULL */
	bool netif_gone;         /**< was bound to one that does not exist any more */
	struct endpoint peer;    /**< family ADDR_NONE: anybody */
	struct endpoint refuser; /**< without a peer: ICMP errors of this one count; or ADDR_NONE */
	uint16_t port;
	int error; /**< from ICMP, reported once */
	struct list queue;
	unsigned int queued;
	size_t queued_bytes;
	struct event ready;
	struct event *also; /**< signalled too, or NULL */
};

static struct list sockets = LIST_INIT ( sockets );

/** Is the port taken by a socket that would get the same datagrams? */
static bool port_in_use ( const struct netif *netif, uint16_t port ) {
	struct udp *udp;

	list_for_each ( udp, &sockets, list ) {
		if ( ( udp->port == port ) && ( !udp->netif || !netif || ( udp->netif == netif ) ) )
			return true;
	}
	return false;
}

/** A random free port (RFC 6056 §3.3.1). @return 0 if there is none */
static uint16_t choose_port ( void ) {
	unsigned int range = PORT_MAX - PORT_MIN + 1;
	unsigned int start = random_u32 () % range;

	for ( unsigned int i = 0; i < range; i++ ) {
		uint16_t port = (uint16_t) ( PORT_MIN + ( start + i ) % range );

		if ( !port_in_use ( NULL, port ) )
			return port;
	}
	return 0;
}

int udp_open ( struct netif *netif, const struct endpoint *peer, uint16_t local_port,
	       struct udp **ret_udp ) {
	struct udp *udp;

	if ( local_port ? port_in_use ( netif, local_port )
			: ( ( local_port = choose_port () ) == 0 ) )
		return -EADDRINUSE;
	if ( ( udp = zalloc ( sizeof ( *udp ) ) ) == NULL )
		return -ENOMEM;
	udp->netif = netif;
	if ( peer )
		udp->peer = *peer;
	udp->port = local_port;
	list_init ( &udp->queue );
	event_init ( &udp->ready );
	list_add ( &udp->list, &sockets );
	*ret_udp = udp;
	return 0;
}

/** Take the first waiting datagram. @return it, or NULL */
static struct pkt *dequeue ( struct udp *udp ) {
	struct pkt *pkt = list_first ( &udp->queue, struct pkt, list );

	if ( pkt ) {
		list_del ( &pkt->list );
		udp->queued--;
		udp->queued_bytes -= pkt_len ( pkt );
	}
	return pkt;
}

void udp_close ( struct udp *udp ) {
	struct pkt *pkt;

	if ( !udp )
		return;
	list_del ( &udp->list );
	while ( ( pkt = dequeue ( udp ) ) != NULL )
		pkt_free ( pkt );
	free ( udp );
}

uint16_t udp_local_port ( const struct udp *udp ) {
	return udp->port;
}

void udp_set_event ( struct udp *udp, struct event *event ) {
	udp->also = event;
}

static void signal ( struct udp *udp ) {
	event_signal ( &udp->ready );
	if ( udp->also )
		event_signal ( udp->also );
}

/* ---- Sending ---- */

/** Find interface and source address for a destination. @return 0 or -ENETUNREACH */
static int find_way ( const struct udp *udp, ipv4_addr_t dest, struct netif **ret_netif,
		      ipv4_addr_t *ret_src ) {
	const struct ipv4_route *route = ipv4_route_via ( udp->netif, dest, NULL );

	if ( !route && !udp->netif )
		return -ENETUNREACH;
	*ret_netif = route ? route->netif : udp->netif;
	*ret_src = route ? route->src : ipv4_netif_addr ( udp->netif );
	return 0;
}

int udp_send ( struct udp *udp, const struct endpoint *dest, const void *data, size_t len ) {
	struct netif *netif;
	ipv4_addr_t src;
	struct pkt *pkt;
	uint8_t *header;
	struct writer w;
	uint16_t csum;
	int rc;

	if ( !dest )
		dest = &udp->peer;
	if ( ( dest->family != ADDR_IPV4 ) || !dest->port )
		return -EDESTADDRREQ;
	if ( udp->netif_gone || ( udp->netif && !udp->netif->open ) )
		return -ENETDOWN;
	if ( ( rc = find_way ( udp, dest->ipv4, &netif, &src ) ) != 0 )
		return rc;
	if ( len > netif->mtu - IPV4_HLEN - UDP_HLEN )
		return -EMSGSIZE;
	if ( ( pkt = pkt_new ( netif ) ) == NULL )
		return -ENOBUFS;
	if ( ( header = pkt_put ( pkt, UDP_HLEN + len ) ) == NULL ) {
		pkt_free ( pkt );
		return -EMSGSIZE;
	}
	w = WRITER ( header, UDP_HLEN + len );
	write_be16 ( &w, udp->port );
	write_be16 ( &w, dest->port );
	write_be16 ( &w, (uint16_t) ( UDP_HLEN + len ) );
	write_be16 ( &w, 0 );
	write_bytes ( &w, data, len );
	csum = csum_finish (
		csum_add ( csum_pseudo_ipv4 ( src, dest->ipv4, IP_PROTO_UDP, UDP_HLEN + len ),
			   header, UDP_HLEN + len ) );
	csum = csum ? csum : 0xffff; /* 0 would say that there is none */
	header[6] = csum >> 8;
	header[7] = csum & 0xff;
	return ipv4_transmit ( pkt, IP_PROTO_UDP, netif, src, dest->ipv4 );
}

/* ---- Receiving ---- */

ssize_t udp_try_recv ( struct udp *udp, void *buf, size_t len, struct udp_meta *ret_meta ) {
	struct pkt *pkt;
	int rc;

	if ( ( pkt = dequeue ( udp ) ) == NULL ) {
		rc = udp->error ? udp->error : -EAGAIN;
		udp->error = 0;
		return rc;
	}
	len = MIN ( len, pkt_len ( pkt ) );
	memcpy ( buf, pkt->data, len );
	if ( ret_meta ) {
		ret_meta->src = pkt->src;
		ret_meta->dest = pkt->dest;
		ret_meta->netif = pkt->netif;
	}
	pkt_free ( pkt );
	return (ssize_t) len;
}

ssize_t udp_peek ( struct udp *udp, const uint8_t **ret_data, struct udp_meta *ret_meta ) {
	struct pkt *pkt = list_first ( &udp->queue, struct pkt, list );

	if ( !pkt )
		return udp_try_recv ( udp, NULL, 0, NULL );
	*ret_data = pkt->data;
	if ( ret_meta ) {
		ret_meta->src = pkt->src;
		ret_meta->dest = pkt->dest;
		ret_meta->netif = pkt->netif;
	}
	return (ssize_t) pkt_len ( pkt );
}

void udp_drop ( struct udp *udp ) {
	struct pkt *pkt = dequeue ( udp );

	if ( pkt )
		pkt_free ( pkt );
}

void udp_report_refusal ( struct udp *udp, const struct endpoint *dest ) {
	udp->refuser = *dest;
}

TASK_FN int udp_wait ( struct udp *udp, utime_t deadline ) {
	return WAIT_UNTIL ( udp->queued || udp->error, &udp->ready, deadline );
}

TASK_FN ssize_t udp_recv ( struct udp *udp, void *buf, size_t len, struct udp_meta *ret_meta,
			   utime_t deadline ) {
	int rc = udp_wait ( udp, deadline );

	return rc ? rc : udp_try_recv ( udp, buf, len, ret_meta );
}

static bool from_peer ( const struct udp *udp, const struct endpoint *src ) {
	return ( udp->peer.family == ADDR_NONE ) || endpoint_equal ( &udp->peer, src );
}

/** Who gets a datagram? One for an address that is not ours (yet) only a socket that asked for
 * this interface. */
static struct udp *find_socket ( const struct pkt *pkt ) {
	bool any = ( ipv4_netif_addr ( pkt->netif ) != IPV4_NONE );
	struct udp *udp;

	list_for_each ( udp, &sockets, list ) {
		if ( ( udp->port == pkt->dest.port ) && !udp->netif_gone &&
		     ( udp->netif ? ( udp->netif == pkt->netif ) : any ) &&
		     from_peer ( udp, &pkt->src ) )
			return udp;
	}
	return NULL;
}

/** Check the UDP header, leave the packet at the data. @return 0, -EINVAL, -EIO bad checksum */
static int parse_header ( struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest ) {
	struct reader r = READER ( pkt->data, pkt_len ( pkt ) );
	uint16_t src_port = read_be16 ( &r );
	uint16_t dest_port = read_be16 ( &r );
	size_t len = read_be16 ( &r );
	uint16_t csum = read_be16 ( &r );

	if ( reader_failed ( &r ) || ( len < UDP_HLEN ) || ( len > pkt_len ( pkt ) ) )
		return -EINVAL;
	pkt_trim ( pkt, len );
	if ( csum && !( pkt->flags & PKT_CSUM_OK ) &&
	     csum_finish ( csum_add ( csum_pseudo_ipv4 ( src, dest, IP_PROTO_UDP, len ), pkt->data,
				      len ) ) )
		return -EIO;
	pkt->src = endpoint_ipv4 ( src, src_port );
	pkt->dest = endpoint_ipv4 ( dest, dest_port );
	pkt_pull ( pkt, UDP_HLEN );
	return 0;
}

static void udp_rx ( struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest, utime_t now ) {
	struct udp *udp;
	int rc;

	if ( ( rc = parse_header ( pkt, src, dest ) ) != 0 ) {
		netif_rx_error ( pkt->netif, pkt, rc );
		return;
	}
	if ( ( udp = find_socket ( pkt ) ) == NULL ) {
		/* Broadcasts for others, late answers: daily life, not an error. */
		pkt_free ( pkt );
		return;
	}
	if ( ( udp->queued >= QUEUE_MAX ) ||
	     ( udp->queued_bytes + pkt_len ( pkt ) > QUEUE_BYTES_MAX ) ) {
		netif_rx_error ( pkt->netif, pkt, -ENOBUFS );
		return;
	}
	list_add_tail ( &pkt->list, &udp->queue );
	udp->queued++;
	udp->queued_bytes += pkt_len ( pkt );
	signal ( udp );
}

/** An ICMP error about a datagram of ours: connected sockets report it (RFC 1122 §4.1.3.3). */
static void udp_icmp_error ( uint8_t type, uint8_t code, uint16_t next_mtu, ipv4_addr_t src,
			     ipv4_addr_t dest, const uint8_t *payload, size_t len ) {
	struct reader r = READER ( payload, len );
	uint16_t src_port = read_be16 ( &r );
	struct endpoint peer = endpoint_ipv4 ( dest, read_be16 ( &r ) );
	struct udp *udp;

	/* Other errors may be passing; the conversation's own time-out decides. */
	if ( reader_failed ( &r ) || ( type != ICMP_UNREACHABLE ) ||
	     ( code != ICMP_PORT_UNREACHABLE ) )
		return;
	list_for_each ( udp, &sockets, list ) {
		const struct endpoint *whose =
			( udp->peer.family == ADDR_NONE ) ? &udp->refuser : &udp->peer;

		if ( ( udp->port == src_port ) && endpoint_equal ( whose, &peer ) ) {
			udp->error = -ECONNREFUSED;
			signal ( udp );
		}
	}
}

/** The receive pool goes with the interface: let go of its packets. */
static void udp_netif_closed ( struct netif *netif ) {
	struct udp *udp;
	struct pkt *pkt, *tmp;

	list_for_each ( udp, &sockets, list ) {
		list_for_each_safe ( pkt, tmp, &udp->queue, list ) {
			if ( pkt->netif != netif )
				continue;
			list_del ( &pkt->list );
			udp->queued--;
			udp->queued_bytes -= pkt_len ( pkt );
			pkt_free ( pkt );
		}
	}
}

static void udp_netif_removed ( struct netif *netif ) {
	struct udp *udp;

	list_for_each ( udp, &sockets, list ) {
		if ( udp->netif == netif ) {
			udp->netif = NULL;
			udp->netif_gone = true;
		}
	}
}

static const struct ipv4_protocol udp_protocol = { .proto = IP_PROTO_UDP, .rx = udp_rx };
IPV4_PROTOCOL ( udp_protocol );

static const struct ipv4_icmp_error udp_icmp = { .proto = IP_PROTO_UDP, .error = udp_icmp_error };
IPV4_ICMP_ERROR ( udp_icmp );

static const struct netif_hook udp_hook = {
	.closed = udp_netif_closed,
	.removed = udp_netif_removed,
};
NETIF_HOOK ( udp_hook );
