/** @file
 * What each DHCP packet of ours says about the machine (RFC 4578, option 175), and the checks that
 * each answer must pass. Shared by the DHCP client and boot server discovery.
 */
#include <stdio.h>
#include <string.h>
#include "core/error.h"
#include "core/platform.h"
#include "core/version.h"
#include "net/ipv4.h"
#include "proto/dhcp.h"
#include "proto/dhcp_settings.h"

#define HTYPE_ETHERNET 1

/* Sub-options of option 175 that describe us. */
#define IPXE_BUS_ID  177
#define IPXE_VERSION 235

/* The class by which servers tell us from the PXE ROM that loaded us. */
#define USER_CLASS "iPXE"

TABLE ( feature, feature );

/* A setting of the user's. What a server once sent under the same number is not meant for the next
 * one. */
static ssize_t user_setting ( const char *name, void *buf, size_t len ) {
	struct setting_ref ref;
	struct settings *origin;
	ssize_t value_len;

	if ( setting_ref_parse ( name, false, &ref ) != 0 )
		return -ENOENT;
	value_len = setting_fetch ( &ref, buf, len, &origin, NULL );
	if ( ( value_len <= 0 ) || dhcp_settings_is ( origin ) )
		return -ENOENT;
	return MIN ( value_len, (ssize_t) len );
}

/* Option 60: `PXEClient:Arch:00007:UNDI:003010`, or what the user says. */
static const char *vendor_class ( void ) {
	static char text[256];
	ssize_t len = user_setting ( "vendor-class", text, sizeof ( text ) - 1 );

	if ( len > 0 ) {
		text[len] = '\0';
		return text;
	}
	snprintf ( text, sizeof ( text ), "PXEClient:Arch:%05u:UNDI:%03u%03u",
		   platform_info.dhcp_arch, platform_info.ndi[1], platform_info.ndi[2] );
	return text;
}

static const void *user_class ( size_t *ret_len ) {
	static uint8_t value[255];
	ssize_t len = user_setting ( "user-class", value, sizeof ( value ) );

	if ( len > 0 ) {
		*ret_len = len;
		return value;
	}
	*ret_len = strlen ( USER_CLASS );
	return USER_CLASS;
}

/* Option 175: bus id, version, then one number a feature. */
static const uint8_t *features ( const struct netif *netif, size_t *ret_len ) {
	static uint8_t buf[255];
	struct writer w = WRITER ( buf, sizeof ( buf ) );
	const struct feature *const *feature;

	if ( netif->bus_id[0] )
		dhcp_write_option ( &w, IPXE_BUS_ID, netif->bus_id, sizeof ( netif->bus_id ) );
	dhcp_write_option ( &w, IPXE_VERSION, version_numbers, sizeof ( version_numbers ) );
	table_for_each ( feature, feature ) {
		if ( ( *feature )->tag )
			dhcp_write_option ( &w, ( *feature )->tag, &( *feature )->value, 1 );
	}
	*ret_len = writer_len ( &w );
	return buf;
}

static void swap_bytes ( uint8_t *a, uint8_t *b ) {
	uint8_t t = *a;

	*a = *b;
	*b = t;
}

/* Option 97 wants the mixed-endian order of SMBIOS 2.6; the setting is in text order. */
static const uint8_t *guid ( void ) {
	static uint8_t value[16];

	if ( settings_get_raw ( NULL, "uuid", value, sizeof ( value ) ) != sizeof ( value ) )
		return NULL;
	swap_bytes ( &value[0], &value[3] );
	swap_bytes ( &value[1], &value[2] );
	swap_bytes ( &value[4], &value[5] );
	swap_bytes ( &value[6], &value[7] );
	return value;
}

void dhcp_request_init ( struct netif *netif, uint32_t xid, struct dhcp_request *ret_request ) {
	struct dhcp_request *request = ret_request;

	memset ( request, 0, sizeof ( *request ) );
	request->xid = xid;
	/* With an address of our own the stack drops unicasts to the new one until it is set. */
	request->broadcast = ( ipv4_netif_addr ( netif ) != IPV4_NONE );
	request->htype = HTYPE_ETHERNET;
	request->hlen = ETH_ALEN;
	request->hw_addr = netif->mac;
	request->arch = platform_info.dhcp_arch;
	request->ndi = platform_info.ndi;
	request->vendor_class = vendor_class ();
	request->user_class = user_class ( &request->user_class_len );
	request->features = features ( netif, &request->features_len );
	request->uuid = guid ();
}

bool dhcp_parse_reply ( const struct netif *netif, uint32_t xid, const void *data, size_t len,
			struct dhcp_packet *ret_packet ) {
	return ( dhcp_parse ( data, len, ret_packet ) == 0 ) &&
	       ( ret_packet->op == DHCP_OP_REPLY ) && ( ret_packet->xid == xid ) &&
	       ( memcmp ( ret_packet->chaddr, netif->mac, ETH_ALEN ) == 0 );
}

ipv4_addr_t dhcp_server_id ( const struct dhcp_packet *packet, const struct udp_meta *meta ) {
	uint32_t server;

	if ( dhcp_packet_number ( packet, DHCP_OPTION_SERVER_ID, &server ) && server )
		return server;
	return packet->siaddr ? packet->siaddr : meta->src.ipv4;
}
