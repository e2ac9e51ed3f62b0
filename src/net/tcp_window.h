/** @file
 * The receiving side of a connection: where bytes go (a waiting reader's buffer, or a ring), what
 * has arrived out of order, how large a window is offered, and how that size is found.
 *
 * The ring is as large as the largest window, so whatever was offered can be stored at its place
 * (position = sequence number modulo size) and nothing is allocated while receiving. Pure state:
 * no packets, no clock of its own.
 */
#ifndef NET_TCP_WINDOW_H
#define NET_TCP_WINDOW_H

#include "core/clock.h"
#include "net/tcp_ranges.h"

/** Window scale that we announce (RFC 7323 §2.2): up to 32 MiB in steps of 512 bytes. */
#define TCP_WINDOW_SCALE 9
/** First window: what a local server needs at a gigabit. */
#define TCP_WINDOW_FIRST ( 256U * 1024 )
/** Largest window: a third more than the 12.5 MB that 1 Gbit/s has under way in 100 ms. With much more
 * a sender in slow start only floods the queue at the bottleneck. */
#define TCP_WINDOW_MAX ( 16U * 1024 * 1024 )
/** Backing off stops here: below it every NIC's receive ring is large enough. */
#define TCP_WINDOW_FLOOR ( 128U * 1024 )
/** A window takes at most this part of the free memory: images come first. */
#define TCP_WINDOW_MEMORY_SHARE 4
/** Shortest round trip that tuning believes in; timestamps count milliseconds. */
#define TCP_WINDOW_RTT_MIN ( 1 * US_PER_MS )
/** On a round trip below this, loss at a full window is most likely our own receive ring. */
#define TCP_WINDOW_RTT_LOCAL ( 10 * US_PER_MS )
/** After backing off the window stays for so long, twice as long each time up to the maximum. */
#define TCP_WINDOW_HOLD_FIRST ( 1 * US_PER_S )
#define TCP_WINDOW_HOLD_MAX   ( 30 * US_PER_S )

/** What became of bytes that were put into the window. */
enum tcp_window_put {
	TCP_PUT_IN_ORDER,  /**< RCV.NXT moved on */
	TCP_PUT_FILLED,    /**< RCV.NXT moved on, while out-of-order data is or was waiting */
	TCP_PUT_GAP,       /**< out of order, a new gap before them */
	TCP_PUT_BEYOND,    /**< out of order, next to what was there */
	TCP_PUT_DUPLICATE, /**< all of them had arrived out of order before */
	TCP_PUT_DROPPED,   /**< no room to remember them */
};

struct tcp_window {
	uint8_t *ring;
	uint32_t size;  /**< of the ring, a power of two; 0: no ring */
	uint32_t limit; /**< what we want to offer; at most size */
	uint32_t read;  /**< next byte for the reader */
	uint32_t next;  /**< RCV.NXT, without a FIN */
	uint32_t edge;  /**< end of what was offered; never goes back (RFC 9293 §3.8.6) */

	/* A reader that waits: bytes in order go here while the ring is empty. */
	uint8_t *target;
	size_t target_len, target_fill;

	/* Out of order. */
	struct tcp_ranges ooo;
	uint32_t recent[TCP_SACK_MAX]; /**< a byte of each lately touched piece, latest first */
	unsigned int recent_count;
	utime_t gap_since; /**< when `ooo` became not empty */

	/* Tuning. */
	utime_t rtt;          /**< shortest seen; 0: unknown */
	utime_t period_start; /**< a period is about a round trip */
	uint32_t period_read; /**< `read` at its start */
	uint32_t last_bytes;  /**< read in the period before */
	utime_t hold_until;   /**< no growth before this */
	utime_t hold;         /**< how long the last hold was; 0: never backed off */
	utime_t backed_off;   /**< when, if `hold` */
};

/** Allocate the ring. @return 0 or -ENOMEM. Freed by tcp_window_fini() */
int tcp_window_init ( struct tcp_window *window );
/** Free the ring; again is harmless. */
void tcp_window_fini ( struct tcp_window *window );

/** The peer's first byte has sequence number @c first; @c offered bytes were promised in the SYN. */
void tcp_window_start ( struct tcp_window *window, uint32_t first, uint32_t offered );

/** Never offer more than this (a peer without window scaling). */
void tcp_window_cap ( struct tcp_window *window, uint32_t limit );

/** Bytes that can be read now. */
static inline uint32_t tcp_window_ready ( const struct tcp_window *window ) {
	return window->next - window->read;
}

/**
 * Put received bytes into the window.
 *
 * @param seq   of the first byte; [seq, seq + len) is within [next, edge]
 * @param data  borrowed
 * @param len   at least 1
 */
enum tcp_window_put tcp_window_put ( struct tcp_window *window, uint32_t seq, const uint8_t *data,
				     size_t len, utime_t now );

/** Copy out what is ready, at most @c len bytes. @return how many */
size_t tcp_window_read ( struct tcp_window *window, void *buf, size_t len );

/** Move the edge for a segment about to be sent. @c mss: smaller steps are not worth announcing
 * (RFC 9293 §3.8.6.2.2). @return the window to announce, bytes */
uint32_t tcp_window_offer ( struct tcp_window *window, uint32_t mss );

/** True if reading has opened so much that the peer should hear of it at once. */
bool tcp_window_worth_update ( const struct tcp_window *window, uint32_t mss );

/** Blocks to report, latest first (RFC 2018 §4). @return how many of @c blocks are filled */
unsigned int tcp_window_sack ( const struct tcp_window *window, struct tcp_range *blocks,
			       unsigned int max );

/** A round trip was measured. */
void tcp_window_rtt ( struct tcp_window *window, utime_t rtt );

/** Data has been read or came in: grow if the sender may soon need it. Once a batch, not a packet. */
void tcp_window_tune ( struct tcp_window *window, utime_t now );

/** We are the bottleneck (the NIC ran out of buffers): halve, and hold for a while. */
void tcp_window_back_off ( struct tcp_window *window, utime_t now );

#endif /* NET_TCP_WINDOW_H */
