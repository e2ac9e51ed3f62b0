/** @file
 * PCI core: the list of devices, matching them to drivers, and what every driver needs from config
 * space (PCI Local Bus Specification 3.0 §6). Finding devices and reaching config space is the
 * platform's work.
 */
#include <stdlib.h>

#include "bus/pci.h"
#include "core/init.h"
#include "core/error.h"
#include "core/log.h"

TABLE ( pci_driver, pci_driver );

#define PCI_ID             0x00
#define PCI_STATUS         0x06
#define PCI_STATUS_CAPS    0x0010
#define PCI_REVISION       0x08
#define PCI_HEADER_TYPE    0x0e
#define PCI_BAR( n )       ( 0x10 + 4 * ( n ) )
#define PCI_BAR_COUNT      6
#define PCI_BAR_IO         0x01
#define PCI_BAR_TYPE_MASK  0x06
#define PCI_BAR_TYPE_64    0x04
#define PCI_SUBSYS         0x2c
#define PCI_CAPS           0x34
#define PCI_CONFIG_LEN     4096 /* PCI Express; plain PCI answers all ones past 256 */
#define PCI_COMMAND_NO_INT 0x0400

/** A list that is a loop ends here: all of 256 bytes full of 4-byte capabilities. */
#define PCI_CAPS_MAX 48

/** All devices, in order of segment:bus:dev.fn. */
static struct list pci_devices = LIST_INIT ( pci_devices );

static uint32_t pci_read ( struct pci_device *pci, unsigned int offset, unsigned int width ) {
	if ( offset > PCI_CONFIG_LEN - width )
		return 0xffffffff;
	return platform_pci_read ( pci, offset, width );
}

static void pci_write ( struct pci_device *pci, unsigned int offset, unsigned int width,
			uint32_t value ) {
	if ( offset <= PCI_CONFIG_LEN - width )
		platform_pci_write ( pci, offset, width, value );
}

uint8_t pci_read8 ( struct pci_device *pci, unsigned int offset ) {
	return (uint8_t) pci_read ( pci, offset, 1 );
}

uint16_t pci_read16 ( struct pci_device *pci, unsigned int offset ) {
	return (uint16_t) pci_read ( pci, offset, 2 );
}

uint32_t pci_read32 ( struct pci_device *pci, unsigned int offset ) {
	return pci_read ( pci, offset, 4 );
}

void pci_write8 ( struct pci_device *pci, unsigned int offset, uint8_t value ) {
	pci_write ( pci, offset, 1, value );
}

void pci_write16 ( struct pci_device *pci, unsigned int offset, uint16_t value ) {
	pci_write ( pci, offset, 2, value );
}

void pci_write32 ( struct pci_device *pci, unsigned int offset, uint32_t value ) {
	pci_write ( pci, offset, 4, value );
}

/* Drivers poll, and nobody would answer an interrupt: a level that stays asserted would hang the
 * firmware's real-mode services on a shared line. */
void pci_enable ( struct pci_device *pci ) {
	uint16_t command = pci_read16 ( pci, PCI_COMMAND );

	pci_write16 ( pci, PCI_COMMAND,
		      command | PCI_COMMAND_IO | PCI_COMMAND_MEM | PCI_COMMAND_MASTER |
			      PCI_COMMAND_NO_INT );
}

/* Interrupts are allowed again, as after power-on: whoever comes next may not know the bit. */
void pci_disable ( struct pci_device *pci ) {
	uint16_t command = pci_read16 ( pci, PCI_COMMAND );

	pci_write16 ( pci, PCI_COMMAND,
		      command & ( uint16_t ) ~( PCI_COMMAND_MASTER | PCI_COMMAND_NO_INT ) );
}

uint64_t pci_bar ( struct pci_device *pci, unsigned int bar, bool *ret_is_io ) {
	uint32_t low, high = 0;

	*ret_is_io = false;
	if ( bar >= PCI_BAR_COUNT )
		return 0;
	low = pci_read32 ( pci, PCI_BAR ( bar ) );
	if ( low == 0xffffffff )
		return 0;
	if ( low & PCI_BAR_IO ) {
		*ret_is_io = true;
		return low & ~3U;
	}
	if ( ( ( low & PCI_BAR_TYPE_MASK ) == PCI_BAR_TYPE_64 ) && ( bar + 1 < PCI_BAR_COUNT ) )
		high = pci_read32 ( pci, PCI_BAR ( bar + 1 ) );
	return ( (uint64_t) high << 32 ) | ( low & ~15U );
}

unsigned int pci_find_cap ( struct pci_device *pci, uint8_t id, unsigned int pos ) {
	unsigned int next, i;

	if ( !( pci_read16 ( pci, PCI_STATUS ) & PCI_STATUS_CAPS ) )
		return 0;
	next = ( pos ? pos + 1 : PCI_CAPS );
	for ( i = 0; i < PCI_CAPS_MAX; i++ ) {
		pos = pci_read8 ( pci, next ) & ~3U;
		if ( pos < 0x40 )
			return 0;
		if ( pci_read8 ( pci, pos ) == id )
			return pos;
		next = pos + 1;
	}
	return 0;
}

/* Physical memory is mapped one to one on both kinds of firmware. */
__attribute__ ( ( weak ) ) volatile void *platform_pci_map ( struct pci_device *pci, uint64_t addr,
							     size_t len ) {
	return (volatile void *) (uintptr_t) addr;
}

volatile void *pci_map ( struct pci_device *pci, uint64_t addr, size_t len ) {
	if ( !addr || !len || ( addr > UINT64_MAX - len ) )
		return NULL;
	return platform_pci_map ( pci, addr, len );
}

void pci_add ( struct pci_device *pci ) {
	struct pci_device *other;
	uint32_t id = pci_read32 ( pci, PCI_ID );
	uint32_t subsys = pci_read32 ( pci, PCI_SUBSYS );
	uint32_t here = ( (uint32_t) pci->segment << 16 ) | PCI_BUSDEVFN ( pci );

	pci->vendor = (uint16_t) id;
	pci->device = (uint16_t) ( id >> 16 );
	pci->class_code = pci_read32 ( pci, PCI_REVISION ) >> 8;
	/* Bridges have something else there. */
	if ( ( pci_read8 ( pci, PCI_HEADER_TYPE ) & 0x7f ) == 0 ) {
		pci->subsys_vendor = (uint16_t) subsys;
		pci->subsys_device = (uint16_t) ( subsys >> 16 );
	}
	if ( !pci->dma.ops )
		pci->dma.ops = &platform_dma_ops;
	pci->dma.mask = UINT64_MAX;
	/* Sorted: firmware hands out devices in any order. */
	list_for_each ( other, &pci_devices, list ) {
		if ( ( ( (uint32_t) other->segment << 16 ) | PCI_BUSDEVFN ( other ) ) > here )
			break;
	}
	list_insert ( &pci->list, &other->list );
}

struct pci_device *pci_next ( struct pci_device *pci ) {
	struct list *next = ( pci ? pci->list.next : pci_devices.next );

	return ( next == &pci_devices ) ? NULL : list_entry ( next, struct pci_device, list );
}

static const struct pci_id *pci_match ( const struct pci_driver *driver, struct pci_device *pci ) {
	size_t i;

	for ( i = 0; i < driver->id_count; i++ ) {
		if ( ( driver->ids[i].vendor == pci->vendor ) &&
		     ( driver->ids[i].device == pci->device ) )
			return &driver->ids[i];
	}
	return NULL;
}

/** Offer a device to one driver. @return true if it was taken */
static bool pci_probe_driver ( struct pci_device *pci, const struct pci_driver *driver ) {
	const struct pci_id *id = pci_match ( driver, pci );
	int rc;

	if ( !id || ( platform_pci_claim ( pci ) != 0 ) )
		return false;
	if ( ( rc = driver->probe ( pci, id ) ) != 0 ) {
		error_report ( rc, "Could not use the NIC at %02x:%02x.%x by driver %s", pci->bus,
			       pci->dev, pci->fn, driver->name );
		pci_disable ( pci );
		platform_pci_release ( pci );
		return false;
	}
	LOG ( LOG_EVENT, "%02x:%02x.%x: %s takes %s", pci->bus, pci->dev, pci->fn, driver->name,
	      id->name );
	pci->driver = driver;
	return true;
}

void pci_probe_all ( void ) {
	const struct pci_driver *const *driver;
	struct pci_device *pci;

	platform_pci_scan ();
	list_for_each ( pci, &pci_devices, list ) {
		LOG ( LOG_DETAIL, "%02x:%02x.%x: %04x:%04x class %06x", pci->bus, pci->dev, pci->fn,
		      pci->vendor, pci->device, (unsigned int) pci->class_code );
		table_for_each ( driver, pci_driver ) {
			if ( pci_probe_driver ( pci, *driver ) )
				break;
		}
	}
}

void pci_remove_all ( void ) {
	struct pci_device *pci;

	while ( ( pci = list_last ( &pci_devices, struct pci_device, list ) ) != NULL ) {
		if ( pci->driver ) {
			pci->driver->remove ( pci );
			pci_disable ( pci );
			platform_pci_release ( pci );
		}
		list_del ( &pci->list );
		free ( pci );
	}
}

void pci_suspend_all ( void ) {
	struct pci_device *pci;

	list_for_each ( pci, &pci_devices, list ) {
		if ( !pci->driver )
			continue;
		if ( pci->driver->suspend )
			pci->driver->suspend ( pci );
		pci_disable ( pci );
		platform_pci_release ( pci );
	}
}

void pci_resume_all ( void ) {
	struct pci_device *pci;

	list_for_each ( pci, &pci_devices, list ) {
		if ( !pci->driver )
			continue;
		if ( platform_pci_claim ( pci ) != 0 ) {
			pci->driver->remove ( pci );
			pci->driver = NULL;
			continue;
		}
		pci_enable ( pci );
		if ( pci->driver->resume )
			pci->driver->resume ( pci );
	}
}

static const struct init_fn pci_init = {
	.phase = INIT_DEVICES,
	.name = "pci",
	.startup = pci_probe_all,
	.shutdown = pci_remove_all,
	.suspend = pci_suspend_all,
	.resume = pci_resume_all,
};
INIT_FN ( pci_init );
