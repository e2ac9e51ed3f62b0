/** @file
 * DHCPv4 client (RFC 2131, 2132, 4578; ProxyDHCP of the PXE specification 2.1). docs/dhcp.md tells
 * what is sent and how an answer is chosen.
 *
 * The lease becomes settings block "netN.dhcp" as soon as a server has acknowledged it. A ProxyDHCP
 * offer may come later: a service task of the interface goes on listening until the window is over
 * and registers block "proxydhcp". Who reads a boot setting that is not there waits for it through
 * settings_wait().
 */
#ifndef PROTO_DHCP_H
#define PROTO_DHCP_H

#include "net/netif.h"
#include "net/udp.h"
#include "wire/dhcp.h"

/** DHCPNAKs in a row after which the server is believed. */
#define DHCP_NAK_MAX 4

/**
 * Get a lease and register it. A service that still waits for a ProxyDHCP offer on this interface
 * is ended first.
 *
 * @param netif  open
 * @return 0, -ETIMEDOUT_DHCP no (usable) answer, -EPERM the server refuses, -ENETDOWN, -ENOMEM,
 *         -ECANCELED; each with words for error_detail()
 * Context: task; blocks.
 */
TASK_FN int dhcp_configure ( struct netif *netif );

/**
 * Wait until no ProxyDHCP offer is expected on the interface any more, so that port 68 is free and
 * all boot settings are there. @return 0 or -ECANCELED
 * Context: task; blocks.
 */
TASK_FN int dhcp_proxy_wait ( struct netif *netif );

/* ---- For proto/pxebs.c ---- */

/** Fill in everything that each request of an interface says about the machine. Strings point
 * into static memory until the next call. */
void dhcp_request_init ( struct netif *netif, uint32_t xid, struct dhcp_request *ret_request );

/** Is this datagram an answer for us: well-formed, our transaction id and hardware address? */
bool dhcp_parse_reply ( const struct netif *netif, uint32_t xid, const void *data, size_t len,
			struct dhcp_packet *ret_packet );

/** Who answered: option 54, else siaddr, else the sender. */
ipv4_addr_t dhcp_server_id ( const struct dhcp_packet *packet, const struct udp_meta *meta );

#endif /* PROTO_DHCP_H */
