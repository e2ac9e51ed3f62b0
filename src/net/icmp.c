/** @file
 * ICMP (RFC 792, RFC 1122 §3.2.2): answers echo requests, hands errors about our own packets to
 * the transports that sent them, and keeps echo conversations for `ping`. Redirects are ignored:
 * anybody could forge them.
 */
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/reader.h"
#include "net/icmp.h"
#include "net/ipv4.h"

#define ICMP_HLEN 8
/** Replies that may wait in a conversation. */
#define ECHO_QUEUE_MAX 16

TABLE ( ipv4_icmp_error, ipv4_icmp_error );

struct icmp_echo {
	struct list list;
	uint16_t id;
	struct list queue; /**< replies, at their data */
	unsigned int queued;
	bool failed; /**< `error` is to be reported */
	struct icmp_reply error;
	struct event ready;
};

static struct list echoes = LIST_INIT ( echoes );

/* ---- Sending ---- */

/** Write an echo message's header before its data, checksum made. */
static void write_echo ( struct pkt *pkt, uint8_t type, uint16_t id, uint16_t seq ) {
	uint8_t *header = pkt->data;
	struct writer w = WRITER ( header, ICMP_HLEN );
	uint16_t csum;

	write_u8 ( &w, type );
	write_u8 ( &w, 0 );
	write_be16 ( &w, 0 );
	write_be16 ( &w, id );
	write_be16 ( &w, seq );
	csum = csum_finish ( csum_add ( 0, header, pkt_len ( pkt ) ) );
	header[2] = csum >> 8;
	header[3] = csum & 0xff;
}

/** Send an echo request or reply. */
static int send_echo ( struct netif *netif, uint8_t type, uint16_t id, uint16_t seq,
		       ipv4_addr_t dest, const void *data, size_t len ) {
	struct pkt *pkt;
	uint8_t *place;

	if ( len > netif->mtu - IPV4_HLEN - ICMP_HLEN )
		return -EMSGSIZE;
	if ( ( pkt = pkt_new ( netif ) ) == NULL )
		return -ENOBUFS;
	if ( ( place = pkt_put ( pkt, ICMP_HLEN + len ) ) == NULL ) {
		pkt_free ( pkt );
		return -EMSGSIZE;
	}
	if ( len )
		memcpy ( place + ICMP_HLEN, data, len );
	write_echo ( pkt, type, id, seq );
	return ipv4_transmit ( pkt, IP_PROTO_ICMP, netif, 0, dest );
}

/* ---- Conversations ---- */

static struct icmp_echo *echo_find ( uint16_t id ) {
	struct icmp_echo *echo;

	list_for_each ( echo, &echoes, list ) {
		if ( echo->id == id )
			return echo;
	}
	return NULL;
}

int icmp_echo_open ( struct icmp_echo **ret_echo ) {
	struct icmp_echo *echo = zalloc ( sizeof ( *echo ) );

	if ( !echo )
		return -ENOMEM;
	do
		echo->id = (uint16_t) random_u32 ();
	while ( echo_find ( echo->id ) );
	list_init ( &echo->queue );
	event_init ( &echo->ready );
	list_add ( &echo->list, &echoes );
	*ret_echo = echo;
	return 0;
}

static struct pkt *echo_dequeue ( struct icmp_echo *echo ) {
	struct pkt *pkt = list_first ( &echo->queue, struct pkt, list );

	if ( pkt ) {
		list_del ( &pkt->list );
		echo->queued--;
	}
	return pkt;
}

void icmp_echo_close ( struct icmp_echo *echo ) {
	struct pkt *pkt;

	if ( !echo )
		return;
	list_del ( &echo->list );
	while ( ( pkt = echo_dequeue ( echo ) ) != NULL )
		pkt_free ( pkt );
	free ( echo );
}

int icmp_echo_send ( struct icmp_echo *echo, const struct endpoint *dest, uint16_t seq,
		     const void *data, size_t len ) {
	const struct ipv4_route *route;

	if ( dest->family != ADDR_IPV4 )
		return -EAFNOSUPPORT;
	if ( ( route = ipv4_route ( dest->ipv4, NULL ) ) == NULL )
		return -ENETUNREACH;
	return send_echo ( route->netif, ICMP_ECHO_REQUEST, echo->id, seq, dest->ipv4, data, len );
}

TASK_FN ssize_t icmp_echo_recv ( struct icmp_echo *echo, struct icmp_reply *ret_reply, void *buf,
				 size_t len, utime_t deadline ) {
	struct pkt *pkt;
	int rc = WAIT_UNTIL ( echo->queued || echo->failed, &echo->ready, deadline );

	if ( rc )
		return rc;
	if ( ( pkt = echo_dequeue ( echo ) ) == NULL ) {
		*ret_reply = echo->error;
		echo->failed = false;
		return 0;
	}
	*ret_reply = ( struct icmp_reply ){
		.src = endpoint_ipv4 ( pkt->src.ipv4, 0 ),
		.seq = pkt->src.port,
		.len = pkt_len ( pkt ),
	};
	len = MIN ( len, pkt_len ( pkt ) );
	memcpy ( buf, pkt->data, len );
	pkt_free ( pkt );
	return (ssize_t) len;
}

/* ---- Receiving ---- */

/** Echo request or reply; takes the packet, which is at the identifier. */
static void rx_echo ( struct pkt *pkt, uint8_t type, ipv4_addr_t src ) {
	struct reader r = READER ( pkt->data, pkt_len ( pkt ) );
	uint16_t id = read_be16 ( &r );
	uint16_t seq = read_be16 ( &r );
	struct icmp_echo *echo;

	pkt_pull ( pkt, 4 );
	if ( type == ICMP_ECHO_REQUEST ) {
		/* Best effort: what is too long for one packet of ours stays unanswered. */
		send_echo ( pkt->netif, ICMP_ECHO_REPLY, id, seq, src, pkt->data, pkt_len ( pkt ) );
		pkt_free ( pkt );
		return;
	}
	echo = echo_find ( id );
	if ( !echo || ( echo->queued >= ECHO_QUEUE_MAX ) ) {
		pkt_free ( pkt );
		return;
	}
	pkt->src = endpoint_ipv4 ( src, seq );
	list_add_tail ( &pkt->list, &echo->queue );
	echo->queued++;
	event_signal ( &echo->ready );
}

/**
 * An error about a packet that we may have sent: its header and 8 bytes at least must be in there,
 * with our address as its source, and it must not have been a later fragment.
 */
static void rx_error ( const struct pkt *pkt, uint8_t type, uint8_t code, ipv4_addr_t dest ) {
	struct reader r = READER ( pkt->data, pkt_len ( pkt ) );
	const struct ipv4_icmp_error *const *entry;
	uint16_t next_mtu, fragment;
	ipv4_addr_t inner_src, inner_dest;
	uint8_t version_ihl, proto;
	const uint8_t *payload;

	read_skip ( &r, 2 );
	next_mtu = read_be16 ( &r );
	version_ihl = read_u8 ( &r );
	read_skip ( &r, 5 );
	fragment = read_be16 ( &r ) & 0x1fff;
	read_skip ( &r, 1 );
	proto = read_u8 ( &r );
	read_skip ( &r, 2 );
	inner_src = read_be32 ( &r );
	inner_dest = read_be32 ( &r );
	if ( ( version_ihl < 0x45 ) || ( version_ihl > 0x4f ) )
		return;
	read_skip ( &r, ( version_ihl & 0x0f ) * 4U - IPV4_HLEN );
	payload = r.pos;
	if ( reader_failed ( &r ) || ( reader_left ( &r ) < 8 ) || fragment ||
	     ( inner_src != dest ) )
		return;
	if ( ( type != ICMP_UNREACHABLE ) || ( code != ICMP_FRAG_NEEDED ) )
		next_mtu = 0;
	table_for_each ( entry, ipv4_icmp_error ) {
		if ( ( *entry )->proto == proto )
			( *entry )->error ( type, code, next_mtu, inner_src, inner_dest, payload,
					    reader_left ( &r ) );
	}
}

static void icmp_rx ( struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest, utime_t now ) {
	uint8_t type, code;

	if ( pkt_len ( pkt ) < ICMP_HLEN ) {
		netif_rx_error ( pkt->netif, pkt, -EINVAL );
		return;
	}
	if ( csum_finish ( csum_add ( 0, pkt->data, pkt_len ( pkt ) ) ) != 0 ) {
		netif_rx_error ( pkt->netif, pkt, -EIO );
		return;
	}
	type = pkt->data[0];
	code = pkt->data[1];
	pkt_pull ( pkt, 4 );
	if ( ( type == ICMP_ECHO_REQUEST ) || ( type == ICMP_ECHO_REPLY ) ) {
		rx_echo ( pkt, type, src );
		return;
	}
	if ( ( type == ICMP_UNREACHABLE ) || ( type == ICMP_TIME_EXCEEDED ) ||
	     ( type == ICMP_PARAMETER_PROBLEM ) )
		rx_error ( pkt, type, code, dest );
	pkt_free ( pkt );
}

/** What an error means for an echo request. */
static int error_rc ( uint8_t type, uint8_t code ) {
	if ( type == ICMP_TIME_EXCEEDED )
		return -ETIMEDOUT;
	if ( type == ICMP_PARAMETER_PROBLEM )
		return -EPROTO;
	return ( code == ICMP_PORT_UNREACHABLE ) || ( code == ICMP_PROTOCOL_UNREACHABLE )
		       ? -ECONNREFUSED
		       : -ENETUNREACH;
}

static void echo_error ( uint8_t type, uint8_t code, uint16_t next_mtu, ipv4_addr_t src,
			 ipv4_addr_t dest, const uint8_t *payload, size_t len ) {
	struct reader r = READER ( payload, len );
	uint8_t inner_type = read_u8 ( &r );
	struct icmp_echo *echo;

	read_skip ( &r, 3 );
	if ( ( ( echo = echo_find ( read_be16 ( &r ) ) ) == NULL ) ||
	     ( inner_type != ICMP_ECHO_REQUEST ) )
		return;
	echo->error = ( struct icmp_reply ){
		.src = endpoint_ipv4 ( dest, 0 ),
		.seq = read_be16 ( &r ),
		.rc = error_rc ( type, code ),
	};
	echo->failed = true;
	event_signal ( &echo->ready );
}

static void icmp_netif_closed ( struct netif *netif ) {
	struct icmp_echo *echo;
	struct pkt *pkt, *tmp;

	list_for_each ( echo, &echoes, list ) {
		list_for_each_safe ( pkt, tmp, &echo->queue, list ) {
			if ( pkt->netif != netif )
				continue;
			list_del ( &pkt->list );
			echo->queued--;
			pkt_free ( pkt );
		}
	}
}

static const struct ipv4_protocol icmp_protocol = { .proto = IP_PROTO_ICMP, .rx = icmp_rx };
IPV4_PROTOCOL ( icmp_protocol );

static const struct ipv4_icmp_error echo_icmp = { .proto = IP_PROTO_ICMP, .error = echo_error };
IPV4_ICMP_ERROR ( echo_icmp );

static const struct netif_hook icmp_hook = { .closed = icmp_netif_closed };
NETIF_HOOK ( icmp_hook );
