/** @file
 * Settings blocks made of a DHCP packet: netN.dhcp, proxydhcp, pxebs.
 *
 * Options are kept as the bytes that came in and found by tag: 67, or encapsulated 43.6, 175.176.
 * The fixed header fields answer for 175.2 (yiaddr), 175.3 (siaddr), and for options 66 and 67
 * (sname, file) when those are absent. A block can be written to; a store replaces the option.
 */
#ifndef PROTO_DHCP_SETTINGS_H
#define PROTO_DHCP_SETTINGS_H

#include "core/settings.h"
#include "wire/dhcp.h"

/** Options of one block, bytes: what a packet can bring in its three areas, and some to write. */
#define DHCP_SETTINGS_MAX 4096

/**
 * Make a block of a packet and register it, replacing (and freeing) the block of that name which
 * this function made before.
 *
 * @param parent  "netN"'s block, or NULL: root
 * @param name    "dhcp", "proxydhcp", "pxebs"
 * @param packet  copied
 * @return 0 or -ENOMEM
 */
int dhcp_settings_register ( struct settings *parent, const char *name,
			     const struct dhcp_packet *packet );

/** Remove and free such a block; harmless if there is none. */
void dhcp_settings_drop ( struct settings *parent, const char *name );

/** Was this block made of a DHCP packet? */
bool dhcp_settings_is ( const struct settings *settings );

#endif /* PROTO_DHCP_SETTINGS_H */
