/** @file
 * DHCP packets that the firmware before us has got. See proto/cached_dhcp.h.
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/log.h"
#include "core/uri.h"
#include "proto/boot_uri.h"
#include "proto/cached_dhcp.h"
#include "proto/dhcp_settings.h"
#include "wire/dhcp.h"

#define HTYPE_ETHERNET 1

/** The packets; there is no heap yet when they come. */
static struct {
	uint8_t raw[DHCP_REPLY_MAX];
	size_t len; /**< 0: none */
} cached[CACHED_DHCP_COUNT];

static const char *const block_names[CACHED_DHCP_COUNT] = { "dhcp", "proxydhcp", "pxebs" };

/** Who loaded us. */
static struct netif *boot_netif;

int cached_dhcp_add ( enum cached_dhcp_kind kind, const void *raw, size_t len ) {
	struct dhcp_packet packet;
	char mac[MAC_TEXT_LEN];

	if ( ( len > sizeof ( cached[kind].raw ) ) || ( dhcp_parse ( raw, len, &packet ) != 0 ) ||
	     ( packet.op != DHCP_OP_REPLY ) || ( packet.htype != HTYPE_ETHERNET ) ||
	     ( packet.hlen != ETH_ALEN ) )
		return FAIL ( EBADMSG, "the firmware's %s packet is no answer of a DHCP server",
			      block_names[kind] );
	LOG ( LOG_EVENT, "%s packet of %zu bytes for %s", block_names[kind], len,
	      mac_text ( packet.chaddr, mac ) );
	memcpy ( cached[kind].raw, raw, len );
	cached[kind].len = len;
	return 0;
}

void cached_dhcp_clear ( void ) {
	for ( unsigned int i = 0; i < CACHED_DHCP_COUNT; i++ )
		cached[i].len = 0;
	boot_netif = NULL;
}

struct netif *cached_dhcp_boot_netif ( void ) {
	return boot_netif;
}

/** @return false if there is no packet of that kind */
static bool get ( enum cached_dhcp_kind kind, struct dhcp_packet *ret_packet ) {
	return cached[kind].len &&
	       ( dhcp_parse ( cached[kind].raw, cached[kind].len, ret_packet ) == 0 );
}

/** What this block says we were loaded from. @return heap memory or NULL */
static char *loaded_from ( struct settings *block ) {
	char *filename = settings_get_text ( block, "filename" ), *uri = NULL;
	uint32_t server = 0;

	if ( filename ) {
		settings_get_ipv4 ( block, "next-server", &server );
		uri = boot_uri ( server, filename );
	}
	free ( filename );
	return uri;
}

/** The boot server's word counts most, then the ProxyDHCP server's. */
static void set_cwuri ( struct netif *netif ) {
	struct settings *blocks[] = { settings_find ( "pxebs", false ),
				      settings_find ( "proxydhcp", false ), &netif->settings };
	char *text = NULL;
	struct uri *uri;

	for ( unsigned int i = 0; !text && ( i < sizeof ( blocks ) / sizeof ( *blocks ) ); i++ )
		text = blocks[i] ? loaded_from ( blocks[i] ) : NULL;
	LOG ( LOG_EVENT, "%s: loaded from %s", netif->name, text ? text : "an unnamed file" );
	if ( text && ( uri_parse ( text, &uri ) == 0 ) )
		uri_free ( uri_set_cwd ( uri ) );
	free ( text );
}

static int apply ( struct netif *netif, const struct dhcp_packet *ack ) {
	struct dhcp_packet packet;
	int rc = dhcp_settings_register ( &netif->settings, block_names[CACHED_DHCP_ACK], ack );

	for ( unsigned int i = CACHED_DHCP_PROXY; ( rc == 0 ) && ( i < CACHED_DHCP_COUNT ); i++ ) {
		if ( get ( i, &packet ) )
			rc = dhcp_settings_register ( NULL, block_names[i], &packet );
	}
	if ( rc != 0 )
		return rc;
	set_cwuri ( netif );
	return netif_open ( netif );
}

static void cached_dhcp_registered ( struct netif *netif ) {
	struct dhcp_packet ack;
	int rc;

	/* One interface only: a VLAN or a bridge port may have the same MAC. */
	if ( boot_netif || !get ( CACHED_DHCP_ACK, &ack ) ||
	     ( ( memcmp ( ack.chaddr, netif->mac, ETH_ALEN ) != 0 ) &&
	       ( memcmp ( ack.chaddr, netif->hw_addr, ETH_ALEN ) != 0 ) ) )
		return;
	boot_netif = netif;
	/* The lease is for that one. */
	memcpy ( netif->mac, ack.chaddr, ETH_ALEN );
	if ( ( rc = apply ( netif, &ack ) ) != 0 )
		con_printf ( "Could not use the cached DHCP answer on %s: %s\n", netif->name,
			     error_text ( rc ) );
}

static void cached_dhcp_removed ( struct netif *netif ) {
	if ( netif == boot_netif )
		boot_netif = NULL;
}

static const struct netif_hook cached_dhcp_netif_hook = {
	.registered = cached_dhcp_registered,
	.removed = cached_dhcp_removed,
};
NETIF_HOOK ( cached_dhcp_netif_hook );
