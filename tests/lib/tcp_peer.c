/** @file
 * The far end of TCP connections in tests; see tcp_peer.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/tcp_peer.h"

#define PROTO_TCP 6

struct tcp_peer {
	struct netsim_host *host;
	struct list segments;
	struct tcp_peer_segment *current;
	tcp_peer_rx_fn *rx;
	void *arg;
};

static void die ( const char *message ) {
	fprintf ( stderr, "tcp_peer: %s\n", message );
	abort ();
}

static void peer_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
		      const uint8_t *payload, size_t len, void *arg ) {
	struct tcp_peer *peer = arg;
	struct tcp_peer_segment *copy;
	struct tcp_segment seg;

	if ( proto != PROTO_TCP )
		return;
	if ( netsim_csum ( netsim_pseudo ( src, dest, PROTO_TCP, len ), payload, len ) != 0 ) {
		/* The wire may corrupt; otherwise it is our own fault. */
		if ( !netsim_to_peer ( netsim_host_net ( host ) )->corrupt_ppm )
			die ( "segment with a bad checksum" );
		return;
	}
	if ( tcp_parse ( payload, len, &seg ) != 0 )
		die ( "segment that cannot be parsed" );
	if ( peer->rx ) {
		peer->rx ( peer, &seg, peer->arg );
		return;
	}
	if ( !( copy = malloc ( sizeof ( *copy ) + seg.len ) ) )
		die ( "out of memory" );
	memcpy ( copy->bytes, seg.data, seg.len );
	copy->seg = seg;
	copy->seg.data = copy->bytes;
	copy->time = clock_now ();
	list_add_tail ( &copy->list, &peer->segments );
}

struct tcp_peer *tcp_peer_new ( struct netsim *net, ipv4_addr_t ip, tcp_peer_rx_fn *rx,
				void *arg ) {
	struct tcp_peer *peer = calloc ( 1, sizeof ( *peer ) );

	if ( !peer )
		die ( "out of memory" );
	list_init ( &peer->segments );
	peer->host = netsim_host_add ( net, ip, peer_rx, peer );
	peer->rx = rx;
	peer->arg = arg;
	return peer;
}

void tcp_peer_free ( struct tcp_peer *peer ) {
	while ( tcp_peer_next ( peer ) )
		;
	netsim_host_mute ( peer->host, true );
	free ( peer );
}

const struct tcp_peer_segment *tcp_peer_next ( struct tcp_peer *peer ) {
	free ( peer->current );
	peer->current = list_first ( &peer->segments, struct tcp_peer_segment, list );
	if ( peer->current )
		list_del ( &peer->current->list );
	return peer->current;
}

void tcp_peer_send ( struct tcp_peer *peer, ipv4_addr_t dest, const struct tcp_segment *seg,
		     unsigned int flags ) {
	uint8_t *buf = malloc ( TCP_HEADER_LEN_MAX + seg->len );
	size_t header_len = tcp_build_len ( seg );
	size_t len = header_len + seg->len;
	uint16_t csum;

	if ( !buf )
		die ( "out of memory" );
	tcp_build ( seg, buf );
	if ( seg->len )
		memcpy ( buf + header_len, seg->data, seg->len );
	csum = netsim_csum ( netsim_pseudo ( netsim_host_ip ( peer->host ), dest, PROTO_TCP, len ),
			     buf, len );
	buf[16] = (uint8_t) ( csum >> 8 );
	buf[17] = (uint8_t) csum;
	netsim_host_send ( peer->host, PROTO_TCP, 0, dest, buf, len, flags );
	free ( buf );
}

void tcp_peer_send_raw ( struct tcp_peer *peer, ipv4_addr_t dest, const void *data, size_t len ) {
	netsim_host_send ( peer->host, PROTO_TCP, 0, dest, data, len, 0 );
}

struct netsim_host *tcp_peer_host ( struct tcp_peer *peer ) {
	return peer->host;
}
