/** @file
 * Time of day from a time server (RFC 5905 §8, client mode; one good answer is enough).
 */
#ifndef PROTO_NTP_H
#define PROTO_NTP_H

#include "core/clock.h"
#include "core/task.h"
#include "net/addr.h"

#define NTP_PORT         123
#define NTP_RETRY_MIN_US 1000000ULL /**< requests at 0, 1, 3 and 7 s, failure at 15 s */
#define NTP_RETRY_MAX_US 10000000ULL

/**
 * Ask a time server for the time.
 *
 * @param server     address and port
 * @param ret_delta  what our time of day (clock_wall_us()) lacks, microseconds; untouched on failure
 * @return 0, -ETIMEDOUT no answer, -EPROTO the server asks clients to stop (kiss-o'-death),
 *         -ECONNREFUSED, -ENETUNREACH, -ECANCELED, -ENOMEM
 * Context: task; blocks.
 */
TASK_FN int ntp_query ( const struct endpoint *server, int64_t *ret_delta );

#endif /* PROTO_NTP_H */
