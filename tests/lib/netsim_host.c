/** @file
 * Hosts of the simulated network: ARP, IPv4 headers and UDP for the far end of the wire. Written
 * without any code of the stack under test, so that an error cannot cancel itself out.
 */
#include <stdlib.h>
#include <string.h>
#include "lib/netsim_int.h"

struct netsim_host {
	struct list list;
	struct netsim *net;
	ipv4_addr_t ip;
	uint8_t mac[ETH_ALEN];
	netsim_rx_fn *rx;
	void *arg;
	bool mute, router;
	size_t mtu;
	uint16_t next_id;
};

static const uint8_t broadcast_mac[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void put16 ( uint8_t *bytes, unsigned int value ) {
	bytes[0] = (uint8_t) ( value >> 8 );
	bytes[1] = (uint8_t) value;
}

static void put32 ( uint8_t *bytes, uint32_t value ) {
	put16 ( bytes, value >> 16 );
	put16 ( bytes + 2, value & 0xffff );
}

static uint16_t get16 ( const uint8_t *bytes ) {
	return (uint16_t) ( bytes[0] << 8 | bytes[1] );
}

static uint32_t get32 ( const uint8_t *bytes ) {
	return (uint32_t) get16 ( bytes ) << 16 | get16 ( bytes + 2 );
}

uint16_t netsim_csum ( uint32_t start, const void *data, size_t len ) {
	const uint8_t *bytes = data;
	uint64_t sum = start;

	for ( size_t i = 0; i < len; i++ )
		sum += ( i & 1 ) ? bytes[i] : (uint32_t) bytes[i] << 8;
	while ( sum >> 16 )
		sum = ( sum & 0xffff ) + ( sum >> 16 );
	return (uint16_t) ~sum;
}

uint32_t netsim_pseudo ( ipv4_addr_t src, ipv4_addr_t dest, uint8_t proto, size_t len ) {
	return ( src >> 16 ) + ( src & 0xffff ) + ( dest >> 16 ) + ( dest & 0xffff ) + proto +
	       (uint32_t) len;
}

size_t netsim_frame_ipv4 ( uint8_t *buf, const uint8_t *dest_mac, const uint8_t *src_mac,
			   uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest, const void *payload,
			   size_t len ) {
	uint8_t *ip = buf + 14;

	memcpy ( buf, dest_mac, ETH_ALEN );
	memcpy ( buf + ETH_ALEN, src_mac, ETH_ALEN );
	put16 ( buf + 12, 0x0800 );
	memset ( ip, 0, 20 );
	ip[0] = 0x45;
	put16 ( ip + 2, (unsigned int) ( 20 + len ) );
	ip[8] = 64;
	ip[9] = proto;
	put32 ( ip + 12, src );
	put32 ( ip + 16, dest );
	put16 ( ip + 10, netsim_csum ( 0, ip, 20 ) );
	if ( len )
		memcpy ( ip + 20, payload, len );
	return 14 + 20 + len;
}

struct netsim_host *netsim_host_add ( struct netsim *net, ipv4_addr_t ip, netsim_rx_fn *rx,
				      void *arg ) {
	struct netsim_host *host = calloc ( 1, sizeof ( *host ) );

	if ( !host )
		netsim_die ( "out of memory" );
	host->net = net;
	host->ip = ip;
	host->mac[0] = 0x02;
	put32 ( host->mac + 2, ip );
	host->rx = rx;
	host->arg = arg;
	host->mtu = 65535;
	list_add_tail ( &host->list, &net->hosts );
	return host;
}

void netsim_hosts_free ( struct netsim *net ) {
	struct netsim_host *host;

	while ( ( host = list_first ( &net->hosts, struct netsim_host, list ) ) != NULL ) {
		list_del ( &host->list );
		free ( host );
	}
}

void netsim_host_mute ( struct netsim_host *host, bool mute ) {
	host->mute = mute;
}

void netsim_host_router ( struct netsim_host *host, bool router ) {
	host->router = router;
}

void netsim_host_mtu ( struct netsim_host *host, size_t mtu ) {
	host->mtu = mtu;
}

ipv4_addr_t netsim_host_ip ( const struct netsim_host *host ) {
	return host->ip;
}

struct netsim *netsim_host_net ( const struct netsim_host *host ) {
	return host->net;
}

/** Answer an ARP request for one of the host's addresses. */
static void host_arp ( struct netsim_host *host, const uint8_t *frame, size_t len ) {
	uint8_t reply[60] = { 0 };
	ipv4_addr_t sender, target;

	if ( ( len < 42 ) || ( get16 ( frame + 20 ) != 1 ) )
		return;
	sender = get32 ( frame + 28 );
	target = get32 ( frame + 38 );
	if ( ( target != host->ip ) && ( !host->router || ( target == sender ) ) )
		return;
	memcpy ( reply, frame + 6, ETH_ALEN );
	memcpy ( reply + 6, host->mac, ETH_ALEN );
	memcpy ( reply + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02", 10 );
	memcpy ( reply + 22, host->mac, ETH_ALEN );
	put32 ( reply + 28, target );
	memcpy ( reply + 32, frame + 22, ETH_ALEN );
	put32 ( reply + 38, sender );
	netsim_inject ( host->net, reply, sizeof ( reply ), 0 );
}

static void host_ipv4 ( struct netsim_host *host, const uint8_t *ip, size_t len ) {
	size_t header_len, total;

	if ( ( len < 20 ) || ( ip[0] >> 4 != 4 ) )
		return;
	header_len = ( ip[0] & 15 ) * 4U;
	total = get16 ( ip + 2 );
	if ( ( header_len < 20 ) || ( total < header_len ) || ( total > len ) ||
	     netsim_csum ( 0, ip, header_len ) || ( get16 ( ip + 6 ) & 0x3fff ) )
		return;
	if ( host->rx )
		host->rx ( host, ip[9], get32 ( ip + 12 ), get32 ( ip + 16 ), ip + header_len,
			   total - header_len, host->arg );
}

void netsim_hosts_rx ( struct netsim *net, const uint8_t *frame, size_t len ) {
	struct netsim_host *host;

	if ( len < 14 )
		return;
	list_for_each ( host, &net->hosts, list ) {
		if ( host->mute || ( memcmp ( frame, host->mac, ETH_ALEN ) &&
				     memcmp ( frame, broadcast_mac, ETH_ALEN ) ) )
			continue;
		if ( get16 ( frame + 12 ) == 0x0806 )
			host_arp ( host, frame, len );
		else if ( get16 ( frame + 12 ) == 0x0800 )
			host_ipv4 ( host, frame + 14, len - 14 );
	}
}

void netsim_host_send ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
			const void *payload, size_t len, unsigned int flags ) {
	uint8_t *frame = malloc ( NETSIM_FRAME_MAX );
	size_t piece = ( host->mtu - 20 ) & ~(size_t) 7;
	uint16_t id = ++host->next_id;
	size_t frame_len, now;

	if ( !frame || ( len > 65535 - 20 ) )
		netsim_die ( "cannot send that" );
	for ( size_t offset = 0; ( offset < len ) || !offset; offset += now ) {
		bool more = ( len + 20 > host->mtu ) && ( len - offset > piece );

		now = more ? piece : len - offset;
		frame_len = netsim_frame_ipv4 (
			frame, ( dest == IPV4_BROADCAST ) ? broadcast_mac : host->net->netif.mac,
			host->mac, proto, src ? src : host->ip, dest,
			(const uint8_t *) payload + offset, now );
		put16 ( frame + 14 + 4, id );
		put16 ( frame + 14 + 6, (unsigned int) ( offset / 8 ) | ( more ? 0x2000 : 0 ) );
		put16 ( frame + 14 + 10, 0 );
		put16 ( frame + 14 + 10, netsim_csum ( 0, frame + 14, 20 ) );
		netsim_inject ( host->net, frame, frame_len, flags );
		if ( !now )
			break;
	}
	free ( frame );
}

void netsim_host_send_udp ( struct netsim_host *host, uint16_t src_port, ipv4_addr_t dest,
			    uint16_t dest_port, const void *data, size_t len ) {
	uint8_t *udp = malloc ( 8 + len );
	uint16_t csum;

	if ( !udp )
		netsim_die ( "out of memory" );
	put16 ( udp, src_port );
	put16 ( udp + 2, dest_port );
	put16 ( udp + 4, (unsigned int) ( 8 + len ) );
	put16 ( udp + 6, 0 );
	if ( len )
		memcpy ( udp + 8, data, len );
	csum = netsim_csum ( netsim_pseudo ( host->ip, dest, 17, 8 + len ), udp, 8 + len );
	put16 ( udp + 6, csum ? csum : 0xffff );
	netsim_host_send ( host, 17, 0, dest, udp, 8 + len, 0 );
	free ( udp );
}

ssize_t netsim_parse_udp ( ipv4_addr_t src, ipv4_addr_t dest, const uint8_t *payload, size_t len,
			   uint16_t *ret_src_port, uint16_t *ret_dest_port,
			   const uint8_t **ret_data ) {
	size_t udp_len;

	if ( len < 8 )
		return -1;
	udp_len = get16 ( payload + 4 );
	if ( ( udp_len < 8 ) || ( udp_len > len ) || !get16 ( payload + 6 ) ||
	     netsim_csum ( netsim_pseudo ( src, dest, 17, udp_len ), payload, udp_len ) )
		return -1;
	*ret_src_port = get16 ( payload );
	*ret_dest_port = get16 ( payload + 2 );
	*ret_data = payload + 8;
	return (ssize_t) ( udp_len - 8 );
}
