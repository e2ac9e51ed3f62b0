/** @file
 * Text forms of network addresses.
 */
#include <stdio.h>
#include "core/error.h"
#include "net/addr.h"

char *ipv4_text ( ipv4_addr_t addr, char *buf ) {
	snprintf ( buf, IPV4_TEXT_LEN, "%u.%u.%u.%u", addr >> 24, ( addr >> 16 ) & 0xff,
		   ( addr >> 8 ) & 0xff, addr & 0xff );
	return buf;
}

int ipv4_parse ( const char *text, ipv4_addr_t *ret_addr ) {
	ipv4_addr_t addr = 0;

	for ( unsigned int part = 0; part < 4; part++ ) {
		unsigned int value = 0, digits = 0;

		for ( ; ( *text >= '0' ) && ( *text <= '9' ) && ( digits < 3 ); text++, digits++ )
			value = value * 10 + (unsigned int) ( *text - '0' );
		if ( !digits || ( value > 255 ) || ( *text++ != ( ( part < 3 ) ? '.' : '\0' ) ) )
			return -EINVAL;
		addr = ( addr << 8 ) | value;
	}
	*ret_addr = addr;
	return 0;
}

char *endpoint_text ( const struct endpoint *endpoint, char *buf ) {
	char addr[IPV4_TEXT_LEN];

	if ( endpoint->family != ADDR_IPV4 ) {
		snprintf ( buf, ENDPOINT_TEXT_LEN, "<none>" );
		return buf;
	}
	ipv4_text ( endpoint->ipv4, addr );
	if ( endpoint->port )
		snprintf ( buf, ENDPOINT_TEXT_LEN, "%s:%u", addr, endpoint->port );
	else
		snprintf ( buf, ENDPOINT_TEXT_LEN, "%s", addr );
	return buf;
}

char *mac_text ( const uint8_t *mac, char *buf ) {
	snprintf ( buf, MAC_TEXT_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		   mac[3], mac[4], mac[5] );
	return buf;
}
