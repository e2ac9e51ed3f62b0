/** @file
 * DHCP packets that the firmware before us has got: what a PXE ROM or UEFI's PXE driver knew when
 * it loaded us is known at once, without another conversation (docs/pxe.md).
 *
 * The platform adds the packets before devices are probed. When an interface is registered whose
 * MAC (in use, or else its permanent one) is that of the acknowledgement, they become its settings as if the DHCP client had received
 * them, the interface is opened, and where we were loaded from becomes the current working URI.
 */
#ifndef PROTO_CACHED_DHCP_H
#define PROTO_CACHED_DHCP_H

#include "net/netif.h"

/** Which packet: it decides the settings block. */
enum cached_dhcp_kind {
	CACHED_DHCP_ACK,   /**< netN.dhcp */
	CACHED_DHCP_PROXY, /**< proxydhcp */
	CACHED_DHCP_PXEBS, /**< pxebs */
	CACHED_DHCP_COUNT
};

/**
 * Add a packet, in place of an earlier one of its kind. Trailing bytes do no harm.
 * @param packet  UDP payload; copied
 * @return 0, or -EBADMSG with words: no answer of a server for an Ethernet interface, or too long
 */
int cached_dhcp_add ( enum cached_dhcp_kind kind, const void *packet, size_t len );

/** Forget all packets. */
void cached_dhcp_clear ( void );

/** The interface that loaded us, or NULL. */
struct netif *cached_dhcp_boot_netif ( void );

#endif /* PROTO_CACHED_DHCP_H */
