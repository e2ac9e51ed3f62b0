/** @file
 * What the firmware's PXE and HTTP Boot have left, against a played firmware: the settings, working URI and
 * limit that come of it.
 */
#include <stdlib.h>
#include "lib/fake_nic.h"
#include "lib/test.h"

#include "platform/efi/net_path.c"
#include "platform/efi/netboot.c"
#include "platform/efi/text.c"
#include "core/settings.h"
#include "proto/dhcp_settings.h"

/* ---- The firmware ---- */

static EFI_LOADED_IMAGE_PROTOCOL loaded = { .DeviceHandle = &loaded };
EFI_LOADED_IMAGE_PROTOCOL *efi_loaded_image = &loaded;

static uint8_t raw[1024]; /* device path */
static size_t raw_len;
static EFI_PXE_BASE_CODE_MODE mode;
static EFI_PXE_BASE_CODE_PROTOCOL pxe = { .Mode = &mode };
static bool has_pxe;
static uint8_t option[1024]; /* Boot001A */
static size_t option_len;    /* 0: there is no BootCurrent */

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	assert_ptr_equal ( handle, loaded.DeviceHandle );
	if ( guid == &path_guid )
		return raw_len ? raw : NULL;
	return has_pxe ? &pxe : NULL;
}

static EFI_STATUS EFIAPI fake_variable ( CHAR16 *name, EFI_GUID *guid, UINT32 *attributes,
					 UINTN *len, void *buf ) {
	char text[32];

	efi_utf8 ( name, 32, text, sizeof ( text ) );
	if ( option_len && ( strcmp ( text, "BootCurrent" ) == 0 ) ) {
		assert_int_equal ( *len, 2 );
		memcpy ( buf, "\x1a\x00", 2 );
		return EFI_SUCCESS;
	}
	if ( !option_len || ( strcmp ( text, "Boot001A" ) != 0 ) )
		return EFI_NOT_FOUND;
	if ( *len < option_len )
		return EFI_BUFFER_TOO_SMALL;
	*len = option_len;
	memcpy ( buf, option, option_len );
	return EFI_SUCCESS;
}

static EFI_RUNTIME_SERVICES services = { .GetVariable = fake_variable };
EFI_RUNTIME_SERVICES *efi_rt = &services;

static void node ( uint8_t type, uint8_t subtype, const void *body, size_t len ) {
	raw[raw_len++] = type;
	raw[raw_len++] = subtype;
	raw[raw_len++] = (uint8_t) ( 4 + len );
	raw[raw_len++] = 0;
	if ( len )
		memcpy ( &raw[raw_len], body, len );
	raw_len += len;
}

static void mac_node ( void ) {
	static const uint8_t mac[33] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56, [32] = 1 };

	node ( 3, MSG_MAC, mac, sizeof ( mac ) );
}

static void ipv4_node ( void ) {
	static const uint8_t ipv4[23] = { 10, 0, 0, 100, [15] = 10, 0, 0, 2, 255, 255, 255, 0 };

	node ( 3, MSG_IPV4, ipv4, sizeof ( ipv4 ) );
}

static void text_node ( uint8_t subtype, const char *text ) {
	node ( 3, subtype, text, strlen ( text ) );
}

static void end_node ( void ) {
	node ( 0x7f, 0xff, NULL, 0 );
}

/** An answer in the firmware's hands. */
static void packet ( EFI_PXE_BASE_CODE_PACKET *dest, const char *file ) {
	uint8_t *bytes = dest->Raw;

	memset ( dest, 0, sizeof ( *dest ) );
	memcpy ( bytes, "\x02\x01\x06", 3 );
	memcpy ( &bytes[16], "\x0a\x00\x00\x64\x0a\x00\x00\x01", 8 );
	memcpy ( &bytes[28], "\x52\x54\x00\x12\x34\x56", 6 );
	strcpy ( (char *) &bytes[108], file );
	memcpy ( &bytes[236], "\x63\x82\x53\x63\x35\x01\x05\xff", 8 );
}

/* ---- The NIC ---- */

static struct netif netif;

static const char *start ( void ) {
	const char *said;

	test_capture_start ();
	netboot_init ();
	said = test_capture_stop ();
	netif = ( struct netif ){ .ops = &fake_nic_ops,
				  .hw_addr = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 } };
	assert_int_equal ( netif_register ( &netif ), 0 );
	return said;
}

static int setup ( void **state ) {
	raw_len = option_len = 0;
	has_pxe = false;
	memset ( &mode, 0, sizeof ( mode ) );
	return 0;
}

static int teardown ( void **state ) {
	netif_unregister ( &netif );
	dhcp_settings_drop ( NULL, "proxydhcp" );
	dhcp_settings_drop ( NULL, "pxebs" );
	cached_dhcp_clear ();
	autoboot_limit ( NULL );
	memset ( boot_mac, 0, sizeof ( boot_mac ) );
	boot_vlan = 0;
	uri_free ( uri_set_cwd ( NULL ) );
	return 0;
}

static void pxe_path ( void ) {
	mac_node ();
	node ( 3, MSG_IPV4, "", 0 );
	end_node ();
	has_pxe = true;
}

static void pxe_packets_become_settings ( void **state ) {
	pxe_path ();
	mode.DhcpAckReceived = mode.ProxyOfferReceived = mode.PxeReplyReceived = true;
	packet ( &mode.DhcpAck, "from-dhcp" );
	packet ( &mode.ProxyOffer, "from-proxy" );
	packet ( &mode.PxeReply, "from-server" );
	assert_string_equal ( start (), "" );
	assert_true ( netif.open );
	assert_string_equal ( test_setting ( "net0.dhcp/ip" ), "10.0.0.100" );
	assert_string_equal ( test_setting ( "net0.dhcp/filename" ), "from-dhcp" );
	assert_string_equal ( test_setting ( "proxydhcp/filename" ), "from-proxy" );
	assert_string_equal ( test_setting ( "pxebs/filename" ), "from-server" );
	assert_string_equal ( test_cwuri (), "tftp://10.0.0.1/from-server" );
	assert_true ( is_boot_nic ( &netif ) );
}

static void packets_that_were_not_received_are_not_looked_at ( void **state ) {
	pxe_path ();
	packet ( &mode.DhcpAck, "stale" );
	packet ( &mode.ProxyOffer, "stale" );
	assert_string_equal ( start (), "" );
	assert_false ( netif.open );
	assert_string_equal ( test_setting ( "filename" ), "" );
}

static void packet_of_garbage_is_refused_with_words ( void **state ) {
	pxe_path ();
	mode.DhcpAckReceived = true;
	memset ( &mode.DhcpAck, 0xff, sizeof ( mode.DhcpAck ) );
	assert_string_equal ( start (), "Could not use what the firmware knows of the network: the "
					"firmware's dhcp packet is no answer of a DHCP server\n" );
	assert_false ( netif.open );
}

static void options_of_garbage_do_no_harm ( void **state ) {
	pxe_path ();
	mode.DhcpAckReceived = true;
	packet ( &mode.DhcpAck, "file" );
	memset ( &mode.DhcpAck.Raw[240], 0x43, sizeof ( mode.DhcpAck ) - 240 );
	start ();
	assert_string_equal ( test_setting ( "net0.dhcp/ip" ), "10.0.0.100" );
}

static void http_boot_has_addresses_and_uri_in_its_path ( void **state ) {
	static const uint8_t dns[33] = { 0, 10, 0, 0, 3, [17] = 10, 0, 0, 4 };

	mac_node ();
	ipv4_node ();
	node ( 3, MSG_DNS, dns, sizeof ( dns ) );
	text_node ( MSG_URI, "http://10.0.0.1/boot/ipxe.efi" );
	end_node ();
	assert_string_equal ( start (), "" );
	assert_true ( netif.open );
	assert_ptr_equal ( cached_dhcp_boot_netif (), &netif );
	assert_string_equal ( test_setting ( "net0.dhcp/ip" ), "10.0.0.100" );
	assert_string_equal ( test_setting ( "netmask" ), "255.255.255.0" );
	assert_string_equal ( test_setting ( "gateway" ), "10.0.0.2" );
	assert_string_equal ( test_setting ( "dns:hex" ), "0a:00:00:03:0a:00:00:04" );
	assert_string_equal ( test_setting ( "filename" ), "" );
	assert_string_equal ( test_cwuri (), "http://10.0.0.1/boot/ipxe.efi" );
}

static void address_of_zero_is_none ( void **state ) {
	static const uint8_t zero[23];

	mac_node ();
	node ( 3, MSG_IPV4, zero, sizeof ( zero ) );
	end_node ();
	assert_string_equal ( start (), "" );
	assert_false ( netif.open );
	assert_true ( is_boot_nic ( &netif ) );
}

static void ipv6_is_refused_plainly_and_its_uri_stays ( void **state ) {
	mac_node ();
	node ( 3, MSG_IPV6, "", 0 );
	text_node ( MSG_URI, "http://[fd00::1]/ipxe.efi" );
	end_node ();
	assert_string_equal ( start (), "Loaded over IPv6, which is not built in\n" );
	assert_false ( netif.open );
	assert_string_equal ( test_cwuri (), "http://[fd00::1]/ipxe.efi" );
}

static void ipv6_packets_are_not_taken_for_ours ( void **state ) {
	pxe_path ();
	mode.UsingIpv6 = mode.DhcpAckReceived = true;
	packet ( &mode.DhcpAck, "file" );
	assert_string_equal ( start (), "Loaded over IPv6, which is not built in\n" );
	assert_string_equal ( test_setting ( "filename" ), "" );
}

static void vlan_is_refused_plainly ( void **state ) {
	mac_node ();
	node ( 3, MSG_VLAN, "\x05\x00", 2 );
	ipv4_node ();
	end_node ();
	assert_string_equal ( start (), "Loaded over VLAN 5, which is not built in\n" );
	assert_false ( netif.open );
	assert_false ( is_boot_nic ( &netif ) );
}

/* ---- The boot option ---- */

static void make_option ( const char *uri ) {
	static const uint8_t head[] = { 1, 0, 0, 0, 0, 0, 'x', 0, 0, 0 };

	raw_len = 0;
	mac_node ();
	text_node ( MSG_URI, uri );
	end_node ();
	memcpy ( option, head, sizeof ( head ) );
	option[4] = (uint8_t) raw_len;
	memcpy ( &option[sizeof ( head )], raw, raw_len );
	option_len = sizeof ( head ) + raw_len;
	raw_len = 0;
}

static void boot_option_has_the_uri_if_our_path_has_none ( void **state ) {
	make_option ( "http://10.0.0.1/disk.iso" );
	node ( 4, 4, "x", 1 );
	end_node ();
	assert_string_equal ( start (), "" );
	assert_string_equal ( test_cwuri (), "http://10.0.0.1/disk.iso" );
	assert_false ( is_boot_nic ( &netif ) );
}

static void our_own_path_is_nearer_than_the_boot_option ( void **state ) {
	make_option ( "http://10.0.0.1/first.efi" );
	mac_node ();
	text_node ( MSG_URI, "http://10.0.0.2/second.efi" );
	end_node ();
	start ();
	assert_string_equal ( test_cwuri (), "http://10.0.0.2/second.efi" );
}

static void uri_that_is_none_changes_nothing ( void **state ) {
	static const char *const bad[] = { "boot/ipxe.efi", "mailto:x", "\xff\xfe" };

	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ ) {
		raw_len = 0;
		mac_node ();
		text_node ( MSG_URI, bad[i] );
		end_node ();
		start ();
		netif_unregister ( &netif );
		assert_string_equal ( test_cwuri (), "" );
	}
	start ();
}

static void without_a_path_nothing_happens ( void **state ) {
	assert_string_equal ( start (), "" );
	assert_false ( netif.open );
	assert_string_equal ( test_cwuri (), "" );
}

#define TEST( fn ) cmocka_unit_test_setup_teardown ( fn, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( pxe_packets_become_settings ),
		TEST ( packets_that_were_not_received_are_not_looked_at ),
		TEST ( packet_of_garbage_is_refused_with_words ),
		TEST ( options_of_garbage_do_no_harm ),
		TEST ( http_boot_has_addresses_and_uri_in_its_path ),
		TEST ( address_of_zero_is_none ),
		TEST ( ipv6_is_refused_plainly_and_its_uri_stays ),
		TEST ( ipv6_packets_are_not_taken_for_ours ),
		TEST ( vlan_is_refused_plainly ),
		TEST ( boot_option_has_the_uri_if_our_path_has_none ),
		TEST ( our_own_path_is_nearer_than_the_boot_option ),
		TEST ( uri_that_is_none_changes_nothing ),
		TEST ( without_a_path_nothing_happens ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
