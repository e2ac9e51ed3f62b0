/** @file
 * ICMP (RFC 792, RFC 1122 §3.2.2): echo replies are sent by themselves; here is the asking side,
 * for `ping`. Errors from routers and hosts go to transports (IPV4_ICMP_ERROR in net/ipv4.h).
 */
#ifndef NET_ICMP_H
#define NET_ICMP_H

#include "core/task.h"
#include "net/addr.h"

#define ICMP_ECHO_REPLY        0
#define ICMP_UNREACHABLE       3
#define ICMP_ECHO_REQUEST      8
#define ICMP_TIME_EXCEEDED     11
#define ICMP_PARAMETER_PROBLEM 12

/* Codes of ICMP_UNREACHABLE. */
#define ICMP_NET_UNREACHABLE      0
#define ICMP_HOST_UNREACHABLE     1
#define ICMP_PROTOCOL_UNREACHABLE 2
#define ICMP_PORT_UNREACHABLE     3
#define ICMP_FRAG_NEEDED          4

/** An echo conversation: an identifier of its own. */
struct icmp_echo;

/** A received reply, or an error that one of our requests caused. */
struct icmp_reply {
	struct endpoint src; /**< who answered; port 0 */
	uint16_t seq;
	int rc;     /**< 0, -ENETUNREACH, -ECONNREFUSED, -ETIMEDOUT (TTL), -EPROTO */
	size_t len; /**< bytes of data in the reply, uncut */
};

/** @param ret_echo  icmp_echo_close() it. @return 0 or -ENOMEM */
int icmp_echo_open ( struct icmp_echo **ret_echo );
void icmp_echo_close ( struct icmp_echo *echo ); /**< NULL is harmless */
static inline void icmp_echo_closep ( struct icmp_echo **echo ) {
	icmp_echo_close ( *echo );
}

/**
 * Send an echo request.
 * @param dest  address (the port is ignored); borrowed
 * @param data  what the reply must bring back, @c len bytes; borrowed
 * @return 0, -ENETUNREACH no route, -EMSGSIZE, -ENOBUFS, -ENETDOWN, -EAFNOSUPPORT
 */
int icmp_echo_send ( struct icmp_echo *echo, const struct endpoint *dest, uint16_t seq,
		     const void *data, size_t len );

/**
 * Receive one reply or error to any request of this conversation.
 * @param ret_reply  filled on success
 * @param buf        gets the reply's data, cut to @c len bytes
 * @return bytes put into @c buf, -ETIMEDOUT, -ECANCELED
 * Context: task; blocks.
 */
TASK_FN ssize_t icmp_echo_recv ( struct icmp_echo *echo, struct icmp_reply *ret_reply, void *buf,
				 size_t len, utime_t deadline );

#endif /* NET_ICMP_H */
