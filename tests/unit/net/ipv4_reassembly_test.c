/** @file
 * Reassembly of IPv4 fragments: order, duplicates, overlaps, limits, time-out.
 */
#include <stdlib.h>
#include "core/memory.h"
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/ipv4.h"

#define US    IPV4 ( 10, 0, 0, 2 )
#define PEER  IPV4 ( 10, 0, 0, 1 )
#define MASK  IPV4 ( 255, 255, 255, 0 )
#define PROTO 99

static struct netsim *net;
static struct netif *netif;
static uint8_t pattern[65536];

static unsigned int got_count;
static size_t got_len;
static bool got_right;

static void test_rx ( struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest, utime_t now ) {
	got_count++;
	got_len = pkt_len ( pkt );
	got_right = ( got_len <= sizeof ( pattern ) ) &&
		    ( memcmp ( pkt->data, pattern, got_len ) == 0 ) && ( pkt->netif == netif ) &&
		    !( pkt->flags & PKT_CSUM_OK );
	pkt_free ( pkt );
}

static const struct ipv4_protocol test_protocol = { .proto = PROTO, .rx = test_rx };
IPV4_PROTOCOL ( test_protocol );

static int setup ( void **state ) {
	net = netsim_new ();
	netif = netsim_netif ( net );
	netsim_configure ( net, US, MASK, 0 );
	got_count = 0;
	got_len = 0;
	got_right = false;
	for ( size_t i = 0; i < sizeof ( pattern ); i++ )
		pattern[i] = (uint8_t) ( i ^ ( i >> 8 ) );
	return 0;
}

static int teardown ( void **state ) {
	netsim_free ( net );
	return 0;
}

/** Send bytes @c from .. @c to of the pattern as a fragment; @c change: with other contents. */
static void fragment ( uint16_t id, size_t from, size_t to, bool more, bool change ) {
	static const uint8_t peer_mac[ETH_ALEN] = { 2, 0, 10, 0, 0, 1 };
	uint8_t *frame = malloc ( NETSIM_FRAME_MAX );
	size_t len = netsim_frame_ipv4 ( frame, netif->mac, peer_mac, PROTO, PEER, US,
					 pattern + from, to - from );
	uint16_t csum;

	if ( change )
		frame[34] ^= 1;
	frame[18] = id >> 8;
	frame[19] = id & 0xff;
	frame[20] = (uint8_t) ( ( from / 8 ) >> 8 ) | ( more ? 0x20 : 0 );
	frame[21] = (uint8_t) ( from / 8 );
	frame[24] = frame[25] = 0;
	csum = netsim_csum ( 0, frame + 14, 20 );
	frame[24] = csum >> 8;
	frame[25] = csum & 0xff;
	netsim_inject ( net, frame, len, PKT_CSUM_OK );
	netsim_settle ( net );
	free ( frame );
}

static void fragments_in_order ( void **state ) {
	fragment ( 1, 0, 1480, true, false );
	fragment ( 1, 1480, 2960, true, false );
	assert_int_equal ( got_count, 0 );
	fragment ( 1, 2960, 3001, false, false );
	assert_int_equal ( got_count, 1 );
	assert_int_equal ( got_len, 3001 );
	assert_true ( got_right );
}

static void fragments_in_reverse_order ( void **state ) {
	fragment ( 1, 2960, 3001, false, false );
	fragment ( 1, 1480, 2960, true, false );
	fragment ( 1, 0, 1480, true, false );
	assert_int_equal ( got_len, 3001 );
	assert_true ( got_right );
}

static void largest_datagram ( void **state ) {
	size_t end = 65535 - 20;

	for ( size_t at = 0; at < end; at += 1480 )
		fragment ( 7, at, MIN ( at + 1480, end ), at + 1480 < end, false );
	assert_int_equal ( got_len, end );
	assert_true ( got_right );
}

static void fragment_beyond_64_kib_is_refused ( void **state ) {
	fragment ( 1, 65512, 65520, false, false );
	assert_int_equal ( netif->rx.bad, 1 );
	fragment ( 2, 0, 8, true, false );
	fragment ( 2, 65512, 65516, false, false );
	assert_int_equal ( netif->rx.bad, 2 );
	assert_int_equal ( got_count, 0 );
}

static void exact_duplicate_is_ignored ( void **state ) {
	fragment ( 1, 0, 800, true, false );
	fragment ( 1, 0, 800, true, false );
	fragment ( 1, 800, 900, false, false );
	assert_int_equal ( got_count, 1 );
	assert_true ( got_right );
	assert_int_equal ( netif->rx.bad, 0 );
}

static void overlap_condemns_the_datagram ( void **state ) {
	/* The same place with other contents; a partial overlap; also with equal contents. */
	fragment ( 1, 0, 800, true, false );
	fragment ( 1, 0, 800, true, true );
	fragment ( 1, 800, 900, false, false );
	fragment ( 2, 0, 800, true, false );
	fragment ( 2, 792, 900, false, false );
	fragment ( 2, 800, 900, false, false );
	fragment ( 3, 0, 800, true, false );
	fragment ( 3, 400, 1200, true, false );
	fragment ( 3, 800, 1300, false, false );
	assert_int_equal ( got_count, 0 );
	/* Its number is free again when the time is over. */
	netsim_run ( net, 16 * US_PER_S );
	fragment ( 1, 0, 800, true, false );
	fragment ( 1, 800, 900, false, false );
	assert_int_equal ( got_count, 1 );
	assert_true ( got_right );
}

static void contradicting_lengths_condemn_the_datagram ( void **state ) {
	fragment ( 1, 800, 900, false, false );
	fragment ( 1, 900 + 4, 1000, false, false ); /* another end */
	fragment ( 1, 0, 800, true, false );
	fragment ( 2, 800, 900, false, false );
	fragment ( 2, 960, 1040, true, false ); /* beyond the end */
	fragment ( 2, 0, 800, true, false );
	fragment ( 3, 960, 1040, true, false );
	fragment ( 3, 8, 800, false, false ); /* an end before what there is */
	fragment ( 6, 24, 32, true, false );
	fragment ( 6, 8, 16, false, false ); /* as many blocks as needed, but not the right ones */
	netsim_run ( net, 20 * US_PER_S );
	fragment ( 4, 0, 801, true, false ); /* not a multiple of 8 */
	fragment ( 4, 800, 900, false, false );
	fragment ( 5, 0, 0, true, false ); /* nothing */
	assert_int_equal ( got_count, 0 );
}

static void unfinished_datagram_times_out ( void **state ) {
	size_t before = heap_used ();

	fragment ( 1, 0, 800, true, false );
	assert_true ( heap_used () > before );
	netsim_run ( net, 14 * US_PER_S );
	assert_true ( heap_used () > before );
	netsim_run ( net, 2 * US_PER_S );
	assert_int_equal ( heap_used (), before );
	assert_int_equal ( netif->rx.errors[0].rc, -ETIMEDOUT );
	fragment ( 1, 800, 900, false, false );
	assert_int_equal ( got_count, 0 );
}

static void number_of_datagrams_is_bounded ( void **state ) {
	size_t before = heap_used ();

	for ( uint16_t id = 0; id < 500; id++ )
		fragment ( id, 0, 8, true, false );
	assert_true ( heap_used () - before < 5 * 70000 );
	/* The newest are still in work, the oldest are not. */
	fragment ( 499, 8, 16, false, false );
	assert_int_equal ( got_count, 1 );
	fragment ( 0, 8, 16, false, false );
	assert_int_equal ( got_count, 1 );
	netsim_run ( net, 20 * US_PER_S );
	assert_int_equal ( heap_used (), before );
}

static void datagrams_are_told_apart_by_their_number ( void **state ) {
	fragment ( 1, 0, 8, true, false );
	fragment ( 2, 8, 16, false, false );
	assert_int_equal ( got_count, 0 );
	fragment ( 1, 8, 20, false, false );
	assert_int_equal ( got_len, 20 );
	fragment ( 2, 0, 8, true, false );
	assert_int_equal ( got_count, 2 );
	assert_int_equal ( got_len, 16 );
	assert_true ( got_right );
}

static void closing_the_interface_frees_all ( void **state ) {
	size_t before = heap_used ();

	fragment ( 1, 0, 8, true, false );
	netif_close ( netif );
	netif_open ( netif );
	assert_int_equal ( heap_used (), before );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( fragments_in_order ),
		TEST ( fragments_in_reverse_order ),
		TEST ( largest_datagram ),
		TEST ( fragment_beyond_64_kib_is_refused ),
		TEST ( exact_duplicate_is_ignored ),
		TEST ( overlap_condemns_the_datagram ),
		TEST ( contradicting_lengths_condemn_the_datagram ),
		TEST ( unfinished_datagram_times_out ),
		TEST ( number_of_datagrams_is_bounded ),
		TEST ( datagrams_are_told_apart_by_their_number ),
		TEST ( closing_the_interface_frees_all ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
