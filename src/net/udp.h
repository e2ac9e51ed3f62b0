/** @file
 * UDP sockets (RFC 768). Passive: the packet layer queues datagrams and signals an event.
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "core/task.h"
#include "net/netif.h"

struct udp;

/** Where a datagram came from and went to. */
struct udp_meta {
	struct endpoint src;
	struct endpoint dest;
	struct netif *netif; /**< received on */
};

/**
 * Open a socket.
 *
 * @param netif       receive and send on this interface only (DHCP), or NULL
 * @param peer        default destination and only accepted source, or NULL
 * @param local_port  0: a random free one in 1025..65535
 * @param ret_udp     the socket; udp_close() it
 * @return 0, -ENOMEM, -EADDRINUSE
 */
int udp_open ( struct netif *netif, const struct endpoint *peer, uint16_t local_port,
	       struct udp **ret_udp );
void udp_close ( struct udp *udp );
static inline void udp_closep ( struct udp **udp ) {
	udp_close ( *udp );
}
uint16_t udp_local_port ( const struct udp *udp );

/**
 * Send one datagram.
 * @param dest  NULL: the peer. IPV4_BROADCAST needs a socket bound to an interface.
 * @return 0, -ENETUNREACH, -EMSGSIZE, -ENOBUFS, -ENETDOWN, -EDESTADDRREQ
 */
int udp_send ( struct udp *udp, const struct endpoint *dest, const void *data, size_t len );

/**
 * Receive one datagram.
 * @param ret_meta  may be NULL
 * @return its length (cut to @c len), -ETIMEDOUT, -ECANCELED, -ECONNREFUSED (ICMP port
 *         unreachable, connected sockets)
 * Context: task; blocks.
 */
TASK_FN ssize_t udp_recv ( struct udp *udp, void *buf, size_t len, struct udp_meta *ret_meta,
			   utime_t deadline );

/** As udp_recv(), but -EAGAIN instead of waiting. Callable from anywhere. */
ssize_t udp_try_recv ( struct udp *udp, void *buf, size_t len, struct udp_meta *ret_meta );

/** Wait until there is something to receive, or an error to report. @return 0, -ETIMEDOUT,
 * -ECANCELED. Context: task; blocks. */
TASK_FN int udp_wait ( struct udp *udp, utime_t deadline );

/**
 * Look at the next datagram where it lies, to save a copy; udp_drop() it afterwards.
 * @param ret_data  borrowed until the caller waits, drops it or closes the socket
 * @param ret_meta  may be NULL
 * @return its length, -EAGAIN there is none, -ECONNREFUSED
 */
ssize_t udp_peek ( struct udp *udp, const uint8_t **ret_data, struct udp_meta *ret_meta );
void udp_drop ( struct udp *udp );

/**
 * Report it (-ECONNREFUSED) when nobody listens at @c dest, though the socket has no peer: for who
 * does not know yet which port will answer.
 */
void udp_report_refusal ( struct udp *udp, const struct endpoint *dest );

/** Signalled when something can be received; to wait for several sockets at once. */
void udp_set_event ( struct udp *udp, struct event *event );

#endif /* NET_UDP_H */
