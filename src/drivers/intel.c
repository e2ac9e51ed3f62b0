/** @file
 * Intel gigabit Ethernet, 8254x (PCI) and 82571 to 82574 (PCI Express), with legacy descriptors
 * (manuals: see intel.h).
 *
 * The receiver runs from probe to removal, whether the interface is open or not, and its control
 * register is written once: an emulated 82540 holds back all frames for a second after each write
 * of it, and that second is better spent before anybody waits. Frames that came while the
 * interface was closed are dropped when it is opened.
 *
 * While running, received and sent frames are found in memory, by the descriptors' done bits. The
 * receive tail is written once for several frames; the link and the count of missed frames are
 * read ten times a second.
 */
#include <string.h>

#include "arch/x86_64/io.h"
#include "core/error.h"
#include "core/memory.h"
#include "drivers/intel.h"
#include "drivers/pci_net.h"
#include "net/ether.h"

#define RX_COUNT      256 /* 370 KB of full frames: 3 ms at 1 Gbit/s */
#define RX_SPARE      32  /* packets that the stack may hold while the ring stays full */
#define RX_BUF_LEN    2048
#define RX_TAIL_BATCH 64 /* descriptors given back at a time */
#define TX_COUNT      64

#define RESET_US      10    /* no access so soon after a reset */
#define RESET_MAX_US  20000 /* until it is over, EEPROM read included */
#define MASTER_MAX_US 10000 /* until outstanding bus transactions are over */
#define EERD_MAX_US   5000  /* one word */
#define DRAIN_MAX_US  2000  /* the last frames of an interface that is closed */
#define POLL_US       10

struct intel_nic {
	struct netif netif;
	struct pci_device *pci;
	volatile uint8_t *regs;
	unsigned int flags; /**< INTEL_... of the id table */
	struct dma_buffer rings;
	volatile struct intel_rx_desc *rx;
	volatile struct intel_tx_desc *tx;
	struct pkt_pool *rx_pool;
	unsigned int rx_next;   /**< descriptor that the controller fills next */
	unsigned int rx_unsaid; /**< descriptors that are ready, but not yet announced */
	bool rx_skip;           /**< dropping a frame that goes on in the next descriptor */
	unsigned int tx_next;   /**< next to be filled; free running */
	unsigned int tx_clean;  /**< oldest that may be busy; free running */
	struct timer timer;
	struct pkt *rx_pkt[RX_COUNT];
	struct pkt *tx_pkt[TX_COUNT];
};

static uint32_t intel_read ( struct intel_nic *nic, unsigned int reg ) {
	return readl ( nic->regs + reg );
}

static void intel_write ( struct intel_nic *nic, unsigned int reg, uint32_t value ) {
	writel ( value, nic->regs + reg );
}

/** Wait until the bits of @c mask read as @c want. @return false: they did not in time */
static bool intel_wait ( struct intel_nic *nic, unsigned int reg, uint32_t mask, uint32_t want,
			 unsigned int max_us ) {
	unsigned int waited;

	for ( waited = 0; ( intel_read ( nic, reg ) & mask ) != want; waited += POLL_US ) {
		if ( waited >= max_us )
			return false;
		udelay ( POLL_US );
	}
	return true;
}

/** Stop everything and bring all registers to their defaults. The PHY keeps its link. */
static void intel_reset ( struct intel_nic *nic ) {
	uint32_t ctrl;

	intel_write ( nic, INTEL_IMC, 0xffffffff );
	intel_write ( nic, INTEL_RCTL, 0 );
	intel_write ( nic, INTEL_TCTL, 0 );
	ctrl = intel_read ( nic, INTEL_CTRL );
	if ( nic->flags & INTEL_PCIE ) {
		ctrl |= INTEL_CTRL_MASTER_DISABLE;
		intel_write ( nic, INTEL_CTRL, ctrl );
		intel_wait ( nic, INTEL_STATUS, INTEL_STATUS_MASTER_ENABLE, 0, MASTER_MAX_US );
	}
	intel_write ( nic, INTEL_CTRL, ctrl | INTEL_CTRL_RST );
	udelay ( RESET_US );
	intel_wait ( nic, INTEL_CTRL, INTEL_CTRL_RST, 0, RESET_MAX_US );
	intel_write ( nic, INTEL_IMC, 0xffffffff );
	intel_read ( nic, INTEL_ICR );
}

/* ---- Address ---- */

/** Read a word of the EEPROM. @return false: no answer */
static bool intel_eeprom_read ( struct intel_nic *nic, unsigned int word, uint16_t *ret_value ) {
	bool is_short = ( nic->flags & INTEL_EERD_SHORT );
	uint32_t done = ( is_short ? 0x02 : 0x10 );

	if ( nic->flags & INTEL_NO_EERD )
		return false;
	intel_write ( nic, INTEL_EERD, INTEL_EERD_START | ( word << ( is_short ? 2 : 8 ) ) );
	if ( !intel_wait ( nic, INTEL_EERD, done, done, EERD_MAX_US ) )
		return false;
	*ret_value = (uint16_t) ( intel_read ( nic, INTEL_EERD ) >> 16 );
	return true;
}

/** Address from the EEPROM, words 0 to 2. Both ports of a dual controller share it: the second
 * has the last bit inverted. @return false: none there */
static bool intel_mac_from_eeprom ( struct intel_nic *nic, uint8_t *mac ) {
	unsigned int word;
	uint16_t value;

	for ( word = 0; word < ETH_ALEN / 2; word++ ) {
		if ( !intel_eeprom_read ( nic, word, &value ) )
			return false;
		mac[2 * word] = (uint8_t) value;
		mac[2 * word + 1] = (uint8_t) ( value >> 8 );
	}
	if ( intel_read ( nic, INTEL_STATUS ) & INTEL_STATUS_PORT_1 )
		mac[5] ^= 1;
	return pci_net_mac_valid ( mac );
}

/** Address that the controller itself has loaded at reset. */
static bool intel_mac_from_regs ( struct intel_nic *nic, uint8_t *mac ) {
	uint32_t low = intel_read ( nic, INTEL_RAL0 ), high = intel_read ( nic, INTEL_RAH0 );
	unsigned int i;

	for ( i = 0; i < 4; i++ )
		mac[i] = (uint8_t) ( low >> ( 8 * i ) );
	mac[4] = (uint8_t) high;
	mac[5] = (uint8_t) ( high >> 8 );
	return pci_net_mac_valid ( mac );
}

static void intel_set_mac ( struct intel_nic *nic, const uint8_t *mac ) {
	uint32_t low = (uint32_t) mac[0] | (uint32_t) mac[1] << 8 | (uint32_t) mac[2] << 16 |
		       (uint32_t) mac[3] << 24;
	uint32_t high = (uint32_t) mac[4] | (uint32_t) mac[5] << 8;

	intel_write ( nic, INTEL_RAL0, low );
	intel_write ( nic, INTEL_RAH0, high | INTEL_RAH_AV );
}

/* ---- Link ---- */

/** Let PHY (or the controller, on fibre) and link partner agree by themselves. The link is not
 * restarted: it may be up already. */
static void intel_start_link ( struct intel_nic *nic ) {
	uint32_t ctrl = intel_read ( nic, INTEL_CTRL );

	ctrl &= ~( INTEL_CTRL_LRST | INTEL_CTRL_ILOS | INTEL_CTRL_FRCSPD | INTEL_CTRL_FRCDPLX |
		   INTEL_CTRL_VME | INTEL_CTRL_PHY_RST | INTEL_CTRL_ASDE );
	ctrl |= INTEL_CTRL_SLU;
	if ( nic->flags & INTEL_FIBRE ) {
		intel_write ( nic, INTEL_TXCW, INTEL_TXCW_ANE | INTEL_TXCW_FD );
		ctrl |= INTEL_CTRL_FD;
	} else if ( !( nic->flags & INTEL_PCIE ) ) {
		ctrl |= INTEL_CTRL_ASDE;
	}
	intel_write ( nic, INTEL_CTRL, ctrl );
}

static void intel_check_link ( struct intel_nic *nic ) {
	bool up = ( intel_read ( nic, INTEL_STATUS ) & INTEL_STATUS_LU );

	netif_link ( &nic->netif, up ? 0 : -ENOTCONN_LINK_DOWN );
}

static void intel_timer ( struct timer *timer, utime_t now ) {
	struct intel_nic *nic = container_of ( timer, struct intel_nic, timer );

	intel_check_link ( nic );
	nic->netif.rx_overruns += intel_read ( nic, INTEL_MPC );
	timer_start ( timer, now + PCI_NET_LINK_US );
}

/* ---- Receive ---- */

/** Give a descriptor, with a packet's buffer, to the controller; it is told later. */
static void intel_rx_put ( struct intel_nic *nic, unsigned int index, struct pkt *pkt ) {
	volatile struct intel_rx_desc *desc = &nic->rx[index];

	nic->rx_pkt[index] = pkt;
	desc->addr = pkt_bus ( pkt );
	desc->status = 0;
}

/** Announce the prepared descriptors. One stays empty: head equal to tail means none at all. */
static void intel_rx_tail ( struct intel_nic *nic ) {
	dma_wmb ();
	intel_write ( nic, INTEL_RDT, ( nic->rx_next - 1 ) % RX_COUNT );
	nic->rx_unsaid = 0;
}

/** Check a descriptor that is done. @return 0, or -EIO: there is no good frame in it */
static int intel_rx_check ( struct intel_nic *nic, const struct intel_rx_desc *desc,
			    const struct pkt *pkt ) {
	bool skip = nic->rx_skip;

	/* No good frame is longer than a buffer. */
	nic->rx_skip = !( desc->status & INTEL_RXD_EOP );
	if ( skip || nic->rx_skip || ( desc->errors & INTEL_RXE_FRAME ) ||
	     ( desc->len > pkt_tailroom ( pkt ) ) || ( desc->len < ETH_HLEN ) )
		return -EIO;
	return 0;
}

/** Receive one frame from descriptor @c rx_next, which is done. */
static void intel_rx_packet ( struct intel_nic *nic, struct pkt *fresh ) {
	unsigned int index = nic->rx_next;
	struct intel_rx_desc desc;
	struct pkt *pkt = nic->rx_pkt[index];
	int rc;

	/* One look: what was checked is what is used. */
	desc.len = nic->rx[index].len;
	desc.status = nic->rx[index].status;
	desc.errors = nic->rx[index].errors;
	nic->rx_next = ( index + 1 ) % RX_COUNT;
	rc = intel_rx_check ( nic, &desc, pkt );
	intel_rx_put ( nic, index, fresh );
	if ( rc != 0 ) {
		netif_rx_error ( &nic->netif, pkt, rc );
		return;
	}
	pkt_put ( pkt, desc.len );
	if ( ( desc.status & INTEL_RXD_TCPCS ) && !( desc.status & INTEL_RXD_IXSM ) &&
	     !( desc.errors & ( INTEL_RXE_TCPE | INTEL_RXE_IPE ) ) )
		pkt->flags |= PKT_CSUM_OK;
	netif_rx ( &nic->netif, pkt );
}

static unsigned int intel_poll_rx ( struct intel_nic *nic, unsigned int budget ) {
	unsigned int count;
	struct pkt *fresh;

	for ( count = 0; count < budget; count++ ) {
		if ( !( nic->rx[nic->rx_next].status & INTEL_RXD_DD ) )
			break;
		dma_rmb ();
		/* The stack holds too many: the frame waits where it is. */
		if ( ( fresh = pkt_take ( nic->rx_pool ) ) == NULL )
			break;
		intel_rx_packet ( nic, fresh );
		if ( ++nic->rx_unsaid >= RX_TAIL_BATCH )
			intel_rx_tail ( nic );
	}
	return count;
}

/** Empty the ring of frames that came while nobody wanted them; their buffers stay. */
static void intel_rx_drain ( struct intel_nic *nic ) {
	unsigned int count;

	for ( count = 0; count < RX_COUNT; count++ ) {
		if ( !( nic->rx[nic->rx_next].status & INTEL_RXD_DD ) )
			break;
		nic->rx_skip = !( nic->rx[nic->rx_next].status & INTEL_RXD_EOP );
		intel_rx_put ( nic, nic->rx_next, nic->rx_pkt[nic->rx_next] );
		nic->rx_next = ( nic->rx_next + 1 ) % RX_COUNT;
	}
	intel_rx_tail ( nic );
}

/* ---- Transmit ---- */

static void intel_tx_reap ( struct intel_nic *nic ) {
	unsigned int index;

	while ( nic->tx_clean != nic->tx_next ) {
		index = nic->tx_clean % TX_COUNT;
		if ( !( nic->tx[index].status & INTEL_TXD_DD ) )
			break;
		nic->tx_clean++;
		netif_tx_done ( &nic->netif, nic->tx_pkt[index], 0 );
	}
}

static int intel_transmit ( struct netif *netif, struct pkt *pkt ) {
	struct intel_nic *nic = netif->priv;
	volatile struct intel_tx_desc *desc;
	unsigned int index = nic->tx_next % TX_COUNT;

	/* As with receive, one descriptor always stays empty. */
	if ( nic->tx_next - nic->tx_clean >= TX_COUNT - 1 )
		intel_tx_reap ( nic );
	if ( nic->tx_next - nic->tx_clean >= TX_COUNT - 1 ) {
		netif_tx_done ( netif, pkt, -ENOBUFS );
		return -ENOBUFS;
	}
	nic->tx_pkt[index] = pkt;
	desc = &nic->tx[index];
	desc->addr = pkt_bus ( pkt );
	desc->len = (uint16_t) pkt_len ( pkt );
	desc->cso = 0;
	desc->command = INTEL_TXD_EOP | INTEL_TXD_IFCS | INTEL_TXD_RS;
	desc->status = 0;
	desc->css = 0;
	desc->special = 0;
	nic->tx_next++;
	dma_wmb ();
	intel_write ( nic, INTEL_TDT, nic->tx_next % TX_COUNT );
	return 0;
}

static unsigned int intel_poll ( struct netif *netif, unsigned int budget ) {
	struct intel_nic *nic = netif->priv;

	intel_tx_reap ( nic );
	return intel_poll_rx ( nic, budget );
}

/* ---- Open and close ---- */

static int intel_open ( struct netif *netif ) {
	struct intel_nic *nic = netif->priv;
	bus_addr_t tx_bus = nic->rings.bus + RX_COUNT * sizeof ( struct intel_rx_desc );
	bool fibre = ( nic->flags & INTEL_FIBRE );

	intel_set_mac ( nic, netif->mac );
	nic->tx_next = nic->tx_clean = 0;
	intel_write ( nic, INTEL_TDBAL, (uint32_t) tx_bus );
	intel_write ( nic, INTEL_TDBAH, (uint32_t) ( tx_bus >> 32 ) );
	intel_write ( nic, INTEL_TDLEN, TX_COUNT * sizeof ( struct intel_tx_desc ) );
	intel_write ( nic, INTEL_TDH, 0 );
	intel_write ( nic, INTEL_TDT, 0 );
	if ( nic->flags & INTEL_PCIE )
		intel_write ( nic, INTEL_TXDCTL, INTEL_TXDCTL_PCIE );
	intel_write ( nic, INTEL_TIPG, fibre ? INTEL_TIPG_FIBRE : INTEL_TIPG_COPPER );
	intel_write ( nic, INTEL_TCTL,
		      INTEL_TCTL_EN | INTEL_TCTL_PSP | INTEL_TCTL_CT | INTEL_TCTL_COLD );
	intel_rx_drain ( nic );
	intel_timer ( &nic->timer, clock_now () );
	return 0;
}

/* The receiver goes on filling buffers that are its own. */
static void intel_close ( struct netif *netif ) {
	struct intel_nic *nic = netif->priv;

	timer_stop ( &nic->timer );
	intel_wait ( nic, INTEL_TDH, 0xffff, nic->tx_next % TX_COUNT, DRAIN_MAX_US );
	intel_write ( nic, INTEL_TCTL, 0 );
	for ( ; nic->tx_clean != nic->tx_next; nic->tx_clean++ )
		pkt_free ( nic->tx_pkt[nic->tx_clean % TX_COUNT] );
}

static const struct netif_ops intel_ops = {
	.open = intel_open,
	.close = intel_close,
	.transmit = intel_transmit,
	.poll = intel_poll,
};

/* ---- Bus ---- */

/** Rings and receive buffers. @return 0 or -ENOMEM */
static int intel_alloc ( struct intel_nic *nic ) {
	size_t rx_len = RX_COUNT * sizeof ( struct intel_rx_desc );
	size_t tx_len = TX_COUNT * sizeof ( struct intel_tx_desc );
	struct pkt *pkt;
	unsigned int i;
	int rc;

	if ( ( rc = dma_alloc ( &nic->pci->dma, rx_len + tx_len, &nic->rings ) ) != 0 )
		return rc;
	memset ( nic->rings.mem, 0, rx_len + tx_len );
	nic->rx = nic->rings.mem;
	nic->tx = (void *) ( (uint8_t *) nic->rings.mem + rx_len );
	nic->rx_pool = pkt_pool_new ( &nic->pci->dma, RX_COUNT + RX_SPARE, RX_BUF_LEN );
	if ( !nic->rx_pool )
		return -ENOMEM;
	for ( i = 0; i < RX_COUNT; i++ ) {
		if ( ( pkt = pkt_take ( nic->rx_pool ) ) == NULL )
			return -ENOMEM;
		intel_rx_put ( nic, i, pkt );
	}
	return 0;
}

/** The controller has been reset. */
static void intel_free ( struct intel_nic *nic ) {
	unsigned int i;

	for ( i = 0; i < RX_COUNT; i++ )
		pkt_free ( nic->rx_pkt[i] );
	pkt_pool_free ( nic->rx_pool );
	dma_free ( &nic->pci->dma, &nic->rings );
	free ( nic );
}

/** Start receiving; once, unless somebody else has had the controller meanwhile. */
static void intel_start_rx ( struct intel_nic *nic ) {
	intel_write ( nic, INTEL_RDBAL, (uint32_t) nic->rings.bus );
	intel_write ( nic, INTEL_RDBAH, (uint32_t) ( nic->rings.bus >> 32 ) );
	intel_write ( nic, INTEL_RDLEN, RX_COUNT * sizeof ( struct intel_rx_desc ) );
	intel_write ( nic, INTEL_RDH, 0 );
	intel_write ( nic, INTEL_RDT, 0 );
	intel_write ( nic, INTEL_RDTR, 0 );
	intel_write ( nic, INTEL_RXCSUM, INTEL_RXCSUM_IPOFL | INTEL_RXCSUM_TUOFL );
	if ( nic->flags & INTEL_PCIE )
		intel_write ( nic, INTEL_RFCTL, 0 );
	intel_write ( nic, INTEL_RCTL,
		      INTEL_RCTL_EN | INTEL_RCTL_BAM | INTEL_RCTL_MPE | INTEL_RCTL_SECRC );
	intel_rx_tail ( nic );
}

static void intel_start ( struct intel_nic *nic ) {
	uint32_t ctrl_ext;

	intel_reset ( nic );
	intel_start_rx ( nic );
	intel_start_link ( nic );
	if ( nic->flags & INTEL_PCIE ) {
		ctrl_ext = intel_read ( nic, INTEL_CTRL_EXT );
		intel_write ( nic, INTEL_CTRL_EXT, ctrl_ext | INTEL_CTRL_EXT_DRV_LOAD );
	}
}

/** Leave the controller as a driver after us wants to find it. */
static void intel_stop ( struct intel_nic *nic ) {
	uint32_t ctrl_ext;

	if ( nic->flags & INTEL_PCIE ) {
		ctrl_ext = intel_read ( nic, INTEL_CTRL_EXT );
		intel_write ( nic, INTEL_CTRL_EXT, ctrl_ext & ~INTEL_CTRL_EXT_DRV_LOAD );
	}
	intel_reset ( nic );
	intel_set_mac ( nic, nic->netif.hw_addr );
}

int intel_probe ( struct pci_device *pci, const struct pci_id *id ) {
	struct intel_nic *nic;
	uint64_t bar;
	bool is_io;
	int rc;

	bar = pci_bar ( pci, 0, &is_io );
	if ( !bar || is_io )
		return FAIL ( ENODEV, "the BIOS has assigned it no memory" );
	if ( ( nic = zalloc ( sizeof ( *nic ) ) ) == NULL )
		return -ENOMEM;
	nic->pci = pci;
	nic->flags = (unsigned int) id->data;
	timer_init ( &nic->timer, intel_timer );
	nic->netif.ops = &intel_ops;
	nic->netif.priv = nic;
	nic->netif.rx_csum = true;
	pci_net_init ( &nic->netif, pci, id->name );
	pci_enable ( pci );
	rc = -ENODEV;
	if ( ( nic->regs = pci_map ( pci, bar, INTEL_REGS_LEN ) ) == NULL )
		goto fail;
	if ( ( rc = intel_alloc ( nic ) ) != 0 )
		goto fail;
	intel_start ( nic );
	rc = -EIO;
	if ( !intel_mac_from_eeprom ( nic, nic->netif.hw_addr ) &&
	     !intel_mac_from_regs ( nic, nic->netif.hw_addr ) )
		goto fail_started;
	memcpy ( nic->netif.mac, nic->netif.hw_addr, ETH_ALEN );
	if ( ( rc = netif_register ( &nic->netif ) ) != 0 )
		goto fail_started;
	pci->priv = nic;
	intel_check_link ( nic );
	return 0;

fail_started:
	intel_reset ( nic );
fail:
	intel_free ( nic );
	return rc;
}

void intel_remove ( struct pci_device *pci ) {
	struct intel_nic *nic = pci->priv;

	netif_unregister ( &nic->netif );
	intel_stop ( nic );
	intel_free ( nic );
}

void intel_suspend ( struct pci_device *pci ) {
	intel_stop ( pci->priv );
}

void intel_resume ( struct pci_device *pci ) {
	struct intel_nic *nic = pci->priv;
	unsigned int i;

	for ( i = 0; i < RX_COUNT; i++ )
		intel_rx_put ( nic, i, nic->rx_pkt[i] );
	nic->rx_next = 0;
	nic->rx_skip = false;
	intel_start ( nic );
}
