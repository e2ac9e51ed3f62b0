/** @file
 * A DHCP, BOOTP or ProxyDHCP server for tests, on a host of the simulated network. It answers as it
 * is told to and remembers every packet that it got.
 */
#ifndef TESTS_LIB_DHCP_SERVER_H
#define TESTS_LIB_DHCP_SERVER_H

#include "lib/netsim.h"
#include "wire/dhcp.h"

/** A packet of the client's. */
struct dhcp_seen {
	utime_t time;
	uint8_t type; /**< option 53 */
	uint16_t port, secs, flags;
	uint32_t xid, ciaddr, server_id, requested_ip;
	size_t len;
};

struct dhcp_server {
	/* What it does; set before the conversation. */
	ipv4_addr_t ip;     /**< its address */
	ipv4_addr_t yiaddr; /**< gives this one; 0: none */
	ipv4_addr_t siaddr;
	const char *file;    /**< header field, or NULL */
	const char *options; /**< more options, each answer gets them; or NULL */
	size_t options_len;
	const char *pxe_options; /**< port 4011: more options; NULL: does not listen there */
	size_t pxe_options_len;
	const char *pxe_file;
	unsigned int ignore; /**< so many DISCOVERs get no answer */
	unsigned int naks;   /**< so many REQUESTs are refused */
	utime_t delay_us;    /**< before each answer */
	bool bootp;          /**< no options at all */
	bool no_server_id;   /**< leaves out option 54 */
	bool mute_requests;  /**< offers, but never acknowledges */

	/* What it saw. */
	struct netsim_host *host;
	unsigned int count;
	struct dhcp_seen seen[256];
	unsigned int pending; /**< answers on their way */
};

/** Put it on the wire. It must outlive the net's run. */
void dhcp_server_add ( struct netsim *net, struct dhcp_server *server );

/** How many packets of this type it saw on this port. */
unsigned int dhcp_server_saw ( const struct dhcp_server *server, uint8_t type, uint16_t port );

#define OPTIONS( text )     .options = ( text ), .options_len = sizeof ( text ) - 1
#define PXE_OPTIONS( text ) .pxe_options = ( text ), .pxe_options_len = sizeof ( text ) - 1

#endif /* TESTS_LIB_DHCP_SERVER_H */
