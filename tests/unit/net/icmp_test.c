/** @file
 * ICMP: answering echo requests, asking, errors that reach transports.
 */
#include <stdlib.h>
#include "lib/netsim.h"
#include "lib/test.h"
#include "net/icmp.h"
#include "net/ipv4.h"

#define US    IPV4 ( 10, 0, 0, 2 )
#define PEER  IPV4 ( 10, 0, 0, 1 )
#define MASK  IPV4 ( 255, 255, 255, 0 )
#define PROTO 99

static struct netsim *net;
static struct netif *netif;
static struct netsim_host *peer;
static struct icmp_echo *echo;

/** The last ICMP message that the peer got. */
static struct {
	unsigned int count;
	size_t len;
	uint8_t data[2000];
} got;

/** The last error that the test's transport got. */
static struct {
	unsigned int count;
	uint8_t type, code;
	uint16_t next_mtu;
	ipv4_addr_t src, dest;
	size_t len;
} error;

static void test_error ( uint8_t type, uint8_t code, uint16_t next_mtu, ipv4_addr_t src,
			 ipv4_addr_t dest, const uint8_t *payload, size_t len ) {
	error.count++;
	error.type = type;
	error.code = code;
	error.next_mtu = next_mtu;
	error.src = src;
	error.dest = dest;
	error.len = len;
	assert_memory_equal ( payload, "\x11\x22\x33\x44\x55\x66\x77\x88", 8 );
}

static const struct ipv4_icmp_error test_icmp = { .proto = PROTO, .error = test_error };
IPV4_ICMP_ERROR ( test_icmp );

static void peer_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
		      const uint8_t *payload, size_t len, void *arg ) {
	assert_int_equal ( proto, IP_PROTO_ICMP );
	assert_int_equal ( netsim_csum ( 0, payload, len ), 0 );
	got.count++;
	got.len = len;
	memcpy ( got.data, payload, len );
}

static int setup ( void **state ) {
	net = netsim_new ();
	netif = netsim_netif ( net );
	netsim_configure ( net, US, MASK, 0 );
	peer = netsim_host_add ( net, PEER, peer_rx, NULL );
	memset ( &got, 0, sizeof ( got ) );
	memset ( &error, 0, sizeof ( error ) );
	return icmp_echo_open ( &echo );
}

static int teardown ( void **state ) {
	icmp_echo_close ( echo );
	netsim_free ( net );
	return 0;
}

/** Send an ICMP message, its checksum made. */
static void inject ( uint8_t *icmp, size_t len, ipv4_addr_t dest ) {
	uint16_t csum;

	icmp[2] = icmp[3] = 0;
	csum = netsim_csum ( 0, icmp, len );
	icmp[2] = csum >> 8;
	icmp[3] = csum & 0xff;
	netsim_host_send ( peer, IP_PROTO_ICMP, 0, dest, icmp, len, 0 );
	netsim_settle ( net );
}

/* ---- Answering ---- */

static void echo_request_is_answered_with_its_data ( void **state ) {
	uint8_t icmp[1480] = { 8, 0, 0, 0, 0x12, 0x34, 0x00, 0x07 };

	for ( size_t len = 8; len <= sizeof ( icmp ); len += 31 ) {
		icmp[len - 1] = (uint8_t) len;
		icmp[4] = 0x12;
		icmp[5] = 0x34;
		icmp[6] = 0;
		icmp[7] = 7;
		inject ( icmp, len, US );
		assert_int_equal ( got.len, len );
		assert_int_equal ( got.data[0], 0 );
		assert_memory_equal ( got.data + 4, icmp + 4, len - 4 );
	}
}

static void fragmented_echo_request_is_too_long_to_answer ( void **state ) {
	uint8_t icmp[4000] = { 8 };

	netsim_host_mtu ( peer, 1500 );
	inject ( icmp, sizeof ( icmp ), US );
	assert_int_equal ( got.count, 0 );
	inject ( icmp, 100, US );
	assert_int_equal ( got.count, 1 );
}

static void broadcast_echo_request_is_not_answered ( void **state ) {
	uint8_t icmp[64] = { 8 };

	inject ( icmp, sizeof ( icmp ), IPV4_BROADCAST );
	inject ( icmp, sizeof ( icmp ), IPV4 ( 10, 0, 0, 255 ) );
	assert_int_equal ( got.count, 0 );
}

static void truncated_and_corrupt_messages_are_errors ( void **state ) {
	uint8_t icmp[64] = { 8 };

	for ( size_t len = 1; len < 8; len++ )
		inject ( icmp, len, US );
	assert_int_equal ( netif->rx.bad, 7 );
	icmp[2] = 1;
	netsim_host_send ( peer, IP_PROTO_ICMP, 0, US, icmp, sizeof ( icmp ), PKT_CSUM_OK );
	netsim_settle ( net );
	assert_int_equal ( netif->rx.bad, 8 );
	assert_int_equal ( got.count, 0 );
}

/* ---- Asking ---- */

struct asking {
	struct icmp_reply reply;
	uint8_t buf[100];
	ssize_t len;
	utime_t timeout;
};

static TASK_FN int ask ( void *arg ) {
	struct asking *asking = arg;

	asking->len = icmp_echo_recv ( echo, &asking->reply, asking->buf, sizeof ( asking->buf ),
				       deadline_in ( asking->timeout ) );
	return 0;
}

static void reply_reaches_the_asker ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 0 );
	struct asking asking = { .timeout = US_PER_S };
	uint8_t data[300];

	memset ( data, 0x6e, sizeof ( data ) );
	assert_int_equal ( icmp_echo_send ( echo, &dest, 5, data, sizeof ( data ) ), 0 );
	netsim_settle ( net );
	assert_int_equal ( got.len, 308 );
	assert_int_equal ( got.data[0], 8 );
	got.data[0] = 0;
	inject ( got.data, got.len, US );
	netsim_spawn ( net, ask, &asking );
	netsim_join ( net, 5 * US_PER_S );
	assert_int_equal ( asking.len, 100 );
	assert_int_equal ( asking.reply.len, 300 );
	assert_int_equal ( asking.reply.seq, 5 );
	assert_int_equal ( asking.reply.rc, 0 );
	assert_int_equal ( asking.reply.src.ipv4, PEER );
	assert_memory_equal ( asking.buf, data, 100 );
}

static void reply_to_somebody_else_is_dropped ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 0 );
	struct asking asking = { .timeout = US_PER_S };

	icmp_echo_send ( echo, &dest, 5, "x", 1 );
	netsim_settle ( net );
	got.data[0] = 0;
	got.data[5] ^= 1;
	inject ( got.data, got.len, US );
	netsim_spawn ( net, ask, &asking );
	netsim_join ( net, 5 * US_PER_S );
	assert_int_equal ( asking.len, -ETIMEDOUT );
}

static void replies_that_wait_are_bounded ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 0 );

	icmp_echo_send ( echo, &dest, 5, "x", 1 );
	netsim_settle ( net );
	got.data[0] = 0;
	for ( unsigned int i = 0; i < 300; i++ )
		inject ( got.data, got.len, US );
	assert_int_equal ( netif->rx_overruns, 0 );
}

static void nowhere_to_ask_is_an_error ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( IPV4 ( 192, 0, 2, 1 ), 0 );
	uint8_t data[1480] = { 0 };

	assert_int_equal ( icmp_echo_send ( echo, &dest, 1, "x", 1 ), -ENETUNREACH );
	dest.ipv4 = PEER;
	assert_int_equal ( icmp_echo_send ( echo, &dest, 1, data, 1473 ), -EMSGSIZE );
	dest.family = ADDR_NONE;
	assert_int_equal ( icmp_echo_send ( echo, &dest, 1, "x", 1 ), -EAFNOSUPPORT );
}

/* ---- Errors ---- */

/** An ICMP error about a packet of @c proto, its inner header made longer by @c options words. */
static size_t error_message ( uint8_t *icmp, uint8_t type, uint8_t code, uint8_t proto,
			      unsigned int options ) {
	memset ( icmp, 0, 100 );
	icmp[0] = type;
	icmp[1] = code;
	icmp[6] = 1400 >> 8;
	icmp[7] = 1400 & 0xff;
	icmp[8] = (uint8_t) ( 0x45 + options );
	icmp[17] = proto;
	memcpy ( icmp + 20, "\x0a\0\0\x02\x0a\0\0\x01", 8 );
	memcpy ( icmp + 28 + options * 4, "\x11\x22\x33\x44\x55\x66\x77\x88", 8 );
	return 36 + options * 4;
}

static void error_reaches_the_transport ( void **state ) {
	uint8_t icmp[100];

	inject ( icmp, error_message ( icmp, 3, 4, PROTO, 0 ), US );
	assert_int_equal ( error.count, 1 );
	assert_int_equal ( error.type, ICMP_UNREACHABLE );
	assert_int_equal ( error.code, ICMP_FRAG_NEEDED );
	assert_int_equal ( error.next_mtu, 1400 );
	assert_int_equal ( error.src, US );
	assert_int_equal ( error.dest, PEER );
	assert_int_equal ( error.len, 8 );
	inject ( icmp, error_message ( icmp, 11, 0, PROTO, 3 ) + 4, US );
	assert_int_equal ( error.count, 2 );
	assert_int_equal ( error.next_mtu, 0 );
	assert_int_equal ( error.len, 12 );
}

static void truncated_error_is_ignored ( void **state ) {
	uint8_t icmp[100];

	for ( size_t len = 8; len < 36; len++ ) {
		error_message ( icmp, 3, 3, PROTO, 0 );
		inject ( icmp, len, US );
	}
	for ( size_t len = 8; len < 36 + 40; len++ ) {
		error_message ( icmp, 3, 3, PROTO, 10 );
		inject ( icmp, len, US );
	}
	assert_int_equal ( error.count, 0 );
}

static void error_about_foreign_packets_is_ignored ( void **state ) {
	uint8_t icmp[100];
	size_t len;

	len = error_message ( icmp, 3, 3, PROTO, 0 );
	icmp[23] = 9; /* not our address */
	inject ( icmp, len, US );
	len = error_message ( icmp, 3, 3, PROTO, 0 );
	icmp[15] = 8; /* a later fragment */
	inject ( icmp, len, US );
	len = error_message ( icmp, 3, 3, PROTO, 0 );
	icmp[8] = 0x65; /* not IPv4 */
	inject ( icmp, len, US );
	len = error_message ( icmp, 5, 0, PROTO, 0 ); /* a redirect */
	inject ( icmp, len, US );
	assert_int_equal ( error.count, 0 );
}

static void unreachable_host_ends_the_asking ( void **state ) {
	struct endpoint dest = endpoint_ipv4 ( PEER, 0 );
	struct asking asking = { .timeout = US_PER_S };
	uint8_t icmp[100];
	size_t len;

	icmp_echo_send ( echo, &dest, 5, "x", 1 );
	netsim_settle ( net );
	len = error_message ( icmp, 3, 1, IP_PROTO_ICMP, 0 );
	memcpy ( icmp + 28, got.data, 8 );
	inject ( icmp, len, US );
	netsim_spawn ( net, ask, &asking );
	netsim_join ( net, 5 * US_PER_S );
	assert_int_equal ( asking.len, 0 );
	assert_int_equal ( asking.reply.rc, -ENETUNREACH );
	assert_int_equal ( asking.reply.seq, 5 );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( echo_request_is_answered_with_its_data ),
		TEST ( fragmented_echo_request_is_too_long_to_answer ),
		TEST ( broadcast_echo_request_is_not_answered ),
		TEST ( truncated_and_corrupt_messages_are_errors ),
		TEST ( reply_reaches_the_asker ),
		TEST ( reply_to_somebody_else_is_dropped ),
		TEST ( replies_that_wait_are_bounded ),
		TEST ( nowhere_to_ask_is_an_error ),
		TEST ( error_reaches_the_transport ),
		TEST ( truncated_error_is_ignored ),
		TEST ( error_about_foreign_packets_is_ignored ),
		TEST ( unreachable_host_ends_the_asking ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
