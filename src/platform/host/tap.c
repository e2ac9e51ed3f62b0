/** @file
 * A Linux TAP device as a NIC, so that the host program talks to real servers in a network
 * namespace. The device named by LANYARD_TAP must exist; without it there is no NIC.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "core/init.h"
#include "core/random.h"
#include "net/netif.h"

static struct netif tap_netif;
static int tap_fd = -1;

static int tap_open ( struct netif *netif ) {
	netif_link ( netif, 0 );
	return 0;
}

static void tap_close ( struct netif *netif __unused ) {
}

static int tap_transmit ( struct netif *netif, struct pkt *pkt ) {
	ssize_t len = write ( tap_fd, pkt->data, pkt_len ( pkt ) );
	int rc = ( len == (ssize_t) pkt_len ( pkt ) ) ? 0 : -EIO;

	netif_tx_done ( netif, pkt, rc );
	return 0;
}

static unsigned int tap_poll ( struct netif *netif, unsigned int budget ) {
	unsigned int count;

	for ( count = 0; count < budget; count++ ) {
		struct pkt *pkt = pkt_new ( netif );
		ssize_t len = pkt ? read ( tap_fd, pkt->data, PKT_BUF_LEN ) : -1;

		if ( len <= 0 ) {
			pkt_free ( pkt );
			break;
		}
		pkt_put ( pkt, (size_t) len );
		netif_rx ( netif, pkt );
	}
	return count;
}

static const struct netif_ops tap_ops = {
	.open = tap_open,
	.close = tap_close,
	.transmit = tap_transmit,
	.poll = tap_poll,
};

static void tap_startup ( void ) {
	const char *name = getenv ( "LANYARD_TAP" );
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	if ( !name )
		return;
	tap_fd = open ( "/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC );
	snprintf ( request.ifr_name, sizeof ( request.ifr_name ), "%s", name );
	if ( ( tap_fd < 0 ) || ( ioctl ( tap_fd, TUNSETIFF, &request ) != 0 ) ) {
		perror ( name );
		exit ( 1 );
	}
	tap_netif = ( struct netif ){
		.ops = &tap_ops,
		.chip = "tap",
		.bus_type = "TAP",
		.mtu = 1500,
		.max_mtu = 1500,
	};
	snprintf ( tap_netif.location, sizeof ( tap_netif.location ), "%s", name );
	random_bytes ( tap_netif.hw_addr, ETH_ALEN );
	tap_netif.hw_addr[0] = 0x52; /* locally administered, unicast */
	memcpy ( tap_netif.mac, tap_netif.hw_addr, ETH_ALEN );
	netif_register ( &tap_netif );
}

static void tap_shutdown ( void ) {
	if ( tap_fd < 0 )
		return;
	netif_unregister ( &tap_netif );
	close ( tap_fd );
	tap_fd = -1;
}

static const struct init_fn tap_init = {
	.phase = INIT_DEVICES,
	.name = "tap",
	.startup = tap_startup,
	.shutdown = tap_shutdown,
};
INIT_FN ( tap_init );
