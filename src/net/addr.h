/** @file
 * Network addresses. IPv4 addresses are host-order integers, so that a mask is `a & m`; the wire
 * order exists only in readers and writers.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include "core/compiler.h"

typedef uint32_t ipv4_addr_t;

#define IPV4_NONE      0U
#define IPV4_BROADCAST 0xffffffffU
#define IPV4( a, b, c, d ) \
	( ( (ipv4_addr_t) ( a ) << 24 ) | ( ( b ) << 16 ) | ( ( c ) << 8 ) | ( d ) )

#define ETH_ALEN 6

/** Where IPv6 will go: a second family here, and a second route look-up in net/. */
enum addr_family {
	ADDR_NONE,
	ADDR_IPV4,
};

/** One end of a conversation. */
struct endpoint {
	enum addr_family family;
	ipv4_addr_t ipv4;
	uint16_t port;
};

static inline struct endpoint endpoint_ipv4 ( ipv4_addr_t addr, uint16_t port ) {
	return ( struct endpoint ){ .family = ADDR_IPV4, .ipv4 = addr, .port = port };
}

static inline bool endpoint_equal ( const struct endpoint *a, const struct endpoint *b ) {
	return ( a->family == b->family ) && ( a->ipv4 == b->ipv4 ) && ( a->port == b->port );
}

#define IPV4_TEXT_LEN     16 /**< "255.255.255.255" and NUL */
#define MAC_TEXT_LEN      18 /**< "52:54:00:12:34:56" and NUL */
#define ENDPOINT_TEXT_LEN 48

/** Text form into @c buf (IPV4_TEXT_LEN). @return buf */
char *ipv4_text ( ipv4_addr_t addr, char *buf );
/** Parse a dotted quad that fills the whole string. @return 0 or -EINVAL */
int ipv4_parse ( const char *text, ipv4_addr_t *ret_addr );
/** "10.0.2.2:80" into @c buf (ENDPOINT_TEXT_LEN). @return buf */
char *endpoint_text ( const struct endpoint *endpoint, char *buf );
/** Lower-case, colon separated, into @c buf (MAC_TEXT_LEN). @return buf */
char *mac_text ( const uint8_t *mac, char *buf );

#endif /* NET_ADDR_H */
