/** @file
 * Virtio over PCI: the transport of OASIS VIRTIO 1.1 (modern) and of the 0.9.5 draft (legacy I/O
 * ports; transitional devices offer both, and modern is taken), and split virtqueues with
 * memory-only operation: nothing here reads a register after set-up.
 *
 * A queue has slots. A slot is one buffer of one packet and owns the same descriptors for ever, so
 * there is no free list of descriptors, and a slot number that the device returns is checked
 * against what it was given.
 */
#ifndef BUS_VIRTIO_H
#define BUS_VIRTIO_H

#include "bus/pci.h"

/* Feature bits of the transport. */
#define VIRTIO_F_ANY_LAYOUT ( 1ULL << 27 )
#define VIRTIO_F_EVENT_IDX  ( 1ULL << 29 )
#define VIRTIO_F_VERSION_1  ( 1ULL << 32 )
#define VIRTIO_F_PLATFORM   ( 1ULL << 33 ) /* ACCESS_PLATFORM: DMA as the platform says */

struct virtio_device {
	struct pci_device *pci;
	bool modern;
	uint64_t features; /**< negotiated */
	/* Legacy */
	uint16_t io;
	/* Modern: mapped structures and how much of them the device says there is */
	volatile uint8_t *common, *notify, *config;
	size_t notify_len, config_len;
	uint32_t notify_mult;
};

struct virtq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

#define VIRTQ_DESC_NEXT  1
#define VIRTQ_DESC_WRITE 2

struct virtq_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[];
};

struct virtq_used_elem {
	uint32_t id;
	uint32_t len;
};

struct virtq_used {
	uint16_t flags;
	uint16_t idx;
	struct virtq_used_elem ring[];
};

/** Most slots that a queue uses, so that who is busy fits in a fixed array. */
#define VIRTQ_SLOTS_MAX 256

struct virtq {
	struct virtio_device *virtio;
	struct dma_buffer dma;
	struct virtq_desc *desc;
	volatile struct virtq_avail *avail;
	volatile struct virtq_used *used;
	volatile uint16_t *used_event, *avail_event;
	volatile uint16_t *notify; /**< modern; NULL: legacy port */
	uint16_t index;            /**< queue number */
	uint16_t size;             /**< entries in the rings, a power of two */
	uint16_t slots;            /**< slots in use */
	uint8_t slot_descs;        /**< descriptors a slot: 1 or 2 */
	bool event_idx;
	uint16_t avail_idx;    /**< next to be filled; announced by virtq_publish() */
	uint16_t notified_idx; /**< avail_idx at the last virtq_notify() */
	uint16_t used_idx;     /**< next to be looked at */
	uint16_t free_count;
	uint8_t free[VIRTQ_SLOTS_MAX]; /**< stack of free slots */
	bool busy[VIRTQ_SLOTS_MAX];
};

/** One segment of a buffer. */
struct virtq_segment {
	bus_addr_t addr;
	uint32_t len;
};

/** What virtq_next_used() found. */
enum virtq_result {
	VIRTQ_EMPTY,
	VIRTQ_DONE,
	VIRTQ_BAD, /**< the device returned a slot that it did not have */
};

/**
 * Find the registers of a virtio device, modern ones if there are any, and reset it.
 * @return 0 or -ENODEV no usable registers
 */
int virtio_init ( struct virtio_device *virtio, struct pci_device *pci );

/** Stop the device: no DMA when this returns; forgets features and queues. */
void virtio_reset ( struct virtio_device *virtio );

/** What the device offers; before negotiation. */
uint64_t virtio_offered ( struct virtio_device *virtio );

/**
 * Reset, and agree on @c wanted as far as it is offered; `features` is the result.
 * VERSION_1 and PLATFORM are added by the transport.
 * @return 0 or -ENOTSUP the device refuses
 */
int virtio_negotiate ( struct virtio_device *virtio, uint64_t wanted );

/** All queues are set up: go. */
void virtio_ready ( struct virtio_device *virtio );

/** Give up: tell the device that the driver failed. */
void virtio_failed ( struct virtio_device *virtio );

/* Device configuration. Past its end: all ones. */
uint8_t virtio_config8 ( struct virtio_device *virtio, unsigned int offset );
uint16_t virtio_config16 ( struct virtio_device *virtio, unsigned int offset );
void virtio_set_config8 ( struct virtio_device *virtio, unsigned int offset, uint8_t value );

/**
 * Set up a queue.
 *
 * @param q           zeroed; virtq_fini() after virtio_reset()
 * @param index       queue number
 * @param slots       slots wanted; fewer if the device's queue is smaller
 * @param slot_descs  descriptors a slot: 1 or 2
 * @param write_only  true: the device writes buffers (receive)
 * @return 0, -ENOENT no such queue, -EINVAL size that makes no sense, -ENOMEM
 */
int virtq_init ( struct virtio_device *virtio, struct virtq *q, uint16_t index, uint16_t slots,
		 uint8_t slot_descs, bool write_only );

/** Free the rings; harmless on a zeroed queue. */
void virtq_fini ( struct virtq *q );

/** Take a free slot. @return it, or -1 */
static inline int virtq_take ( struct virtq *q ) {
	return q->free_count ? q->free[--q->free_count] : -1;
}

/** Give a slot back that was taken, or that virtq_next_used() returned. */
static inline void virtq_give ( struct virtq *q, unsigned int slot ) {
	q->free[q->free_count++] = (uint8_t) slot;
}

/** Put a taken slot into the ring; the device sees it after virtq_publish(). Segments: as many as
 * the queue has descriptors a slot. */
static inline void virtq_put ( struct virtq *q, unsigned int slot,
			       const struct virtq_segment *segments ) {
	unsigned int id = slot * q->slot_descs, i;

	for ( i = 0; i < q->slot_descs; i++ ) {
		q->desc[id + i].addr = segments[i].addr;
		q->desc[id + i].len = segments[i].len;
	}
	q->busy[slot] = true;
	q->avail->ring[q->avail_idx & ( q->size - 1 )] = (uint16_t) id;
	q->avail_idx++;
}

/** Show the device all slots put so far. */
static inline void virtq_publish ( struct virtq *q ) {
	dma_wmb ();
	q->avail->idx = q->avail_idx;
}

/** Wake the device, if it wants to be woken for what was published since the last time. */
void virtq_notify ( struct virtq *q );

/** Wake the device, whether it wants that or not. */
void virtq_kick ( struct virtq *q );

/** True if the device has returned at least @c count slots that were not looked at yet. */
static inline bool virtq_has_used ( const struct virtq *q, uint16_t count ) {
	return (uint16_t) ( q->used->idx - q->used_idx ) >= count;
}

/**
 * Next slot that the device has returned. It belongs to the caller: virtq_put() or virtq_give().
 * @param ret_slot  the slot
 * @param ret_len   bytes that the device says it wrote; to be checked
 */
enum virtq_result virtq_next_used ( struct virtq *q, unsigned int *ret_slot, uint32_t *ret_len );

/** After a batch: keep the device's interrupts away. */
void virtq_no_interrupts ( struct virtq *q );

#endif /* BUS_VIRTIO_H */
