/** @file
 * A NIC that does nothing but count, for tests of what happens around interfaces.
 */
#ifndef LIB_FAKE_NIC_H
#define LIB_FAKE_NIC_H

#include "net/netif.h"

/** Neither sends nor receives. */
extern const struct netif_ops fake_nic_ops;
/** What opening one returns: 0 at first. */
extern int fake_nic_open_rc;
/** How often one was opened. */
extern unsigned int fake_nic_opened;

#endif /* LIB_FAKE_NIC_H */
