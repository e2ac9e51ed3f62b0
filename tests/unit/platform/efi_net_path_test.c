/** @file
 * Device paths: what they say about the network, whole, cut off, and lying.
 */
#include <stdlib.h>
#include "lib/test.h"

#include "platform/efi/net_path.c"

/* Paths are put together here. */
static uint8_t raw[1024];
static size_t raw_len;

static void node ( uint8_t type, uint8_t subtype, const void *body, size_t len ) {
	raw[raw_len++] = type;
	raw[raw_len++] = subtype;
	raw[raw_len++] = (uint8_t) ( 4 + len );
	raw[raw_len++] = (uint8_t) ( ( 4 + len ) >> 8 );
	if ( len )
		memcpy ( &raw[raw_len], body, len );
	raw_len += len;
}

static const uint8_t pci[2] = { 0, 3 };
static const uint8_t mac[33] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56, [32] = 1 };
static const uint8_t ipv4[23] = { 10, 0, 0, 100, 10, 0, 0, 1,   0,   0,   0, 0,
				  0,  0, 1, 10,  0,  0, 2, 255, 255, 255, 0 };
static const uint8_t dns[33] = { 0, 10, 0, 0, 3, [17] = 10, 0, 0, 4 };
#define URI "http://10.0.0.1/boot/ipxe.efi"

static void whole_path ( void ) {
	raw_len = 0;
	node ( 1, 1, pci, sizeof ( pci ) );
	node ( 3, MSG_MAC, mac, sizeof ( mac ) );
	node ( 3, MSG_IPV4, ipv4, sizeof ( ipv4 ) );
	node ( 3, MSG_DNS, dns, sizeof ( dns ) );
	node ( 3, MSG_URI, URI, strlen ( URI ) );
	node ( 0x7f, 0xff, NULL, 0 );
}

static int setup ( void **state ) {
	whole_path ();
	return 0;
}

static struct net_path parse ( void ) {
	struct net_path path;

	net_path_parse ( raw, sizeof ( raw ), &path );
	return path;
}

static void http_boot_tells_everything ( void **state ) {
	struct net_path path = parse ();

	assert_memory_equal ( path.mac, mac, ETH_ALEN );
	assert_int_equal ( path.ip, IPV4 ( 10, 0, 0, 100 ) );
	assert_int_equal ( path.netmask, IPV4 ( 255, 255, 255, 0 ) );
	assert_int_equal ( path.gateway, IPV4 ( 10, 0, 0, 2 ) );
	assert_int_equal ( path.dns_count, 2 );
	assert_int_equal ( path.dns[0], IPV4 ( 10, 0, 0, 3 ) );
	assert_int_equal ( path.dns[1], IPV4 ( 10, 0, 0, 4 ) );
	assert_int_equal ( path.uri_len, strlen ( URI ) );
	assert_memory_equal ( path.uri, URI, path.uri_len );
	assert_int_equal ( path.vlan, 0 );
	assert_false ( path.ipv6 );
}

static void path_cut_anywhere_gives_what_is_before_the_cut ( void **state ) {
	struct net_path path;
	size_t mac_end = 6 + 37, ipv4_end = mac_end + 27, uri_end = raw_len - 4;

	for ( size_t len = 0; len <= raw_len; len++ ) {
		uint8_t *cut = malloc ( len + 1 ); /* ASan watches its end */

		memcpy ( cut + 1, raw, len );
		net_path_parse ( cut + 1, len, &path );
		assert_int_equal ( path.mac != NULL, len >= mac_end );
		assert_int_equal ( path.ip, ( len >= ipv4_end ) ? IPV4 ( 10, 0, 0, 100 ) : 0 );
		assert_int_equal ( path.uri != NULL, len >= uri_end );
		assert_int_equal ( device_path_len ( cut + 1, len ),
				   ( len == raw_len ) ? raw_len - 4 : 0 );
		free ( cut );
	}
}

static void nodes_of_any_length_are_passed_over_or_read ( void **state ) {
	static const uint8_t subtypes[] = {
		MSG_MAC, MSG_IPV4, MSG_IPV6, MSG_VLAN, MSG_URI, MSG_DNS
	};
	static const uint8_t zeros[64];

	for ( size_t i = 0; i < sizeof ( subtypes ); i++ ) {
		for ( size_t len = 0; len < sizeof ( zeros ); len++ ) {
			raw_len = 0;
			node ( 3, subtypes[i], zeros, len );
			node ( 3, MSG_URI, "x", 1 );
			node ( 0x7f, 0xff, NULL, 0 );
			assert_int_equal ( parse ().uri_len, 1 );
			assert_int_equal ( device_path_len ( raw, sizeof ( raw ) ), raw_len - 4 );
		}
	}
}

static void length_without_room_for_a_header_ends_the_path ( void **state ) {
	for ( uint8_t len = 0; len < 4; len++ ) {
		whole_path ();
		raw[2] = len;
		assert_null ( parse ().mac );
		assert_int_equal ( device_path_len ( raw, sizeof ( raw ) ), 0 );
	}
}

static void node_that_runs_past_the_limit_ends_the_path ( void **state ) {
	raw[2] = raw[3] = 0xff;
	assert_null ( parse ().mac );
	assert_int_equal ( device_path_len ( raw, sizeof ( raw ) ), 0 );
}

static void old_ipv4_node_has_no_gateway_and_no_mask ( void **state ) {
	raw_len = 0;
	node ( 3, MSG_IPV4, ipv4, 15 );
	node ( 0x7f, 0xff, NULL, 0 );
	memset ( &raw[raw_len], 0xff, 16 );
	assert_int_equal ( parse ().ip, IPV4 ( 10, 0, 0, 100 ) );
	assert_int_equal ( parse ().gateway, 0 );
	assert_int_equal ( parse ().netmask, 0 );
}

static void other_families_are_not_taken_for_ours ( void **state ) {
	static const uint8_t infiniband[33] = { 0x80, [32] = 32 }, ipv6[56] = { 0xfe, 0x80 };
	static const uint8_t dns6[17] = { 1, 0xfe, 0x80 }, vlan[2] = { 0x05, 0xf0 };
	struct net_path path;

	raw_len = 0;
	node ( 3, MSG_MAC, infiniband, sizeof ( infiniband ) );
	node ( 3, MSG_VLAN, vlan, sizeof ( vlan ) );
	node ( 3, MSG_IPV6, ipv6, sizeof ( ipv6 ) );
	node ( 3, MSG_DNS, dns6, sizeof ( dns6 ) );
	node ( 3, MSG_URI, NULL, 0 );
	node ( 4, MSG_URI, "x", 1 );
	node ( 0x7f, 0xff, NULL, 0 );
	path = parse ();
	assert_null ( path.mac );
	assert_int_equal ( path.vlan, 5 );
	assert_true ( path.ipv6 );
	assert_int_equal ( path.dns_count, 0 );
	assert_null ( path.uri );
}

static void more_dns_servers_than_there_is_room_for ( void **state ) {
	uint8_t many[1 + 16 * ( NET_PATH_DNS_MAX + 3 )] = { 0 };

	for ( unsigned int i = 0; i < NET_PATH_DNS_MAX + 3; i++ )
		many[1 + 16 * i] = (uint8_t) ( i + 1 );
	raw_len = 0;
	node ( 3, MSG_DNS, many, sizeof ( many ) );
	node ( 0x7f, 0xff, NULL, 0 );
	assert_int_equal ( parse ().dns_count, NET_PATH_DNS_MAX );
	assert_int_equal ( parse ().dns[NET_PATH_DNS_MAX - 1], IPV4 ( NET_PATH_DNS_MAX, 0, 0, 0 ) );
}

/* ---- Load options ---- */

static void load_option_holds_a_path ( void **state ) {
	uint8_t option[1024] = { 1, 0, 0, 0, (uint8_t) raw_len, (uint8_t) ( raw_len >> 8 ) };
	const size_t head = 6 + 2 * sizeof ( "Boot" ), whole = head + raw_len;
	size_t len;

	memcpy ( &option[6], L"Boot", 2 * sizeof ( "Boot" ) );
	memcpy ( &option[head], raw, raw_len );
	assert_ptr_equal ( load_option_path ( option, sizeof ( option ), &len ), &option[head] );
	assert_int_equal ( len, raw_len );
	for ( size_t cut = 0; cut < whole; cut++ ) {
		uint8_t *copy = malloc ( cut + 1 );

		memcpy ( copy + 1, option, cut );
		assert_null ( load_option_path ( copy + 1, cut, &len ) );
		free ( copy );
	}
}

static void load_option_without_end_of_its_name_is_none ( void **state ) {
	uint8_t option[64];
	size_t len;

	memset ( option, 'x', sizeof ( option ) );
	assert_null ( load_option_path ( option, sizeof ( option ), &len ) );
}

#define TEST( fn ) cmocka_unit_test_setup ( fn, setup )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( http_boot_tells_everything ),
		TEST ( path_cut_anywhere_gives_what_is_before_the_cut ),
		TEST ( nodes_of_any_length_are_passed_over_or_read ),
		TEST ( length_without_room_for_a_header_ends_the_path ),
		TEST ( node_that_runs_past_the_limit_ends_the_path ),
		TEST ( old_ipv4_node_has_no_gateway_and_no_mask ),
		TEST ( other_families_are_not_taken_for_ours ),
		TEST ( more_dns_servers_than_there_is_room_for ),
		TEST ( load_option_holds_a_path ),
		TEST ( load_option_without_end_of_its_name_is_none ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
