/** @file
 * IPv4: what is accepted, what is sent and where; the routing table and the settings that make it.
 */
#include <stdlib.h>
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/ipv4.h"

#define US    IPV4 ( 10, 0, 0, 2 )
#define PEER  IPV4 ( 10, 0, 0, 1 )
#define MASK  IPV4 ( 255, 255, 255, 0 )
#define PROTO 99 /**< a transport protocol of this test */

static struct netsim *net;
static struct netif *netif;
static uint8_t frame[NETSIM_FRAME_MAX];

/** What the test's transport got. */
static struct {
	unsigned int count;
	size_t len;
	ipv4_addr_t src, dest;
	uint8_t data[64];
} got;

static void test_rx ( struct pkt *pkt, ipv4_addr_t src, ipv4_addr_t dest, utime_t now ) {
	got.count++;
	got.len = pkt_len ( pkt );
	got.src = src;
	got.dest = dest;
	memcpy ( got.data, pkt->data, MIN ( got.len, sizeof ( got.data ) ) );
	pkt_free ( pkt );
}

static const struct ipv4_protocol test_protocol = { .proto = PROTO, .rx = test_rx };
IPV4_PROTOCOL ( test_protocol );

static int setup ( void **state ) {
	net = netsim_new ();
	netif = netsim_netif ( net );
	memset ( &got, 0, sizeof ( got ) );
	return 0;
}

static int setup_configured ( void **state ) {
	setup ( state );
	netsim_configure ( net, US, MASK, 0 );
	return 0;
}

static int teardown ( void **state ) {
	netsim_configure ( net, 0, 0, 0 );
	settings_set_text ( &netif->settings, "static-routes", "" );
	netsim_free ( net );
	return 0;
}

/* ---- Input ---- */

static size_t build ( ipv4_addr_t src, ipv4_addr_t dest, const void *payload, size_t len ) {
	static const uint8_t peer_mac[ETH_ALEN] = { 2, 0, 10, 0, 0, 1 };

	return netsim_frame_ipv4 ( frame, netif->mac, peer_mac, PROTO, src, dest, payload, len );
}

/** Make the header checksum right again. */
static void fix_csum ( void ) {
	size_t len = ( frame[14] & 15 ) * 4U;
	uint16_t csum;

	frame[24] = frame[25] = 0;
	csum = netsim_csum ( 0, frame + 14, len );
	frame[24] = csum >> 8;
	frame[25] = csum & 0xff;
}

static void inject ( size_t len ) {
	netsim_inject ( net, frame, len, 0 );
	netsim_settle ( net );
}

static void packet_for_us_reaches_the_transport ( void **state ) {
	inject ( build ( PEER, US, "hello", 5 ) );
	assert_int_equal ( got.count, 1 );
	assert_int_equal ( got.len, 5 );
	assert_memory_equal ( got.data, "hello", 5 );
	assert_int_equal ( got.src, PEER );
	assert_int_equal ( got.dest, US );
}

static void padding_is_cut_off ( void **state ) {
	size_t len = build ( PEER, US, "hello", 5 );

	memset ( frame + len, 0xee, 60 - len );
	inject ( 60 );
	assert_int_equal ( got.len, 5 );
}

static void options_are_skipped ( void **state ) {
	build ( PEER, US, "\x01\x01\x01\x00payload", 11 );
	frame[14] = 0x46;
	fix_csum ();
	inject ( 14 + 20 + 11 );
	assert_int_equal ( got.len, 7 );
	assert_memory_equal ( got.data, "payload", 7 );
}

static void truncated_at_each_length_is_an_error ( void **state ) {
	size_t len = build ( PEER, US, "hello", 5 );

	for ( size_t cut = 14; cut < len; cut++ ) {
		unsigned int before = netif->rx.bad;

		inject ( cut );
		assert_int_equal ( netif->rx.bad, before + 1 );
	}
	assert_int_equal ( got.count, 0 );
}

static void bad_headers_are_errors ( void **state ) {
	static const struct {
		size_t offset;
		uint8_t value;
		int rc;
	} bad[] = {
		{ 14, 0x44, -EINVAL },                       /* header shorter than a header */
		{ 14, 0x65, -EINVAL },                       /* version 6 */
		{ 14, 0x4f, -EINVAL },                       /* options longer than the packet */
		{ 17, 19, -EINVAL },                         /* total length below the header's */
		{ 17, 200, -EINVAL },                        /* total length beyond the frame */
		{ 23, 98, -ENOTSUP },  { 26, 127, -EINVAL }, /* sources that cannot be */
		{ 26, 0, -EINVAL },    { 26, 224, -EINVAL },
		{ 26, 255, -EINVAL },  { 29, 2, -EINVAL }, /* our own address */
		{ 29, 255, -EINVAL },                      /* our network's broadcast address */
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ ) {
		size_t len = build ( PEER, US, "hello", 5 );

		memset ( netif->rx.errors, 0, sizeof ( netif->rx.errors ) );
		frame[bad[i].offset] = bad[i].value;
		fix_csum ();
		inject ( len );
		assert_int_equal ( netif->rx.errors[0].rc, bad[i].rc );
		assert_int_equal ( netif->rx.bad, i + 1 );
	}
	assert_int_equal ( got.count, 0 );
}

static void wrong_header_checksum_is_an_error ( void **state ) {
	size_t len = build ( PEER, US, "hello", 5 );

	for ( size_t i = 14; i < 34; i++ ) {
		if ( ( i == 14 ) || ( i == 16 ) || ( i == 17 ) )
			continue; /* wrong for other reasons too */
		frame[i] ^= 0x40;
		memset ( netif->rx.errors, 0, sizeof ( netif->rx.errors ) );
		/* The device's word about TCP and UDP does not cover the IP header. */
		netsim_inject ( net, frame, len, PKT_CSUM_OK );
		netsim_settle ( net );
		assert_int_equal ( netif->rx.errors[0].rc, -EIO );
		frame[i] ^= 0x40;
	}
	assert_int_equal ( got.count, 0 );
	inject ( len );
	assert_int_equal ( got.count, 1 );
}

static void packets_for_others_are_dropped_silently ( void **state ) {
	inject ( build ( PEER, IPV4 ( 10, 0, 0, 3 ), "x", 1 ) );
	inject ( build ( PEER, IPV4 ( 224, 0, 0, 1 ), "x", 1 ) );
	inject ( build ( PEER, IPV4 ( 127, 0, 0, 1 ), "x", 1 ) );
	assert_int_equal ( got.count, 0 );
	assert_int_equal ( netif->rx.bad, 0 );
}

static void broadcasts_are_for_udp_only ( void **state ) {
	inject ( build ( PEER, IPV4_BROADCAST, "x", 1 ) );
	inject ( build ( PEER, IPV4 ( 10, 0, 0, 255 ), "x", 1 ) );
	build ( PEER, US, "x", 1 );
	memset ( frame, 0xff, ETH_ALEN );
	inject ( 35 );
	assert_int_equal ( got.count, 0 );
	assert_int_equal ( netif->rx.bad, 0 );
}

static void unconfigured_interface_gives_transports_nothing ( void **state ) {
	inject ( build ( PEER, US, "x", 1 ) );
	assert_int_equal ( got.count, 0 );
}

static void coalesced_packet_of_64_kib_passes ( void **state ) {
	uint8_t *data = calloc ( 1, 65515 );
	size_t len = build ( PEER, US, data, 65515 );

	netsim_inject ( net, frame, len, PKT_COALESCED | PKT_CSUM_OK );
	netsim_settle ( net );
	assert_int_equal ( got.len, 65515 );
	free ( data );
}

/* ---- Output ---- */

static int send_bytes ( struct netif *via, ipv4_addr_t src, ipv4_addr_t dest, size_t len ) {
	struct pkt *pkt = pkt_new ( netif );

	assert_non_null ( pkt );
	assert_non_null ( pkt_put ( pkt, len ) );
	memset ( pkt->data, 0x3c, len );
	return ipv4_transmit ( pkt, PROTO, via, src, dest );
}

static void sent_packet_has_a_right_header ( void **state ) {
	netsim_host_add ( net, PEER, NULL, NULL );
	netsim_keep ( net, true );
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 100 ), 0 );
	netsim_settle ( net );
	assert_int_equal ( netsim_take ( net, frame, sizeof ( frame ), NULL ), 60 ); /* ARP */
	assert_int_equal ( netsim_take ( net, frame, sizeof ( frame ), NULL ), 14 + 20 + 100 );
	assert_int_equal ( frame[14], 0x45 );
	assert_int_equal ( frame[16] << 8 | frame[17], 120 );
	assert_int_equal ( frame[20], 0 ); /* may be fragmented */
	assert_int_equal ( frame[22], 64 );
	assert_int_equal ( frame[23], PROTO );
	assert_int_equal ( netsim_csum ( 0, frame + 14, 20 ), 0 );
	assert_memory_equal ( frame + 26, "\x0a\0\0\x02\x0a\0\0\x01", 8 );
}

static void too_long_packet_is_refused ( void **state ) {
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 1480 ), 0 );
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 1481 ), -EMSGSIZE );
	settings_set_text ( &netif->settings, "mtu", "600" );
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 581 ), -EMSGSIZE );
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 580 ), 0 );
	settings_set_text ( &netif->settings, "mtu", "" );
}

static void nowhere_to_send_is_an_error ( void **state ) {
	assert_int_equal ( send_bytes ( NULL, 0, IPV4 ( 10, 9, 9, 9 ), 1 ), -ENETUNREACH );
	assert_int_equal ( send_bytes ( netif, 0, IPV4 ( 10, 9, 9, 9 ), 1 ), -ENETUNREACH );
	assert_int_equal ( send_bytes ( NULL, 0, US, 1 ), -ENETUNREACH );
	assert_int_equal ( pkt_pool_out ( netif->tx_pool ), 0 );
}

static void broadcasts_need_no_arp ( void **state ) {
	static const uint8_t all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const ipv4_addr_t dests[] = { IPV4_BROADCAST, IPV4 ( 10, 0, 0, 255 ) };

	for ( size_t i = 0; i < ARRAY_SIZE ( dests ); i++ ) {
		assert_int_equal ( send_bytes ( netif, 0, dests[i], 50 ), 0 );
		netsim_settle ( net );
		assert_int_equal ( netsim_take ( net, frame, sizeof ( frame ), NULL ), 84 );
		assert_memory_equal ( frame, all, ETH_ALEN );
		assert_memory_equal ( frame + 26, "\x0a\0\0\x02", 4 );
		assert_int_equal ( frame[33], 0xff );
	}
}

static void unconfigured_interface_broadcasts_from_0_0_0_0 ( void **state ) {
	assert_int_equal ( send_bytes ( netif, 0, IPV4_BROADCAST, 50 ), 0 );
	netsim_settle ( net );
	assert_int_equal ( netsim_take ( net, frame, sizeof ( frame ), NULL ), 84 );
	assert_memory_equal ( frame + 26, "\0\0\0\0\xff\xff\xff\xff", 8 );
}

static void gateway_is_the_next_hop_for_far_hosts ( void **state ) {
	netsim_configure ( net, US, MASK, IPV4 ( 10, 0, 0, 254 ) );
	assert_int_equal ( send_bytes ( NULL, 0, IPV4 ( 192, 0, 2, 1 ), 1 ), 0 );
	netsim_settle ( net );
	netsim_take ( net, frame, sizeof ( frame ), NULL );
	assert_memory_equal ( frame + 38, "\x0a\0\0\xfe", 4 );
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 1 ), 0 );
	netsim_settle ( net );
	netsim_take ( net, frame, sizeof ( frame ), NULL );
	assert_memory_equal ( frame + 38, "\x0a\0\0\x01", 4 );
}

/* ---- Routes ---- */

static void longest_prefix_wins ( void **state ) {
	ipv4_addr_t next = 0;

	settings_set_text ( &netif->settings, "static-routes",
			    "10:ac:10:0a:00:00:0b:"       /* 172.16.0.0/16 via 10.0.0.11 */
			    "18:ac:10:05:0a:00:00:0c:"    /* 172.16.5.0/24 via 10.0.0.12 */
			    "20:ac:10:05:09:0a:00:00:0d:" /* 172.16.5.9/32 via 10.0.0.13 */
			    "0c:c0:10:00:00:00:00" );     /* 192.16.0.0/12 on the wire */
	netsim_configure ( net, US, MASK, IPV4 ( 10, 0, 0, 254 ) );
	assert_non_null ( ipv4_route ( IPV4 ( 172, 16, 1, 1 ), &next ) );
	assert_int_equal ( next, IPV4 ( 10, 0, 0, 11 ) );
	ipv4_route ( IPV4 ( 172, 16, 5, 1 ), &next );
	assert_int_equal ( next, IPV4 ( 10, 0, 0, 12 ) );
	ipv4_route ( IPV4 ( 172, 16, 5, 9 ), &next );
	assert_int_equal ( next, IPV4 ( 10, 0, 0, 13 ) );
	ipv4_route ( IPV4 ( 192, 31, 1, 1 ), &next );
	assert_int_equal ( next, IPV4 ( 192, 31, 1, 1 ) );
	ipv4_route ( IPV4 ( 172, 17, 0, 0 ), &next );
	assert_int_equal ( next, IPV4 ( 10, 0, 0, 254 ) );
	ipv4_route ( PEER, &next );
	assert_int_equal ( next, PEER );
}

static unsigned int route_count ( void ) {
	const struct ipv4_route *route = NULL;
	unsigned int count = 0;

	while ( ( route = ipv4_route_next ( route ) ) != NULL )
		count++;
	return count;
}

static void default_route_of_option_121_replaces_the_gateway ( void **state ) {
	ipv4_addr_t next = 0;

	settings_set_text ( &netif->settings, "static-routes", "00:0a:00:00:0b" );
	netsim_configure ( net, US, MASK, IPV4 ( 10, 0, 0, 254 ) );
	assert_int_equal ( route_count (), 2 );
	ipv4_route ( IPV4 ( 192, 0, 2, 1 ), &next );
	assert_int_equal ( next, IPV4 ( 10, 0, 0, 11 ) );
}

static void broken_static_routes_end_the_list ( void **state ) {
	static const char *const texts[] = { "21:01:02:03:04:05:0a:00:00:01", "18:0a:00",
					     "08:0b:0a:00:00", "ff" };

	netsim_configure ( net, US, MASK, 0 );
	for ( size_t i = 0; i < ARRAY_SIZE ( texts ); i++ ) {
		settings_set_text ( &netif->settings, "static-routes", texts[i] );
		assert_int_equal ( route_count (), 1 );
	}
	settings_set_text ( &netif->settings, "static-routes", "08:0b:0a:00:00:01:21" );
	assert_int_equal ( route_count (), 2 );
}

static void mask_defaults_to_the_class ( void **state ) {
	static const ipv4_addr_t cases[][2] = {
		{ IPV4 ( 10, 1, 2, 3 ), IPV4 ( 255, 0, 0, 0 ) },
		{ IPV4 ( 172, 16, 2, 3 ), IPV4 ( 255, 255, 0, 0 ) },
		{ IPV4 ( 192, 168, 2, 3 ), IPV4 ( 255, 255, 255, 0 ) },
	};

	for ( size_t i = 0; i < ARRAY_SIZE ( cases ); i++ ) {
		const struct ipv4_route *route;

		netsim_configure ( net, cases[i][0], 0, 0 );
		route = ipv4_route_next ( NULL );
		assert_non_null ( route );
		assert_int_equal ( route->src, cases[i][0] );
		assert_int_equal ( route->mask, cases[i][1] );
		assert_int_equal ( route->dest, cases[i][0] & cases[i][1] );
		assert_int_equal ( route->gateway, 0 );
		assert_ptr_equal ( route->netif, netif );
		assert_null ( ipv4_route_next ( route ) );
		assert_int_equal ( ipv4_netif_addr ( netif ), cases[i][0] );
	}
	netsim_configure ( net, 0, 0, 0 );
	assert_int_equal ( route_count (), 0 );
	assert_int_equal ( ipv4_netif_addr ( netif ), 0 );
	netsim_configure ( net, IPV4 ( 224, 0, 0, 5 ), 0, 0 );
	assert_int_equal ( route_count (), 0 );
}

static void most_recently_opened_interface_wins_and_closed_ones_are_out ( void **state ) {
	struct netsim *second = netsim_new ();
	struct netif *other = netsim_netif ( second );

	netsim_configure ( net, US, MASK, 0 );
	netsim_configure ( second, IPV4 ( 10, 0, 0, 3 ), MASK, 0 );
	assert_ptr_equal ( ipv4_route ( PEER, NULL )->netif, other );
	netif_close ( netif );
	netif_open ( netif );
	assert_ptr_equal ( ipv4_route ( PEER, NULL )->netif, netif );
	assert_ptr_equal ( ipv4_route_via ( other, PEER, NULL )->netif, other );
	netif_close ( netif );
	assert_ptr_equal ( ipv4_route ( PEER, NULL )->netif, other );
	assert_int_equal ( route_count (), 2 ); /* still shown, "inaccessible" */
	netif_close ( other );
	assert_null ( ipv4_route ( PEER, NULL ) );
	netsim_free ( second );
	assert_int_equal ( route_count (), 1 );
	netif_open ( netif );
}

static void buffer_of_another_interface_is_not_sent ( void **state ) {
	struct netsim *second = netsim_new ();

	netsim_configure ( second, IPV4 ( 10, 0, 0, 3 ), MASK, 0 );
	/* The second wire is the way now; its device may not reach the first one's memory. */
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 1 ), -ENETUNREACH );
	netsim_free ( second );
	assert_int_equal ( send_bytes ( NULL, 0, PEER, 1 ), 0 );
}

static void our_address_on_another_wire_is_not_us ( void **state ) {
	struct netsim *second = netsim_new ();

	netsim_configure ( second, IPV4 ( 10, 0, 1, 2 ), MASK, 0 );
	inject ( build ( PEER, IPV4 ( 10, 0, 1, 2 ), "x", 1 ) );
	assert_int_equal ( got.count, 0 );
	netsim_free ( second );
}

static void route_table_is_bounded ( void **state ) {
	netsim_configure ( net, 0, 0, 0 );
	for ( unsigned int i = 0; i < IPV4_ROUTES_MAX; i++ )
		assert_int_equal ( ipv4_route_add ( netif, US, i << 8, MASK, 0 ), 0 );
	assert_int_equal ( ipv4_route_add ( netif, US, 0, MASK, 0 ), -ENOMEM );
	ipv4_route_flush ( netif );
	assert_int_equal ( route_count (), 0 );
	assert_int_equal ( ipv4_route_add ( netif, US, 0, MASK, 0 ), 0 );
	ipv4_route_flush ( netif );
}

static void wire_of_31_bits_has_no_broadcast_address ( void **state ) {
	netsim_configure ( net, IPV4 ( 10, 0, 0, 2 ), IPV4 ( 255, 255, 255, 254 ), 0 );
	inject ( build ( IPV4 ( 10, 0, 0, 3 ), US, "x", 1 ) );
	assert_int_equal ( got.count, 1 );
}

#define TEST( name )     cmocka_unit_test_setup_teardown ( name, setup_configured, teardown )
#define TEST_RAW( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( packet_for_us_reaches_the_transport ),
		TEST ( padding_is_cut_off ),
		TEST ( options_are_skipped ),
		TEST ( truncated_at_each_length_is_an_error ),
		TEST ( bad_headers_are_errors ),
		TEST ( wrong_header_checksum_is_an_error ),
		TEST ( packets_for_others_are_dropped_silently ),
		TEST ( broadcasts_are_for_udp_only ),
		TEST_RAW ( unconfigured_interface_gives_transports_nothing ),
		TEST ( coalesced_packet_of_64_kib_passes ),
		TEST ( sent_packet_has_a_right_header ),
		TEST ( too_long_packet_is_refused ),
		TEST ( nowhere_to_send_is_an_error ),
		TEST ( broadcasts_need_no_arp ),
		TEST_RAW ( unconfigured_interface_broadcasts_from_0_0_0_0 ),
		TEST ( gateway_is_the_next_hop_for_far_hosts ),
		TEST_RAW ( longest_prefix_wins ),
		TEST_RAW ( default_route_of_option_121_replaces_the_gateway ),
		TEST_RAW ( broken_static_routes_end_the_list ),
		TEST_RAW ( mask_defaults_to_the_class ),
		TEST_RAW ( most_recently_opened_interface_wins_and_closed_ones_are_out ),
		TEST ( buffer_of_another_interface_is_not_sent ),
		TEST ( our_address_on_another_wire_is_not_us ),
		TEST_RAW ( route_table_is_bounded ),
		TEST_RAW ( wire_of_31_bits_has_no_broadcast_address ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
