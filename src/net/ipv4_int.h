/** @file
 * What the files of IPv4 share: for src/net/ipv4*.c only.
 */
#ifndef NET_IPV4_INT_H
#define NET_IPV4_INT_H

#include "core/clock.h"
#include "net/ipv4.h"

/** What a received header says. */
struct ipv4_header {
	ipv4_addr_t src, dest;
	uint16_t id;
	uint8_t proto;
	size_t offset; /**< of this fragment's payload, bytes */
	bool more_fragments;
};

/**
 * Collect a fragment.
 * @param pkt  at its payload, trimmed; taken
 * @return the whole payload if this was the last missing one (the caller's), else NULL
 */
struct pkt *ipv4_reassemble ( struct pkt *pkt, const struct ipv4_header *header, utime_t now );

#endif /* NET_IPV4_INT_H */
