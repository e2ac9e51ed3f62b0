/** @file
 * A PCI bus with one made-up device, for driver tests. A test includes this first and then the
 * driver's sources: registers are answered by a model (struct fake_device), DMA memory has bus
 * addresses that are not pointers, received packets are kept instead of being parsed, and each
 * register access takes a microsecond.
 */
#ifndef FAKE_PCI_H
#define FAKE_PCI_H

#include <stdlib.h>
#include "lib/test.h"
#include "bus/pci.h"
#include "core/clock.h"
#include "core/memory.h"
#include "core/platform.h"
#include "core/timer.h"
#include "net/netif.h"
#include "platform/host/host.h"

/* ---- Registers ---- */

struct fake_device {
	uint32_t ( *read ) ( unsigned int reg, unsigned int width );
	void ( *write ) ( unsigned int reg, unsigned int width, uint32_t value );
};
static const struct fake_device *fake_device;

/** Memory BARs are here as far as the driver can tell; nobody stores anything in it. */
static uint8_t fake_window[0x20000];
#define FAKE_IO_BASE  0xc000
#define FAKE_MEM_BASE 0xfe000000ULL

static unsigned int fake_reads, fake_writes;

static uint32_t fake_read ( uintptr_t reg, unsigned int width ) {
	fake_reads++;
	host_clock_advance ( 1 );
	assert_true ( reg + width <= sizeof ( fake_window ) );
	return fake_device->read ( (unsigned int) reg, width );
}

static void fake_write ( uintptr_t reg, unsigned int width, uint32_t value ) {
	fake_writes++;
	host_clock_advance ( 1 );
	assert_true ( reg + width <= sizeof ( fake_window ) );
	fake_device->write ( (unsigned int) reg, width, value );
}

#define ARCH_IO_H
#define FAKE_MEM( addr )      ( (uintptr_t) ( addr ) - (uintptr_t) fake_window )
#define inb( port )           ( (uint8_t) fake_read ( (port) -FAKE_IO_BASE, 1 ) )
#define inw( port )           ( (uint16_t) fake_read ( (port) -FAKE_IO_BASE, 2 ) )
#define inl( port )           fake_read ( (port) -FAKE_IO_BASE, 4 )
#define outb( port, value )   fake_write ( (port) -FAKE_IO_BASE, 1, value )
#define outw( port, value )   fake_write ( (port) -FAKE_IO_BASE, 2, value )
#define outl( port, value )   fake_write ( (port) -FAKE_IO_BASE, 4, value )
#define readb( addr )         ( (uint8_t) fake_read ( FAKE_MEM ( addr ), 1 ) )
#define readw( addr )         ( (uint16_t) fake_read ( FAKE_MEM ( addr ), 2 ) )
#define readl( addr )         fake_read ( FAKE_MEM ( addr ), 4 )
#define writeb( value, addr ) fake_write ( FAKE_MEM ( addr ), 1, value )
#define writew( value, addr ) fake_write ( FAKE_MEM ( addr ), 2, value )
#define writel( value, addr ) fake_write ( FAKE_MEM ( addr ), 4, value )
#define cpu_pause()           host_clock_advance ( 1 )
#define udelay( us )          host_clock_advance ( us )

/* ---- Config space ---- */

static uint8_t fake_config[256];

uint32_t platform_pci_read ( struct pci_device *pci, unsigned int offset, unsigned int width ) {
	uint32_t value = 0xffffffff;

	if ( offset + width <= sizeof ( fake_config ) )
		memcpy ( &value, &fake_config[offset], width );
	return value;
}

void platform_pci_write ( struct pci_device *pci, unsigned int offset, unsigned int width,
			  uint32_t value ) {
	memcpy ( &fake_config[offset], &value, width );
}

volatile void *platform_pci_map ( struct pci_device *pci, uint64_t addr, size_t len ) {
	assert_true ( addr >= FAKE_MEM_BASE );
	assert_true ( addr - FAKE_MEM_BASE + len <= sizeof ( fake_window ) );
	return &fake_window[addr - FAKE_MEM_BASE];
}

static void fake_config32 ( unsigned int offset, uint32_t value ) {
	memcpy ( &fake_config[offset], &value, 4 );
}

static uint16_t fake_command ( void ) {
	return (uint16_t) platform_pci_read ( NULL, PCI_COMMAND, 2 );
}

/* ---- DMA: an arena whose bus addresses start at 1 MiB ---- */

#define FAKE_DMA_LEN  ( 16U << 20 )
#define FAKE_DMA_BASE 0x100000U
static uint8_t *fake_dma_arena;
static uint8_t *fake_dma_valid; /**< by page: allocated */
static unsigned int fake_dma_out;
static unsigned int fake_dma_fail; /**< this allocation from now fails; 0: none */

static void *fake_dma_alloc ( struct dma_device *dma, size_t len, bus_addr_t *ret_bus,
			      void **ret_cookie ) {
	size_t pages = ( len + 4095 ) / 4096, at, run = 0;

	if ( fake_dma_fail && ( --fake_dma_fail == 0 ) )
		return NULL;
	for ( at = 0; at < FAKE_DMA_LEN / 4096; at++ ) {
		run = fake_dma_valid[at] ? 0 : run + 1;
		if ( run == pages )
			break;
	}
	if ( run < pages )
		return NULL;
	at -= pages - 1;
	memset ( fake_dma_valid + at, 1, pages );
	memset ( fake_dma_arena + at * 4096, 0, pages * 4096 );
	fake_dma_out++;
	*ret_bus = FAKE_DMA_BASE + at * 4096;
	*ret_cookie = NULL;
	return fake_dma_arena + at * 4096;
}

static void fake_dma_free ( struct dma_device *dma, void *mem, size_t len, void *cookie ) {
	memset ( fake_dma_valid + ( (uint8_t *) mem - fake_dma_arena ) / 4096, 0,
		 ( len + 4095 ) / 4096 );
	fake_dma_out--;
}

static const struct dma_ops fake_dma_ops = { .alloc = fake_dma_alloc, .free = fake_dma_free };

/** What the device finds at a bus address; fails the test if the driver has not allocated it. */
static void *fake_bus ( bus_addr_t bus, size_t len ) {
	size_t page;

	assert_true ( ( bus >= FAKE_DMA_BASE ) && ( bus + len <= FAKE_DMA_BASE + FAKE_DMA_LEN ) );
	for ( page = ( bus - FAKE_DMA_BASE ) / 4096;
	      len && ( page <= ( bus + len - 1 - FAKE_DMA_BASE ) / 4096 ); page++ )
		assert_true ( fake_dma_valid[page] );
	return fake_dma_arena + ( bus - FAKE_DMA_BASE );
}

/* ---- Received packets ---- */

#define FAKE_RX_MAX 512
static struct pkt *fake_rx[FAKE_RX_MAX];
static unsigned int fake_rx_count;

static void fake_netif_rx ( struct netif *netif, struct pkt *pkt ) {
	assert_true ( fake_rx_count < FAKE_RX_MAX );
	fake_rx[fake_rx_count++] = pkt;
}
#define netif_rx fake_netif_rx

static void fake_rx_free ( void ) {
	while ( fake_rx_count )
		pkt_free ( fake_rx[--fake_rx_count] );
}

/** The clock moves a little whenever somebody looks, so that no wait is for ever. */
static utime_t fake_clock_now ( void ) {
	host_clock_advance ( 1 );
	return platform_now ();
}
#define clock_now fake_clock_now

/* ---- Life ---- */

/** A fresh bus; BARs and ids are the test's. */
static struct pci_device *fake_pci_new ( const struct fake_device *device, uint16_t pci_device ) {
	struct pci_device *pci = zalloc ( sizeof ( *pci ) );

	host_clock_virtual ( 1000000 );
	fake_device = device;
	fake_reads = fake_writes = 0;
	fake_dma_out = 0;
	fake_rx_count = 0;
	if ( !fake_dma_arena ) {
		fake_dma_arena = pages_alloc ( FAKE_DMA_LEN, 0 );
		fake_dma_valid = calloc ( 1, FAKE_DMA_LEN / 4096 );
	}
	pci->device = pci_device;
	pci->bus = 1;
	pci->dev = 2;
	pci->fn = 3;
	pci->dma.ops = &fake_dma_ops;
	return pci;
}

/** A frame to the broadcast address whose bytes tell its number. */
static void fake_frame ( uint8_t *frame, size_t len, unsigned int seed ) {
	size_t i;

	for ( i = 0; i < len; i++ )
		frame[i] = (uint8_t) ( i * 7 + seed * 13 + ( i >> 8 ) );
	memset ( frame, 0xff, 6 );
}

static void assert_frame ( const struct pkt *pkt, size_t len, unsigned int seed ) {
	uint8_t *frame = malloc ( len );

	fake_frame ( frame, len, seed );
	assert_int_equal ( pkt_len ( pkt ), len );
	assert_memory_equal ( pkt->data, frame, len );
	free ( frame );
}

/** A packet to be sent, from the interface's pool. */
static struct pkt *fake_tx_pkt ( struct netif *netif, size_t len, unsigned int seed ) {
	struct pkt *pkt = pkt_new ( netif );

	assert_non_null ( pkt );
	fake_frame ( pkt_put ( pkt, len ), len, seed );
	return pkt;
}

#endif /* FAKE_PCI_H */
