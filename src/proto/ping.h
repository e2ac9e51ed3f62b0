/** @file
 * ICMP echo as users know it: one request a period, one line a reply.
 */
#ifndef PROTO_PING_H
#define PROTO_PING_H

#include "core/clock.h"
#include "core/task.h"
#include "net/addr.h"

#define PING_PERIOD_US 1000000ULL
#define PING_LEN       64
/** Longest data of a request: a whole IP packet's. */
#define PING_LEN_MAX 65507

struct ping_options {
	size_t len;         /**< data bytes */
	utime_t period_us;  /**< between requests, and how long a reply may take */
	unsigned int count; /**< requests; 0: until cancelled */
	bool quiet;         /**< no line a reply */
};

/**
 * Send requests, print replies.
 *
 * @param dest  address; borrowed
 * @return 0 there was a good reply, -ETIMEDOUT there was none, -ECANCELED, -ENOMEM
 * Context: task; blocks.
 */
TASK_FN int ping ( const struct endpoint *dest, const struct ping_options *options );

#endif /* PROTO_PING_H */
