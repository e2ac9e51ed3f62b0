/** @file
 * Received frames: Ethernet, ARP, IPv4 with reassembly, ICMP, UDP (and TCP without connections).
 *
 * Input: a byte of configuration, then any number of { control byte, length (2 bytes), frame }. So
 * that the fuzzer gets past addresses and checksums, the control byte can ask for both to be made
 * right. Whatever comes, every packet buffer must be back in the end, and what we send must be well
 * formed.
 */
#include <stdlib.h>
#include <string.h>
#include "core/reader.h"
#include "lib/netsim.h"
#include "net/icmp.h"
#include "net/ipv4.h"
#include "net/udp.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

#define US   IPV4 ( 10, 0, 0, 2 )
#define PEER IPV4 ( 10, 0, 0, 1 )
#define MASK IPV4 ( 255, 255, 255, 0 )

#define CONFIGURED 0x01 /**< of the first byte: our interface has an address */
#define ASKS_PEER  0x02 /**< we want to send to the peer, so ARP asks */

#define TO_US     0x01 /**< of the control byte: destination MAC and IP address are ours */
#define FIX_CSUM  0x02
#define CSUM_OK   0x04
#define COALESCED 0x08
#define WAIT      0x10 /**< a second goes by before */
#define LONG_WAIT 0x20

static struct netsim *net;
static struct udp *sockets[3];
static struct icmp_echo *echo;

static void check ( bool condition ) {
	if ( !condition )
		abort ();
}

static void put16 ( uint8_t *bytes, uint16_t value ) {
	bytes[0] = (uint8_t) ( value >> 8 );
	bytes[1] = (uint8_t) value;
}

static uint16_t get16 ( const uint8_t *bytes ) {
	return (uint16_t) ( bytes[0] << 8 | bytes[1] );
}

static uint32_t get32 ( const uint8_t *bytes ) {
	return (uint32_t) get16 ( bytes ) << 16 | get16 ( bytes + 2 );
}

/** Make the checksums of an IPv4 packet right, where there are any. */
static void fix_csums ( uint8_t *ip, size_t len ) {
	size_t header = ( ip[0] & 15 ) * 4U, total = get16 ( ip + 2 ), offset;
	uint8_t proto = ip[9];
	uint32_t start;

	if ( ( header < 20 ) || ( header > len ) )
		return;
	put16 ( ip + 10, 0 );
	put16 ( ip + 10, netsim_csum ( 0, ip, header ) );
	if ( ( total < header ) || ( total > len ) || ( get16 ( ip + 6 ) & 0x3fff ) )
		return;
	offset = header + ( ( proto == 17 ) ? 6 : ( proto == 6 ) ? 16 : 2 );
	if ( ( ( proto != 1 ) && ( proto != 6 ) && ( proto != 17 ) ) || ( offset + 2 > total ) )
		return;
	start = ( proto == 1 ) ? 0
			       : netsim_pseudo ( get32 ( ip + 12 ), get32 ( ip + 16 ), proto,
						 total - header );
	put16 ( ip + offset, 0 );
	put16 ( ip + offset, netsim_csum ( start, ip + header, total - header ) );
}

static void inject ( uint8_t control, const uint8_t *data, size_t len ) {
	uint8_t frame[65536];

	memcpy ( frame, data, len );
	if ( ( control & TO_US ) && ( len >= 6 ) )
		memcpy ( frame, netsim_netif ( net )->mac, 6 );
	if ( ( len >= 34 ) && ( get16 ( frame + 12 ) == 0x0800 ) ) {
		if ( control & TO_US )
			memcpy ( frame + 30, "\x0a\0\0\x02", 4 );
		if ( control & FIX_CSUM )
			fix_csums ( frame + 14, len - 14 );
	}
	netsim_inject ( net, frame, len,
			( ( control & CSUM_OK ) ? PKT_CSUM_OK : 0 ) |
				( ( control & COALESCED ) ? PKT_COALESCED : 0 ) );
	netsim_settle ( net );
}

/** What we have sent must be something that others can read. */
static void check_sent ( void ) {
	static uint8_t frame[NETSIM_FRAME_MAX];
	size_t len;

	while ( ( len = netsim_take ( net, frame, sizeof ( frame ), NULL ) ) != 0 ) {
		check ( ( len >= 60 ) && ( len <= 1514 ) );
		check ( memcmp ( frame + 6, netsim_netif ( net )->mac, 6 ) == 0 );
		if ( get16 ( frame + 12 ) == 0x0806 )
			continue;
		check ( get16 ( frame + 12 ) == 0x0800 );
		check ( frame[14] == 0x45 );
		check ( get16 ( frame + 16 ) <= len - 14 );
		check ( netsim_csum ( 0, frame + 14, 20 ) == 0 );
	}
}

static void drain ( void ) {
	static uint8_t buf[65536];
	struct udp_meta meta;
	ssize_t len;

	for ( unsigned int i = 0; i < ARRAY_SIZE ( sockets ); i++ ) {
		while ( ( len = udp_try_recv ( sockets[i], buf, sizeof ( buf ), &meta ) ) >= 0 ) {
			check ( len <= 65507 );
			check ( meta.dest.port == udp_local_port ( sockets[i] ) );
		}
	}
}

static void start ( void ) {
	struct endpoint peer = endpoint_ipv4 ( PEER, 69 );

	net = netsim_new ();
	check ( udp_open ( netsim_netif ( net ), NULL, 68, &sockets[0] ) == 0 );
	check ( udp_open ( NULL, &peer, 2001, &sockets[1] ) == 0 );
	check ( udp_open ( NULL, NULL, 2000, &sockets[2] ) == 0 );
	check ( icmp_echo_open ( &echo ) == 0 );
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct reader r = READER ( data, len );
	struct netif *netif;
	uint8_t config;

	if ( !net )
		start ();
	netif = netsim_netif ( net );
	config = read_u8 ( &r );
	/* Closing makes all forget what earlier inputs taught them. */
	netif_close ( netif );
	ipv4_route_flush ( netif );
	check ( netif_open ( netif ) == 0 );
	if ( config & CONFIGURED )
		check ( ipv4_route_add ( netif, US, US, MASK, 0 ) == 0 );
	if ( config & ASKS_PEER )
		udp_send ( sockets[1], NULL, "x", 1 );
	while ( reader_left ( &r ) ) {
		uint8_t control = read_u8 ( &r );
		size_t frame_len = read_be16 ( &r );

		if ( reader_failed ( &r ) )
			break;
		frame_len = MIN ( frame_len, reader_left ( &r ) );
		if ( control & WAIT )
			netsim_run ( net, US_PER_S );
		if ( control & LONG_WAIT )
			netsim_run ( net, 20 * US_PER_S );
		inject ( control, read_bytes ( &r, frame_len ), frame_len );
		check_sent ();
	}
	drain ();
	netsim_settle ( net );
	check_sent ();
	netif_close ( netif );
	check ( ( pkt_pool_out ( netsim_rx_pool ( net ) ) == 0 ) && !netif->tx_pool );
	return 0;
}
