/** @file
 * PCI on BIOS: configuration mechanism 1 (PCI Local Bus Specification 3.0 §3.2.2.3.2), a scan of all
 * buses, and DMA memory, which is plain memory: bus addresses are physical addresses.
 */
#include <stdlib.h>
#include <string.h>
#include "bus/pci.h"
#include "core/error.h"
#include "core/memory.h"
#include "platform/bios/bios.h"
#include "arch/x86_64/io.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  0x80000000U
#define CONFIG_LEN     256

#define PCI_ID              0x00
#define PCI_HEADER_TYPE     0x0e
#define HEADER_MULTI        0x80
#define HEADER_BRIDGE       0x01
#define HEADER_CARDBUS      0x02
#define PCI_SUBORDINATE_BUS 0x1a

/** INT 1Ah: PCI BIOS present? CL = last bus (PCI BIOS Specification 2.1 §4.2.3). */
#define PCI_BIOS_PRESENT 0xb101
#define PCI_SIGNATURE    0x20494350

static void select_register ( uint32_t busdevfn, unsigned int offset ) {
	outl ( CONFIG_ADDRESS, CONFIG_ENABLE | busdevfn << 8 | ( offset & 0xfc ) );
}

uint32_t platform_pci_read ( struct pci_device *pci, unsigned int offset, unsigned int width ) {
	if ( offset + width > CONFIG_LEN )
		return 0xffffffff;
	select_register ( PCI_BUSDEVFN ( pci ), offset );
	switch ( width ) {
	case 1:
		return inb ( CONFIG_DATA + ( offset & 3 ) );
	case 2:
		return inw ( CONFIG_DATA + ( offset & 2 ) );
	default:
		return inl ( CONFIG_DATA );
	}
}

void platform_pci_write ( struct pci_device *pci, unsigned int offset, unsigned int width,
			  uint32_t value ) {
	if ( offset + width > CONFIG_LEN )
		return;
	select_register ( PCI_BUSDEVFN ( pci ), offset );
	switch ( width ) {
	case 1:
		outb ( CONFIG_DATA + ( offset & 3 ), value );
		break;
	case 2:
		outw ( CONFIG_DATA + ( offset & 2 ), value );
		break;
	default:
		outl ( CONFIG_DATA, value );
		break;
	}
}

/** Last bus by the BIOS: there may be host bridges that no bridge leads to. */
static unsigned int last_bus ( void ) {
	struct bios_regs regs = { .eax = PCI_BIOS_PRESENT };

	bios_call ( 0x1a, &regs );
	if ( ( regs.eflags & EFLAGS_CF ) || ( regs.edx != PCI_SIGNATURE ) )
		return 0;
	return regs.ecx & 0xff;
}

/** Look at one function. @return its header type, or -1 if there is none */
static int scan_function ( struct pci_device *probe, unsigned int *ret_last_bus ) {
	struct pci_device *pci;
	unsigned int header, subordinate;
	uint32_t id = platform_pci_read ( probe, PCI_ID, 4 );

	if ( ( id == 0xffffffff ) || ( id == 0 ) )
		return -1;
	header = platform_pci_read ( probe, PCI_HEADER_TYPE, 1 );
	if ( ( ( header & 0x7f ) == HEADER_BRIDGE ) || ( ( header & 0x7f ) == HEADER_CARDBUS ) ) {
		subordinate = platform_pci_read ( probe, PCI_SUBORDINATE_BUS, 1 );
		*ret_last_bus = MAX ( *ret_last_bus, subordinate );
	}
	if ( ( pci = malloc ( sizeof ( *pci ) ) ) != NULL ) {
		*pci = *probe;
		pci_add ( pci );
	}
	return header;
}

void platform_pci_scan ( void ) {
	struct pci_device probe = { .dma = { .ops = &platform_dma_ops } };
	unsigned int bus, dev, fn, last = last_bus ();
	int header;

	/* A bridge's buses have higher numbers than its own, so one pass sees them all, in order. */
	for ( bus = 0; bus <= last; bus++ ) {
		for ( dev = 0; dev < 32; dev++ ) {
			for ( fn = 0; fn < 8; fn++ ) {
				probe.bus = bus;
				probe.dev = dev;
				probe.fn = fn;
				header = scan_function ( &probe, &last );
				/* Function 0 is always there and says if there are others. */
				if ( ( fn == 0 ) &&
				     ( ( header < 0 ) || !( header & HEADER_MULTI ) ) )
					break;
			}
		}
	}
}

/* A PXE ROM that stays, and that we shall return to, keeps its NIC: it may not expect to find it in
 * another state than it left it in. */
int platform_pci_claim ( struct pci_device *pci ) {
	bool is_kept = boot_info.pxe_stack &&
		       ( boot_info.undi_device == ( BOOT_DEVICE_PCI | PCI_BUSDEVFN ( pci ) ) );

	return is_kept ? -EBUSY : 0;
}

void platform_pci_release ( struct pci_device *pci __unused ) {
}

static void *dma_pages_alloc ( struct dma_device *dma, size_t len, bus_addr_t *ret_bus,
			       void **ret_cookie ) {
	uint64_t mask = dma ? dma->mask : UINT64_MAX;
	void *mem = pages_alloc ( len, 0 );

	/* Memory comes from below 4 GiB; a device that reaches less is older than 64-bit machines. */
	if ( mem && ( (uintptr_t) mem + len - 1 > mask ) ) {
		pages_free ( mem, len );
		return NULL;
	}
	if ( mem == NULL )
		return NULL;
	memset ( mem, 0, len );
	*ret_bus = (uintptr_t) mem;
	*ret_cookie = NULL;
	return mem;
}

static void dma_pages_free ( struct dma_device *dma __unused, void *mem, size_t len,
			     void *cookie __unused ) {
	pages_free ( mem, len );
}

const struct dma_ops platform_dma_ops = { .alloc = dma_pages_alloc, .free = dma_pages_free };
