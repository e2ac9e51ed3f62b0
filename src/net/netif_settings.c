/** @file
 * Settings blocks "netN": what an interface tells about itself (mac, hwaddr, bustype, busloc,
 * busid, linktype, chip, ifname), beside whatever the user stores there; "netX", another name for
 * the most recently opened one; and setting mtu applied to the interface.
 */
#include <string.h>
#include "net/netif.h"
#include "net/netif_settings.h"

/** Smallest MTU that a setting may ask for (RFC 791 §3.2: every network carries 68 bytes). */
#define MTU_MIN 68

static const struct setting setting_mac = {
	.name = "mac",
	.description = "MAC address",
	.type = &setting_type_hex,
	.scope = &settings_scope_netif,
};
SETTING ( setting_mac );

static const struct setting setting_hwaddr = {
	.name = "hwaddr",
	.description = "Hardware address",
	.type = &setting_type_hex,
	.scope = &settings_scope_netif,
};
SETTING ( setting_hwaddr );

static const struct setting setting_bustype = {
	.name = "bustype",
	.description = "Bus type",
	.type = &setting_type_string,
	.scope = &settings_scope_netif,
};
SETTING ( setting_bustype );

static const struct setting setting_busloc = {
	.name = "busloc",
	.description = "Bus location",
	.type = &setting_type_uint32,
	.scope = &settings_scope_netif,
};
SETTING ( setting_busloc );

static const struct setting setting_busid = {
	.name = "busid",
	.description = "Bus ID",
	.type = &setting_type_hex,
	.scope = &settings_scope_netif,
};
SETTING ( setting_busid );

static const struct setting setting_linktype = {
	.name = "linktype",
	.description = "Link-layer type",
	.type = &setting_type_string,
	.scope = &settings_scope_netif,
};
SETTING ( setting_linktype );

static const struct setting setting_chip = {
	.name = "chip",
	.description = "Chip",
	.type = &setting_type_string,
	.scope = &settings_scope_netif,
};
SETTING ( setting_chip );

static const struct setting setting_ifname = {
	.name = "ifname",
	.description = "Interface name",
	.type = &setting_type_string,
	.scope = &settings_scope_netif,
};
SETTING ( setting_ifname );

/** Hand out @c value_len bytes, as much of them as fits. @return the full length */
static ssize_t give ( void *raw, size_t len, const void *value, size_t value_len ) {
	if ( len )
		memcpy ( raw, value, MIN ( len, value_len ) );
	return (ssize_t) value_len;
}

static ssize_t give_text ( void *raw, size_t len, const char *text ) {
	return text ? give ( raw, len, text, strlen ( text ) ) : -ENOENT_SETTING;
}

static bool is ( const struct setting *setting, const struct setting *which ) {
	return ( setting->scope == &settings_scope_netif ) &&
	       ( strcmp ( setting->name, which->name ) == 0 );
}

static bool netif_applies ( struct settings *settings __unused, const struct setting *setting ) {
	return ( setting->scope == NULL ) || ( setting->scope == &settings_scope_netif );
}

static ssize_t netif_fetch ( struct settings *settings, const struct setting *setting, void *raw,
			     size_t len, const struct setting_type **ret_type ) {
	struct netif *netif = container_of ( settings, struct netif, settings );
	uint8_t busloc[4] = { netif->bus_loc >> 24, netif->bus_loc >> 16, netif->bus_loc >> 8,
			      netif->bus_loc };

	if ( is ( setting, &setting_mac ) )
		return give ( raw, len, netif->mac, ETH_ALEN );
	if ( is ( setting, &setting_hwaddr ) )
		return give ( raw, len, netif->hw_addr, ETH_ALEN );
	if ( is ( setting, &setting_bustype ) )
		return give_text ( raw, len, netif->bus_type );
	if ( is ( setting, &setting_busloc ) )
		return give ( raw, len, busloc, sizeof ( busloc ) );
	if ( is ( setting, &setting_busid ) )
		return give ( raw, len, netif->bus_id, sizeof ( netif->bus_id ) );
	if ( is ( setting, &setting_linktype ) )
		return give_text ( raw, len, "Ethernet" );
	if ( is ( setting, &setting_chip ) )
		return give_text ( raw, len, netif->chip );
	if ( is ( setting, &setting_ifname ) )
		return give_text ( raw, len, netif->name );
	return settings_generic_fetch ( settings, setting, raw, len, ret_type );
}

static int netif_store ( struct settings *settings, const struct setting *setting, const void *raw,
			 size_t len ) {
	struct netif *netif = container_of ( settings, struct netif, settings );

	if ( is ( setting, &setting_mac ) ) {
		if ( len && ( len != ETH_ALEN ) )
			return -EINVAL_SETTING;
		/* The driver programs it when the interface is opened next. */
		memcpy ( netif->mac, len ? raw : netif->hw_addr, ETH_ALEN );
		return 0;
	}
	if ( setting->scope == &settings_scope_netif )
		return -ENOTSUP;
	return settings_generic_store ( settings, setting, raw, len );
}

static const struct settings_ops netif_settings_ops = {
	.applies = netif_applies,
	.store = netif_store,
	.fetch = netif_fetch,
};

static struct settings *netx_redirect ( struct settings *settings ) {
	struct netif *netif = netif_last_opened ();

	return netif ? &netif->settings : NULL;
}

static const struct settings_ops netx_ops = { .redirect = netx_redirect };

/** Block "netX", there from the first interface on. */
static struct settings netx_settings;

int netif_settings_register ( struct netif *netif ) {
	int rc;

	/* Applicators look at the block of every interface, also while netX is registered. A number
	 * means a DHCP option (net0/67), the scope is for the names above. */
	settings_init ( &netif->settings, &netif_settings_ops, NULL );
	if ( !netx_settings.ops ) {
		settings_init ( &netx_settings, &netx_ops, NULL );
		if ( ( rc = settings_register ( &netx_settings, NULL, "netX" ) ) != 0 )
			return rc;
	}
	return settings_register ( &netif->settings, NULL, netif->name );
}

void netif_settings_unregister ( struct netif *netif ) {
	settings_unregister ( &netif->settings );
}

/** Apply setting mtu, within what the hardware can do. */
static void mtu_apply ( void ) {
	for ( struct netif *netif = netif_next ( NULL ); netif; netif = netif_next ( netif ) ) {
		size_t mtu = MIN ( netif->max_mtu, (size_t) 1500 );
		int64_t value;

		if ( ( settings_get_int ( &netif->settings, "mtu", &value ) == 0 ) &&
		     ( value >= MTU_MIN ) )
			mtu = MIN ( (size_t) value, netif->max_mtu );
		netif->mtu = mtu;
	}
}

static const struct settings_applicator mtu_applicator = { .apply = mtu_apply };
SETTINGS_APPLICATOR ( mtu_applicator );
