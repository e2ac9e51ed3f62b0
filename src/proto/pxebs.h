/** @file
 * PXE boot server discovery (PXE specification 2.1 §2.2.5 ff.): which server has boot item N?
 */
#ifndef PROTO_PXEBS_H
#define PROTO_PXEBS_H

#include "net/netif.h"

/** Boot servers taken from option 43.8. */
#define PXEBS_SERVERS_MAX 16

/**
 * Find a boot server in the foreground: prints "PXEBS (net0 type N)..." and the outcome. Its
 * answer becomes settings block "pxebs".
 *
 * @param netif  open and configured
 * @param type   boot server type as options 43.8, 43.9 and 43.71 store it (little endian)
 * @return 0, -EINVAL option 43 allows no way to ask, -ETIMEDOUT_DHCP nobody answered, -ENETUNREACH,
 *         -ENOMEM, -ECANCELED_JOB
 * Context: task; blocks.
 */
TASK_FN int pxebs_discover ( struct netif *netif, uint16_t type );

#endif /* PROTO_PXEBS_H */
