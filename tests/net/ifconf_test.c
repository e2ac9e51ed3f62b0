/** @file
 * What users see: commands ifconf, dhcp, iflinkwait, pxebs, nslookup, ntp and ping, their output to
 * the character, and status.
 */
#include <stdio.h>
#include <stdlib.h>
#include "core/error.h"
#include "core/settings.h"
#include "lib/dhcp_server.h"
#include "lib/test.h"
#include "proto/dhcp_settings.h"
#include "shell/command.h"

#define MS        US_PER_MS
#define NET_STATE "(net0 52:54:00:12:34:56)"

static struct netsim *net;
static utime_t took;

static int setup ( void **state ) {
	net = netsim_new ();
	return 0;
}

static int teardown ( void **state ) {
	netif_close ( netsim_netif ( net ) );
	netsim_settle ( net );
	dhcp_settings_drop ( NULL, "proxydhcp" );
	dhcp_settings_drop ( NULL, "pxebs" );
	clock_set_wall_offset ( 0 );
	netsim_free ( net );
	return 0;
}

static TASK_FN int line_task ( void *arg ) {
	return shell_execute ( arg );
}

/* Run a command line to its end. @return its status */
static int run ( const char *line ) {
	utime_t start = clock_now ();
	int rc;

	test_capture_start ();
	netsim_spawn ( net, line_task, (void *) line );
	rc = netsim_join ( net, 300 * US_PER_S );
	took = clock_now () - start;
	return rc;
}

#define PRINTED( text ) assert_string_equal ( test_capture_stop (), text )

static const char *get ( const char *name ) {
	static char text[256];
	struct setting_ref ref;

	text[0] = '\0';
	if ( ( setting_ref_parse ( name, false, &ref ) != 0 ) ||
	     ( setting_fetch_text ( &ref, text, sizeof ( text ) ) < 0 ) )
		text[0] = '\0';
	return text;
}

#define SERVER_A                                                      \
	.ip = IPV4 ( 10, 0, 0, 1 ), .yiaddr = IPV4 ( 10, 0, 0, 100 ), \
	OPTIONS ( "\x01\x04\xff\xff\xff\x00\xaf\x03\xb0\x01\x01" )

/* ---- ifconf, dhcp, iflinkwait ---- */

static void dhcp_says_ok ( void **state ) {
	struct dhcp_server a = { SERVER_A };

	dhcp_server_add ( net, &a );
	assert_int_equal ( run ( "dhcp" ), 0 );
	PRINTED ( "Configuring " NET_STATE "... ok\n" );
	assert_string_equal ( get ( "net0/ip" ), "10.0.0.100" );
	assert_string_equal ( get ( "net0/1:ipv4" ), "255.255.255.0" );
}

static void configurator_is_named ( void **state ) {
	struct dhcp_server a = { SERVER_A };

	dhcp_server_add ( net, &a );
	assert_int_equal ( run ( "ifconf --configurator dhcp net0" ), 0 );
	PRINTED ( "Configuring [dhcp] " NET_STATE "... ok\n" );
}

static void unknown_configurator_is_refused ( void **state ) {
	assert_int_equal ( err_of ( run ( "ifconf -c ipv9 net0" ) ), ENOTSUP );
	PRINTED ( "\"ipv9\": no such configurator\n" );
}

static void failure_says_why ( void **state ) {
	struct dhcp_server a = { SERVER_A, .ignore = 9 };

	dhcp_server_add ( net, &a );
	assert_int_equal ( -run ( "dhcp net0" ), EADDRNOTAVAIL_CONFIG );
	assert_in_range ( took, 15000 * MS, 15010 * MS );
	PRINTED ( "Configuring " NET_STATE ".................. No configuration methods succeeded "
		  "(https://ipxe.org/040ee119)\n"
		  "  net0: no DHCP server answered 4 DISCOVERs\n" );
	/* One that failed is closed. */
	assert_false ( netsim_netif ( net )->open );
}

static void configurator_has_its_own_error ( void **state ) {
	assert_int_equal ( -run ( "dhcp -c dhcp net0" ), ETIMEDOUT_DHCP );
	PRINTED ( "Configuring [dhcp] " NET_STATE ".................. Connection timed out "
		  "(https://ipxe.org/4c106035)\n"
		  "  net0: no DHCP server answered 4 DISCOVERs\n" );
}

static void time_out_of_the_user_ends_it ( void **state ) {
	assert_int_equal ( -run ( "dhcp --timeout 2500 net0" ), ETIMEDOUT_JOB );
	assert_in_range ( took, 2500 * MS, 2510 * MS );
	PRINTED ( "Configuring " NET_STATE "..... Connection timed out "
		  "(https://ipxe.org/4c072035)\n" );
}

static void unknown_interface_does_not_stop_the_others ( void **state ) {
	struct dhcp_server a = { SERVER_A };

	dhcp_server_add ( net, &a );
	assert_int_equal ( run ( "dhcp net7 net0" ), 0 );
	PRINTED ( "\"net7\": no such network device\nConfiguring " NET_STATE "... ok\n" );
	assert_int_equal ( err_of ( run ( "dhcp net0 net7" ) ), 0 );
	test_capture_stop ();
	assert_int_equal ( err_of ( run ( "dhcp net7" ) ), ENODEV );
	PRINTED ( "\"net7\": no such network device\n" );
}

static void missing_link_is_waited_for ( void **state ) {
	struct dhcp_server a = { SERVER_A };

	dhcp_server_add ( net, &a );
	netsim_link ( net, false );
	assert_true ( run ( "dhcp" ) != 0 );
	assert_in_range ( took, 15000 * MS, 15010 * MS );
	PRINTED ( "Waiting for link-up on net0................. Down "
		  "(https://ipxe.org/38086101)\n" );
	assert_int_equal ( a.count, 0 );
}

static void iflinkwait_speaks_even_if_the_link_is_up ( void **state ) {
	assert_int_equal ( run ( "iflinkwait" ), 0 );
	PRINTED ( "Waiting for link-up on net0... ok\n" );
	netsim_link ( net, false );
	assert_int_equal ( -run ( "iflinkwait --timeout 1500 net0" ), ENOTCONN_LINK_DOWN );
	assert_in_range ( took, 1500 * MS, 1510 * MS );
	test_capture_stop ();
	assert_false ( netsim_netif ( net )->open );
}

/* ---- pxebs ---- */

/** A boot server: answers requests for its type, on port 67 and 4011. */
struct boot_server {
	uint16_t type;
	unsigned int count;
	uint16_t port;
	ipv4_addr_t dest, ciaddr;
};

static void boot_server_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src,
			     ipv4_addr_t dest, const uint8_t *payload, size_t len, void *arg ) {
	struct boot_server *server = arg;
	uint16_t src_port, port;
	const uint8_t *data;
	uint8_t reply[300] = { 2, 1, 6 };
	size_t tag_len;
	const uint8_t *item;
	ssize_t data_len = netsim_parse_udp ( src, dest, payload, len, &src_port, &port, &data );

	if ( ( data_len < 241 ) || ( ( port != 67 ) && ( port != 4011 ) ) )
		return;
	item = dhcp_option ( data + 240, data_len - 240, DHCP_PXE_ITEM, &tag_len );
	if ( !item )
		return;
	server->count++;
	server->port = port;
	server->dest = dest;
	server->ciaddr =
		( (uint32_t) data[12] << 24 ) | ( data[13] << 16 ) | ( data[14] << 8 ) | data[15];
	if ( ( item[0] | ( item[1] << 8 ) ) != server->type )
		return;
	memcpy ( &reply[4], &data[4], 4 );
	memcpy ( &reply[20], "\x0a\x00\x00\x05", 4 );
	memcpy ( &reply[28], &data[28], 16 );
	strcpy ( (char *) &reply[108], "item.0" );
	memcpy ( &reply[236],
		 "\x63\x82\x53\x63\x35\x01\x05\x36\x04\x0a\x00\x00\x05\x2b\x06\x47\x04", 17 );
	memcpy ( &reply[253], item, 4 );
	reply[257] = 255;
	netsim_host_send_udp ( host, port, src, 68, reply, 258 );
}

static void configure_static ( const char *option_43 ) {
	char line[128];

	netsim_configure ( net, IPV4 ( 10, 0, 0, 9 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	snprintf ( line, sizeof ( line ), "set net0/43:hexraw %s", option_43 );
	assert_int_equal ( run ( line ), 0 );
	test_capture_stop ();
}

static void boot_server_is_found_by_broadcast ( void **state ) {
	struct boot_server s = { .type = 0x800f };

	netsim_host_add ( net, IPV4 ( 10, 0, 0, 5 ), boot_server_rx, &s );
	netsim_configure ( net, IPV4 ( 10, 0, 0, 9 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	assert_int_equal ( run ( "pxebs net0 0x800f" ), 0 );
	PRINTED ( "PXEBS (net0 type 32783)... ok\n" );
	assert_int_equal ( s.dest, IPV4_BROADCAST );
	assert_int_equal ( s.port, 67 );
	assert_int_equal ( s.ciaddr, IPV4 ( 10, 0, 0, 9 ) );
	assert_string_equal ( get ( "pxebs/filename" ), "item.0" );
	assert_string_equal ( get ( "pxebs/next-server" ), "10.0.0.5" );
}

static void listed_boot_server_is_asked_if_nobody_else_may_be ( void **state ) {
	struct boot_server s = { .type = 0x800f };
	struct setting_ref ref;

	netsim_host_add ( net, IPV4 ( 10, 0, 0, 5 ), boot_server_rx, &s );
	configure_static ( "00" );
	assert_int_equal ( setting_ref_parse ( "net0/43.6", false, &ref ), 0 );
	assert_int_equal ( setting_store ( &ref, "\x07", 1, NULL ), 0 );
	assert_int_equal ( setting_ref_parse ( "net0/43.8", false, &ref ), 0 );
	assert_int_equal (
		setting_store ( &ref, "\x0e\x80\x01\x0a\x00\x00\x04\x0f\x80\x01\x0a\x00\x00\x05",
				14, NULL ),
		0 );
	assert_int_equal ( run ( "pxebs net0 0x800f" ), 0 );
	test_capture_stop ();
	assert_int_equal ( s.dest, IPV4 ( 10, 0, 0, 5 ) );
	assert_int_equal ( s.port, 4011 );
	/* No way to ask for a type that is not listed. */
	assert_int_equal ( err_of ( run ( "pxebs net0 1" ) ), EINVAL );
	PRINTED ( "PXEBS (net0 type 1)... Invalid argument (https://ipxe.org/1c000002)\n"
		  "  net0: option 43 forbids to broadcast and lists no boot server of type 1\n"
		  "Could not discover boot server on net0: Invalid argument "
		  "(https://ipxe.org/1c000002)\n" );
}

static void silent_boot_servers_are_given_up ( void **state ) {
	struct boot_server s = { .type = 1 };

	netsim_host_add ( net, IPV4 ( 10, 0, 0, 5 ), boot_server_rx, &s );
	netsim_configure ( net, IPV4 ( 10, 0, 0, 9 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	assert_int_equal ( -run ( "pxebs net0 2" ), ETIMEDOUT_DHCP );
	test_capture_stop ();
	assert_in_range ( took, 3000 * MS, 3010 * MS );
	assert_int_equal ( s.count, 2 );
}

/* ---- nslookup, ntp, ping ---- */

static void nslookup_stores_an_address ( void **state ) {
	assert_int_equal ( run ( "nslookup found 192.0.2.8" ), 0 );
	PRINTED ( "" );
	assert_string_equal ( get ( "found" ), "192.0.2.8" );
	assert_int_equal ( -run ( "nslookup found host.example" ), ENXIO_DNS_NO_SERVER );
	PRINTED ( "Could not resolve host.example: Error 0x3e11623b (https://ipxe.org/3e11623b)\n"
		  "  cannot look up host.example: no DNS server known (setting dns)\n" );
	assert_int_equal ( run ( "clear found" ), 0 );
	test_capture_stop ();
}

/** A time server. */
struct time_server {
	int64_t ahead_us;
	bool kiss, stale;
	unsigned int ignore, count;
};

static void put64 ( uint8_t *p, uint64_t value ) {
	for ( int i = 7; i >= 0; i--, value >>= 8 )
		p[i] = value;
}

static void time_server_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src,
			     ipv4_addr_t dest, const uint8_t *payload, size_t len, void *arg ) {
	struct time_server *server = arg;
	uint64_t us = clock_wall_us () + server->ahead_us;
	uint64_t stamp = ( ( us / 1000000 + 2208988800ULL ) << 32 ) |
			 ( ( ( us % 1000000 ) << 32 ) / 1000000 );
	uint8_t reply[48] = { 0x24, 1 };
	uint16_t src_port, port;
	const uint8_t *data;

	if ( ( netsim_parse_udp ( src, dest, payload, len, &src_port, &port, &data ) != 48 ) ||
	     ( port != 123 ) || ( data[0] != 0xe3 ) )
		return;
	server->count++;
	if ( server->ignore ) {
		server->ignore--;
		return;
	}
	if ( server->kiss )
		reply[1] = 0;
	memcpy ( &reply[24], &data[40], 8 );
	if ( server->stale )
		reply[24] ^= 1;
	put64 ( &reply[32], stamp );
	put64 ( &reply[40], stamp );
	netsim_host_send_udp ( host, 123, src, src_port, reply, sizeof ( reply ) );
}

static void time_server_add ( struct time_server *server ) {
	netsim_host_add ( net, IPV4 ( 10, 0, 0, 6 ), time_server_rx, server );
	netsim_configure ( net, IPV4 ( 10, 0, 0, 9 ), IPV4 ( 255, 255, 255, 0 ), 0 );
}

static void ntp_sets_the_clock_silently ( void **state ) {
	struct time_server s = { .ahead_us = 3600 * 1000000LL, .ignore = 1 };

	time_server_add ( &s );
	netsim_to_us ( net )->delay_us = 20 * MS;
	netsim_to_peer ( net )->delay_us = 20 * MS;
	assert_int_equal ( run ( "ntp 10.0.0.6" ), 0 );
	PRINTED ( "" );
	assert_int_equal ( s.count, 2 );
	assert_in_range ( clock_wall_offset (), 3600 * 1000000LL - 1000, 3600 * 1000000LL + 1000 );
}

static void kiss_of_death_ends_ntp ( void **state ) {
	struct time_server s = { .kiss = true };

	time_server_add ( &s );
	assert_int_equal ( err_of ( run ( "ntp 10.0.0.6" ) ), EPROTO );
	assert_non_null ( strstr ( test_capture_stop (), "Could not get time and date: " ) );
	assert_int_equal ( s.count, 1 );
}

static void reply_to_another_request_does_not_set_the_clock ( void **state ) {
	struct time_server s = { .ahead_us = 1000000, .stale = true };

	time_server_add ( &s );
	assert_int_equal ( err_of ( run ( "ntp 10.0.0.6" ) ), ETIMEDOUT );
	assert_non_null ( strstr ( test_capture_stop (),
				   "time server 10.0.0.6:123 did not answer 4 requests" ) );
	assert_in_range ( took, 15000 * MS, 15010 * MS );
	assert_int_equal ( clock_wall_offset (), 0 );
}

/* Answers echo requests, but not the second. */
static void echo_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
		      const uint8_t *payload, size_t len, void *arg ) {
	uint8_t reply[1500];
	uint16_t csum;

	if ( ( proto != 1 ) || ( payload[0] != 8 ) || ( payload[7] == 2 ) )
		return;
	memcpy ( reply, payload, len );
	reply[0] = 0;
	reply[2] = reply[3] = 0;
	csum = netsim_csum ( 0, reply, len );
	reply[2] = csum >> 8;
	reply[3] = csum;
	netsim_host_send ( host, 1, 0, src, reply, len, 0 );
}

static void ping_prints_a_line_a_reply ( void **state ) {
	netsim_host_add ( net, IPV4 ( 10, 0, 0, 7 ), echo_rx, NULL );
	netsim_configure ( net, IPV4 ( 10, 0, 0, 9 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	assert_int_equal ( run ( "ping -c 3 10.0.0.7" ), 0 );
	PRINTED ( "64 bytes from 10.0.0.7: seq=1\n"
		  "0 bytes from <none>: seq=2: Connection timed out (https://ipxe.org/4c000035)\n"
		  "64 bytes from 10.0.0.7: seq=3\n" );
	assert_in_range ( took, 2000 * MS, 2010 * MS );
	assert_int_equal ( run ( "ping --size 0 --count 1 --quiet 10.0.0.7" ), 0 );
	PRINTED ( "" );
}

static void ping_without_answer_fails ( void **state ) {
	netsim_configure ( net, IPV4 ( 10, 0, 0, 9 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	assert_int_equal ( err_of ( run ( "ping -q -t 100 -c 2 10.0.0.7" ) ), ETIMEDOUT );
	PRINTED ( "Finished: Connection timed out (https://ipxe.org/4c000035)\n" );
	assert_in_range ( took, 200 * MS, 210 * MS );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( dhcp_says_ok ),
		TEST ( configurator_is_named ),
		TEST ( unknown_configurator_is_refused ),
		TEST ( failure_says_why ),
		TEST ( configurator_has_its_own_error ),
		TEST ( time_out_of_the_user_ends_it ),
		TEST ( unknown_interface_does_not_stop_the_others ),
		TEST ( missing_link_is_waited_for ),
		TEST ( iflinkwait_speaks_even_if_the_link_is_up ),
		TEST ( boot_server_is_found_by_broadcast ),
		TEST ( listed_boot_server_is_asked_if_nobody_else_may_be ),
		TEST ( silent_boot_servers_are_given_up ),
		TEST ( nslookup_stores_an_address ),
		TEST ( ntp_sets_the_clock_silently ),
		TEST ( kiss_of_death_ends_ntp ),
		TEST ( reply_to_another_request_does_not_set_the_clock ),
		TEST ( ping_prints_a_line_a_reply ),
		TEST ( ping_without_answer_fails ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
