/** @file
 * Host names to addresses (RFC 1035, RFC 1123, answers checked as RFC 5452 asks).
 *
 * Servers and search list are the settings `dns`, `dnssl` and `domain`, read at each look-up, so a
 * changed setting holds at once.
 */
#ifndef PROTO_DNS_H
#define PROTO_DNS_H

#include "core/clock.h"
#include "core/task.h"
#include "net/addr.h"

/** Longest host name in text form (RFC 1035 §2.3.4: 255 bytes on the wire). */
#define DNS_NAME_TEXT_MAX 254
/** Servers tried, of those that the setting `dns` lists. */
#define DNS_SERVERS_MAX 8
/** CNAMEs followed for one name; more is a loop. */
#define DNS_CNAME_MAX 32

/**
 * Find the address of a host. A dotted quad is only parsed. A name without a dot is tried under
 * each suffix of the search list, then as it is. Someone with a progress line puts the name into
 * job->message before.
 *
 * @param name      host name or dotted quad
 * @param port      copied to @c ret
 * @param deadline  absolute; the retry limit (15.75 s a question) applies as well
 * @param ret       filled on success, untouched on failure
 * @return 0, -ENXIO_DNS_NO_NAME, -ENXIO_DNS_NO_SERVER, -ETIMEDOUT_DNS, -EINVAL not a host name,
 *         -ELOOP, -ENETUNREACH, -ECANCELED, -ENOMEM; each with words for error_detail()
 * Context: task; blocks.
 */
TASK_FN int resolve ( const char *name, uint16_t port, utime_t deadline, struct endpoint *ret );

#endif /* PROTO_DNS_H */
