/** @file
 * TCP, active open only (RFC 9293, 7323 window scaling, timestamps and PAWS, 2018 SACK, 6298 RTO,
 * 5961 RST/SYN checks, 6528 sequence numbers, 1191 path MTU). A connection is a stream.
 *
 * Received bytes go into a receive window of page memory (or straight to a waiting reader), so
 * packet buffers return to the NIC at once.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "core/stream.h"
#include "net/addr.h"

/**
 * Connect.
 *
 * @param peer        address and port; borrowed
 * @param deadline    absolute; the SYN retry limit (about 16 s) applies as well
 * @param ret_stream  the connection; stream_close() hands it to the packet layer, which finishes
 *                    it on its own timers
 * @return 0, -ECONNREFUSED_TCP, -ETIMEDOUT_TCP, -ENETUNREACH_TCP, -ECANCELED, -ENOMEM
 * Context: task; blocks.
 */
TASK_FN int tcp_connect ( const struct endpoint *peer, utime_t deadline,
			  struct stream **ret_stream );

/** True if the peer has closed or reset or said something that nobody asked for, or our address is
 * gone, so that a kept-alive connection must not be reused. */
bool tcp_is_stale ( struct stream *stream );

/** Abort with RST instead of FIN: for a broken or cancelled transfer. Frees like stream_close(). */
void tcp_abort ( struct stream *stream );

/** True while connections are being closed in the background (`sync`). */
bool tcp_closing ( void );

/** Counters for tests and `ipstat`. */
struct tcp_stats {
	uint64_t rx_segments, rx_bytes, rx_out_of_order, rx_duplicate, rx_bad_checksum;
	uint64_t tx_segments, tx_acks, retransmits, resets_sent, resets_received;
	uint64_t rx_direct_bytes; /**< copied straight to a waiting reader */
	size_t window_max;        /**< largest receive window that was offered */
};
extern struct tcp_stats tcp_stats;

#endif /* NET_TCP_H */
