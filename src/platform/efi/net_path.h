/** @file
 * Device paths as bytes (UEFI specification 2.10 §10.3): what they say about the network that a program was
 * loaded over. No firmware types and no services, so that hosts can test and fuzz it.
 */
#ifndef PLATFORM_EFI_NET_PATH_H
#define PLATFORM_EFI_NET_PATH_H

#include "net/addr.h"

/** Longer paths, bytes, are broken ones. In memory nothing else bounds them. */
#define DEVICE_PATH_MAX 4096
/** DNS servers that are remembered. */
#define NET_PATH_DNS_MAX 4

/** Of several nodes of a kind the last counts. */
struct net_path {
	const uint8_t *mac; /**< of an Ethernet interface, ETH_ALEN bytes of the path; NULL: none */
	uint16_t vlan;      /**< 0: none */
	bool ipv6;          /**< there is an IPv6 node */
	ipv4_addr_t ip, netmask, gateway; /**< 0: unknown */
	ipv4_addr_t dns[NET_PATH_DNS_MAX];
	unsigned int dns_count;
	const char *uri; /**< a view of the path, without NUL; NULL: none, or an empty one */
	size_t uri_len;
};

/**
 * Bytes of a device path before its end node.
 * @param max  what may be looked at, bytes
 * @return 0 if the path is empty or does not end within that
 */
size_t device_path_len ( const void *path, size_t max );

/**
 * Read a device path, as far as it goes: a node that is cut off or too short for its kind is passed over,
 * and one whose length makes no sense is the end.
 * @param path  borrowed: the result points into it
 * @param max   bytes that may be looked at
 */
void net_path_parse ( const void *path, size_t max, struct net_path *ret_path );

/**
 * The device path in a load option (Boot####, §3.1.3).
 * @param option   the variable's value; borrowed
 * @param ret_len  length of the path, bytes
 * @return a view of it, or NULL: not a load option
 */
const uint8_t *load_option_path ( const void *option, size_t len, size_t *ret_len );

#endif /* PLATFORM_EFI_NET_PATH_H */
