/** @file
 * A server of bulk data for tests: it accepts one connection, waits for a request, sends so many
 * bytes of a pattern and closes. Its congestion control is a sketch of a modern Linux sender: ten
 * segments to begin with, slow start by bytes acknowledged, losses found from SACK blocks by time
 * (RFC 8985) with a reordering window that DSACK and reordering widen, undo of false alarms, Reno
 * afterwards.
 */
#ifndef TESTS_LIB_TCP_SENDER_H
#define TESTS_LIB_TCP_SENDER_H

#include "lib/tcp_peer.h"

#define TCP_SENDER_MSS 1448

struct tcp_sender;

/** @c size  bytes to send. @c sack: permit SACK; @c coalesce: send frames of up to 32 segments, as a
 * device with large receive offload would hand them over */
struct tcp_sender *tcp_sender_new ( struct netsim *net, ipv4_addr_t ip, size_t size, bool sack,
				    bool coalesce );
void tcp_sender_free ( struct tcp_sender *sender );

/** Compare what was received with the pattern. @return true if it is the same */
bool tcp_sender_check ( const uint8_t *data, size_t at, size_t len );

/** Bytes of request received so far, and whether they were the pattern. */
size_t tcp_sender_request_len ( const struct tcp_sender *sender );
bool tcp_sender_request_good ( const struct tcp_sender *sender );
/** Start to answer only after a request of this length (default 1). */
void tcp_sender_want ( struct tcp_sender *sender, size_t len );

/** Segments sent again, and time-outs. */
unsigned int tcp_sender_retransmits ( const struct tcp_sender *sender );
unsigned int tcp_sender_timeouts ( const struct tcp_sender *sender );

#endif /* TESTS_LIB_TCP_SENDER_H */
