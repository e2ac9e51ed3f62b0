/** @file
 * virtio-net (OASIS VIRTIO 1.1 §5.1), over PCI, legacy and modern.
 *
 * Receive: with large receive (GUEST_TSO4) each buffer takes a whole 64 KiB packet, so a packet
 * never needs to be put together: one descriptor in, one packet out, no copy. A device with
 * mergeable buffers may still spread a packet over several buffers; then the rest is copied into
 * the first. Checksums are left to the device where it can. While running no register is read but
 * the link status, ten times a second, and none is written but notifications that the device asked
 * for.
 */
#include <string.h>

#include "bus/virtio.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "drivers/pci_net.h"

/* Feature bits (§5.1.3) */
#define NET_F_GUEST_CSUM    ( 1ULL << 1 )
#define NET_F_MTU           ( 1ULL << 3 )
#define NET_F_MAC           ( 1ULL << 5 )
#define NET_F_GUEST_TSO4    ( 1ULL << 7 )
#define NET_F_MRG_RXBUF     ( 1ULL << 15 )
#define NET_F_STATUS        ( 1ULL << 16 )
#define NET_F_CTRL_VQ       ( 1ULL << 17 )
#define NET_F_CTRL_MAC_ADDR ( 1ULL << 23 )

#define NET_FEATURES                                                                      \
	( NET_F_GUEST_CSUM | NET_F_MTU | NET_F_MAC | NET_F_GUEST_TSO4 | NET_F_MRG_RXBUF | \
	  NET_F_STATUS | NET_F_CTRL_VQ | NET_F_CTRL_MAC_ADDR | VIRTIO_F_ANY_LAYOUT |      \
	  VIRTIO_F_EVENT_IDX )

/* Device configuration (§5.1.4) */
#define CONFIG_MAC     0
#define CONFIG_STATUS  6
#define CONFIG_MTU     10
#define STATUS_LINK_UP 0x0001

/* Queues (§5.1.2); without multiqueue the control queue is the third */
#define QUEUE_RX   0
#define QUEUE_TX   1
#define QUEUE_CTRL 2

/** In front of every packet (§5.1.6). */
struct virtio_net_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers; /**< modern, or with mergeable buffers */
};
#define HDR_LEN_LEGACY 10
#define HDR_NEEDS_CSUM 0x01
#define HDR_DATA_VALID 0x02
#define HDR_GSO_NONE   0
#define MERGE_MAX      64 /* buffers a packet: more than 64 KiB in the smallest buffers */
#define MTU_MIN        68 /* RFC 791 §3.2; less makes no sense */

/* Memory shared with the device: one header of zeros for all sent packets, and a command with its
 * answer (§5.1.6.5). */
#define CONTROL_COMMAND   16
#define CONTROL_ACK       32
#define CONTROL_LEN       64
#define CTRL_MAC          1
#define CTRL_MAC_ADDR_SET 1
#define CTRL_OK           0
#define CTRL_TIMEOUT_US   100000

#define RX_SLOTS_BIG 64    /* 64 KiB each, 4 MiB in all */
#define RX_SLOTS     256   /* of single frames */
#define RX_SPARE     16    /* packets that the stack may hold while the ring stays full */
#define RX_BIG_LEN   65600 /* Ethernet header, VLAN tag and the longest IP packet */
#define TX_SLOTS     64
/** Without a frame for so long, the device is woken in case that it has missed a notification: QEMU before
 * 8.1 does, for its software emulation drops a single processor's memory barriers. */
#define KICK_US ( 20 * US_PER_MS )

struct virtio_net {
	struct netif netif;
	struct virtio_device virtio;
	uint64_t offered;
	size_t hdr_len;
	struct virtq rx, tx, ctrl;
	struct pkt *rx_pkt[VIRTQ_SLOTS_MAX];
	struct pkt *tx_pkt[TX_SLOTS];
	struct pkt_pool *rx_pool;
	struct dma_buffer control; /**< CONTROL_... */
	struct timer link_timer;
	utime_t kick_at; /**< 0: there was a frame just now */
};

static void virtio_net_check_link ( struct virtio_net *net ) {
	bool up = true;

	/* A device that cannot tell is always connected. */
	if ( net->offered & NET_F_STATUS )
		up = ( virtio_config16 ( &net->virtio, CONFIG_STATUS ) & STATUS_LINK_UP );
	netif_link ( &net->netif, up ? 0 : -ENOTCONN_LINK_DOWN );
}

static void virtio_net_link_timer ( struct timer *timer, utime_t now ) {
	struct virtio_net *net = container_of ( timer, struct virtio_net, link_timer );

	virtio_net_check_link ( net );
	timer_start ( timer, now + PCI_NET_LINK_US );
}

/* ---- Receive ---- */

/** Put a fresh packet into a taken slot, header in its headroom. @return false: none to be had */
static bool virtio_net_rx_put ( struct virtio_net *net, unsigned int slot ) {
	struct pkt *pkt = pkt_take ( net->rx_pool );
	struct virtq_segment segments[2];
	uint32_t hdr_len = (uint32_t) net->hdr_len;

	if ( !pkt ) {
		virtq_give ( &net->rx, slot );
		return false;
	}
	net->rx_pkt[slot] = pkt;
	segments[0].addr = pkt_bus ( pkt ) - hdr_len;
	segments[0].len = hdr_len;
	segments[1].addr = pkt_bus ( pkt );
	segments[1].len = (uint32_t) pkt_tailroom ( pkt );
	if ( net->rx.slot_descs == 1 )
		segments[0].len += segments[1].len;
	virtq_put ( &net->rx, slot, segments );
	return true;
}

static void virtio_net_rx_fill ( struct virtio_net *net ) {
	int slot;

	while ( ( slot = virtq_take ( &net->rx ) ) >= 0 ) {
		if ( !virtio_net_rx_put ( net, (unsigned int) slot ) )
			break;
	}
	virtq_publish ( &net->rx );
}

/**
 * Take the next buffer from the device and put a fresh one into its place.
 *
 * @param ret_len  bytes that the device wrote, header included; within the buffer
 * @return the packet, contents still empty; NULL: the device talks nonsense
 */
static struct pkt *virtio_net_rx_next ( struct virtio_net *net, size_t *ret_len ) {
	struct pkt *pkt;
	unsigned int slot;
	uint32_t len;

	if ( virtq_next_used ( &net->rx, &slot, &len ) != VIRTQ_DONE )
		return NULL;
	pkt = net->rx_pkt[slot];
	net->rx_pkt[slot] = NULL;
	virtio_net_rx_put ( net, slot );
	if ( len > net->hdr_len + pkt_tailroom ( pkt ) ) {
		pkt_free ( pkt );
		return NULL;
	}
	*ret_len = len;
	return pkt;
}

/** Append @c count more buffers to a packet. They have no header: data starts where the first one
 * has its header. @return 0, or -EIO: they do not fit, or are not there */
static int virtio_net_rx_merge ( struct virtio_net *net, struct pkt *pkt, unsigned int count ) {
	struct pkt *part;
	uint8_t *dest;
	size_t len;
	int rc = 0;

	/* The device returns all buffers of a packet at once. */
	if ( ( count >= MERGE_MAX ) || !virtq_has_used ( &net->rx, (uint16_t) count ) )
		return -EIO;
	for ( ; count; count-- ) {
		part = virtio_net_rx_next ( net, &len );
		dest = ( part && ( rc == 0 ) ) ? pkt_put ( pkt, len ) : NULL;
		if ( dest )
			memcpy ( dest, part->data - net->hdr_len, len );
		else
			rc = -EIO;
		pkt_free ( part );
	}
	return rc;
}

/** Receive one packet; there is one. */
static void virtio_net_rx_packet ( struct virtio_net *net ) {
	const struct virtio_net_hdr *hdr;
	struct pkt *pkt;
	size_t len;
	int rc = 0;

	pkt = virtio_net_rx_next ( net, &len );
	if ( !pkt || ( len <= net->hdr_len ) ) {
		netif_rx_error ( &net->netif, pkt, -EIO );
		return;
	}
	hdr = (const void *) ( pkt->data - net->hdr_len );
	pkt_put ( pkt, len - net->hdr_len );
	if ( ( net->virtio.features & NET_F_MRG_RXBUF ) && ( hdr->num_buffers > 1 ) )
		rc = virtio_net_rx_merge ( net, pkt, hdr->num_buffers - 1U );
	if ( rc != 0 ) {
		netif_rx_error ( &net->netif, pkt, rc );
		return;
	}
	if ( ( net->virtio.features & NET_F_GUEST_CSUM ) &&
	     ( hdr->flags & ( HDR_NEEDS_CSUM | HDR_DATA_VALID ) ) )
		pkt->flags |= PKT_CSUM_OK;
	if ( ( hdr->gso_type != HDR_GSO_NONE ) && ( hdr->gso_size != 0 ) ) {
		pkt->flags |= PKT_COALESCED;
		pkt->segments =
			(uint16_t) ( ( pkt_len ( pkt ) + hdr->gso_size - 1 ) / hdr->gso_size );
	}
	netif_rx ( &net->netif, pkt );
}

static unsigned int virtio_net_poll_rx ( struct virtio_net *net, unsigned int budget ) {
	unsigned int count;

	for ( count = 0; ( count < budget ) && virtq_has_used ( &net->rx, 1 ); count++ ) {
		virtio_net_rx_packet ( net );
		virtq_publish ( &net->rx );
	}
	if ( count )
		virtq_no_interrupts ( &net->rx );
	if ( count || net->rx.free_count ) {
		virtio_net_rx_fill ( net );
		virtq_notify ( &net->rx );
	}
	return count;
}

/* ---- Transmit ---- */

static void virtio_net_tx_reap ( struct virtio_net *net ) {
	struct pkt *pkt;
	unsigned int slot;
	uint32_t len;

	while ( virtq_has_used ( &net->tx, 1 ) ) {
		if ( virtq_next_used ( &net->tx, &slot, &len ) != VIRTQ_DONE )
			continue;
		pkt = net->tx_pkt[slot];
		net->tx_pkt[slot] = NULL;
		virtq_give ( &net->tx, slot );
		netif_tx_done ( &net->netif, pkt, 0 );
	}
	virtq_no_interrupts ( &net->tx );
}

static int virtio_net_transmit ( struct netif *netif, struct pkt *pkt ) {
	struct virtio_net *net = netif->priv;
	struct virtq_segment segments[2];
	int slot;

	if ( !net->tx.free_count )
		virtio_net_tx_reap ( net );
	slot = virtq_take ( &net->tx );
	if ( slot < 0 ) {
		netif_tx_done ( netif, pkt, -ENOBUFS );
		return -ENOBUFS;
	}
	net->tx_pkt[slot] = pkt;
	segments[0].addr = net->control.bus;
	segments[0].len = (uint32_t) net->hdr_len;
	segments[1].addr = pkt_bus ( pkt );
	segments[1].len = (uint32_t) pkt_len ( pkt );
	virtq_put ( &net->tx, (unsigned int) slot, segments );
	virtq_publish ( &net->tx );
	virtq_notify ( &net->tx );
	return 0;
}

/** Nothing has come: is it time to wake the device? */
static void virtio_net_kick ( struct virtio_net *net ) {
	utime_t now = clock_now ();

	if ( net->kick_at && ( now >= net->kick_at ) ) {
		virtq_kick ( &net->rx );
		virtq_kick ( &net->tx );
		net->kick_at = 0;
	}
	if ( !net->kick_at )
		net->kick_at = now + KICK_US;
}

static unsigned int virtio_net_poll ( struct netif *netif, unsigned int budget ) {
	struct virtio_net *net = netif->priv;
	unsigned int received;

	if ( virtq_has_used ( &net->tx, 1 ) )
		virtio_net_tx_reap ( net );
	received = virtio_net_poll_rx ( net, budget );
	if ( received )
		net->kick_at = 0;
	else
		virtio_net_kick ( net );
	return received;
}

/* ---- Open and close ---- */

/**
 * Make the device use the address of the interface instead of its own: by command, or on a legacy
 * device by writing its configuration. One that can do neither keeps filtering by its own, if it
 * filters at all. @return 0, -EIO the device refuses, -ETIMEDOUT it does not answer
 */
static int virtio_net_set_mac ( struct virtio_net *net ) {
	uint8_t *command = (uint8_t *) net->control.mem + CONTROL_COMMAND;
	volatile uint8_t *ack = (uint8_t *) net->control.mem + CONTROL_ACK;
	struct virtq_segment segments[2] = {
		{ net->control.bus + CONTROL_COMMAND, 2 + ETH_ALEN },
		{ net->control.bus + CONTROL_ACK, 1 },
	};
	utime_t deadline = deadline_in ( CTRL_TIMEOUT_US );
	unsigned int i;

	if ( !net->ctrl.size ) {
		for ( i = 0; !net->virtio.modern && ( i < ETH_ALEN ); i++ )
			virtio_set_config8 ( &net->virtio, CONFIG_MAC + i, net->netif.mac[i] );
		return 0;
	}
	command[0] = CTRL_MAC;
	command[1] = CTRL_MAC_ADDR_SET;
	memcpy ( &command[2], net->netif.mac, ETH_ALEN );
	*ack = (uint8_t) ~CTRL_OK;
	net->ctrl.desc[1].flags |= VIRTQ_DESC_WRITE;
	virtq_put ( &net->ctrl, (unsigned int) virtq_take ( &net->ctrl ), segments );
	virtq_publish ( &net->ctrl );
	virtq_notify ( &net->ctrl );
	while ( !virtq_has_used ( &net->ctrl, 1 ) ) {
		if ( clock_now () >= deadline )
			return -ETIMEDOUT;
	}
	return ( *ack == CTRL_OK ) ? 0 : -EIO;
}

/** Stop the device and free everything that it could reach. */
static void virtio_net_stop ( struct virtio_net *net ) {
	unsigned int i;

	virtio_reset ( &net->virtio );
	virtq_fini ( &net->rx );
	virtq_fini ( &net->tx );
	virtq_fini ( &net->ctrl );
	for ( i = 0; i < ARRAY_SIZE ( net->rx_pkt ); i++ ) {
		pkt_free ( net->rx_pkt[i] );
		net->rx_pkt[i] = NULL;
	}
	for ( i = 0; i < ARRAY_SIZE ( net->tx_pkt ); i++ ) {
		pkt_free ( net->tx_pkt[i] );
		net->tx_pkt[i] = NULL;
	}
	pkt_pool_free ( net->rx_pool );
	net->rx_pool = NULL;
	dma_free ( &net->virtio.pci->dma, &net->control );
	memset ( &net->control, 0, sizeof ( net->control ) );
}

/** Queues and buffers, for the features that were agreed on. */
static int virtio_net_init_queues ( struct virtio_net *net ) {
	struct virtio_device *virtio = &net->virtio;
	bool big = ( virtio->features & NET_F_GUEST_TSO4 );
	/* Old legacy devices want the header in a descriptor of its own (§2.6.4.3), on receive
	 * unless buffers are mergeable. */
	bool split = !( virtio->features &
			( VIRTIO_F_VERSION_1 | VIRTIO_F_ANY_LAYOUT | NET_F_MRG_RXBUF ) );
	int rc;

	net->hdr_len = ( virtio->features & ( VIRTIO_F_VERSION_1 | NET_F_MRG_RXBUF ) )
			       ? sizeof ( struct virtio_net_hdr )
			       : HDR_LEN_LEGACY;
	if ( ( rc = dma_alloc ( &virtio->pci->dma, CONTROL_LEN, &net->control ) ) != 0 )
		return rc;
	memset ( net->control.mem, 0, CONTROL_LEN );
	if ( ( rc = virtq_init ( virtio, &net->rx, QUEUE_RX, big ? RX_SLOTS_BIG : RX_SLOTS,
				 split ? 2 : 1, true ) ) != 0 )
		return rc;
	if ( ( rc = virtq_init ( virtio, &net->tx, QUEUE_TX, TX_SLOTS, 2, false ) ) != 0 )
		return rc;
	if ( ( virtio->features & NET_F_CTRL_MAC_ADDR ) &&
	     ( ( rc = virtq_init ( virtio, &net->ctrl, QUEUE_CTRL, 1, 2, false ) ) != 0 ) )
		return rc;
	net->rx_pool = pkt_pool_new ( &virtio->pci->dma, net->rx.slots + RX_SPARE,
				      big ? RX_BIG_LEN : PKT_BUF_LEN );
	return net->rx_pool ? 0 : -ENOMEM;
}

static int virtio_net_start ( struct virtio_net *net, uint64_t wanted ) {
	bool own_mac = ( memcmp ( net->netif.mac, net->netif.hw_addr, ETH_ALEN ) == 0 );
	int rc;

	if ( own_mac || !( net->offered & NET_F_CTRL_VQ ) )
		wanted &= ~( NET_F_CTRL_VQ | NET_F_CTRL_MAC_ADDR );
	if ( !( net->offered & NET_F_GUEST_CSUM ) )
		wanted &= ~NET_F_GUEST_TSO4; /* §5.1.3.1: not without the other */
	if ( ( rc = virtio_negotiate ( &net->virtio, wanted ) ) != 0 )
		return rc;
	if ( ( rc = virtio_net_init_queues ( net ) ) == 0 ) {
		virtio_ready ( &net->virtio );
		virtio_net_rx_fill ( net );
		virtq_notify ( &net->rx );
		if ( !own_mac )
			rc = virtio_net_set_mac ( net );
	}
	if ( rc != 0 )
		virtio_net_stop ( net );
	return rc;
}

static int virtio_net_open ( struct netif *netif ) {
	struct virtio_net *net = netif->priv;
	int rc;

	rc = virtio_net_start ( net, NET_FEATURES );
	/* A small machine has no room for buffers of 64 KiB. */
	if ( ( rc != 0 ) && err_is ( rc, ENOMEM ) )
		rc = virtio_net_start ( net, NET_FEATURES & ~NET_F_GUEST_TSO4 );
	if ( rc == 0 )
		virtio_net_link_timer ( &net->link_timer, clock_now () );
	return rc;
}

static void virtio_net_close ( struct netif *netif ) {
	struct virtio_net *net = netif->priv;

	timer_stop ( &net->link_timer );
	virtio_net_stop ( net );
}

static const struct netif_ops virtio_net_ops = {
	.open = virtio_net_open,
	.close = virtio_net_close,
	.transmit = virtio_net_transmit,
	.poll = virtio_net_poll,
};

/* ---- Bus ---- */

/** Address and MTU from the device; one without an address of its own gets a random local one. */
static void virtio_net_identify ( struct virtio_net *net ) {
	struct netif *netif = &net->netif;
	unsigned int i;
	uint16_t mtu;

	for ( i = 0; i < ETH_ALEN; i++ )
		netif->hw_addr[i] = virtio_config8 ( &net->virtio, CONFIG_MAC + i );
	if ( !( net->offered & NET_F_MAC ) || !pci_net_mac_valid ( netif->hw_addr ) ) {
		random_bytes ( netif->hw_addr, ETH_ALEN );
		netif->hw_addr[0] = ( netif->hw_addr[0] & 0xfc ) | 0x02;
	}
	memcpy ( netif->mac, netif->hw_addr, ETH_ALEN );
	netif->rx_csum = ( net->offered & NET_F_GUEST_CSUM );
	if ( net->offered & NET_F_MTU ) {
		mtu = virtio_config16 ( &net->virtio, CONFIG_MTU );
		if ( ( mtu >= MTU_MIN ) && ( mtu < netif->mtu ) )
			netif->mtu = netif->max_mtu = mtu;
	}
}

static int virtio_net_probe ( struct pci_device *pci, const struct pci_id *id ) {
	struct virtio_net *net = zalloc ( sizeof ( *net ) );
	int rc;

	if ( !net )
		return -ENOMEM;
	pci_enable ( pci );
	timer_init ( &net->link_timer, virtio_net_link_timer );
	net->netif.ops = &virtio_net_ops;
	net->netif.priv = net;
	pci_net_init ( &net->netif, pci, id->name );
	if ( ( rc = virtio_init ( &net->virtio, pci ) ) != 0 )
		goto fail;
	net->offered = virtio_offered ( &net->virtio );
	virtio_net_identify ( net );
	if ( ( rc = netif_register ( &net->netif ) ) != 0 )
		goto fail;
	pci->priv = net;
	virtio_net_check_link ( net );
	return 0;

fail:
	free ( net );
	return rc;
}

static void virtio_net_remove ( struct pci_device *pci ) {
	struct virtio_net *net = pci->priv;

	netif_unregister ( &net->netif );
	virtio_reset ( &net->virtio );
	free ( net );
}

static const struct pci_id virtio_net_ids[] = {
	{ 0x1af4, 0x1000, "virtio-net", 0 },
	{ 0x1af4, 0x1041, "virtio-net", 0 },
};

static const struct pci_driver virtio_net_driver = {
	.name = "virtio-net",
	.ids = virtio_net_ids,
	.id_count = ARRAY_SIZE ( virtio_net_ids ),
	.probe = virtio_net_probe,
	.remove = virtio_net_remove,
};
PCI_DRIVER ( virtio_net_driver );
