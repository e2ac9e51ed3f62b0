/** @file
 * Virtio PCI transport and split virtqueues (OASIS VIRTIO 1.1 §2.6, §3.1, §4.1; legacy: the
 * "Legacy Interface" sections there, same as virtio 0.9.5).
 */
#include <string.h>

#include "arch/x86_64/io.h"
#include "bus/virtio.h"
#include "core/clock.h"
#include "core/error.h"

/* Device status */
#define STATUS_ACKNOWLEDGE 0x01
#define STATUS_DRIVER      0x02
#define STATUS_DRIVER_OK   0x04
#define STATUS_FEATURES_OK 0x08
#define STATUS_FAILED      0x80

/* Legacy registers: I/O ports from BAR 0 (§4.1.4.8) */
#define LEGACY_BAR             0
#define LEGACY_DEVICE_FEATURES 0
#define LEGACY_DRIVER_FEATURES 4
#define LEGACY_QUEUE_PFN       8
#define LEGACY_QUEUE_SIZE      12
#define LEGACY_QUEUE_SELECT    14
#define LEGACY_QUEUE_NOTIFY    16
#define LEGACY_STATUS          18
#define LEGACY_CONFIG          20 /* MSI-X is never enabled here */
#define LEGACY_PAGE            4096

/* Modern common configuration (§4.1.4.3) */
#define COMMON_DEVICE_SELECT 0
#define COMMON_DEVICE        4
#define COMMON_DRIVER_SELECT 8
#define COMMON_DRIVER        12
#define COMMON_STATUS        20
#define COMMON_QUEUE_SELECT  22
#define COMMON_QUEUE_SIZE    24
#define COMMON_QUEUE_ENABLE  28
#define COMMON_NOTIFY_OFF    30
#define COMMON_QUEUE_DESC    32
#define COMMON_QUEUE_DRIVER  40
#define COMMON_QUEUE_DEVICE  48
#define COMMON_LEN           56

/* Vendor capability that says where a structure is (§4.1.4) */
#define CAP_TYPE        3
#define CAP_BAR         4
#define CAP_OFFSET      8
#define CAP_LENGTH      12
#define CAP_NOTIFY_MULT 16
#define CAP_TYPE_COMMON 1
#define CAP_TYPE_NOTIFY 2
#define CAP_TYPE_DEVICE 4
#define CAP_LENGTH_MAX  0x1000000 /* larger structures make no sense; keeps mappings small */

#define USED_NO_NOTIFY     1
#define AVAIL_NO_INTERRUPT 1
#define RESET_TIMEOUT_US   100000
#define VIRTQ_SIZE_MAX     32768
#define VIRTQ_MODERN_MAX   1024 /* we never need more, and may ask for less */

/** Map the structure of one type. @return it or NULL; @c ret_len, @c ret_cap are set if found */
static volatile uint8_t *virtio_map_cap ( struct pci_device *pci, uint8_t type, size_t *ret_len,
					  unsigned int *ret_cap ) {
	unsigned int cap = 0;
	uint32_t offset, len;
	uint64_t bar;
	bool is_io;

	while ( ( cap = pci_find_cap ( pci, PCI_CAP_ID_VENDOR, cap ) ) != 0 ) {
		if ( pci_read8 ( pci, cap + CAP_TYPE ) != type )
			continue;
		offset = pci_read32 ( pci, cap + CAP_OFFSET );
		len = pci_read32 ( pci, cap + CAP_LENGTH );
		bar = pci_bar ( pci, pci_read8 ( pci, cap + CAP_BAR ), &is_io );
		/* The same structure may be there a second time, in ports: not this one. */
		if ( !bar || is_io || ( len > CAP_LENGTH_MAX ) )
			continue;
		*ret_len = len;
		*ret_cap = cap;
		return pci_map ( pci, bar + offset, len );
	}
	return NULL;
}

static bool virtio_find_modern ( struct virtio_device *virtio ) {
	struct pci_device *pci = virtio->pci;
	size_t common_len = 0;
	unsigned int cap;

	virtio->common = virtio_map_cap ( pci, CAP_TYPE_COMMON, &common_len, &cap );
	virtio->config = virtio_map_cap ( pci, CAP_TYPE_DEVICE, &virtio->config_len, &cap );
	virtio->notify = virtio_map_cap ( pci, CAP_TYPE_NOTIFY, &virtio->notify_len, &cap );
	if ( !virtio->common || !virtio->config || !virtio->notify || ( common_len < COMMON_LEN ) )
		return false;
	virtio->notify_mult = pci_read32 ( pci, cap + CAP_NOTIFY_MULT );
	return true;
}

static uint8_t virtio_status ( struct virtio_device *virtio ) {
	return virtio->modern ? readb ( virtio->common + COMMON_STATUS )
			      : inb ( virtio->io + LEGACY_STATUS );
}

static void virtio_set_status ( struct virtio_device *virtio, uint8_t status ) {
	if ( virtio->modern )
		writeb ( status, virtio->common + COMMON_STATUS );
	else
		outb ( virtio->io + LEGACY_STATUS, status );
}

int virtio_init ( struct virtio_device *virtio, struct pci_device *pci ) {
	uint64_t bar;
	bool is_io;

	virtio->pci = pci;
	virtio->modern = virtio_find_modern ( virtio );
	if ( !virtio->modern ) {
		bar = pci_bar ( pci, LEGACY_BAR, &is_io );
		if ( !bar || !is_io )
			return -ENODEV;
		virtio->io = (uint16_t) bar;
	}
	virtio_reset ( virtio );
	return 0;
}

/* A modern device may take its time; the reset is over when the status reads 0 (§4.1.4.3.2). */
void virtio_reset ( struct virtio_device *virtio ) {
	utime_t deadline = deadline_in ( RESET_TIMEOUT_US );

	virtio_set_status ( virtio, 0 );
	while ( ( virtio_status ( virtio ) != 0 ) && ( clock_now () < deadline ) )
		cpu_pause ();
}

uint64_t virtio_offered ( struct virtio_device *virtio ) {
	uint64_t features;

	if ( !virtio->modern )
		return inl ( virtio->io + LEGACY_DEVICE_FEATURES );
	writel ( 1, virtio->common + COMMON_DEVICE_SELECT );
	features = (uint64_t) readl ( virtio->common + COMMON_DEVICE ) << 32;
	writel ( 0, virtio->common + COMMON_DEVICE_SELECT );
	return features | readl ( virtio->common + COMMON_DEVICE );
}

int virtio_negotiate ( struct virtio_device *virtio, uint64_t wanted ) {
	uint8_t status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;

	virtio_reset ( virtio );
	virtio_set_status ( virtio, STATUS_ACKNOWLEDGE );
	virtio_set_status ( virtio, status );
	virtio->features =
		virtio_offered ( virtio ) & ( wanted | VIRTIO_F_VERSION_1 | VIRTIO_F_PLATFORM );
	if ( !virtio->modern ) {
		outl ( virtio->io + LEGACY_DRIVER_FEATURES, (uint32_t) virtio->features );
		return 0;
	}
	writel ( 0, virtio->common + COMMON_DRIVER_SELECT );
	writel ( (uint32_t) virtio->features, virtio->common + COMMON_DRIVER );
	writel ( 1, virtio->common + COMMON_DRIVER_SELECT );
	writel ( (uint32_t) ( virtio->features >> 32 ), virtio->common + COMMON_DRIVER );
	virtio_set_status ( virtio, status | STATUS_FEATURES_OK );
	if ( !( virtio_status ( virtio ) & STATUS_FEATURES_OK ) ) {
		virtio_failed ( virtio );
		return -ENOTSUP;
	}
	return 0;
}

void virtio_ready ( struct virtio_device *virtio ) {
	virtio_set_status ( virtio, virtio_status ( virtio ) | STATUS_DRIVER_OK );
}

void virtio_failed ( struct virtio_device *virtio ) {
	virtio_set_status ( virtio, virtio_status ( virtio ) | STATUS_FAILED );
}

uint8_t virtio_config8 ( struct virtio_device *virtio, unsigned int offset ) {
	if ( !virtio->modern )
		return inb ( (uint16_t) ( virtio->io + LEGACY_CONFIG + offset ) );
	return ( offset < virtio->config_len ) ? readb ( virtio->config + offset ) : 0xff;
}

uint16_t virtio_config16 ( struct virtio_device *virtio, unsigned int offset ) {
	if ( !virtio->modern )
		return inw ( (uint16_t) ( virtio->io + LEGACY_CONFIG + offset ) );
	return ( offset + 2 <= virtio->config_len ) ? readw ( virtio->config + offset ) : 0xffff;
}

void virtio_set_config8 ( struct virtio_device *virtio, unsigned int offset, uint8_t value ) {
	if ( !virtio->modern )
		outb ( (uint16_t) ( virtio->io + LEGACY_CONFIG + offset ), value );
	else if ( offset < virtio->config_len )
		writeb ( value, virtio->config + offset );
}

/** Select a queue. @return its size, 0 = not there; a modern one may be made smaller */
static uint16_t virtq_select ( struct virtio_device *virtio, uint16_t index, uint16_t max ) {
	uint16_t size;

	if ( !virtio->modern ) {
		outw ( virtio->io + LEGACY_QUEUE_SELECT, index );
		return inw ( virtio->io + LEGACY_QUEUE_SIZE );
	}
	writew ( index, virtio->common + COMMON_QUEUE_SELECT );
	size = readw ( virtio->common + COMMON_QUEUE_SIZE );
	if ( size > max ) {
		size = max;
		writew ( size, virtio->common + COMMON_QUEUE_SIZE );
	}
	return size;
}

/** 64-bit fields are written as two halves (§4.1.3.1). */
static void virtio_write64 ( struct virtio_device *virtio, unsigned int offset, uint64_t value ) {
	writel ( (uint32_t) value, virtio->common + offset );
	writel ( (uint32_t) ( value >> 32 ), virtio->common + offset + 4 );
}

/** Tell the device where the rings of the selected queue are. */
static int virtq_attach ( struct virtq *q, size_t avail_offset, size_t used_offset ) {
	struct virtio_device *virtio = q->virtio;
	uint64_t notify;

	if ( !virtio->modern ) {
		if ( ( q->dma.bus / LEGACY_PAGE ) >> 32 )
			return -ENOMEM;
		outl ( virtio->io + LEGACY_QUEUE_PFN, (uint32_t) ( q->dma.bus / LEGACY_PAGE ) );
		return 0;
	}
	notify = (uint64_t) readw ( virtio->common + COMMON_NOTIFY_OFF ) * virtio->notify_mult;
	if ( notify + sizeof ( *q->notify ) > virtio->notify_len )
		return -EINVAL;
	q->notify = (volatile uint16_t *) ( virtio->notify + notify );
	virtio_write64 ( virtio, COMMON_QUEUE_DESC, q->dma.bus );
	virtio_write64 ( virtio, COMMON_QUEUE_DRIVER, q->dma.bus + avail_offset );
	virtio_write64 ( virtio, COMMON_QUEUE_DEVICE, q->dma.bus + used_offset );
	writew ( 1, virtio->common + COMMON_QUEUE_ENABLE );
	return 0;
}

/** Chain each slot's descriptors and put all slots on the free stack, slot 0 on top. */
static void virtq_init_slots ( struct virtq *q, uint16_t slots, bool write_only ) {
	unsigned int i, j;
	uint16_t flags;

	q->slots = MIN (
		slots, MIN ( (uint16_t) VIRTQ_SLOTS_MAX, (uint16_t) ( q->size / q->slot_descs ) ) );
	for ( i = 0; i < q->slots; i++ ) {
		for ( j = 0; j < q->slot_descs; j++ ) {
			flags = ( write_only ? VIRTQ_DESC_WRITE : 0 );
			if ( j + 1 < q->slot_descs )
				flags |= VIRTQ_DESC_NEXT;
			q->desc[i * q->slot_descs + j].flags = flags;
			q->desc[i * q->slot_descs + j].next =
				(uint16_t) ( i * q->slot_descs + j + 1 );
		}
		q->free[q->slots - 1 - i] = (uint8_t) i;
	}
	q->free_count = q->slots;
}

int virtq_init ( struct virtio_device *virtio, struct virtq *q, uint16_t index, uint16_t slots,
		 uint8_t slot_descs, bool write_only ) {
	size_t avail_offset, used_offset, len;
	int rc;

	q->virtio = virtio;
	q->index = index;
	q->slot_descs = slot_descs;
	q->event_idx = !!( virtio->features & VIRTIO_F_EVENT_IDX );
	q->size = virtq_select ( virtio, index, VIRTQ_MODERN_MAX );
	if ( q->size == 0 )
		return -ENOENT;
	if ( ( q->size > VIRTQ_SIZE_MAX ) || ( q->size < slot_descs ) ||
	     ( q->size & ( q->size - 1 ) ) )
		return -EINVAL;
	/* The legacy layout (§2.6.2) is a good one for modern queues too. */
	avail_offset = q->size * sizeof ( struct virtq_desc );
	used_offset = ROUND_UP ( avail_offset + 6 + 2 * (size_t) q->size, LEGACY_PAGE );
	len = used_offset + 6 + 8 * (size_t) q->size;
	if ( ( rc = dma_alloc ( &virtio->pci->dma, len, &q->dma ) ) != 0 )
		return rc;
	memset ( q->dma.mem, 0, len );
	q->desc = q->dma.mem;
	q->avail = (void *) ( (uint8_t *) q->dma.mem + avail_offset );
	q->used = (void *) ( (uint8_t *) q->dma.mem + used_offset );
	q->used_event = &q->avail->ring[q->size];
	q->avail_event = (void *) &q->used->ring[q->size];
	q->avail->flags = AVAIL_NO_INTERRUPT;
	virtq_init_slots ( q, slots, write_only );
	virtq_no_interrupts ( q );
	if ( ( rc = virtq_attach ( q, avail_offset, used_offset ) ) != 0 )
		virtq_fini ( q );
	return rc;
}

void virtq_fini ( struct virtq *q ) {
	if ( q->virtio )
		dma_free ( &q->virtio->pci->dma, &q->dma );
	memset ( q, 0, sizeof ( *q ) );
}

void virtq_kick ( struct virtq *q ) {
	if ( q->notify )
		writew ( q->index, q->notify );
	else
		outw ( q->virtio->io + LEGACY_QUEUE_NOTIFY, q->index );
}

/* The device looks at avail->idx after it has asked for a notification, we look at the request
 * after we have written the index; the barrier makes sure that one of us sees the other's. */
void virtq_notify ( struct virtq *q ) {
	uint16_t old = q->notified_idx, new = q->avail_idx;
	bool wanted;

	if ( old == new )
		return;
	q->notified_idx = new;
	dma_mb ();
	if ( q->event_idx )
		wanted = ( (uint16_t) ( new - *q->avail_event - 1 ) < (uint16_t) ( new - old ) );
	else
		wanted = !( q->used->flags & USED_NO_NOTIFY );
	if ( wanted )
		virtq_kick ( q );
}

enum virtq_result virtq_next_used ( struct virtq *q, unsigned int *ret_slot, uint32_t *ret_len ) {
	volatile struct virtq_used_elem *elem;
	uint32_t id;

	if ( q->used->idx == q->used_idx )
		return VIRTQ_EMPTY;
	dma_rmb ();
	elem = &q->used->ring[q->used_idx & ( q->size - 1 )];
	id = elem->id;
	*ret_len = elem->len;
	q->used_idx++;
	*ret_slot = ( q->slot_descs == 1 ) ? id : id / q->slot_descs;
	if ( ( *ret_slot >= q->slots ) || !q->busy[*ret_slot] ||
	     ( ( q->slot_descs != 1 ) && ( id % q->slot_descs ) ) )
		return VIRTQ_BAD;
	q->busy[*ret_slot] = false;
	return VIRTQ_DONE;
}

/* With event indices the flag means nothing: ask for the entry that is furthest away (§2.6.7). */
void virtq_no_interrupts ( struct virtq *q ) {
	if ( q->event_idx )
		*q->used_event = (uint16_t) ( q->used_idx - 1 );
}
