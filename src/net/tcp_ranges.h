/** @file
 * A bounded, sorted list of pieces of sequence space: what has arrived out of order, and what the
 * peer says it has (SACK). Pieces neither overlap nor touch.
 */
#ifndef NET_TCP_RANGES_H
#define NET_TCP_RANGES_H

#include "wire/tcp.h"

/** Pieces kept. A gigabit for 100 ms is 8600 segments; at 0.5 % loss that is 43 gaps. What does not
 * fit is treated as if it had not arrived, which the peer repairs. */
#define TCP_RANGES_MAX 64

struct tcp_ranges {
	unsigned int count;
	struct tcp_range range[TCP_RANGES_MAX];
};

/**
 * Add [start, end), not empty, merging with what it overlaps or touches.
 * @return false if the list is full; nothing changed then
 */
bool tcp_ranges_add ( struct tcp_ranges *ranges, uint32_t start, uint32_t end );

/** Forget everything below @c seq. */
void tcp_ranges_drop_below ( struct tcp_ranges *ranges, uint32_t seq );

/** The piece that contains @c seq, or NULL. */
const struct tcp_range *tcp_ranges_find ( const struct tcp_ranges *ranges, uint32_t seq );

/** How many bytes of [start, end) are in the list. */
uint32_t tcp_ranges_covered ( const struct tcp_ranges *ranges, uint32_t start, uint32_t end );

/** The first piece of [start, end) that is not in the list; empty (start = end) if there is none. */
struct tcp_range tcp_ranges_gap ( const struct tcp_ranges *ranges, uint32_t start, uint32_t end );

#endif /* NET_TCP_RANGES_H */
