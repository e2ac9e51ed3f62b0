/** @file
 * PCI devices and drivers (PCI Local Bus Specification 3.0). Config space and BARs are reached
 * through the platform; registers are plain memory or I/O ports afterwards.
 */
#ifndef BUS_PCI_H
#define BUS_PCI_H

#include "core/dma.h"
#include "core/list.h"
#include "core/table.h"

struct pci_device;

/** Match table entry of a driver. */
struct pci_id {
	uint16_t vendor, device;
	const char *name; /**< "82540em": ROM and chip name */
	uintptr_t data;   /**< the driver's own flags */
};

struct pci_driver {
	const char *name;
	const struct pci_id *ids;
	size_t id_count;
	/** Take the device. @return 0, or a negative error (the next driver is tried) */
	int ( *probe ) ( struct pci_device *pci, const struct pci_id *id );
	/** Stop the device completely and give up all resources. */
	void ( *remove ) ( struct pci_device *pci );
	/** Around a time in which somebody else drives the device; its interface is closed. NULL:
	 * closed is quiet enough, and opening sets up everything anew. */
	void ( *suspend ) ( struct pci_device *pci );
	void ( *resume ) ( struct pci_device *pci );
};
#define PCI_DRIVER( object ) TABLE_ENTRY ( pci_driver, pci_driver, object )

struct pci_device {
	struct list list;
	struct dma_device dma;
	uint16_t segment;
	uint8_t bus, dev, fn;
	uint16_t vendor, device;
	uint32_t class_code; /**< 24 bits: class, subclass, interface */
	uint16_t subsys_vendor, subsys_device;
	const struct pci_driver *driver;
	void *priv;     /**< the driver's */
	void *platform; /**< EFI: handle and PCI I/O protocol */
};

#define PCI_BUSDEVFN( pci ) ( (uint32_t) ( ( pci )->bus << 8 | ( pci )->dev << 3 | ( pci )->fn ) )

/* Config space. Little endian; out of range or failed reads give all ones. */
uint8_t pci_read8 ( struct pci_device *pci, unsigned int offset );
uint16_t pci_read16 ( struct pci_device *pci, unsigned int offset );
uint32_t pci_read32 ( struct pci_device *pci, unsigned int offset );
void pci_write8 ( struct pci_device *pci, unsigned int offset, uint8_t value );
void pci_write16 ( struct pci_device *pci, unsigned int offset, uint16_t value );
void pci_write32 ( struct pci_device *pci, unsigned int offset, uint32_t value );

#define PCI_COMMAND        0x04
#define PCI_COMMAND_IO     0x0001
#define PCI_COMMAND_MEM    0x0002
#define PCI_COMMAND_MASTER 0x0004
#define PCI_CAP_ID_VENDOR  0x09

/** Enable I/O, memory and bus mastering; the device's interrupt line stays quiet. */
void pci_enable ( struct pci_device *pci );
/** Disable bus mastering: no DMA after this. */
void pci_disable ( struct pci_device *pci );

/** Address of a BAR (memory, 64-bit too, or port). @return 0 if it is not there */
uint64_t pci_bar ( struct pci_device *pci, unsigned int bar, bool *ret_is_io );

/** Next capability with @c id after @c pos (0 starts); bounded walk. @return offset or 0 */
unsigned int pci_find_cap ( struct pci_device *pci, uint8_t id, unsigned int pos );

/** Pointer to @c len bytes of device memory. @return NULL on failure */
volatile void *pci_map ( struct pci_device *pci, uint64_t addr, size_t len );

/** Find all devices and let drivers take them, in order of bus:dev.fn. Init phase devices. */
void pci_probe_all ( void );
/** Remove all drivers, last first. */
void pci_remove_all ( void );

/** Give all devices that have drivers to somebody else for a while, interfaces closed, and take them
 * again; one that is not to be had any more loses its driver. Root stack. */
void pci_suspend_all ( void );
void pci_resume_all ( void );

/** All devices: NULL starts, NULL ends. */
struct pci_device *pci_next ( struct pci_device *pci );

/* ---- Provided by the platform ---- */

/** Find devices: call pci_add() for each, in order of bus:dev.fn. */
void platform_pci_scan ( void );
/** Announce a device found by the platform; fields up to subsys_device are read from config
 * space here. The structure is heap memory, and the bus owns it from now on. */
void pci_add ( struct pci_device *pci );
/** Before a driver gets the device (EFI: disconnect the firmware's, open PCI I/O) and after.
 * @return 0 or a negative error: leave the device alone */
int platform_pci_claim ( struct pci_device *pci );
void platform_pci_release ( struct pci_device *pci );
uint32_t platform_pci_read ( struct pci_device *pci, unsigned int offset, unsigned int width );
void platform_pci_write ( struct pci_device *pci, unsigned int offset, unsigned int width,
			  uint32_t value );
/** Make device memory reachable. A platform that maps physical memory one to one need not have it.
 * @return where it is, or NULL */
volatile void *platform_pci_map ( struct pci_device *pci, uint64_t addr, size_t len );
extern const struct dma_ops platform_dma_ops;

#endif /* BUS_PCI_H */
