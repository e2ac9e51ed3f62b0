/** @file
 * TCP segments (RFC 9293 §3.1): bytes <-> struct tcp_segment. Options: MSS (RFC 9293 §3.7.1),
 * window scale and timestamps (RFC 7323), SACK (RFC 2018). Others are skipped.
 * Not here: the checksum, which needs the addresses below.
 */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "core/compiler.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10

#define TCP_HEADER_LEN     20
#define TCP_HEADER_LEN_MAX 60
#define TCP_SACK_MAX       4  /**< blocks that fit into the option space */
#define TCP_WSCALE_MAX     14 /**< RFC 7323 §2.3; a larger one means this */
#define TCP_CSUM_OFFSET    16 /**< where the checksum is in the header */

/** A piece of sequence space; `end` is the byte after the last. */
struct tcp_range {
	uint32_t start, end;
};

/** A segment. Numbers are in host order. */
struct tcp_segment {
	uint16_t src_port, dest_port;
	uint32_t seq, ack;
	uint16_t window; /**< as on the wire, not scaled */
	uint8_t flags;   /**< TCP_... */
	bool has_ts, has_wscale, sack_permitted;
	uint8_t wscale;          /**< if has_wscale; at most TCP_WSCALE_MAX */
	uint8_t sack_count;      /**< how many of @c sack are filled */
	uint16_t mss;            /**< 0: no such option */
	uint32_t ts_val, ts_ecr; /**< if has_ts */
	struct tcp_range sack[TCP_SACK_MAX];
	const uint8_t *data; /**< payload, borrowed from the packet */
	size_t len;          /**< its length, bytes */
};

/* Sequence number order (RFC 9293 §3.4): right within half the number space. */
static inline bool seq_lt ( uint32_t a, uint32_t b ) {
	return ( (int32_t) ( a - b ) ) < 0;
}
static inline bool seq_le ( uint32_t a, uint32_t b ) {
	return ( (int32_t) ( a - b ) ) <= 0;
}
static inline bool seq_gt ( uint32_t a, uint32_t b ) {
	return seq_lt ( b, a );
}
static inline bool seq_ge ( uint32_t a, uint32_t b ) {
	return seq_le ( b, a );
}
static inline uint32_t seq_max ( uint32_t a, uint32_t b ) {
	return seq_lt ( a, b ) ? b : a;
}
static inline uint32_t seq_min ( uint32_t a, uint32_t b ) {
	return seq_lt ( a, b ) ? a : b;
}

/** Sequence numbers that a segment takes: payload, SYN and FIN. */
static inline uint32_t tcp_segment_seq_len ( const struct tcp_segment *seg ) {
	return (uint32_t) seg->len + !!( seg->flags & TCP_SYN ) + !!( seg->flags & TCP_FIN );
}

/**
 * Parse a segment.
 *
 * @param packet   TCP header and payload; borrowed, `data` points into it
 * @param len      bytes
 * @param ret_seg  filled on success, undefined on failure
 * @return 0, or -EBADMSG: truncated, header length or an option's length is wrong
 */
int tcp_parse ( const void *packet, size_t len, struct tcp_segment *ret_seg );

/** Length of the header that tcp_build() writes for this segment, a multiple of 4. */
size_t tcp_build_len ( const struct tcp_segment *seg );

/**
 * Write the header, checksum zero, options padded.
 * @param buf  room for tcp_build_len(), at most TCP_HEADER_LEN_MAX bytes
 */
void tcp_build ( const struct tcp_segment *seg, uint8_t *buf );

/** How many SACK blocks fit beside the other options of this segment. */
static inline unsigned int tcp_sack_room ( const struct tcp_segment *seg ) {
	return seg->has_ts ? 3 : 4;
}

#endif /* WIRE_TCP_H */
