/** @file
 * What the files of the simulated network share.
 */
#ifndef TESTS_LIB_NETSIM_INT_H
#define TESTS_LIB_NETSIM_INT_H

#include "lib/netsim.h"

struct sim_frame {
	struct list list;
	utime_t time; /**< of arrival */
	unsigned int flags;
	size_t len;
	uint8_t data[];
};

struct sim_direction {
	struct netsim_wire wire;
	struct list flying;   /**< by time of arrival */
	struct timer timer;   /**< of the next arrival */
	utime_t busy_until;   /**< with a limited speed: the sender's end is taken until then */
	utime_t last_arrival; /**< of a frame that keeps its place */
};

struct netsim {
	struct list list;
	struct netif netif;
	struct pkt_pool *pool, *big_pool;
	struct sim_direction to_us, to_peer;
	struct list ring;       /**< frames that the interface has received */
	struct list sent;       /**< frames for netsim_take() */
	struct list tx_pending; /**< packets that are not done yet */
	struct list hosts;
	struct task_group group;
	uint64_t random;
	bool keep, tx_manual;
	int tx_fail_rc;
};

void netsim_die ( const char *message ) __noreturn;
void netsim_send ( struct netsim *net, struct sim_direction *direction, const void *data,
		   size_t len, unsigned int flags );
/** A frame of ours has reached the far end. Borrowed. */
void netsim_hosts_rx ( struct netsim *net, const uint8_t *frame, size_t len );
void netsim_hosts_free ( struct netsim *net );

#endif /* TESTS_LIB_NETSIM_INT_H */
