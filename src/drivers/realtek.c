/** @file
 * Realtek RTL8139 and its clones (RTL8139C(L) and RTL8139D data sheets): receive through the ring
 * of 64 KiB that the chip fills and the processor empties, which all revisions have.
 *
 * A poll of an idle chip reads one register (the fill position; the ring in memory alone does not
 * tell a finished frame from a half-written one). A batch of frames costs that read and the write
 * of the new read position.
 */
#include <string.h>

#include "arch/x86_64/io.h"
#include "core/error.h"
#include "core/memory.h"
#include "drivers/pci_net.h"
#include "net/ether.h"

/* Registers */
#define RTL_REGS_LEN  256
#define RTL_BAR       1 /* memory */
#define RTL_IDR0      0x00
#define RTL_IDR4      0x04
#define RTL_MAR0      0x08
#define RTL_MAR4      0x0c
#define RTL_TSD( n )  ( 0x10 + 4 * ( n ) )
#define RTL_TSAD( n ) ( 0x20 + 4 * ( n ) )
#define RTL_RBSTART   0x30
#define RTL_CR        0x37
#define RTL_CAPR      0x38
#define RTL_CBR       0x3a
#define RTL_IMR       0x3c
#define RTL_ISR       0x3e
#define RTL_TCR       0x40
#define RTL_RCR       0x44
#define RTL_MPC       0x4c
#define RTL_9346CR    0x50
#define RTL_CONFIG1   0x52
#define RTL_MSR       0x58

#define RTL_TSD_OWN       0x00002000 /* the chip has taken it */
#define RTL_TSD_TOK       0x00008000
#define RTL_TSD_THRESHOLD 0x003f0000 /* send when all of it is in the FIFO */
#define RTL_TSD_TABT      0x40000000
#define RTL_CR_TE         0x04
#define RTL_CR_RE         0x08
#define RTL_CR_RST        0x10
#define RTL_ISR_RXOVW     0x0010     /* ring overflow */
#define RTL_ISR_FOVW      0x0040     /* FIFO overflow */
#define RTL_TCR_MXDMA     0x00000600 /* bursts of 1024 bytes */
#define RTL_TCR_IFG       0x03000000
#define RTL_RCR_APM       0x00000002 /* frames for us */
#define RTL_RCR_AM        0x00000004 /* multicasts */
#define RTL_RCR_AB        0x00000008 /* broadcasts */
#define RTL_RCR_MXDMA     0x00000700 /* no limit */
#define RTL_RCR_RBLEN_64K 0x00001800
#define RTL_RCR_RXFTH     0x0000e000 /* to memory when all of it is in the FIFO */
#define RTL_9346CR_LOAD   0x40       /* load registers from the EEPROM */
#define RTL_9346CR_UNLOCK 0xc0
#define RTL_9346CR_MODE   0xc0
#define RTL_MSR_LINKB     0x04 /* link is down */

/* What the chip puts in front of a frame: status, length with CRC. */
#define RTL_HDR_LEN    4
#define RTL_RX_ROK     0x0001
#define RTL_RX_WRITING 0xfff0 /* as length: not yet complete */
#define RTL_CRC_LEN    4
#define RTL_FRAME_MAX  1518 /* with a VLAN tag, without CRC */

#define RX_RING_LEN         65536
#define RX_RING_PAD         64    /* the chip may touch 16 bytes more */
#define RX_RING_NEARLY_FULL 60000 /* so full that frames may have been lost */
#define RX_COUNT            128   /* packets that the stack may hold */
#define CAPR_OFFSET         16    /* CAPR is that much behind the read position */
#define TX_COUNT            4
#define TX_BUF_LEN          2048

#define RESET_MAX_US  10000
#define EEPROM_MAX_US 20000
#define POLL_US       10

struct realtek_nic {
	struct netif netif;
	struct pci_device *pci;
	volatile uint8_t *regs;
	struct dma_buffer dma; /**< receive ring, then transmit buffers */
	struct pkt_pool *rx_pool;
	uint16_t rx_pos;    /**< next byte of the ring to be read */
	bool rx_unfinished; /**< the last poll found a frame there that is not all there */
	bool rx_stalled;    /**< so did the last timer, at rx_stalled_pos */
	uint16_t rx_stalled_pos;
	unsigned int tx_next;  /**< buffer to be filled next; free running */
	unsigned int tx_clean; /**< oldest that may be busy; free running */
	struct pkt *tx_pkt[TX_COUNT];
	struct list tx_queue; /**< packets that wait for one of the four buffers */
	struct timer timer;
};

static uint8_t rtl_read8 ( struct realtek_nic *nic, unsigned int reg ) {
	return readb ( nic->regs + reg );
}
static uint16_t rtl_read16 ( struct realtek_nic *nic, unsigned int reg ) {
	return readw ( nic->regs + reg );
}
static uint32_t rtl_read32 ( struct realtek_nic *nic, unsigned int reg ) {
	return readl ( nic->regs + reg );
}
static void rtl_write8 ( struct realtek_nic *nic, unsigned int reg, uint8_t value ) {
	writeb ( value, nic->regs + reg );
}
static void rtl_write16 ( struct realtek_nic *nic, unsigned int reg, uint16_t value ) {
	writew ( value, nic->regs + reg );
}
static void rtl_write32 ( struct realtek_nic *nic, unsigned int reg, uint32_t value ) {
	writel ( value, nic->regs + reg );
}

/** Wait until the bits of @c mask in an 8-bit register are zero. */
static bool rtl_wait_clear ( struct realtek_nic *nic, unsigned int reg, uint8_t mask,
			     unsigned int max_us ) {
	unsigned int waited;

	for ( waited = 0; rtl_read8 ( nic, reg ) & mask; waited += POLL_US ) {
		if ( waited >= max_us )
			return false;
		udelay ( POLL_US );
	}
	return true;
}

/** Stop receiver, transmitter and all DMA. */
static int rtl_reset ( struct realtek_nic *nic ) {
	rtl_write8 ( nic, RTL_CR, RTL_CR_RST );
	if ( !rtl_wait_clear ( nic, RTL_CR, RTL_CR_RST, RESET_MAX_US ) )
		return -EIO;
	rtl_write16 ( nic, RTL_IMR, 0 );
	rtl_write16 ( nic, RTL_ISR, 0xffff );
	return 0;
}

static void rtl_set_mac ( struct realtek_nic *nic, const uint8_t *mac ) {
	rtl_write8 ( nic, RTL_9346CR, RTL_9346CR_UNLOCK );
	rtl_write32 ( nic, RTL_IDR0,
		      (uint32_t) mac[0] | (uint32_t) mac[1] << 8 | (uint32_t) mac[2] << 16 |
			      (uint32_t) mac[3] << 24 );
	rtl_write32 ( nic, RTL_IDR4, (uint32_t) mac[4] | (uint32_t) mac[5] << 8 );
	rtl_write8 ( nic, RTL_9346CR, 0 );
}

static void rtl_check_link ( struct realtek_nic *nic ) {
	bool down = ( rtl_read8 ( nic, RTL_MSR ) & RTL_MSR_LINKB );

	netif_link ( &nic->netif, down ? -ENOTCONN_LINK_DOWN : 0 );
}

/** Reset and go, with empty rings. @return 0 or -EIO */
static int rtl_start ( struct realtek_nic *nic ) {
	uint32_t ring = (uint32_t) nic->dma.bus;
	unsigned int i;
	int rc;

	if ( ( rc = rtl_reset ( nic ) ) != 0 )
		return rc;
	rtl_set_mac ( nic, nic->netif.mac );
	rtl_write32 ( nic, RTL_RBSTART, ring );
	for ( i = 0; i < TX_COUNT; i++ )
		rtl_write32 ( nic, RTL_TSAD ( i ),
			      ring + RX_RING_LEN + RX_RING_PAD + i * TX_BUF_LEN );
	/* The configuration registers can be written only while enabled. */
	rtl_write8 ( nic, RTL_CR, RTL_CR_RE | RTL_CR_TE );
	rtl_write32 ( nic, RTL_TCR, RTL_TCR_MXDMA | RTL_TCR_IFG );
	rtl_write32 ( nic, RTL_RCR,
		      RTL_RCR_APM | RTL_RCR_AM | RTL_RCR_AB | RTL_RCR_MXDMA | RTL_RCR_RBLEN_64K |
			      RTL_RCR_RXFTH );
	rtl_write32 ( nic, RTL_MAR0, 0xffffffff );
	rtl_write32 ( nic, RTL_MAR4, 0xffffffff );
	rtl_write32 ( nic, RTL_MPC, 0 );
	nic->rx_pos = 0;
	nic->rx_unfinished = nic->rx_stalled = false;
	rtl_write16 ( nic, RTL_CAPR, (uint16_t) ( nic->rx_pos - CAPR_OFFSET ) );
	nic->tx_next = nic->tx_clean = 0;
	return 0;
}

/* ---- Transmit ---- */

/** Hand a packet to a free buffer. */
static void rtl_tx_start ( struct realtek_nic *nic, struct pkt *pkt ) {
	unsigned int index = nic->tx_next % TX_COUNT;
	uint8_t *buf = (uint8_t *) nic->dma.mem + RX_RING_LEN + RX_RING_PAD + index * TX_BUF_LEN;

	/* Buffers must be aligned to four bytes, which frames in packets are not. */
	memcpy ( buf, pkt->data, pkt_len ( pkt ) );
	nic->tx_pkt[index] = pkt;
	nic->tx_next++;
	dma_wmb ();
	rtl_write32 ( nic, RTL_TSD ( index ), RTL_TSD_THRESHOLD | (uint32_t) pkt_len ( pkt ) );
}

/** Collect what was sent. @return false: the chip has given up on a frame and wants a reset */
static bool rtl_tx_reap ( struct realtek_nic *nic ) {
	unsigned int index;
	uint32_t status;

	while ( nic->tx_clean != nic->tx_next ) {
		index = nic->tx_clean % TX_COUNT;
		status = rtl_read32 ( nic, RTL_TSD ( index ) );
		if ( status & RTL_TSD_TABT )
			return false;
		if ( !( status & RTL_TSD_TOK ) )
			break;
		nic->tx_clean++;
		netif_tx_done ( &nic->netif, nic->tx_pkt[index], 0 );
	}
	return true;
}

/** Drop everything that was to be sent, with an error for each, or silently. */
static void rtl_tx_drop ( struct realtek_nic *nic, int rc ) {
	struct pkt *pkt;

	while ( nic->tx_clean != nic->tx_next )
		list_add_tail ( &nic->tx_pkt[nic->tx_clean++ % TX_COUNT]->list, &nic->tx_queue );
	while ( ( pkt = list_first ( &nic->tx_queue, struct pkt, list ) ) != NULL ) {
		list_del ( &pkt->list );
		if ( rc != 0 )
			netif_tx_done ( &nic->netif, pkt, rc );
		else
			pkt_free ( pkt );
	}
}

/** Bring a chip that talks nonsense back into a known state. */
static void rtl_restart ( struct realtek_nic *nic ) {
	rtl_tx_drop ( nic, -EIO );
	if ( rtl_start ( nic ) != 0 )
		netif_link ( &nic->netif, -ENOTCONN_LINK_DOWN );
}

static void rtl_tx_run ( struct realtek_nic *nic ) {
	struct pkt *pkt;

	if ( !rtl_tx_reap ( nic ) ) {
		rtl_restart ( nic );
		return;
	}
	while ( ( nic->tx_next - nic->tx_clean < TX_COUNT ) &&
		( ( pkt = list_first ( &nic->tx_queue, struct pkt, list ) ) != NULL ) ) {
		list_del ( &pkt->list );
		rtl_tx_start ( nic, pkt );
	}
}

static int rtl_transmit ( struct netif *netif, struct pkt *pkt ) {
	struct realtek_nic *nic = netif->priv;

	if ( pkt_len ( pkt ) > RTL_FRAME_MAX ) {
		netif_tx_done ( netif, pkt, -EIO );
		return -EIO;
	}
	/* The queue is as long as the interface has packets. */
	list_add_tail ( &pkt->list, &nic->tx_queue );
	rtl_tx_run ( nic );
	return 0;
}

/* ---- Receive ---- */

/** Copy out of the ring, which has no end. */
static void rtl_ring_copy ( struct realtek_nic *nic, uint8_t *dest, uint16_t pos, size_t len ) {
	const uint8_t *ring = nic->dma.mem;
	size_t first = MIN ( len, (size_t) ( RX_RING_LEN - pos ) );

	memcpy ( dest, ring + pos, first );
	memcpy ( dest + first, ring, len - first );
}

/** What rtl_rx_packet() found. */
enum rtl_rx_result {
	RTL_RX_FRAME, /**< delivered, or dropped for its own faults */
	RTL_RX_WAIT,  /**< not complete */
	RTL_RX_FULL,  /**< the stack has all packets */
	RTL_RX_LOST,  /**< the header makes no sense: position lost */
};

/** Receive the frame at the read position; @c filled bytes of the ring are valid there. */
static enum rtl_rx_result rtl_rx_packet ( struct realtek_nic *nic, uint16_t filled ) {
	const volatile uint16_t *hdr =
		(const volatile uint16_t *) ( (uint8_t *) nic->dma.mem + nic->rx_pos );
	uint16_t status, len;
	struct pkt *pkt;
	uint8_t *dest;

	if ( filled < RTL_HDR_LEN )
		return RTL_RX_WAIT;
	status = hdr[0];
	len = hdr[1];
	if ( len == RTL_RX_WRITING )
		return RTL_RX_WAIT;
	if ( !( status & RTL_RX_ROK ) || ( len < ETH_HLEN + RTL_CRC_LEN ) ||
	     ( len > RTL_FRAME_MAX + RTL_CRC_LEN ) )
		return RTL_RX_LOST;
	if ( RTL_HDR_LEN + len > filled )
		return RTL_RX_WAIT;
	if ( ( pkt = pkt_take ( nic->rx_pool ) ) == NULL )
		return RTL_RX_FULL;
	dest = pkt_put ( pkt, len - RTL_CRC_LEN );
	rtl_ring_copy ( nic, dest, (uint16_t) ( nic->rx_pos + RTL_HDR_LEN ), len - RTL_CRC_LEN );
	nic->rx_pos = (uint16_t) ROUND_UP ( nic->rx_pos + RTL_HDR_LEN + len, 4 );
	netif_rx ( &nic->netif, pkt );
	return RTL_RX_FRAME;
}

static unsigned int rtl_poll_rx ( struct realtek_nic *nic, unsigned int budget ) {
	uint16_t end = rtl_read16 ( nic, RTL_CBR );
	bool nearly_full = ( (uint16_t) ( end - nic->rx_pos ) > RX_RING_NEARLY_FULL );
	enum rtl_rx_result result = RTL_RX_FRAME;
	unsigned int count;

	dma_rmb ();
	for ( count = 0; ( count < budget ) && ( nic->rx_pos != end ); count++ ) {
		result = rtl_rx_packet ( nic, (uint16_t) ( end - nic->rx_pos ) );
		if ( result != RTL_RX_FRAME )
			break;
	}
	if ( result == RTL_RX_LOST ) {
		netif_rx_error ( &nic->netif, NULL, -EIO );
		rtl_restart ( nic );
	} else if ( count ) {
		rtl_write16 ( nic, RTL_CAPR, (uint16_t) ( nic->rx_pos - CAPR_OFFSET ) );
		/* Some chips wait for this after an overflow. */
		if ( nearly_full )
			rtl_write16 ( nic, RTL_ISR, RTL_ISR_RXOVW | RTL_ISR_FOVW );
	}
	nic->rx_unfinished = ( result == RTL_RX_WAIT );
	return count;
}

static unsigned int rtl_poll ( struct netif *netif, unsigned int budget ) {
	struct realtek_nic *nic = netif->priv;

	if ( nic->tx_clean != nic->tx_next )
		rtl_tx_run ( nic );
	return rtl_poll_rx ( nic, budget );
}

/** A frame that stays unfinished for so long never will be: start over. */
static void rtl_check_stall ( struct realtek_nic *nic ) {
	if ( nic->rx_unfinished && nic->rx_stalled && ( nic->rx_pos == nic->rx_stalled_pos ) )
		rtl_restart ( nic );
	nic->rx_stalled = nic->rx_unfinished;
	nic->rx_stalled_pos = nic->rx_pos;
}

static void rtl_timer ( struct timer *timer, utime_t now ) {
	struct realtek_nic *nic = container_of ( timer, struct realtek_nic, timer );
	uint32_t missed = rtl_read32 ( nic, RTL_MPC ) & 0xffffff;

	if ( missed ) {
		nic->netif.rx_overruns += missed;
		rtl_write32 ( nic, RTL_MPC, 0 );
	}
	rtl_write16 ( nic, RTL_ISR, RTL_ISR_RXOVW | RTL_ISR_FOVW );
	rtl_check_stall ( nic );
	rtl_check_link ( nic );
	timer_start ( timer, now + PCI_NET_LINK_US );
}

/* ---- Open and close ---- */

static void rtl_free ( struct realtek_nic *nic ) {
	pkt_pool_free ( nic->rx_pool );
	nic->rx_pool = NULL;
	dma_free ( &nic->pci->dma, &nic->dma );
	memset ( &nic->dma, 0, sizeof ( nic->dma ) );
}

static int rtl_open ( struct netif *netif ) {
	struct realtek_nic *nic = netif->priv;
	int rc;

	rc = dma_alloc ( &nic->pci->dma, RX_RING_LEN + RX_RING_PAD + TX_COUNT * TX_BUF_LEN,
			 &nic->dma );
	if ( rc != 0 )
		return rc;
	/* Frames are copied out of the ring: any memory will do. */
	nic->rx_pool = pkt_pool_new ( NULL, RX_COUNT, PKT_BUF_LEN );
	rc = nic->rx_pool ? rtl_start ( nic ) : -ENOMEM;
	if ( rc != 0 )
		rtl_free ( nic );
	else
		rtl_timer ( &nic->timer, clock_now () );
	return rc;
}

static void rtl_close ( struct netif *netif ) {
	struct realtek_nic *nic = netif->priv;

	timer_stop ( &nic->timer );
	rtl_reset ( nic );
	rtl_tx_drop ( nic, 0 );
	rtl_free ( nic );
}

static const struct netif_ops rtl_ops = {
	.open = rtl_open,
	.close = rtl_close,
	.transmit = rtl_transmit,
	.poll = rtl_poll,
};

/* ---- Bus ---- */

/** Wake the chip and let it load its registers, the address among them, from the EEPROM. */
static int rtl_load ( struct realtek_nic *nic ) {
	uint32_t low, high;
	unsigned int i;
	int rc;

	rtl_write8 ( nic, RTL_9346CR, RTL_9346CR_UNLOCK );
	rtl_write8 ( nic, RTL_CONFIG1, 0 );
	rtl_write8 ( nic, RTL_9346CR, 0 );
	if ( ( rc = rtl_reset ( nic ) ) != 0 )
		return rc;
	rtl_write8 ( nic, RTL_9346CR, RTL_9346CR_LOAD );
	rtl_wait_clear ( nic, RTL_9346CR, RTL_9346CR_MODE, EEPROM_MAX_US );
	low = rtl_read32 ( nic, RTL_IDR0 );
	high = rtl_read32 ( nic, RTL_IDR4 );
	for ( i = 0; i < 4; i++ )
		nic->netif.hw_addr[i] = (uint8_t) ( low >> ( 8 * i ) );
	nic->netif.hw_addr[4] = (uint8_t) high;
	nic->netif.hw_addr[5] = (uint8_t) ( high >> 8 );
	return pci_net_mac_valid ( nic->netif.hw_addr ) ? 0 : -EIO;
}

static int rtl_probe ( struct pci_device *pci, const struct pci_id *id ) {
	struct realtek_nic *nic;
	uint64_t bar;
	bool is_io;
	int rc;

	bar = pci_bar ( pci, RTL_BAR, &is_io );
	if ( !bar || is_io )
		return FAIL ( ENODEV, "the BIOS has assigned it no memory" );
	if ( ( nic = zalloc ( sizeof ( *nic ) ) ) == NULL )
		return -ENOMEM;
	nic->pci = pci;
	nic->netif.ops = &rtl_ops;
	nic->netif.priv = nic;
	timer_init ( &nic->timer, rtl_timer );
	list_init ( &nic->tx_queue );
	pci_net_init ( &nic->netif, pci, id->name );
	pci->dma.mask = 0xffffffff;
	pci_enable ( pci );
	rc = -ENODEV;
	if ( ( nic->regs = pci_map ( pci, bar, RTL_REGS_LEN ) ) == NULL )
		goto fail;
	if ( ( rc = rtl_load ( nic ) ) != 0 )
		goto fail;
	memcpy ( nic->netif.mac, nic->netif.hw_addr, ETH_ALEN );
	if ( ( rc = netif_register ( &nic->netif ) ) != 0 )
		goto fail;
	pci->priv = nic;
	rtl_check_link ( nic );
	return 0;

fail:
	free ( nic );
	return rc;
}

static void rtl_remove ( struct pci_device *pci ) {
	struct realtek_nic *nic = pci->priv;

	netif_unregister ( &nic->netif );
	rtl_reset ( nic );
	rtl_set_mac ( nic, nic->netif.hw_addr );
	free ( nic );
}

static const struct pci_id rtl_ids[] = {
	{ 0x018a, 0x0106, "fpc0106tx", 0 },  { 0x021b, 0x8139, "hne300", 0 },
	{ 0x02ac, 0x1012, "s1012", 0 },      { 0x0357, 0x000a, "ttpmon", 0 },
	{ 0x10ec, 0x8129, "rtl8129", 0 },    { 0x10ec, 0x8138, "rtl8138", 0 },
	{ 0x10ec, 0x8139, "rtl8139", 0 },    { 0x1113, 0x1211, "smc1211", 0 },
	{ 0x1186, 0x1300, "dfe538", 0 },     { 0x1186, 0x1340, "dfe690", 0 },
	{ 0x11db, 0x1234, "sega8139", 0 },   { 0x1259, 0xa117, "allied8139", 0 },
	{ 0x1259, 0xa11e, "allied81xx", 0 }, { 0x126c, 0x1211, "northen8139", 0 },
	{ 0x13d1, 0xab06, "fe2000vx", 0 },   { 0x1432, 0x9130, "edi8139", 0 },
	{ 0x14ea, 0xab06, "fnw3603tx", 0 },  { 0x14ea, 0xab07, "fnw3800tx", 0 },
	{ 0x1500, 0x1360, "delta8139", 0 },  { 0x1743, 0x8139, "rolf100", 0 },
	{ 0x4033, 0x1360, "addron8139", 0 },
};

static const struct pci_driver rtl_driver = {
	.name = "realtek",
	.ids = rtl_ids,
	.id_count = ARRAY_SIZE ( rtl_ids ),
	.probe = rtl_probe,
	.remove = rtl_remove,
};
PCI_DRIVER ( rtl_driver );
