/** @file
 * Device paths as bytes. See net_path.h.
 */
#include <string.h>
#include "core/reader.h"
#include "platform/efi/net_path.h"

/* Types and subtypes (§10.3.4). The top bit of the type has had a meaning once. */
#define TYPE_MASK      0x7f
#define TYPE_MESSAGING 0x03
#define TYPE_END       0x7f
#define MSG_MAC        11
#define MSG_IPV4       12
#define MSG_IPV6       13
#define MSG_VLAN       20
#define MSG_URI        24
#define MSG_DNS        31

#define NODE_HEADER_LEN 4
#define MAC_FIELD_LEN   32 /* of the MAC node, whatever the address */
#define IFTYPE_ETHERNET 1  /* RFC 3232; some firmware says 0 */
#define IP_FIELD_LEN    16 /* an address of either family */
#define VLAN_ID_MASK    0xfff

/** Take the next node. @return false at the end */
static bool next_node ( struct reader *r, uint8_t *ret_type, uint8_t *ret_subtype,
			struct reader *ret_body ) {
	size_t len;

	*ret_type = read_u8 ( r ) & TYPE_MASK;
	*ret_subtype = read_u8 ( r );
	len = read_le16 ( r );
	if ( reader_failed ( r ) || ( *ret_type == TYPE_END ) || ( len < NODE_HEADER_LEN ) )
		return false;
	*ret_body = read_sub ( r, len - NODE_HEADER_LEN );
	return !reader_failed ( ret_body );
}

size_t device_path_len ( const void *path, size_t max ) {
	struct reader r = READER ( path, max ), body;
	uint8_t type, subtype;
	size_t len = 0;

	while ( next_node ( &r, &type, &subtype, &body ) )
		len = max - reader_left ( &r );
	return ( type == TYPE_END ) && !reader_failed ( &r ) ? len : 0;
}

static void parse_mac ( struct reader *body, struct net_path *path ) {
	const uint8_t *mac = read_bytes ( body, MAC_FIELD_LEN );
	uint8_t iftype = read_u8 ( body );

	if ( !reader_failed ( body ) && ( iftype <= IFTYPE_ETHERNET ) )
		path->mac = mac;
}

static void parse_ipv4 ( struct reader *body, struct net_path *path ) {
	uint32_t ip = read_be32 ( body );

	read_skip ( body, 4 + 2 + 2 + 2 + 1 ); /* remote address, ports, protocol, static */
	if ( reader_failed ( body ) )
		return;
	path->ip = ip;
	/* Nodes of old have neither; then both are 0. */
	path->gateway = read_be32 ( body );
	path->netmask = read_be32 ( body );
}

static void parse_dns ( struct reader *body, struct net_path *path ) {
	bool is_ipv6 = read_u8 ( body );
	uint32_t server;

	path->dns_count = 0;
	while ( !is_ipv6 && ( reader_left ( body ) >= IP_FIELD_LEN ) &&
		( path->dns_count < NET_PATH_DNS_MAX ) ) {
		server = read_be32 ( body );
		read_skip ( body, IP_FIELD_LEN - sizeof ( server ) );
		if ( server )
			path->dns[path->dns_count++] = server;
	}
}

static void parse_vlan ( struct reader *body, struct net_path *path ) {
	path->vlan = read_le16 ( body ) & VLAN_ID_MASK;
}

static void parse_uri ( struct reader *body, struct net_path *path ) {
	size_t len = reader_left ( body );

	if ( !len )
		return;
	path->uri = (const char *) read_bytes ( body, len );
	path->uri_len = len;
}

void net_path_parse ( const void *raw, size_t max, struct net_path *ret_path ) {
	struct reader r = READER ( raw, max ), body;
	uint8_t type, subtype;

	memset ( ret_path, 0, sizeof ( *ret_path ) );
	while ( next_node ( &r, &type, &subtype, &body ) ) {
		if ( type != TYPE_MESSAGING )
			continue;
		switch ( subtype ) {
		case MSG_MAC:
			parse_mac ( &body, ret_path );
			break;
		case MSG_IPV4:
			parse_ipv4 ( &body, ret_path );
			break;
		case MSG_IPV6:
			ret_path->ipv6 = true;
			break;
		case MSG_DNS:
			parse_dns ( &body, ret_path );
			break;
		case MSG_VLAN:
			parse_vlan ( &body, ret_path );
			break;
		case MSG_URI:
			parse_uri ( &body, ret_path );
			break;
		}
	}
}

const uint8_t *load_option_path ( const void *option, size_t len, size_t *ret_len ) {
	struct reader r = READER ( option, len );
	const uint8_t *path;

	read_skip ( &r, 4 ); /* attributes */
	*ret_len = read_le16 ( &r );
	while ( read_le16 ( &r ) ) /* description; a failed reader gives 0 */
		;
	path = read_bytes ( &r, *ret_len );
	return path;
}
