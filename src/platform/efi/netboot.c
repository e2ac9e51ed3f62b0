/** @file
 * Loaded over the network by the firmware: what its PXE (UEFI specification 2.10 §24.3) or HTTP Boot (§24.7)
 * knows is known at once (docs/pxe.md). Asked before our drivers take the NIC, for then all that goes away.
 *
 * PXE keeps its DHCP packets. HTTP Boot does not; its device path has addresses and the URI. They
 * become a packet, so that one mechanism serves both (proto/cached_dhcp.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/init.h"
#include "core/log.h"
#include "core/uri.h"
#include "platform/efi/efi.h"
#include "platform/efi/net_path.h"
#include "proto/cached_dhcp.h"
#include "shell/autoboot.h"
#include "wire/dhcp.h"

/** Longest load option that is looked at, bytes. */
#define LOAD_OPTION_MAX 4096
/* Of a DHCP packet (RFC 2131 §2). */
#define HTYPE_ETHERNET 1
#define YIADDR_OFFSET  16
#define CHADDR_OFFSET  28

static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
static EFI_GUID pxe_guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
static EFI_GUID global_guid = EFI_GLOBAL_VARIABLE;

/** The NIC that we were loaded through. */
static uint8_t boot_mac[ETH_ALEN];
static uint16_t boot_vlan;

/* ---- Where from ---- */

/** The device path of the boot option that the firmware follows (§3.3). @return bytes read to @c buf */
static size_t boot_option ( void *buf, size_t max ) {
	UINTN len = sizeof ( UINT16 );
	char name[sizeof ( "Boot0000" )];
	CHAR16 wide[sizeof ( name ) + 1];
	UINT16 number;

	if ( efi_rt->GetVariable ( (CHAR16 *) L"BootCurrent", &global_guid, NULL, &len, &number ) !=
	     0 )
		return 0;
	snprintf ( name, sizeof ( name ), "Boot%04X", number );
	efi_utf16 ( name, wide, ARRAY_SIZE ( wide ) );
	len = max;
	return ( efi_rt->GetVariable ( wide, &global_guid, NULL, &len, buf ) == 0 ) ? len : 0;
}

static void set_uri ( const char *bytes, size_t len ) {
	char *text = strndup ( bytes, len );
	struct uri *uri;

	LOG ( LOG_EVENT, "loaded from %.*s", (int) len, bytes );
	if ( text && ( uri_parse ( text, &uri ) == 0 ) ) {
		if ( uri_is_absolute ( uri ) && !uri->opaque )
			uri = uri_set_cwd ( uri );
		uri_free ( uri );
	}
	free ( text );
}

/** Our own path is nearer to the truth than the boot option, which may have started somebody who
 * started us. */
static void note_uri ( const struct net_path *ours ) {
	static uint8_t option[LOAD_OPTION_MAX];
	struct net_path path;
	const uint8_t *raw;
	size_t len;

	if ( ours->uri ) {
		set_uri ( ours->uri, ours->uri_len );
		return;
	}
	raw = load_option_path ( option, boot_option ( option, sizeof ( option ) ), &len );
	if ( !raw )
		return;
	net_path_parse ( raw, len, &path );
	if ( path.uri )
		set_uri ( path.uri, path.uri_len );
}

/* ---- Which NIC ---- */

static bool is_boot_nic ( const struct netif *netif ) {
	/* VLAN interfaces are not built in, so none can be the one. */
	return !boot_vlan && ( ( memcmp ( netif->mac, boot_mac, ETH_ALEN ) == 0 ) ||
			       ( memcmp ( netif->hw_addr, boot_mac, ETH_ALEN ) == 0 ) );
}

/* ---- Addresses ---- */

static void add_packet ( enum cached_dhcp_kind kind, const void *packet, size_t len ) {
	int rc = cached_dhcp_add ( kind, packet, len );

	if ( rc != 0 )
		con_printf ( "Could not use what the firmware knows of the network: %s\n",
			     error_detail ( rc ) );
}

static void add_pxe_packets ( const EFI_PXE_BASE_CODE_MODE *mode ) {
	if ( mode->DhcpAckReceived )
		add_packet ( CACHED_DHCP_ACK, &mode->DhcpAck, sizeof ( mode->DhcpAck ) );
	if ( mode->ProxyOfferReceived )
		add_packet ( CACHED_DHCP_PROXY, &mode->ProxyOffer, sizeof ( mode->ProxyOffer ) );
	if ( mode->PxeReplyReceived )
		add_packet ( CACHED_DHCP_PXEBS, &mode->PxeReply, sizeof ( mode->PxeReply ) );
}

/** An option with addresses, those that are known. */
static void write_addresses ( struct writer *w, uint8_t tag, const ipv4_addr_t *addrs,
			      unsigned int count ) {
	if ( !count || !addrs[0] )
		return;
	write_u8 ( w, tag );
	write_u8 ( w, (uint8_t) ( count * sizeof ( *addrs ) ) );
	for ( unsigned int i = 0; i < count; i++ )
		write_be32 ( w, addrs[i] );
}

/** The DHCPACK that says what the path says. */
static void add_path ( const struct net_path *path ) {
	uint8_t packet[DHCP_HEADER_LEN + 64] = { DHCP_OP_REPLY, HTYPE_ETHERNET, ETH_ALEN };
	struct writer w = WRITER ( packet, sizeof ( packet ) );

	write_reserve ( &w, YIADDR_OFFSET );
	write_be32 ( &w, path->ip );
	write_reserve ( &w, CHADDR_OFFSET - writer_len ( &w ) );
	write_bytes ( &w, path->mac, ETH_ALEN );
	write_reserve ( &w, DHCP_HEADER_LEN - writer_len ( &w ) );
	write_be32 ( &w, DHCP_MAGIC );
	write_addresses ( &w, DHCP_OPTION_NETMASK, &path->netmask, 1 );
	write_addresses ( &w, DHCP_OPTION_ROUTERS, &path->gateway, 1 );
	write_addresses ( &w, DHCP_OPTION_DNS, path->dns, path->dns_count );
	write_u8 ( &w, DHCP_OPTION_END );
	add_packet ( CACHED_DHCP_ACK, packet, writer_len ( &w ) );
}

/** What we cannot use is said, for the user sees the firmware's addresses on the screen. */
static void note_addresses ( const struct net_path *path ) {
	const EFI_PXE_BASE_CODE_PROTOCOL *pxe =
		efi_protocol ( efi_loaded_image->DeviceHandle, &pxe_guid );
	const EFI_PXE_BASE_CODE_MODE *mode = pxe ? pxe->Mode : NULL;

	if ( path->vlan )
		con_printf ( "Loaded over VLAN %d, which is not built in\n", path->vlan );
	else if ( path->ipv6 || ( mode && mode->UsingIpv6 ) )
		con_printf ( "Loaded over IPv6, which is not built in\n" );
	else if ( mode && mode->DhcpAckReceived )
		add_pxe_packets ( mode );
	else if ( path->ip )
		add_path ( path );
}

static void log_path ( const struct net_path *path ) {
	char mac[MAC_TEXT_LEN], ip[IPV4_TEXT_LEN];

	if ( path->mac )
		LOG ( LOG_EVENT, "loaded through %s, VLAN %u, address %s",
		      mac_text ( path->mac, mac ), path->vlan,
		      path->ipv6 ? "IPv6" : ipv4_text ( path->ip, ip ) );
	else
		LOG ( LOG_EVENT, "not loaded over a network" );
}

static void netboot_init ( void ) {
	const void *raw = efi_protocol ( efi_loaded_image->DeviceHandle, &path_guid );
	struct net_path path;

	net_path_parse ( raw, raw ? DEVICE_PATH_MAX : 0, &path );
	log_path ( &path );
	note_uri ( &path );
	if ( !path.mac )
		return;
	memcpy ( boot_mac, path.mac, ETH_ALEN );
	boot_vlan = path.vlan;
	autoboot_limit ( is_boot_nic );
	note_addresses ( &path );
}

static const struct init_fn netboot_init_fn = {
	.phase = INIT_EARLY,
	.name = "firmware's network boot",
	.startup = netboot_init,
};
INIT_FN ( netboot_init_fn );
