/** @file
 * Memory that a device reads and writes by itself. On BIOS bus addresses are physical addresses;
 * on UEFI the memory is allocated and mapped through the device's PCI I/O protocol, so an IOMMU is
 * honoured.
 */
#ifndef CORE_DMA_H
#define CORE_DMA_H

#include "core/compiler.h"

/** An address as the device sees it. */
typedef uint64_t bus_addr_t;

struct dma_device;

struct dma_ops {
	/**
	 * Allocate coherent memory, zeroed, page aligned, physically contiguous.
	 * @return memory or NULL; @c ret_bus and @c ret_cookie are set on success
	 */
	void *( *alloc ) ( struct dma_device *dma, size_t len, bus_addr_t *ret_bus,
			   void **ret_cookie );
	void ( *free ) ( struct dma_device *dma, void *mem, size_t len, void *cookie );
};

/** The DMA side of a device; embedded in struct pci_device and its like. */
struct dma_device {
	const struct dma_ops *ops;
	uint64_t mask; /**< highest bus address that the device reaches; drivers set it */
};

/** One allocation. */
struct dma_buffer {
	void *mem;
	bus_addr_t bus;
	size_t len;
	void *cookie;
};

/** Allocate @c len bytes for @c dma (NULL: plain memory). @return 0 or -ENOMEM */
int dma_alloc ( struct dma_device *dma, size_t len, struct dma_buffer *ret_buffer );

/** Free; a zeroed buffer is harmless. The device must have been stopped. */
void dma_free ( struct dma_device *dma, struct dma_buffer *buffer );

/** Order memory accesses against a device's. */
#define dma_wmb() __asm__ __volatile__( "" ::: "memory" )
#define dma_rmb() __asm__ __volatile__( "" ::: "memory" )
#define dma_mb()  __asm__ __volatile__( "mfence" ::: "memory" )

#endif /* CORE_DMA_H */
