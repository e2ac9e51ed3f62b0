/** @file
 * A NIC that does nothing but count.
 */
#include "lib/fake_nic.h"

int fake_nic_open_rc;
unsigned int fake_nic_opened;

static int fake_open ( struct netif *netif ) {
	fake_nic_opened++;
	return fake_nic_open_rc;
}

static void fake_close ( struct netif *netif ) {
}

static unsigned int fake_poll ( struct netif *netif, unsigned int budget ) {
	return 0;
}

const struct netif_ops fake_nic_ops = {
	.open = fake_open,
	.close = fake_close,
	.poll = fake_poll,
};
