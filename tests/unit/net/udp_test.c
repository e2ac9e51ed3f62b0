/** @file
 * UDP sockets: who gets a datagram, checksums, bounds, errors, waiting.
 */
#include <stdlib.h>
#include "core/memory.h"
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/ipv4.h"
#include "net/udp.h"

#define US   IPV4 ( 10, 0, 0, 2 )
#define PEER IPV4 ( 10, 0, 0, 1 )
#define MASK IPV4 ( 255, 255, 255, 0 )

static struct netsim *net;
static struct netif *netif;
static struct netsim_host *peer;
static struct udp *udp;
static uint8_t buf[70000];
static struct udp_meta meta;

/** The last datagram that the peer got. */
static struct {
	unsigned int count;
	uint16_t src_port, dest_port;
	ipv4_addr_t src, dest;
	ssize_t len;
	uint8_t data[64];
} got;

static void peer_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
		      const uint8_t *payload, size_t len, void *arg ) {
	const uint8_t *data;

	assert_int_equal ( proto, IP_PROTO_UDP );
	got.count++;
	got.src = src;
	got.dest = dest;
	got.len =
		netsim_parse_udp ( src, dest, payload, len, &got.src_port, &got.dest_port, &data );
	if ( got.len > 0 )
		memcpy ( got.data, data, MIN ( (size_t) got.len, sizeof ( got.data ) ) );
}

static int setup_raw ( void **state ) {
	net = netsim_new ();
	netif = netsim_netif ( net );
	peer = netsim_host_add ( net, PEER, peer_rx, NULL );
	memset ( &got, 0, sizeof ( got ) );
	udp = NULL;
	return 0;
}

static int setup ( void **state ) {
	setup_raw ( state );
	netsim_configure ( net, US, MASK, 0 );
	return 0;
}

static int teardown ( void **state ) {
	udp_close ( udp );
	netsim_free ( net );
	return 0;
}

static ssize_t receive ( void ) {
	netsim_settle ( net );
	return udp_try_recv ( udp, buf, sizeof ( buf ), &meta );
}

static void datagram_goes_out_and_comes_back ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 69 );

	assert_int_equal ( udp_open ( NULL, NULL, 0, &udp ), 0 );
	assert_in_range ( udp_local_port ( udp ), 1025, 65535 );
	assert_int_equal ( udp_send ( udp, &dest, "hello", 5 ), 0 );
	netsim_settle ( net );
	assert_int_equal ( got.len, 5 );
	assert_memory_equal ( got.data, "hello", 5 );
	assert_int_equal ( got.dest_port, 69 );
	assert_int_equal ( got.src_port, udp_local_port ( udp ) );
	assert_int_equal ( got.src, US );
	netsim_host_send_udp ( peer, 1234, US, udp_local_port ( udp ), "world!", 6 );
	assert_int_equal ( receive (), 6 );
	assert_memory_equal ( buf, "world!", 6 );
	assert_int_equal ( meta.src.ipv4, PEER );
	assert_int_equal ( meta.src.port, 1234 );
	assert_int_equal ( meta.dest.ipv4, US );
	assert_int_equal ( meta.dest.port, udp_local_port ( udp ) );
	assert_ptr_equal ( meta.netif, netif );
	assert_int_equal ( receive (), -EAGAIN );
}

static void every_length_arrives ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 69 );

	assert_int_equal ( udp_open ( NULL, &dest, 2000, &udp ), 0 );
	for ( size_t len = 0; len <= 1472; len++ ) {
		memset ( buf, (int) len, sizeof ( buf ) );
		assert_int_equal ( udp_send ( udp, NULL, buf, len ), 0 );
		netsim_settle ( net );
		assert_int_equal ( got.len, len ); /* the host checks checksum and lengths */
		netsim_host_send_udp ( peer, 69, US, 2000, buf, len );
		assert_int_equal ( receive (), len );
	}
	assert_int_equal ( udp_send ( udp, NULL, buf, 1473 ), -EMSGSIZE );
}

static void checksum_of_zero_is_sent_as_ones ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 69 );
	uint8_t frame[1514] = { 0 };
	size_t len = 0;

	netsim_keep ( net, true );
	assert_int_equal ( udp_open ( NULL, &dest, 2000, &udp ), 0 );
	assert_int_equal ( udp_send ( udp, NULL, "\0\0", 2 ), 0 );
	netsim_settle ( net );
	while ( netsim_sent ( net ) )
		len = netsim_take ( net, frame, sizeof ( frame ), NULL );
	assert_int_equal ( len, 60 );
	/* With its own complement in the data, the sum is ones, and its complement zero. */
	assert_int_equal ( udp_send ( udp, NULL, frame + 40, 2 ), 0 );
	netsim_settle ( net );
	netsim_take ( net, frame, sizeof ( frame ), NULL );
	assert_int_equal ( frame[40] << 8 | frame[41], 0xffff );
	assert_int_equal ( got.len, 2 );
}

static void big_datagram_is_reassembled ( void **state ) {
	uint8_t *data = malloc ( 60000 );

	for ( size_t i = 0; i < 60000; i++ )
		data[i] = (uint8_t) ( i * 7 );
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_host_mtu ( peer, 1500 );
	netsim_host_send_udp ( peer, 69, US, 2000, data, 60000 );
	assert_int_equal ( receive (), 60000 );
	assert_memory_equal ( buf, data, 60000 );
	free ( data );
}

static void long_datagram_is_cut_to_the_buffer ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_host_send_udp ( peer, 69, US, 2000, "0123456789", 10 );
	netsim_settle ( net );
	memset ( buf, 0, 10 );
	assert_int_equal ( udp_try_recv ( udp, buf, 4, NULL ), 4 );
	assert_memory_equal ( buf, "0123\0", 5 );
}

static void raw_udp ( size_t len, uint16_t udp_len, uint16_t csum, unsigned int flags ) {
	uint8_t payload[32] = { 0x04, 0xd2, 0x07, 0xd0 };

	payload[4] = udp_len >> 8;
	payload[5] = udp_len & 0xff;
	payload[6] = csum >> 8;
	payload[7] = csum & 0xff;
	netsim_host_send ( peer, IP_PROTO_UDP, 0, US, payload, len, flags );
}

static void truncated_and_lying_headers_are_errors ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	for ( size_t len = 1; len < 8; len++ )
		raw_udp ( len, (uint16_t) len, 0, 0 );
	raw_udp ( 16, 17, 0, 0 ); /* longer than the packet */
	raw_udp ( 16, 7, 0, 0 );  /* shorter than the header */
	assert_int_equal ( receive (), -EAGAIN );
	assert_int_equal ( netif->rx.bad, 9 );
	raw_udp ( 16, 12, 0, 0 ); /* padding behind the datagram */
	assert_int_equal ( receive (), 4 );
}

static void checksum_is_checked_unless_absent_or_vouched_for ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	raw_udp ( 16, 16, 0x1234, 0 );
	assert_int_equal ( receive (), -EAGAIN );
	assert_int_equal ( netif->rx.errors[0].rc, -EIO );
	raw_udp ( 16, 16, 0, 0 );
	assert_int_equal ( receive (), 8 );
	raw_udp ( 16, 16, 0x1234, PKT_CSUM_OK );
	assert_int_equal ( receive (), 8 );
}

static void each_corrupted_bit_is_noticed ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_to_us ( net )->corrupt_ppm = 1000000;
	for ( unsigned int i = 0; i < 500; i++ ) {
		netsim_host_send_udp ( peer, 69, US, 2000, "0123456789abcdef", 16 );
		assert_int_equal ( receive (), -EAGAIN );
	}
}

static void connected_socket_hears_its_peer_only ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 69 );

	assert_int_equal ( udp_open ( NULL, &dest, 2000, &udp ), 0 );
	netsim_host_send_udp ( peer, 70, US, 2000, "x", 1 );
	assert_int_equal ( receive (), -EAGAIN );
	netsim_host_send_udp ( peer, 69, US, 2000, "x", 1 );
	assert_int_equal ( receive (), 1 );
}

static void other_ports_are_dropped_silently ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_host_send_udp ( peer, 69, US, 2001, "x", 1 );
	assert_int_equal ( receive (), -EAGAIN );
	assert_int_equal ( netif->rx.bad, 0 );
}

static void broadcast_is_received ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_host_send_udp ( peer, 69, IPV4_BROADCAST, 2000, "x", 1 );
	assert_int_equal ( receive (), 1 );
	assert_int_equal ( meta.dest.ipv4, IPV4_BROADCAST );
	netsim_host_send_udp ( peer, 69, IPV4 ( 10, 0, 0, 255 ), 2000, "x", 1 );
	assert_int_equal ( receive (), 1 );
}

static void unconfigured_interface_serves_sockets_bound_to_it ( void **state ) {
	struct endpoint all = endpoint_ipv4 ( IPV4_BROADCAST, 67 );
	struct udp *loose;

	assert_int_equal ( udp_open ( netif, NULL, 68, &udp ), 0 );
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &loose ), 0 );
	assert_int_equal ( udp_send ( udp, &all, "discover", 8 ), 0 );
	netsim_settle ( net );
	assert_int_equal ( got.len, 8 );
	assert_int_equal ( got.src, 0 );
	assert_int_equal ( got.dest, IPV4_BROADCAST );
	/* The answer is addressed to what will be our address. */
	netsim_host_send_udp ( peer, 67, US, 68, "offer", 5 );
	assert_int_equal ( receive (), 5 );
	netsim_host_send_udp ( peer, 67, IPV4_BROADCAST, 68, "offer", 5 );
	assert_int_equal ( receive (), 5 );
	netsim_host_send_udp ( peer, 67, US, 2000, "x", 1 );
	netsim_settle ( net );
	assert_int_equal ( udp_try_recv ( loose, buf, 1, NULL ), -EAGAIN );
	udp_close ( loose );
}

static void configured_interface_refuses_foreign_unicast ( void **state ) {
	assert_int_equal ( udp_open ( netif, NULL, 68, &udp ), 0 );
	netsim_host_send_udp ( peer, 67, IPV4 ( 10, 0, 0, 9 ), 68, "offer", 5 );
	assert_int_equal ( receive (), -EAGAIN );
}

static void socket_of_another_interface_hears_nothing ( void **state ) {
	struct netsim *second = netsim_new ();

	assert_int_equal ( udp_open ( netsim_netif ( second ), NULL, 68, &udp ), 0 );
	netsim_host_send_udp ( peer, 67, US, 68, "x", 1 );
	assert_int_equal ( receive (), -EAGAIN );
	netsim_free ( second );
	/* Its interface is gone: it can still be closed, and says so when asked to send. */
	assert_int_equal ( udp_send ( udp, &( struct endpoint ){ ADDR_IPV4, PEER, 67 }, "x", 1 ),
			   -ENETDOWN );
}

static void ports_are_not_shared_but_by_interfaces ( void **state ) {
	struct netsim *second = netsim_new ();
	struct udp *other = NULL;

	assert_int_equal ( udp_open ( netif, NULL, 68, &udp ), 0 );
	assert_int_equal ( udp_open ( netif, NULL, 68, &other ), -EADDRINUSE );
	assert_int_equal ( udp_open ( NULL, NULL, 68, &other ), -EADDRINUSE );
	assert_null ( other );
	assert_int_equal ( udp_open ( netsim_netif ( second ), NULL, 68, &other ), 0 );
	udp_close ( other );
	netsim_free ( second );
}

static void random_ports_differ ( void **state ) {
	struct udp *sockets[50];
	unsigned int different = 0;

	for ( unsigned int i = 0; i < 50; i++ )
		assert_int_equal ( udp_open ( NULL, NULL, 0, &sockets[i] ), 0 );
	for ( unsigned int i = 1; i < 50; i++ ) {
		assert_int_not_equal ( udp_local_port ( sockets[i] ),
				       udp_local_port ( sockets[i - 1] ) );
		different += udp_local_port ( sockets[i] ) !=
			     (uint16_t) ( udp_local_port ( sockets[i - 1] ) + 1 );
	}
	assert_true ( different > 40 ); /* and cannot be guessed from each other */
	for ( unsigned int i = 0; i < 50; i++ )
		udp_close ( sockets[i] );
}

static void queue_is_bounded_by_number ( void **state ) {
	unsigned int count = 0;

	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	for ( unsigned int i = 0; i < 300; i++ )
		netsim_host_send_udp ( peer, 69, US, 2000, "x", 1 );
	while ( receive () == 1 )
		count++;
	assert_int_equal ( count, 64 );
	assert_int_equal ( netif->rx.bad, 300 - 64 );
	netsim_host_send_udp ( peer, 69, US, 2000, "x", 1 );
	assert_int_equal ( receive (), 1 );
}

static void queue_is_bounded_by_bytes ( void **state ) {
	uint8_t *data = calloc ( 1, 60000 );
	unsigned int count = 0;

	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_host_mtu ( peer, 1500 );
	for ( unsigned int i = 0; i < 10; i++ ) {
		netsim_host_send_udp ( peer, 69, US, 2000, data, 60000 );
		netsim_settle ( net );
	}
	while ( receive () == 60000 )
		count++;
	assert_int_equal ( count, 4 );
	free ( data );
}

static void sending_errors_are_told ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( IPV4 ( 192, 0, 2, 1 ), 69 );
	struct pkt *pkts[65];
	unsigned int count = 0;

	assert_int_equal ( udp_open ( NULL, NULL, 0, &udp ), 0 );
	assert_int_equal ( udp_send ( udp, NULL, "x", 1 ), -EDESTADDRREQ );
	assert_int_equal ( udp_send ( udp, &dest, "x", 1 ), -ENETUNREACH );
	dest.ipv4 = PEER;
	udp_send ( udp, &dest, "x", 1 );
	netsim_settle ( net );
	netsim_fail_transmit ( net, -EIO );
	assert_int_equal ( udp_send ( udp, &dest, "x", 1 ), -EIO );
	netsim_fail_transmit ( net, 0 );
	while ( ( pkts[count] = pkt_new ( netif ) ) != NULL )
		count++;
	assert_int_equal ( udp_send ( udp, &dest, "x", 1 ), -ENOBUFS );
	while ( count )
		pkt_free ( pkts[--count] );
	dest.port = 0;
	assert_int_equal ( udp_send ( udp, &dest, "x", 1 ), -EDESTADDRREQ );
	dest.port = 69;
	udp_close ( udp );
	assert_int_equal ( udp_open ( netif, NULL, 0, &udp ), 0 );
	netif_close ( netif );
	assert_int_equal ( udp_send ( udp, &dest, "x", 1 ), -ENETDOWN );
}

/** ICMP error of the peer about a datagram from us, port 2000, to @c dest:69. */
static void icmp_error ( uint8_t type, uint8_t code, ipv4_addr_t src, ipv4_addr_t dest,
			 size_t len ) {
	uint8_t icmp[36] = { type, code };
	uint16_t csum;

	icmp[8] = 0x45;
	icmp[17] = IP_PROTO_UDP;
	for ( unsigned int i = 0; i < 4; i++ ) {
		icmp[20 + i] = (uint8_t) ( src >> ( 24 - 8 * i ) );
		icmp[24 + i] = (uint8_t) ( dest >> ( 24 - 8 * i ) );
	}
	icmp[28] = 2000 >> 8;
	icmp[29] = 2000 & 0xff;
	icmp[31] = 69;
	csum = netsim_csum ( 0, icmp, len );
	icmp[2] = csum >> 8;
	icmp[3] = csum & 0xff;
	netsim_host_send ( peer, IP_PROTO_ICMP, 0, US, icmp, len, 0 );
}

static void port_unreachable_is_connection_refused ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 69 );

	assert_int_equal ( udp_open ( NULL, &dest, 2000, &udp ), 0 );
	icmp_error ( 3, 3, IPV4 ( 10, 0, 0, 9 ), PEER, 36 ); /* not ours */
	icmp_error ( 3, 3, US, IPV4 ( 10, 0, 0, 9 ), 36 );   /* to somebody else */
	icmp_error ( 3, 1, US, PEER, 36 );                   /* may pass */
	for ( size_t len = 8; len < 36; len++ )
		icmp_error ( 3, 3, US, PEER, len );
	assert_int_equal ( receive (), -EAGAIN );
	icmp_error ( 3, 3, US, PEER, 36 );
	assert_int_equal ( receive (), -ECONNREFUSED );
	assert_int_equal ( receive (), -EAGAIN );
}

static void unconnected_socket_ignores_refusals ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	icmp_error ( 3, 3, US, PEER, 36 );
	assert_int_equal ( receive (), -EAGAIN );
}

static void refusal_is_reported_to_who_asked_for_it ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 69 );
	const uint8_t *data;

	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	udp_report_refusal ( udp, &dest );
	icmp_error ( 3, 3, US, IPV4 ( 10, 0, 0, 9 ), 36 );
	assert_int_equal ( receive (), -EAGAIN );
	icmp_error ( 3, 3, US, PEER, 36 );
	netsim_settle ( net );
	assert_int_equal ( udp_peek ( udp, &data, NULL ), -ECONNREFUSED );
	assert_int_equal ( udp_peek ( udp, &data, NULL ), -EAGAIN );
	/* It still hears everybody. */
	netsim_host_send_udp ( peer, 1234, US, 2000, "abc", 3 );
	assert_int_equal ( receive (), 3 );
}

static void datagrams_can_be_looked_at_in_place ( void **state ) {
	const uint8_t *data = NULL;

	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	assert_int_equal ( udp_peek ( udp, &data, &meta ), -EAGAIN );
	udp_drop ( udp );
	netsim_host_send_udp ( peer, 69, US, 2000, "abc", 3 );
	netsim_host_send_udp ( peer, 70, US, 2000, "", 0 );
	netsim_settle ( net );
	for ( unsigned int i = 0; i < 2; i++ ) {
		assert_int_equal ( udp_peek ( udp, &data, &meta ), 3 );
		assert_memory_equal ( data, "abc", 3 );
		assert_int_equal ( meta.src.port, 69 );
	}
	udp_drop ( udp );
	assert_int_equal ( udp_peek ( udp, &data, &meta ), 0 );
	assert_int_equal ( meta.src.port, 70 );
	udp_drop ( udp );
	assert_int_equal ( receive (), -EAGAIN );
}

static void closing_the_interface_empties_queues ( void **state ) {
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_host_send_udp ( peer, 69, US, 2000, "x", 1 );
	netsim_settle ( net );
	netif_close ( netif );
	assert_int_equal ( udp_try_recv ( udp, buf, 1, NULL ), -EAGAIN );
}

/* ---- Waiting ---- */

static TASK_FN int wait_one ( void *arg ) {
	ssize_t len = udp_recv ( udp, buf, sizeof ( buf ), &meta, deadline_in ( US_PER_S ) );

	*(ssize_t *) arg = len;
	return 0;
}

static void waiting_ends_with_the_datagram ( void **state ) {
	utime_t start = clock_now ();
	ssize_t len = 0;

	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_to_us ( net )->delay_us = 300000;
	netsim_host_send_udp ( peer, 69, US, 2000, "abc", 3 );
	netsim_spawn ( net, wait_one, &len );
	assert_int_equal ( netsim_join ( net, 5 * US_PER_S ), 0 );
	assert_int_equal ( len, 3 );
	assert_in_range ( clock_now () - start, 300000, 301000 );
}

static void waiting_ends_at_the_deadline ( void **state ) {
	utime_t start = clock_now ();
	ssize_t len = 0;

	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_spawn ( net, wait_one, &len );
	assert_int_equal ( netsim_join ( net, 5 * US_PER_S ), 0 );
	assert_int_equal ( len, -ETIMEDOUT );
	assert_in_range ( clock_now () - start, US_PER_S, US_PER_S + 1000 );
}

static void waiting_ends_when_cancelled ( void **state ) {
	ssize_t len = 0;

	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	netsim_spawn ( net, wait_one, &len );
	netsim_run ( net, 1000 );
	netsim_cancel ( net );
	netsim_join ( net, US_PER_S );
	assert_int_equal ( len, -ECANCELED );
}

static TASK_FN int wait_event ( void *arg ) {
	return event_wait ( arg, deadline_in ( US_PER_S ) );
}

static void shared_event_is_signalled ( void **state ) {
	struct event event;

	event_init ( &event );
	assert_int_equal ( udp_open ( NULL, NULL, 2000, &udp ), 0 );
	udp_set_event ( udp, &event );
	netsim_to_us ( net )->delay_us = 1000;
	netsim_host_send_udp ( peer, 69, US, 2000, "abc", 3 );
	netsim_spawn ( net, wait_event, &event );
	assert_int_equal ( netsim_join ( net, 5 * US_PER_S ), 0 );
}

#define TEST( name )     cmocka_unit_test_setup_teardown ( name, setup, teardown )
#define TEST_RAW( name ) cmocka_unit_test_setup_teardown ( name, setup_raw, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( datagram_goes_out_and_comes_back ),
		TEST ( every_length_arrives ),
		TEST ( checksum_of_zero_is_sent_as_ones ),
		TEST ( big_datagram_is_reassembled ),
		TEST ( long_datagram_is_cut_to_the_buffer ),
		TEST ( truncated_and_lying_headers_are_errors ),
		TEST ( checksum_is_checked_unless_absent_or_vouched_for ),
		TEST ( each_corrupted_bit_is_noticed ),
		TEST ( connected_socket_hears_its_peer_only ),
		TEST ( other_ports_are_dropped_silently ),
		TEST ( broadcast_is_received ),
		TEST_RAW ( unconfigured_interface_serves_sockets_bound_to_it ),
		TEST ( configured_interface_refuses_foreign_unicast ),
		TEST ( socket_of_another_interface_hears_nothing ),
		TEST ( ports_are_not_shared_but_by_interfaces ),
		TEST ( random_ports_differ ),
		TEST ( queue_is_bounded_by_number ),
		TEST ( queue_is_bounded_by_bytes ),
		TEST ( sending_errors_are_told ),
		TEST ( port_unreachable_is_connection_refused ),
		TEST ( unconnected_socket_ignores_refusals ),
		TEST ( refusal_is_reported_to_who_asked_for_it ),
		TEST ( datagrams_can_be_looked_at_in_place ),
		TEST ( closing_the_interface_empties_queues ),
		TEST ( waiting_ends_with_the_datagram ),
		TEST ( waiting_ends_at_the_deadline ),
		TEST ( waiting_ends_when_cancelled ),
		TEST ( shared_event_is_signalled ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
