/** @file
 * ARP: asking, retrying, answering, what is learned and what is not.
 */
#include <stdlib.h>
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/arp.h"
#include "net/ether.h"
#include "net/ipv4.h"

#define US   IPV4 ( 10, 0, 0, 2 )
#define PEER IPV4 ( 10, 0, 0, 1 )
#define MASK IPV4 ( 255, 255, 255, 0 )
#define MS   US_PER_MS

static const uint8_t peer_mac[ETH_ALEN] = { 2, 0, 10, 0, 0, 1 };

static struct netsim *net;
static struct netif *netif;
static uint8_t frame[NETSIM_FRAME_MAX];

static int setup ( void **state ) {
	net = netsim_new ();
	netif = netsim_netif ( net );
	netsim_configure ( net, US, MASK, 0 );
	return 0;
}

static int teardown ( void **state ) {
	netsim_free ( net );
	return 0;
}

/** Send one byte of protocol 99. */
static int send_to ( ipv4_addr_t dest, uint8_t byte ) {
	struct pkt *pkt = pkt_new ( netif );

	assert_non_null ( pkt );
	*pkt_put ( pkt, 1 ) = byte;
	return ipv4_transmit ( pkt, 99, NULL, 0, dest );
}

static void inject_arp ( uint16_t op, const uint8_t *sender_mac, ipv4_addr_t sender,
			 ipv4_addr_t target, size_t len ) {
	uint8_t arp[60] = { 0 };

	memcpy ( arp, ( op == 1 ) ? eth_broadcast : netif->mac, ETH_ALEN );
	memcpy ( arp + 6, sender_mac, ETH_ALEN );
	memcpy ( arp + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00", 9 );
	arp[21] = (uint8_t) op;
	memcpy ( arp + 22, sender_mac, ETH_ALEN );
	for ( unsigned int i = 0; i < 4; i++ ) {
		arp[28 + i] = (uint8_t) ( sender >> ( 24 - 8 * i ) );
		arp[38 + i] = (uint8_t) ( target >> ( 24 - 8 * i ) );
	}
	netsim_inject ( net, arp, len, 0 );
	netsim_settle ( net );
}

static unsigned int neighbours ( void ) {
	const struct arp_neighbour *neighbour = NULL;
	unsigned int count = 0;

	while ( ( neighbour = arp_next ( neighbour ) ) != NULL )
		count++;
	return count;
}

/** Take a sent frame. @return its type and, for ARP, operation in the high half; 0 if none */
static uint32_t taken ( utime_t *ret_time ) {
	netsim_settle ( net );
	if ( !netsim_take ( net, frame, sizeof ( frame ), ret_time ) )
		return 0;
	if ( frame[12] == 8 && frame[13] == 6 )
		return 0x0806 | (uint32_t) frame[21] << 16;
	return (uint32_t) frame[12] << 8 | frame[13];
}

#define ARP_REQUEST_FRAME 0x10806
#define ARP_REPLY_FRAME   0x20806

static void packet_waits_for_the_answer ( void **state ) {
	assert_int_equal ( send_to ( PEER, 0x11 ), 0 );
	assert_int_equal ( send_to ( PEER, 0x22 ), 0 );
	assert_int_equal ( taken ( NULL ), ARP_REQUEST_FRAME );
	assert_memory_equal ( frame, eth_broadcast, ETH_ALEN );
	assert_memory_equal ( frame + 22, netif->mac, ETH_ALEN );
	assert_memory_equal ( frame + 28, "\x0a\0\0\x02", 4 );
	assert_memory_equal ( frame + 32, "\0\0\0\0\0\0\x0a\0\0\x01", 10 );
	assert_int_equal ( taken ( NULL ), 0 );
	assert_false ( arp_next ( NULL )->complete );
	inject_arp ( 2, peer_mac, PEER, US, 60 );
	assert_int_equal ( taken ( NULL ), 0x0800 );
	assert_memory_equal ( frame, peer_mac, ETH_ALEN );
	assert_int_equal ( frame[34], 0x11 );
	assert_int_equal ( taken ( NULL ), 0x0800 );
	assert_int_equal ( frame[34], 0x22 );
	assert_true ( arp_next ( NULL )->complete );
	assert_int_equal ( arp_next ( NULL )->addr, PEER );
	assert_ptr_equal ( arp_next ( NULL )->netif, netif );
	assert_memory_equal ( arp_next ( NULL )->mac, peer_mac, ETH_ALEN );
	/* From now on at once. */
	send_to ( PEER, 0x33 );
	assert_int_equal ( taken ( NULL ), 0x0800 );
	assert_int_equal ( frame[34], 0x33 );
}

static void requests_are_repeated_and_given_up ( void **state ) {
	static const utime_t expected[] = { 0, 125 * MS, 375 * MS, 875 * MS, 1875 * MS };
	utime_t start = clock_now (), time;

	send_to ( PEER, 1 );
	netsim_run ( net, 3870 * MS );
	assert_int_equal ( neighbours (), 1 );
	for ( size_t i = 0; i < ARRAY_SIZE ( expected ); i++ ) {
		assert_int_equal ( taken ( &time ), ARP_REQUEST_FRAME );
		assert_int_equal ( time - start, expected[i] );
	}
	assert_int_equal ( taken ( NULL ), 0 );
	assert_int_equal ( netif->tx.bad, 0 );
	netsim_run ( net, 10 * MS );
	assert_int_equal ( neighbours (), 0 );
	assert_int_equal ( netif->tx.bad, 1 );
	assert_int_equal ( netif->tx.errors[0].rc, -ETIMEDOUT_NEIGHBOUR );
	assert_int_equal ( pkt_pool_out ( netif->tx_pool ), 0 );
}

static void waiting_packets_are_bounded_and_the_newest_kept ( void **state ) {
	for ( uint8_t i = 0; i < ARP_QUEUE_MAX + 3; i++ )
		assert_int_equal ( send_to ( PEER, i ), 0 );
	assert_int_equal ( netif->tx.bad, 3 );
	assert_int_equal ( taken ( NULL ), ARP_REQUEST_FRAME );
	inject_arp ( 2, peer_mac, PEER, US, 60 );
	for ( uint8_t i = 3; i < ARP_QUEUE_MAX + 3; i++ ) {
		assert_int_equal ( taken ( NULL ), 0x0800 );
		assert_int_equal ( frame[34], i );
	}
}

static void request_for_us_is_answered_and_learned ( void **state ) {
	inject_arp ( 1, peer_mac, PEER, US, 42 );
	assert_int_equal ( taken ( NULL ), ARP_REPLY_FRAME );
	assert_memory_equal ( frame, peer_mac, ETH_ALEN );
	assert_memory_equal ( frame + 22, netif->mac, ETH_ALEN );
	assert_memory_equal ( frame + 28, "\x0a\0\0\x02", 4 );
	assert_memory_equal ( frame + 32, peer_mac, ETH_ALEN );
	assert_memory_equal ( frame + 38, "\x0a\0\0\x01", 4 );
	send_to ( PEER, 7 );
	assert_int_equal ( taken ( NULL ), 0x0800 );
}

static void request_for_others_is_ignored ( void **state ) {
	inject_arp ( 1, peer_mac, PEER, IPV4 ( 10, 0, 0, 3 ), 60 );
	assert_int_equal ( taken ( NULL ), 0 );
	assert_int_equal ( neighbours (), 0 );
}

static void unsolicited_reply_makes_no_entry ( void **state ) {
	inject_arp ( 2, peer_mac, PEER, US, 60 );
	assert_int_equal ( neighbours (), 1 ); /* it asked for us by name: harmless and bounded */
	inject_arp ( 2, peer_mac, IPV4 ( 10, 0, 0, 7 ), IPV4 ( 10, 0, 0, 7 ), 60 );
	assert_int_equal ( neighbours (), 1 );
}

static void gratuitous_arp_updates_an_entry ( void **state ) {
	static const uint8_t new_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 0x99 };

	inject_arp ( 1, peer_mac, PEER, US, 60 );
	taken ( NULL );
	inject_arp ( 1, new_mac, PEER, PEER, 60 );
	assert_int_equal ( taken ( NULL ), 0 );
	send_to ( PEER, 1 );
	assert_int_equal ( taken ( NULL ), 0x0800 );
	assert_memory_equal ( frame, new_mac, ETH_ALEN );
}

static void probe_for_our_address_is_answered ( void **state ) {
	inject_arp ( 1, peer_mac, 0, US, 60 );
	assert_int_equal ( taken ( NULL ), ARP_REPLY_FRAME );
	assert_int_equal ( neighbours (), 0 );
}

static void lies_are_not_learned ( void **state ) {
	static const uint8_t group_mac[ETH_ALEN] = { 3, 0, 0, 0, 0, 1 };

	inject_arp ( 1, group_mac, PEER, US, 60 );
	inject_arp ( 1, peer_mac, US, US, 60 );
	inject_arp ( 1, peer_mac, IPV4_BROADCAST, US, 60 );
	inject_arp ( 1, peer_mac, IPV4 ( 224, 0, 0, 1 ), US, 60 );
	assert_int_equal ( neighbours (), 0 );
}

static void truncated_at_each_length_is_an_error ( void **state ) {
	for ( size_t len = 14; len < 42; len++ ) {
		unsigned int before = netif->rx.bad;

		inject_arp ( 1, peer_mac, PEER, US, len );
		assert_int_equal ( netif->rx.bad, before + 1 );
		assert_int_equal ( taken ( NULL ), 0 );
	}
	assert_int_equal ( neighbours (), 0 );
}

static void other_hardware_is_ignored ( void **state ) {
	static const unsigned int offsets[] = { 15, 16, 17, 18, 19 };
	uint8_t arp[60];

	for ( size_t i = 0; i < ARRAY_SIZE ( offsets ); i++ ) {
		memset ( arp, 0, sizeof ( arp ) );
		memcpy ( arp, eth_broadcast, ETH_ALEN );
		memcpy ( arp + 6, peer_mac, ETH_ALEN );
		memcpy ( arp + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", 10 );
		memcpy ( arp + 22, peer_mac, ETH_ALEN );
		memcpy ( arp + 28, "\x0a\0\0\x01", 4 );
		memcpy ( arp + 38, "\x0a\0\0\x02", 4 );
		arp[offsets[i]] ^= 0x10;
		netsim_inject ( net, arp, sizeof ( arp ), 0 );
		netsim_settle ( net );
		assert_int_equal ( taken ( NULL ), 0 );
	}
}

static void old_entry_is_confirmed_by_unicast_while_in_use ( void **state ) {
	inject_arp ( 1, peer_mac, PEER, US, 60 );
	taken ( NULL );
	netsim_run ( net, 61 * US_PER_S );
	assert_int_equal ( taken ( NULL ), 0 ); /* nobody wants it, nobody asks */
	send_to ( PEER, 0x44 );
	assert_int_equal ( taken ( NULL ), ARP_REQUEST_FRAME );
	assert_memory_equal ( frame, peer_mac, ETH_ALEN );
	assert_int_equal ( taken ( NULL ), 0x0800 );
	assert_int_equal ( frame[34], 0x44 );
	inject_arp ( 2, peer_mac, PEER, US, 60 );
	netsim_run ( net, 30 * US_PER_S );
	assert_int_equal ( taken ( NULL ), 0 );
	assert_true ( arp_next ( NULL )->complete );
}

static void old_entry_of_a_dead_neighbour_is_forgotten ( void **state ) {
	inject_arp ( 1, peer_mac, PEER, US, 60 );
	netsim_run ( net, 61 * US_PER_S );
	send_to ( PEER, 1 );
	netsim_run ( net, 5 * US_PER_S );
	assert_int_equal ( neighbours (), 0 );
}

static void cache_is_bounded_and_drops_the_least_recently_used ( void **state ) {
	for ( unsigned int i = 0; i < ARP_ENTRIES_MAX; i++ ) {
		inject_arp ( 1, peer_mac, IPV4 ( 10, 0, 0, 10 + i ), US, 60 );
		netsim_take ( net, frame, sizeof ( frame ), NULL );
	}
	assert_int_equal ( neighbours (), ARP_ENTRIES_MAX );
	/* A stranger does not push anybody out. */
	inject_arp ( 1, peer_mac, IPV4 ( 10, 0, 0, 200 ), US, 60 );
	assert_int_equal ( taken ( NULL ), ARP_REPLY_FRAME );
	assert_int_equal ( neighbours (), ARP_ENTRIES_MAX );
	send_to ( IPV4 ( 10, 0, 0, 10 ), 1 ); /* the oldest is used: now the newest */
	assert_int_equal ( taken ( NULL ), 0x0800 );
	send_to ( PEER, 1 );
	assert_int_equal ( taken ( NULL ), ARP_REQUEST_FRAME );
	assert_int_equal ( neighbours (), ARP_ENTRIES_MAX );
	send_to ( IPV4 ( 10, 0, 0, 10 ), 1 );
	assert_int_equal ( taken ( NULL ), 0x0800 );
	send_to ( IPV4 ( 10, 0, 0, 11 ), 1 );
	assert_int_equal ( taken ( NULL ), ARP_REQUEST_FRAME );
}

static void closing_forgets_neighbours_and_waiting_packets ( void **state ) {
	inject_arp ( 1, peer_mac, PEER, US, 60 );
	send_to ( IPV4 ( 10, 0, 0, 9 ), 1 );
	assert_int_equal ( neighbours (), 2 );
	netif_close ( netif );
	assert_int_equal ( neighbours (), 0 );
}

static void full_transmit_pool_does_not_stop_the_retries ( void **state ) {
	struct pkt *pkts[65];
	unsigned int count = 0;

	send_to ( PEER, 1 );
	while ( ( pkts[count] = pkt_new ( netif ) ) != NULL )
		count++;
	assert_int_equal ( taken ( NULL ), ARP_REQUEST_FRAME );
	netsim_run ( net, 200 * MS );
	assert_int_equal ( taken ( NULL ), 0 );
	while ( count )
		pkt_free ( pkts[--count] );
	netsim_run ( net, 200 * MS );
	assert_int_equal ( taken ( NULL ), ARP_REQUEST_FRAME );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( packet_waits_for_the_answer ),
		TEST ( requests_are_repeated_and_given_up ),
		TEST ( waiting_packets_are_bounded_and_the_newest_kept ),
		TEST ( request_for_us_is_answered_and_learned ),
		TEST ( request_for_others_is_ignored ),
		TEST ( unsolicited_reply_makes_no_entry ),
		TEST ( gratuitous_arp_updates_an_entry ),
		TEST ( probe_for_our_address_is_answered ),
		TEST ( lies_are_not_learned ),
		TEST ( truncated_at_each_length_is_an_error ),
		TEST ( other_hardware_is_ignored ),
		TEST ( old_entry_is_confirmed_by_unicast_while_in_use ),
		TEST ( old_entry_of_a_dead_neighbour_is_forgotten ),
		TEST ( cache_is_bounded_and_drops_the_least_recently_used ),
		TEST ( closing_forgets_neighbours_and_waiting_packets ),
		TEST ( full_transmit_pool_does_not_stop_the_retries ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
