/** @file
 * NTP client packets (RFC 5905 §7.3): bytes <-> struct ntp_reply. Pure: no clock, no I/O.
 * Not here: authentication and extension fields; both are ignored.
 */
#ifndef WIRE_NTP_H
#define WIRE_NTP_H

#include "core/reader.h"

#define NTP_PACKET_LEN 48

/** The parts of a server reply that a client needs. Times are microseconds since 1970 UTC. */
struct ntp_reply {
	uint8_t stratum;        /**< 1..15; a parsed reply is never 0 (kiss-o'-death) */
	uint64_t origin;        /**< the cookie that the client sent, unchanged */
	int64_t received_us;    /**< server's clock when our packet arrived */
	int64_t transmitted_us; /**< server's clock when it answered */
};

/**
 * Build a request.
 * @param cookie  sent as our transmit time stamp, comes back as `origin`; random (RFC 5905 needs
 *                only that it is unique), so it tells an attacker nothing
 * @param buf     NTP_PACKET_LEN bytes
 * @return NTP_PACKET_LEN
 */
size_t ntp_build_request ( uint64_t cookie, uint8_t *buf );

/**
 * Parse a server reply.
 *
 * @param packet     UDP payload; borrowed
 * @param ret_reply  filled on success; after -EPROTO only `origin` is valid; else untouched
 * @return 0, -EBADMSG not a server reply, not synchronised, or truncated, -EPROTO kiss-o'-death
 *         (the server asks us to stop)
 * Spec: RFC 5905 §7.3, §7.4; era rollover by §6 (times before 1968 belong to era 1)
 */
int ntp_parse_reply ( const void *packet, size_t len, struct ntp_reply *ret_reply );

/**
 * What our clock lacks (RFC 5905 §8): mean of both directions.
 * @param sent_us, arrived_us  our clock when the request left and the reply came
 */
int64_t ntp_delta ( const struct ntp_reply *reply, int64_t sent_us, int64_t arrived_us );

#endif /* WIRE_NTP_H */
