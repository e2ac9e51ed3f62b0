/** @file
 * A DHCP server for tests. Packets are taken apart and made by hand here, without the codec that is
 * under test.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/dhcp_server.h"

#define PACKET_MAX   1024
#define IP_PROTO_UDP 17

/** An answer that waits for its time. */
struct answer {
	struct timer timer;
	struct dhcp_server *server;
	uint16_t port;
	ipv4_addr_t dest;
	size_t len;
	uint8_t data[PACKET_MAX];
};

static void put32 ( uint8_t *p, uint32_t value ) {
	p[0] = value >> 24;
	p[1] = value >> 16;
	p[2] = value >> 8;
	p[3] = value;
}

static uint32_t get32 ( const uint8_t *p ) {
	return ( (uint32_t) p[0] << 24 ) | ( p[1] << 16 ) | ( p[2] << 8 ) | p[3];
}

static const uint8_t *option ( const uint8_t *data, size_t len, uint8_t tag ) {
	for ( size_t i = 240; ( i + 1 < len ) && ( data[i] != 255 ); i += 2 + data[i + 1] ) {
		if ( data[i] == tag )
			return &data[i + 2];
	}
	return NULL;
}

static void answer_send ( struct timer *timer, utime_t now ) {
	struct answer *answer = container_of ( timer, struct answer, timer );

	answer->server->pending--;
	netsim_host_send_udp ( answer->server->host, answer->port, answer->dest, 68, answer->data,
			       answer->len );
	free ( answer );
}

static uint8_t *put_option ( uint8_t *p, uint8_t tag, const void *value, size_t len ) {
	*p++ = tag;
	*p++ = len;
	memcpy ( p, value, len );
	return p + len;
}

static void reply ( struct dhcp_server *server, const uint8_t *request, uint16_t port,
		    uint8_t type ) {
	struct answer *answer = calloc ( 1, sizeof ( *answer ) );
	bool pxe = ( port == 4011 );
	const char *file = pxe ? server->pxe_file : server->file;
	const char *more = pxe ? server->pxe_options : server->options;
	size_t more_len = pxe ? server->pxe_options_len : server->options_len;
	uint8_t *p = answer->data, id[4];

	p[0] = 2;
	p[1] = 1;
	p[2] = 6;
	memcpy ( &p[4], &request[4], 4 );
	memcpy ( &p[12], &request[12], 4 );
	if ( type != DHCP_NAK ) {
		put32 ( &p[16], pxe ? 0 : server->yiaddr );
		put32 ( &p[20], server->siaddr );
	}
	memcpy ( &p[28], &request[28], 16 );
	if ( file )
		strcpy ( (char *) &p[108], file );
	p += 236;
	if ( !server->bootp ) {
		put32 ( p, 0x63825363 );
		p = put_option ( p + 4, 53, &type, 1 );
		put32 ( id, server->ip );
		if ( !server->no_server_id )
			p = put_option ( p, 54, id, 4 );
		if ( type == DHCP_NAK )
			p = put_option ( p, 56, "no lease\nleft", 13 );
		else if ( more ) {
			memcpy ( p, more, more_len );
			p += more_len;
		}
		*p++ = 255;
	}
	answer->server = server;
	answer->port = port;
	answer->dest = pxe ? get32 ( &request[12] ) : IPV4_BROADCAST;
	answer->len = p - answer->data;
	server->pending++;
	timer_init ( &answer->timer, answer_send );
	timer_start ( &answer->timer, clock_now () + server->delay_us );
}

static void note ( struct dhcp_server *server, const uint8_t *data, size_t len, uint16_t port ) {
	struct dhcp_seen *seen = &server->seen[server->count];
	const uint8_t *value;

	if ( server->count == sizeof ( server->seen ) / sizeof ( server->seen[0] ) )
		return;
	server->count++;
	seen->time = clock_now ();
	seen->port = port;
	seen->len = len;
	seen->xid = get32 ( &data[4] );
	seen->secs = ( data[8] << 8 ) | data[9];
	seen->flags = ( data[10] << 8 ) | data[11];
	seen->ciaddr = get32 ( &data[12] );
	seen->type = ( value = option ( data, len, 53 ) ) ? value[0] : 0;
	seen->server_id = ( value = option ( data, len, 54 ) ) ? get32 ( value ) : 0;
	seen->requested_ip = ( value = option ( data, len, 50 ) ) ? get32 ( value ) : 0;
}

static void discover_rx ( struct dhcp_server *server, const uint8_t *data ) {
	if ( server->ignore ) {
		server->ignore--;
		return;
	}
	reply ( server, data, 67, DHCP_OFFER );
}

static void request_rx ( struct dhcp_server *server, const uint8_t *data ) {
	const struct dhcp_seen *seen = &server->seen[server->count - 1];

	/* Someone else's, or a server that has nothing to acknowledge. */
	if ( ( !server->no_server_id && ( seen->server_id != server->ip ) ) || !server->yiaddr ||
	     server->mute_requests )
		return;
	if ( server->naks ) {
		server->naks--;
		reply ( server, data, 67, DHCP_NAK );
		return;
	}
	if ( seen->requested_ip == server->yiaddr )
		reply ( server, data, 67, DHCP_ACK );
}

static void server_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
			const uint8_t *payload, size_t len, void *arg ) {
	struct dhcp_server *server = arg;
	uint16_t src_port, port;
	const uint8_t *data;
	ssize_t data_len;

	if ( proto != IP_PROTO_UDP )
		return;
	data_len = netsim_parse_udp ( src, dest, payload, len, &src_port, &port, &data );
	if ( ( data_len < 241 ) || ( src_port != 68 ) || ( ( port != 67 ) && ( port != 4011 ) ) )
		return;
	note ( server, data, data_len, port );
	if ( port == 4011 ) {
		if ( server->pxe_options )
			reply ( server, data, 4011, DHCP_ACK );
		return;
	}
	switch ( server->seen[server->count - 1].type ) {
	case DHCP_DISCOVER:
		discover_rx ( server, data );
		break;
	case DHCP_REQUEST:
		request_rx ( server, data );
		break;
	}
}

void dhcp_server_add ( struct netsim *net, struct dhcp_server *server ) {
	server->host = netsim_host_add ( net, server->ip, server_rx, server );
}

unsigned int dhcp_server_saw ( const struct dhcp_server *server, uint8_t type, uint16_t port ) {
	unsigned int count = 0;

	for ( unsigned int i = 0; i < server->count; i++ )
		count += ( ( server->seen[i].type == type ) && ( server->seen[i].port == port ) );
	return count;
}
