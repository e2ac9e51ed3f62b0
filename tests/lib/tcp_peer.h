/** @file
 * The far end of TCP connections in tests, over the simulated network. Nothing here acts by itself:
 * a test looks at each of our segments and says what comes back.
 */
#ifndef TESTS_LIB_TCP_PEER_H
#define TESTS_LIB_TCP_PEER_H

#include "lib/netsim.h"
#include "wire/tcp.h"

struct tcp_peer;

/** A segment of ours, as the peer got it. Freed with the peer. */
struct tcp_peer_segment {
	struct list list;
	struct tcp_segment seg; /**< `data` is a copy */
	utime_t time;
	uint8_t bytes[];
};

/** Called for each of our segments instead of keeping it. */
typedef void tcp_peer_rx_fn ( struct tcp_peer *peer, const struct tcp_segment *seg, void *arg );

/** Put a host on the wire. @c rx may be NULL: segments are kept for tcp_peer_next(). */
struct tcp_peer *tcp_peer_new ( struct netsim *net, ipv4_addr_t ip, tcp_peer_rx_fn *rx, void *arg );
/** Free; before the net. */
void tcp_peer_free ( struct tcp_peer *peer );

/** The oldest segment that was not looked at, or NULL; valid until the next call. A segment with a
 * bad checksum or header aborts the test. */
const struct tcp_peer_segment *tcp_peer_next ( struct tcp_peer *peer );

/** Send a segment, checksum made. @c flags: of the received packet, PKT_... */
void tcp_peer_send ( struct tcp_peer *peer, ipv4_addr_t dest, const struct tcp_segment *seg,
		     unsigned int flags );

/** Send bytes as they are (a bad checksum, a short header). */
void tcp_peer_send_raw ( struct tcp_peer *peer, ipv4_addr_t dest, const void *data, size_t len );

struct netsim_host *tcp_peer_host ( struct tcp_peer *peer );

#endif /* TESTS_LIB_TCP_PEER_H */
