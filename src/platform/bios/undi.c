/** @file
 * NIC driver over the UNDI API of the PXE ROM that loaded us ("Preboot Execution Environment (PXE)
 * Specification" 2.1, chapter 4.3), for images whose stub leaves UNDI in memory (.kpxe, .kkpxe): for its
 * NIC, if no other driver has taken that. What keeps all of the ROM keeps its NIC for it (pci.c).
 *
 * The API is called in real mode and polled: its interrupt stays masked, and the service routine
 * (PXENV_UNDI_ISR) is asked once a turn of the root loop. Parameters and the frame being sent lie in
 * one page of base memory below the low block, which nobody else uses.
 */
#include <stdio.h>
#include <string.h>
#include "bus/pci.h"
#include "core/console.h"
#include "core/init.h"
#include "core/log.h"
#include "core/memory.h"
#include "net/ether.h"
#include "net/netif.h"
#include "platform/bios/bios.h"

/* API functions. */
#define UNDI_STARTUP             0x0001
#define UNDI_INITIALIZE          0x0003
#define UNDI_SHUTDOWN            0x0005
#define UNDI_OPEN                0x0006
#define UNDI_CLOSE               0x0007
#define UNDI_TRANSMIT            0x0008
#define UNDI_SET_STATION_ADDRESS 0x000a
#define UNDI_GET_INFORMATION     0x000c
#define UNDI_GET_NIC_TYPE        0x0012
#define UNDI_ISR                 0x0014
#define UNDI_STOP                0x0015

/* PXENV_UNDI_OPEN: packet filter. */
#define FILTER_DIRECTED  0x0001
#define FILTER_BROADCAST 0x0002
#define FILTER_MULTICAST 0x0004

/* PXENV_UNDI_ISR: FuncFlag, in and out. */
#define ISR_START        1
#define ISR_PROCESS      2
#define ISR_GET_NEXT     3
#define ISR_OUT_OURS     0
#define ISR_OUT_DONE     0
#define ISR_OUT_TRANSMIT 2
#define ISR_OUT_RECEIVE  3

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define NIC_PCI      2
#define BUS_TYPE_PCI 1
#define HW_ETHERNET  1

#define RX_COUNT 64
#define TX_QUEUE 32
/** A transmission that the ROM has not reported by then is over anyway. */
#define TX_TIMEOUT_US 100000
/** Answers of one ISR sequence: frames in pieces, ends of transmissions. */
#define ISR_STEPS_MAX 256

/** Page of base memory. */
#define AREA_SIZE  4096
#define AREA_TBD   256
#define AREA_FRAME 512
#define FRAME_MAX  1600

static struct netif netif;
static struct pkt_pool *rx_pool;
static struct list tx_queue;
static unsigned int tx_queued;
static struct pkt *tx_pkt; /**< what the ROM is sending */
static utime_t tx_deadline;
static bool in_isr;

static struct pkt *rx_pkt;         /**< frame that comes in pieces, or NULL: dropped */
static unsigned int rx_frame_left; /**< bytes to come */
static unsigned int irq;
static bool irq_was_open;
static int gone;                 /**< why the ROM does not work any more after a program, or 0 */
static struct pci_device device; /**< where the NIC is, if it is a PCI device */

static uint32_t area_addr ( void ) {
	return boot_info.low->base - AREA_SIZE;
}

static uint8_t *area ( void ) {
	return (uint8_t *) (uintptr_t) area_addr ();
}

static uint16_t get16 ( unsigned int offset ) {
	return (uint16_t) ( area ()[offset] | area ()[offset + 1] << 8 );
}

static void put16 ( unsigned int offset, unsigned int value ) {
	area ()[offset] = (uint8_t) value;
	area ()[offset + 1] = (uint8_t) ( value >> 8 );
}

static void put_far ( unsigned int offset, unsigned int target ) {
	put16 ( offset, target );
	put16 ( offset + 2, area_addr () >> 4 );
}

/** An empty parameter block. */
static void clear ( void ) {
	memset ( area (), 0, AREA_TBD );
}

/** Call with the parameter block as it is. @return 0 or -EIO with the ROM's status */
static int call ( unsigned int opcode ) {
	struct bios_regs regs = { .ebx = opcode,
				  .ecx = boot_info.undi_api >> 16,
				  .edx = boot_info.undi_api & 0xffff,
				  .es = (uint16_t) ( area_addr () >> 4 ) };

	bios_call_far ( low_helper ( boot_info.pxe_call ), &regs );
	if ( ( ( regs.eax & 0xffff ) == 0 ) && ( get16 ( 0 ) == 0 ) )
		return 0;
	LOG ( ( opcode == UNDI_ISR ) ? LOG_PACKET : LOG_DETAIL,
	      "function 0x%02x failed with status 0x%02x", opcode, get16 ( 0 ) );
	return FAIL ( EIO, "UNDI function 0x%02x failed with status 0x%02x", opcode, get16 ( 0 ) );
}

static int call_plain ( unsigned int opcode ) {
	clear ();
	return call ( opcode );
}

/* ---- Transmit ---- */

/** Hand the next frame to the ROM, unless one is on its way. PXENV_UNDI_TRANSMIT: status, protocol
 * (0: the frame has its header), flags, destination, transmit buffer descriptor. The latter: length
 * of the immediate data, where it is, number of further blocks. */
static void send_next ( void ) {
	struct pkt *pkt;
	int rc;

	while ( !tx_pkt && !in_isr && tx_queued ) {
		pkt = list_first ( &tx_queue, struct pkt, list );
		list_del ( &pkt->list );
		tx_queued--;
		memset ( area (), 0, AREA_FRAME );
		memcpy ( area () + AREA_FRAME, pkt->data, pkt_len ( pkt ) );
		put_far ( 4, AREA_FRAME );
		put_far ( 8, AREA_TBD );
		put16 ( AREA_TBD, (unsigned int) pkt_len ( pkt ) );
		put_far ( AREA_TBD + 2, AREA_FRAME );
		if ( ( rc = call ( UNDI_TRANSMIT ) ) != 0 ) {
			netif_tx_done ( &netif, pkt, rc );
			continue;
		}
		tx_pkt = pkt;
		tx_deadline = clock_now () + TX_TIMEOUT_US;
	}
}

static void sent ( void ) {
	if ( tx_pkt )
		netif_tx_done ( &netif, tx_pkt, 0 );
	tx_pkt = NULL;
}

static int undi_transmit ( struct netif *dev, struct pkt *pkt ) {
	int rc = ( pkt_len ( pkt ) > FRAME_MAX ) ? -EIO : ( tx_queued >= TX_QUEUE ) ? -ENOBUFS : 0;

	if ( rc != 0 ) {
		netif_tx_done ( dev, pkt, rc );
		return rc;
	}
	list_add_tail ( &pkt->list, &tx_queue );
	tx_queued++;
	send_next ();
	return 0;
}

/* ---- Receive ---- */

/**
 * Take a piece of a frame. PXENV_UNDI_ISR: status, FuncFlag, bytes here, bytes of the whole frame,
 * of its header, where they are.
 * @return frames completed
 */
static unsigned int receive ( void ) {
	unsigned int len = get16 ( 4 ), frame_len = get16 ( 6 );
	uint32_t from = ( (uint32_t) get16 ( 12 ) << 4 ) + get16 ( 10 );
	const void *piece = (const void *) low_memory ( from );
	uint8_t *to;

	if ( rx_frame_left == 0 ) {
		rx_frame_left = frame_len;
		rx_pkt = pkt_take ( rx_pool );
		if ( !rx_pkt )
			netif.rx_overruns++;
	}
	len = MIN ( len, rx_frame_left );
	rx_frame_left = len ? rx_frame_left - len : 0;
	to = rx_pkt ? pkt_put ( rx_pkt, len ) : NULL;
	if ( to ) {
		memcpy ( to, piece, len );
	} else {
		pkt_free ( rx_pkt ); /* longer than any frame of ours */
		rx_pkt = NULL;
	}
	if ( ( rx_frame_left != 0 ) || !rx_pkt )
		return 0;
	netif_rx ( &netif, rx_pkt );
	rx_pkt = NULL;
	return 1;
}

/** One call of the ISR. @return FuncFlag, or -1 */
static int isr ( unsigned int what ) {
	clear ();
	put16 ( 2, what );
	return ( call ( UNDI_ISR ) == 0 ) ? get16 ( 2 ) : -1;
}

/** The sequence begins with START and has to be followed to DONE, or the NIC stays silent. */
static unsigned int undi_poll ( struct netif *dev __unused, unsigned int budget __unused ) {
	unsigned int received = 0, steps;
	int out;

	if ( isr ( ISR_START ) == ISR_OUT_OURS ) {
		in_isr = true;
		out = isr ( ISR_PROCESS );
		for ( steps = 0; ( out > ISR_OUT_DONE ) && ( steps < ISR_STEPS_MAX ); steps++ ) {
			if ( out == ISR_OUT_TRANSMIT )
				sent ();
			else if ( out == ISR_OUT_RECEIVE )
				received += receive ();
			else
				break; /* busy */
			out = isr ( ISR_GET_NEXT );
		}
		in_isr = false;
	}
	if ( tx_pkt && ( clock_now () >= tx_deadline ) )
		sent ();
	send_next ();
	return received;
}

/* ---- Opening and closing ---- */

static int open_nic ( void ) {
	clear ();
	put16 ( 4, FILTER_DIRECTED | FILTER_BROADCAST | FILTER_MULTICAST );
	return call ( UNDI_OPEN );
}

static int undi_open ( struct netif *dev ) {
	int rc;

	if ( ( rx_pool = pkt_pool_new ( NULL, RX_COUNT, PKT_BUF_LEN ) ) == NULL )
		return -ENOMEM;
	list_init ( &tx_queue );
	rx_frame_left = 0;
	if ( memcmp ( dev->mac, dev->hw_addr, ETH_ALEN ) != 0 ) {
		clear ();
		memcpy ( area () + 2, dev->mac, ETH_ALEN );
		if ( ( rc = call ( UNDI_SET_STATION_ADDRESS ) ) != 0 )
			goto fail;
	}
	if ( ( rc = open_nic () ) != 0 )
		goto fail;
	irq_was_open |= bios_irq_mask ( irq );
	netif_link ( dev, 0 ); /* UNDI does not tell */
	return 0;

fail:
	pkt_pool_free ( rx_pool );
	rx_pool = NULL;
	return rc;
}

static void undi_close ( struct netif *dev ) {
	struct pkt *pkt, *next;

	call_plain ( UNDI_CLOSE );
	if ( tx_pkt )
		netif_tx_done ( dev, tx_pkt, -ECANCELED );
	tx_pkt = NULL;
	list_for_each_safe ( pkt, next, &tx_queue, list ) {
		list_del ( &pkt->list );
		netif_tx_done ( dev, pkt, -ECANCELED );
	}
	tx_queued = 0;
	pkt_free ( rx_pkt );
	rx_pkt = NULL;
	pkt_pool_free ( rx_pool );
	rx_pool = NULL;
}

static const struct netif_ops undi_ops = {
	.open = undi_open,
	.close = undi_close,
	.transmit = undi_transmit,
	.poll = undi_poll,
};

/** PXENV_UNDI_GET_NIC_TYPE: status, type, vendor, device, class (3), revision, bus and function. */
static void identify_bus ( void ) {
	unsigned int busdevfn;

	netif.bus_type = "ISA";
	if ( ( call_plain ( UNDI_GET_NIC_TYPE ) != 0 ) || ( area ()[2] != NIC_PCI ) )
		return;
	busdevfn = get16 ( 11 );
	device.bus = busdevfn >> 8;
	device.dev = ( busdevfn >> 3 ) & 0x1f;
	device.fn = busdevfn & 7;
	netif.bus_type = "PCI";
	netif.bus_loc = busdevfn;
	netif.bus_id[0] = BUS_TYPE_PCI;
	netif.bus_id[1] = area ()[4];
	netif.bus_id[2] = area ()[3];
	netif.bus_id[3] = area ()[6];
	netif.bus_id[4] = area ()[5];
	snprintf ( netif.location, sizeof ( netif.location ), "0000:%02x:%02x.%x", device.bus,
		   device.dev, device.fn );
}

/** PXENV_UNDI_GET_INFORMATION: status, base port, IRQ, MTU, hardware type, address length, current
 * address (16 bytes), permanent address (16 bytes). */
static int identify ( void ) {
	int rc;

	if ( ( rc = call_plain ( UNDI_GET_INFORMATION ) ) != 0 )
		return rc;
	if ( ( get16 ( 8 ) != HW_ETHERNET ) || ( get16 ( 10 ) != ETH_ALEN ) )
		return FAIL ( ENOTSUP, "the PXE ROM's NIC is not Ethernet" );
	irq = get16 ( 4 );
	LOG ( LOG_EVENT, "entry point %04x:%04x, %s %s, I/O port 0x%x, IRQ %u",
	      boot_info.undi_api >> 16, boot_info.undi_api & 0xffff, netif.bus_type, netif.location,
	      get16 ( 2 ), irq );
	memcpy ( netif.hw_addr, area () + 28, ETH_ALEN );
	return 0;
}

/** Has a driver of ours taken the NIC? PCI devices are probed before this (link order). */
static bool is_taken ( void ) {
	struct netif *other = NULL;

	while ( ( other = netif_next ( other ) ) != NULL ) {
		if ( ( other->bus_loc == netif.bus_loc ) &&
		     ( strcmp ( other->bus_type, netif.bus_type ) == 0 ) )
			return true;
	}
	return false;
}

/** From any state to "initialized"; what there is nothing to do for fails. */
static void start ( void ) {
	call_plain ( UNDI_STARTUP );
	call_plain ( UNDI_INITIALIZE );
}

static void undi_init ( void ) {
	int rc;

	if ( boot_info.undi_api == 0 )
		return;
	identify_bus ();
	if ( is_taken () ) {
		LOG ( LOG_EVENT, "%s has a driver of ours", netif.location );
		return;
	}
	netif.ops = &undi_ops;
	netif.chip = "undionly";
	netif.mtu = 1500;
	list_init ( &tx_queue );
	start ();
	if ( ( ( rc = identify () ) != 0 ) || ( ( rc = netif_register ( &netif ) ) != 0 ) ) {
		netif.ops = NULL;
		error_report ( rc, "Could not use the PXE ROM's NIC" );
	}
}

/** May the NIC access memory? A driver of ours that had it has told it not to, too. */
static void let_dma ( bool may ) {
	uint16_t command;

	if ( strcmp ( netif.bus_type, "PCI" ) != 0 )
		return;
	command = pci_read16 ( &device, PCI_COMMAND ) & ~PCI_COMMAND_MASTER;
	pci_write16 ( &device, PCI_COMMAND, command | ( may ? PCI_COMMAND_MASTER : 0 ) );
}

/** What is booted next drives the NIC by itself. Not every ROM stops it for good: without the bus master bit
 * it cannot write to memory. */
static void undi_shutdown ( void ) {
	if ( netif.ops == NULL )
		return;
	netif_unregister ( &netif );
	netif.ops = NULL;
	call_plain ( UNDI_SHUTDOWN );
	if ( boot_info.pxe_stack == 0 )
		call_plain ( UNDI_STOP );
	let_dma ( false );
}

/** Let the interrupt through again, if it was. */
static void restore_irq ( void ) {
	if ( irq_was_open )
		bios_irq_unmask ( irq );
}

/* Initialised, not open: whoever wants the NIC opens it. The base code of QEMU's ROM does that itself, and is deaf if
 * it was open already. */
void undi_give ( void ) {
	if ( boot_info.undi_api == 0 )
		return;
	let_dma ( true );
	start ();
	restore_irq ();
}

/* The program may have left it in any state, or told it to unload. */
void undi_take ( void ) {
	if ( boot_info.undi_api == 0 )
		return;
	start ();
	gone = open_nic ();
	if ( gone == 0 )
		gone = call_plain ( UNDI_CLOSE );
	if ( gone != 0 )
		boot_info.undi_api = boot_info.pxe_stack = boot_info.pxe = boot_info.pxenv = 0;
}

/** The consoles are back: say what undi_take() has found. */
static void undi_resume ( void ) {
	if ( gone == 0 )
		return;
	con_printf ( "The PXE ROM does not answer any more: %s\n", error_text ( gone ) );
	gone = 0;
	if ( netif.ops )
		netif_unregister ( &netif );
	netif.ops = NULL;
}

/** The ROM finds its NIC receiving, as it left it. */
void undi_return ( int rc ) {
	struct bios_regs regs = { .eax = ( rc == 0 ) ? EXIT_SUCCESS : EXIT_FAILURE,
				  .ecx = boot_info.pxe_stack >> 16,
				  .edx = boot_info.pxe_stack & 0xffff };

	if ( boot_info.pxe_stack == 0 )
		return;
	let_dma ( true );
	start ();
	open_nic ();
	restore_irq ();
	bios_call_far ( low_helper ( boot_info.pxe_return ), &regs );
}

static const struct init_fn undi_init_fn = {
	.phase = INIT_DEVICES,
	.name = "UNDI",
	.startup = undi_init,
	.shutdown = undi_shutdown,
	.resume = undi_resume,
};
INIT_FN ( undi_init_fn );
