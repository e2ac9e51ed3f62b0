/** @file
 * IPv4 configuration from settings: whenever a setting changes, the routing table is made anew from
 * ip, netmask, gateway and static-routes (RFC 3442) of each interface's block and what is below it
 * (a lease). So `set net0/ip`, a DHCP reply and its removal all work the same way.
 */
#include "core/log.h"
#include "core/reader.h"
#include "core/settings.h"
#include "net/ipv4.h"

/** Longest setting static-routes that is looked at, bytes. */
#define STATIC_ROUTES_MAX 512

/** Mask of an address without one: by class (RFC 791 §3.2). */
static ipv4_addr_t class_mask ( ipv4_addr_t addr ) {
	if ( !( addr & 0x80000000 ) )
		return IPV4 ( 255, 0, 0, 0 );
	if ( !( addr & 0x40000000 ) )
		return IPV4 ( 255, 255, 0, 0 );
	return IPV4 ( 255, 255, 255, 0 );
}

/** One route of RFC 3442: prefix length, as many bytes of the network as matter, gateway. */
static bool read_static_route ( struct reader *r, ipv4_addr_t *ret_dest, ipv4_addr_t *ret_mask,
				ipv4_addr_t *ret_gateway ) {
	unsigned int width = read_u8 ( r );
	ipv4_addr_t dest = 0;

	if ( width > 32 )
		return false;
	for ( unsigned int bits = 0; bits < width; bits += 8 )
		dest |= (ipv4_addr_t) read_u8 ( r ) << ( 24 - bits );
	*ret_dest = dest;
	*ret_mask = width ? ( 0xffffffffU << ( 32 - width ) ) : 0;
	*ret_gateway = read_be32 ( r );
	return !reader_failed ( r );
}

/** Add the routes of setting static-routes. @return true if a default route was among them */
static bool add_static_routes ( struct netif *netif, ipv4_addr_t ip ) {
	uint8_t raw[STATIC_ROUTES_MAX];
	ssize_t len = settings_get_raw ( &netif->settings, "static-routes", raw, sizeof ( raw ) );
	struct reader r = READER ( raw, ( len > 0 ) ? MIN ( (size_t) len, sizeof ( raw ) ) : 0 );
	ipv4_addr_t dest, mask, gateway;
	bool has_default = false;

	while ( reader_left ( &r ) && read_static_route ( &r, &dest, &mask, &gateway ) ) {
		if ( ipv4_route_add ( netif, ip, dest, mask, gateway ) != 0 )
			break;
		has_default |= !mask;
	}
	return has_default;
}

static void netif_apply ( struct netif *netif ) {
	ipv4_addr_t ip = 0, mask = 0, gateway = 0;

	ipv4_route_flush ( netif );
	if ( ( settings_get_ipv4 ( &netif->settings, "ip", &ip ) != 0 ) || !ipv4_is_unicast ( ip ) )
		return;
	if ( settings_get_ipv4 ( &netif->settings, "netmask", &mask ) != 0 )
		mask = class_mask ( ip );
	ipv4_route_add ( netif, ip, ip, mask, 0 );
	/* A default route of option 121 is what its sender prefers to option 3. */
	if ( !add_static_routes ( netif, ip ) &&
	     ( settings_get_ipv4 ( &netif->settings, "gateway", &gateway ) == 0 ) && gateway )
		ipv4_route_add ( netif, ip, 0, 0, gateway );
}

static void ipv4_apply ( void ) {
	char text[IPV4_TEXT_LEN];

	for ( struct netif *netif = netif_next ( NULL ); netif; netif = netif_next ( netif ) ) {
		ipv4_addr_t before = ipv4_netif_addr ( netif );

		netif_apply ( netif );
		if ( ipv4_netif_addr ( netif ) == before )
			continue;
		LOG ( LOG_EVENT, "%s: address %s", netif->name,
		      ipv4_text ( ipv4_netif_addr ( netif ), text ) );
		event_signal ( &netif->changed );
	}
}

static const struct settings_applicator ipv4_applicator = { .apply = ipv4_apply };
SETTINGS_APPLICATOR ( ipv4_applicator );
