/** @file
 * DHCP packets of the firmware before us: what becomes of them when their interface appears.
 */
#include <stdlib.h>
#include "core/error.h"
#include "core/settings.h"
#include "core/uri.h"
#include "lib/fake_nic.h"
#include "lib/netsim.h"
#include "lib/test.h"
#include "proto/boot_uri.h"
#include "proto/cached_dhcp.h"
#include "proto/dhcp_settings.h"

static uint8_t packet[DHCP_HEADER_LEN + 64];
static size_t packet_len;

/** The answer for 52:54:00:12:34:56 with this file name in the header. */
static void answer ( const char *file ) {
	memset ( packet, 0, sizeof ( packet ) );
	packet[0] = DHCP_OP_REPLY;
	packet[1] = 1;
	packet[2] = 6;
	memcpy ( &packet[16], "\x0a\x00\x00\x64", 4 );
	memcpy ( &packet[20], "\x0a\x00\x00\x01", 4 );
	memcpy ( &packet[28], "\x52\x54\x00\x12\x34\x56", 6 );
	strcpy ( (char *) &packet[108], file );
	memcpy ( &packet[236], "\x63\x82\x53\x63\x35\x01\x05\x01\x04\xff\xff\xff\x00\xff", 14 );
	packet_len = sizeof ( packet );
}

static int add ( enum cached_dhcp_kind kind ) {
	return cached_dhcp_add ( kind, packet, packet_len );
}

static struct netif netif;

static void plug_in ( uint8_t last_byte_of_mac ) {
	netif = ( struct netif ){ .ops = &fake_nic_ops,
				  .hw_addr = { 0x52, 0x54, 0, 0x12, 0x34, last_byte_of_mac } };
	assert_int_equal ( netif_register ( &netif ), 0 );
}

static int setup ( void **state ) {
	fake_nic_opened = 0;
	fake_nic_open_rc = 0;
	answer ( "boot/ipxe.pxe" );
	return 0;
}

static int teardown ( void **state ) {
	netif_unregister ( &netif );
	dhcp_settings_drop ( NULL, "proxydhcp" );
	dhcp_settings_drop ( NULL, "pxebs" );
	cached_dhcp_clear ();
	uri_free ( uri_set_cwd ( NULL ) );
	return 0;
}

static void acknowledgement_becomes_settings_of_its_interface ( void **state ) {
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	plug_in ( 0x56 );
	assert_int_equal ( fake_nic_opened, 1 );
	assert_true ( netif.open );
	assert_ptr_equal ( cached_dhcp_boot_netif (), &netif );
	assert_string_equal ( test_setting ( "net0.dhcp/ip" ), "10.0.0.100" );
	assert_string_equal ( test_setting ( "netmask" ), "255.255.255.0" );
	assert_string_equal ( test_setting ( "next-server" ), "10.0.0.1" );
	assert_string_equal ( test_setting ( "filename" ), "boot/ipxe.pxe" );
	assert_string_equal ( test_cwuri (), "tftp://10.0.0.1/boot/ipxe.pxe" );
}

static void another_interface_is_left_alone ( void **state ) {
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	plug_in ( 0x57 );
	assert_int_equal ( fake_nic_opened, 0 );
	assert_null ( cached_dhcp_boot_netif () );
	assert_string_equal ( test_setting ( "ip" ), "" );
	assert_string_equal ( test_cwuri (), "" );
}

static void second_interface_of_that_mac_is_left_alone ( void **state ) {
	struct netif other = { .ops = &fake_nic_ops,
			       .hw_addr = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 } };

	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	plug_in ( 0x56 );
	assert_int_equal ( netif_register ( &other ), 0 );
	assert_int_equal ( fake_nic_opened, 1 );
	assert_string_equal ( test_setting ( "net1.dhcp/ip" ), "" );
	netif_unregister ( &other );
}

static void lease_of_the_address_in_use_finds_its_interface ( void **state ) {
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	netif = ( struct netif ){ .ops = &fake_nic_ops,
				  .hw_addr = { 2, 0, 0, 0, 0, 1 },
				  .mac = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 } };
	assert_int_equal ( netif_register ( &netif ), 0 );
	assert_true ( netif.open );
	assert_int_equal ( netif.hw_addr[0], 2 );
}

static void lease_of_the_permanent_address_puts_it_in_use ( void **state ) {
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	netif = ( struct netif ){ .ops = &fake_nic_ops,
				  .hw_addr = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
				  .mac = { 2, 0, 0, 0, 0, 1 } };
	assert_int_equal ( netif_register ( &netif ), 0 );
	assert_true ( netif.open );
	assert_memory_equal ( netif.mac, netif.hw_addr, ETH_ALEN );
}

static void without_packets_nothing_happens ( void **state ) {
	plug_in ( 0x56 );
	assert_int_equal ( fake_nic_opened, 0 );
	assert_null ( cached_dhcp_boot_netif () );
	assert_string_equal ( test_cwuri (), "" );
}

static void boot_server_and_proxy_become_root_blocks ( void **state ) {
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	answer ( "from-proxy" );
	assert_int_equal ( add ( CACHED_DHCP_PROXY ), 0 );
	plug_in ( 0x56 );
	assert_string_equal ( test_setting ( "net0.dhcp/filename" ), "boot/ipxe.pxe" );
	assert_string_equal ( test_setting ( "proxydhcp/filename" ), "from-proxy" );
	assert_string_equal ( test_cwuri (), "tftp://10.0.0.1/from-proxy" );
	netif_unregister ( &netif );
	answer ( "from-boot-server" );
	assert_int_equal ( add ( CACHED_DHCP_PXEBS ), 0 );
	plug_in ( 0x56 );
	assert_string_equal ( test_setting ( "pxebs/filename" ), "from-boot-server" );
	assert_string_equal ( test_cwuri (), "tftp://10.0.0.1/from-boot-server" );
}

static void proxy_without_a_file_leaves_the_word_to_the_server ( void **state ) {
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	answer ( "" );
	assert_int_equal ( add ( CACHED_DHCP_PROXY ), 0 );
	plug_in ( 0x56 );
	assert_string_equal ( test_cwuri (), "tftp://10.0.0.1/boot/ipxe.pxe" );
}

static void file_name_that_is_a_uri_is_the_working_uri ( void **state ) {
	answer ( "http://10.0.0.9/a/ipxe.pxe" );
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	plug_in ( 0x56 );
	assert_string_equal ( test_cwuri (), "http://10.0.0.9/a/ipxe.pxe" );
}

static void packets_that_are_no_answers_are_refused ( void **state ) {
	static uint8_t huge[DHCP_REPLY_MAX + 1];

	for ( packet_len = 0; packet_len < DHCP_HEADER_LEN; packet_len++ )
		assert_int_equal ( err_of ( add ( CACHED_DHCP_ACK ) ), EBADMSG );
	packet[0] = DHCP_OP_REQUEST;
	assert_int_equal ( err_of ( add ( CACHED_DHCP_ACK ) ), EBADMSG );
	answer ( "x" );
	packet[1] = 6; /* token ring */
	assert_int_equal ( err_of ( add ( CACHED_DHCP_ACK ) ), EBADMSG );
	answer ( "x" );
	packet[2] = 16;
	assert_int_equal ( err_of ( add ( CACHED_DHCP_ACK ) ), EBADMSG );
	answer ( "x" );
	memcpy ( huge, packet, packet_len );
	assert_int_equal ( err_of ( cached_dhcp_add ( CACHED_DHCP_ACK, huge, sizeof ( huge ) ) ),
			   EBADMSG );
	assert_int_equal ( cached_dhcp_add ( CACHED_DHCP_ACK, huge, sizeof ( huge ) - 1 ), 0 );
	cached_dhcp_clear ();
	plug_in ( 0x56 );
	assert_int_equal ( fake_nic_opened, 0 );
}

static void options_cut_anywhere_do_no_harm ( void **state ) {
	static uint8_t *cut;

	for ( size_t len = DHCP_HEADER_LEN; len <= packet_len; len++ ) {
		cut = malloc ( len );
		memcpy ( cut, packet, len );
		assert_int_equal ( cached_dhcp_add ( CACHED_DHCP_ACK, cut, len ), 0 );
		free ( cut );
		plug_in ( 0x56 );
		assert_string_equal ( test_setting ( "net0.dhcp/ip" ), "10.0.0.100" );
		netif_unregister ( &netif );
	}
	plug_in ( 0x56 );
}

static void interface_that_does_not_open_keeps_the_settings ( void **state ) {
	fake_nic_open_rc = -EIO;
	assert_int_equal ( add ( CACHED_DHCP_ACK ), 0 );
	test_capture_start ();
	plug_in ( 0x56 );
	assert_non_null ( strstr ( test_capture_stop (), "cached DHCP answer on net0" ) );
	assert_false ( netif.open );
	assert_string_equal ( test_setting ( "filename" ), "boot/ipxe.pxe" );
}

static void boot_uri_needs_a_server_or_a_scheme ( void **state ) {
	char *uri;

	assert_null ( boot_uri ( 0, "name" ) );
	assert_null ( boot_uri ( IPV4 ( 10, 0, 0, 1 ), "" ) );
	uri = boot_uri ( IPV4 ( 10, 0, 0, 1 ), "/a%b" );
	assert_string_equal ( uri, "tftp://10.0.0.1//a%25b" );
	free ( uri );
	uri = boot_uri ( 0, "http://h/x" );
	assert_string_equal ( uri, "http://h/x" );
	free ( uri );
}

#define TEST( fn ) cmocka_unit_test_setup_teardown ( fn, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( acknowledgement_becomes_settings_of_its_interface ),
		TEST ( another_interface_is_left_alone ),
		TEST ( second_interface_of_that_mac_is_left_alone ),
		TEST ( lease_of_the_address_in_use_finds_its_interface ),
		TEST ( lease_of_the_permanent_address_puts_it_in_use ),
		TEST ( without_packets_nothing_happens ),
		TEST ( boot_server_and_proxy_become_root_blocks ),
		TEST ( proxy_without_a_file_leaves_the_word_to_the_server ),
		TEST ( file_name_that_is_a_uri_is_the_working_uri ),
		TEST ( packets_that_are_no_answers_are_refused ),
		TEST ( options_cut_anywhere_do_no_harm ),
		TEST ( interface_that_does_not_open_keeps_the_settings ),
		cmocka_unit_test ( boot_uri_needs_a_server_or_a_scheme ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
