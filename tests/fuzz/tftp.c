/** @file
 * The TFTP client against a hostile server, and against an honest one on a wire that does with its
 * packets what the input says.
 *
 * Input: a byte of configuration, a byte for the window, two bytes of file size, then records. Of an
 * honest server: { time, block number (2 bytes) }, the block of the true file: if the download succeeds, it
 * must be the true file. Of a hostile one: { time and sender, opcode, length, bytes }.
 */
#include <stdlib.h>
#include <string.h>
#include "core/reader.h"
#include "lib/netsim.h"
#include "net/ipv4.h"
#include "platform/host/host.h"
#include "proto/fetch.h"
#include "wire/tftp.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

#define US     IPV4 ( 10, 0, 0, 2 )
#define SERVER IPV4 ( 10, 0, 0, 1 )
#define MASK   IPV4 ( 255, 255, 255, 0 )
#define TID    5000

#define HOSTILE 0x01 /**< of the first byte */
#define OPTIONS 0x02 /**< the honest server agrees to options: blocks of 8 bytes */
#define BLKSIZE 8

static struct netsim *net;
static struct netsim_host *server;
static uint16_t client; /**< port of the last request, 0: none */
static struct image *image;

static void check ( bool condition ) {
	if ( !condition )
		abort ();
}

static uint8_t byte_at ( size_t i ) {
	return (uint8_t) ( i * 7 + ( i >> 8 ) * 13 );
}

static void server_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
			const uint8_t *payload, size_t len, void *arg ) {
	uint16_t src_port, port;
	const uint8_t *data;
	ssize_t got = netsim_parse_udp ( src, dest, payload, len, &src_port, &port, &data );

	/* What we send is well formed. */
	check ( ( proto == IP_PROTO_UDP ) && ( got >= 4 ) && ( got <= TFTP_REQUEST_MAX ) );
	check ( ( data[0] == 0 ) && ( ( data[1] == TFTP_RRQ ) || ( data[1] == TFTP_ACK ) ||
				      ( data[1] == TFTP_ERROR ) ) );
	check ( ( data[1] == TFTP_RRQ ) == ( port == TFTP_PORT ) || ( data[1] == TFTP_ERROR ) );
	if ( data[1] == TFTP_RRQ )
		client = src_port;
}

static TASK_FN int fetch_task ( void *arg ) {
	struct fetch_options options = { .timeout_us = 600 * US_PER_S, .quiet = true };

	fetch_image ( "tftp://10.0.0.1/file", &options, &image );
	return 0;
}

/* Let time go by, most often none. */
static void wait ( uint8_t control ) {
	static const utime_t times[] = { 0, 0, 0, 1000, 100000, 300000, 2000000, 9000000 };

	netsim_run ( net, times[control & 7] );
	netsim_settle ( net );
}

static void send ( uint16_t port, const void *data, size_t len ) {
	if ( client )
		netsim_host_send_udp ( server, port, US, client, data, len );
	netsim_settle ( net );
}

static void be_honest ( struct reader *r, bool options, uint8_t window, size_t size ) {
	uint16_t first = client;
	size_t blksize = options ? BLKSIZE : TFTP_BLKSIZE_DEFAULT;
	uint8_t buf[4 + TFTP_BLKSIZE_DEFAULT] = { 0, TFTP_DATA };
	uint8_t oack[] = { 0,   6,   'b', 'l', 'k', 's', 'i', 'z', 'e', 0, '8', 0,   'w',
			   'i', 'n', 'd', 'o', 'w', 's', 'i', 'z', 'e', 0, '0', '1', 0 };

	window = 1 + window % 64;
	oack[23] = (uint8_t) ( '0' + window / 10 );
	oack[24] = (uint8_t) ( '0' + window % 10 );
	if ( options )
		send ( TID, oack, sizeof ( oack ) );
	while ( reader_left ( r ) ) {
		uint8_t control = read_u8 ( r );
		size_t block = read_be16 ( r ), len;

		if ( !block || ( ( block - 1 ) * blksize > size ) )
			continue;
		len = MIN ( size - ( block - 1 ) * blksize, blksize );
		buf[2] = (uint8_t) ( block >> 8 );
		buf[3] = (uint8_t) block;
		for ( size_t i = 0; i < len; i++ )
			buf[4 + i] = byte_at ( ( block - 1 ) * blksize + i );
		wait ( control );
		/* A second request, without options, is not answered. */
		if ( client != first )
			break;
		send ( TID, buf, len + 4 );
	}
}

static void be_hostile ( struct reader *r ) {
	static uint8_t buf[1500];

	while ( reader_left ( r ) ) {
		uint8_t control = read_u8 ( r );
		size_t len;

		buf[1] = read_u8 ( r );
		len = read_u8 ( r ) * ( ( control & 8 ) ? 5 : 1 );
		/* Long blocks need not be in the input. */
		if ( len > reader_left ( r ) )
			memset ( buf + 2, 0, len );
		read_copy ( r, buf + 2, MIN ( len, reader_left ( r ) ) );
		wait ( control );
		send ( ( control & 16 ) ? TID + 1 : TID, buf, len + 2 );
	}
}

static void start ( void ) {
	net = netsim_new ();
	netsim_configure ( net, US, MASK, 0 );
	server = netsim_host_add ( net, SERVER, server_rx, NULL );
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct reader r = READER ( data, len );
	struct tftp_packet packet;
	size_t pages, size;
	uint8_t config, window;

	tftp_parse ( data, len, &packet );
	if ( !net )
		start ();
	config = read_u8 ( &r );
	window = read_u8 ( &r );
	size = read_be16 ( &r );
	client = 0;
	image = NULL;
	pages = host_pages_used ();
	netsim_spawn ( net, fetch_task, NULL );
	netsim_run ( net, 1000 );
	if ( config & HOSTILE )
		be_hostile ( &r );
	else
		be_honest ( &r, config & OPTIONS, window, size );
	netsim_join ( net, 1000 * US_PER_S );
	if ( image ) {
		check ( image->data[image->len] == 0 );
		check ( ( config & HOSTILE ) || ( image->len == size ) );
		for ( size_t i = 0; !( config & HOSTILE ) && ( i < size ); i++ )
			check ( image->data[i] == byte_at ( i ) );
	}
	image_put ( image );
	check ( host_pages_used () <= pages );
	check ( pkt_pool_out ( netsim_rx_pool ( net ) ) == 0 );
	return 0;
}
