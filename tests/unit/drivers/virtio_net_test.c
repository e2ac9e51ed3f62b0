/** @file
 * virtio-net against a model of the device, legacy and modern: negotiation, single, merged and
 * coalesced packets, a device that returns nonsense, notifications, addresses.
 */
#include "fake_pci.h"
#include "../../../src/bus/virtio.c"
#include "../../../src/drivers/pci_net.c"
#include "../../../src/drivers/virtio_net.c"

/* ---- The model ---- */

#define MODEL_QUEUES 3

static struct model {
	bool modern;
	uint64_t offered, accepted;
	bool refuse_features;
	uint8_t status;
	uint32_t device_select, driver_select;
	uint16_t queue_select;
	struct model_queue {
		uint16_t size;
		uint64_t desc, avail, used;
		bool enabled;
		uint16_t last_avail;
		unsigned int notified;
	} queues[MODEL_QUEUES];
	uint8_t config[12];
	uint8_t sent[4][2048];
	size_t sent_len[4];
	unsigned int sent_count;
	uint8_t ctrl_mac[6];
} model;

static struct pci_device *pci;

/* Modern structures are at these places of BAR 4. */
#define MODEL_COMMON 0x0000
#define MODEL_CONFIG 0x1000
#define MODEL_NOTIFY 0x2000

static void model_reset ( void ) {
	model.status = 0;
	model.accepted = 0;
	for ( unsigned int i = 0; i < MODEL_QUEUES; i++ ) {
		uint16_t size = model.queues[i].size;

		model.queues[i] = ( struct model_queue ){ .size = size };
	}
}

/** Next buffer of a queue. @return its descriptor chain's head, or -1 */
static int model_pop ( struct model_queue *q ) {
	const uint16_t *avail = fake_bus ( q->avail, 6 + 2 * q->size );

	if ( q->last_avail == avail[1] )
		return -1;
	return avail[2 + q->last_avail++ % q->size];
}

static void model_push ( struct model_queue *q, uint32_t id, uint32_t len, bool publish ) {
	static uint16_t pending;
	uint8_t *used = fake_bus ( q->used, 6 + 8 * q->size );
	uint16_t idx;

	memcpy ( &idx, used + 2, 2 );
	idx += pending;
	memcpy ( used + 4 + 8 * ( idx % q->size ), &id, 4 );
	memcpy ( used + 8 + 8 * ( idx % q->size ), &len, 4 );
	pending++;
	if ( publish ) {
		idx++;
		memcpy ( used + 2, &idx, 2 );
		pending = 0;
	}
}

/** Copy to or from a descriptor chain. @return bytes copied */
static size_t model_copy ( struct model_queue *q, int id, bool write, uint8_t *data, size_t len ) {
	const struct virtq_desc *desc = fake_bus ( q->desc, 16 * q->size );
	size_t done = 0, part;

	for ( ;; id = desc[id].next ) {
		assert_true ( id < q->size );
		if ( !!( desc[id].flags & VIRTQ_DESC_WRITE ) == write ) {
			part = MIN ( len - done, (size_t) desc[id].len );
			if ( write )
				memcpy ( fake_bus ( desc[id].addr, part ), data + done, part );
			else
				memcpy ( data + done, fake_bus ( desc[id].addr, part ), part );
			done += part;
		}
		if ( !( desc[id].flags & VIRTQ_DESC_NEXT ) )
			return done;
	}
}

static size_t model_hdr_len ( void ) {
	return ( model.accepted & ( VIRTIO_F_VERSION_1 | NET_F_MRG_RXBUF ) ) ? 12 : 10;
}

/** Send all that waits in the transmit queue, and answer commands. */
static void model_run ( void ) {
	uint8_t frame[2100], ack = 0;
	size_t len;
	int id;

	while ( model.queues[1].enabled && ( ( id = model_pop ( &model.queues[1] ) ) >= 0 ) ) {
		len = model_copy ( &model.queues[1], id, false, frame, sizeof ( frame ) ) -
		      model_hdr_len ();
		for ( unsigned int i = 0; i < model_hdr_len (); i++ )
			assert_int_equal ( frame[i], 0 );
		memcpy ( model.sent[model.sent_count % 4], frame + model_hdr_len (), len );
		model.sent_len[model.sent_count++ % 4] = len;
		model_push ( &model.queues[1], (uint32_t) id, 0, true );
	}
	while ( model.queues[2].enabled && ( ( id = model_pop ( &model.queues[2] ) ) >= 0 ) ) {
		assert_int_equal ( model_copy ( &model.queues[2], id, false, frame, 100 ), 8 );
		assert_int_equal ( frame[0], 1 );
		assert_int_equal ( frame[1], 1 );
		memcpy ( model.ctrl_mac, frame + 2, 6 );
		assert_int_equal ( model_copy ( &model.queues[2], id, true, &ack, 1 ), 1 );
		model_push ( &model.queues[2], (uint32_t) id, 1, true );
	}
}

static void model_notify ( unsigned int queue ) {
	assert_true ( queue < MODEL_QUEUES );
	assert_true ( model.queues[queue].enabled );
	assert_true ( model.status & STATUS_DRIVER_OK );
	model.queues[queue].notified++;
	if ( queue )
		model_run ();
}

static uint32_t legacy_read ( unsigned int reg, unsigned int width ) {
	uint32_t value = 0;

	switch ( reg ) {
	case LEGACY_DEVICE_FEATURES:
		return (uint32_t) model.offered;
	case LEGACY_QUEUE_SIZE:
		return model.queue_select < MODEL_QUEUES ? model.queues[model.queue_select].size
							 : 0;
	case LEGACY_STATUS:
		return model.status;
	}
	assert_true ( ( reg >= LEGACY_CONFIG ) && ( reg + width <= LEGACY_CONFIG + 12 ) );
	memcpy ( &value, &model.config[reg - LEGACY_CONFIG], width );
	return value;
}

static void legacy_write ( unsigned int reg, unsigned int width, uint32_t value ) {
	struct model_queue *q = &model.queues[model.queue_select];

	switch ( reg ) {
	case LEGACY_DRIVER_FEATURES:
		assert_int_equal ( value & ~model.offered, 0 );
		model.accepted = value;
		break;
	case LEGACY_QUEUE_PFN:
		q->desc = (uint64_t) value * 4096;
		q->avail = q->desc + 16 * q->size;
		q->used = ROUND_UP ( q->avail + 6 + 2 * q->size, 4096 );
		q->enabled = true;
		break;
	case LEGACY_QUEUE_SELECT:
		model.queue_select = (uint16_t) value;
		break;
	case LEGACY_QUEUE_NOTIFY:
		model_notify ( value );
		break;
	case LEGACY_STATUS:
		model.status = (uint8_t) value;
		if ( !value )
			model_reset ();
		break;
	default:
		assert_true ( ( reg >= LEGACY_CONFIG ) && ( reg + width <= LEGACY_CONFIG + 6 ) );
		memcpy ( &model.config[reg - LEGACY_CONFIG], &value, width );
	}
}

static uint32_t modern_read ( unsigned int reg, unsigned int width ) {
	uint32_t value = 0;

	if ( reg >= MODEL_CONFIG ) {
		assert_true ( reg + width <= MODEL_CONFIG + sizeof ( model.config ) );
		memcpy ( &value, &model.config[reg - MODEL_CONFIG], width );
		return value;
	}
	switch ( reg ) {
	case COMMON_DEVICE:
		return (uint32_t) ( model.offered >> ( model.device_select * 32 ) );
	case COMMON_STATUS:
		return model.status;
	case COMMON_QUEUE_SIZE:
		return model.queues[model.queue_select].size;
	case COMMON_NOTIFY_OFF:
		return model.queue_select * 2;
	}
	fail ();
	return 0;
}

static void modern_write ( unsigned int reg, unsigned int width, uint32_t value ) {
	struct model_queue *q = &model.queues[model.queue_select];

	if ( reg >= MODEL_NOTIFY ) {
		assert_int_equal ( reg, MODEL_NOTIFY + value * 8 );
		model_notify ( value );
		return;
	}
	switch ( reg ) {
	case COMMON_DEVICE_SELECT:
		model.device_select = value;
		break;
	case COMMON_DRIVER_SELECT:
		model.driver_select = value;
		break;
	case COMMON_DRIVER:
		model.accepted |= (uint64_t) value << ( model.driver_select * 32 );
		assert_int_equal ( model.accepted & ~model.offered, 0 );
		break;
	case COMMON_STATUS:
		if ( !value )
			model_reset ();
		model.status = (uint8_t) value;
		if ( model.refuse_features )
			model.status &= (uint8_t) ~STATUS_FEATURES_OK;
		break;
	case COMMON_QUEUE_SELECT:
		model.queue_select = (uint16_t) value;
		break;
	case COMMON_QUEUE_SIZE:
		q->size = (uint16_t) value;
		break;
	case COMMON_QUEUE_ENABLE:
		q->enabled = value;
		break;
	case COMMON_QUEUE_DESC:
		q->desc = value;
		break;
	case COMMON_QUEUE_DRIVER:
		q->avail = value;
		break;
	case COMMON_QUEUE_DEVICE:
		q->used = value;
		break;
	default:
		/* Upper halves of addresses. */
		assert_true ( reg > COMMON_QUEUE_DESC );
		assert_int_equal ( value, 0 );
	}
}

static const struct fake_device legacy_device = { legacy_read, legacy_write };
static const struct fake_device modern_device = { modern_read, modern_write };

static void model_cap ( unsigned int at, uint8_t type, uint32_t offset, uint32_t len,
			uint8_t next ) {
	fake_config[at] = 9;
	fake_config[at + 1] = next;
	fake_config[at + 3] = type;
	fake_config[at + 4] = 4;
	fake_config32 ( at + 8, offset );
	fake_config32 ( at + 12, len );
	fake_config32 ( at + 16, 4 );
}

/** Make a device, probe it. @return the interface */
static struct netif *start ( bool modern, uint64_t offered ) {
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };

	memset ( &model, 0, sizeof ( model ) );
	memset ( fake_config, 0, sizeof ( fake_config ) );
	model.modern = modern;
	model.offered = offered | NET_F_MAC | ( modern ? VIRTIO_F_VERSION_1 : 0 );
	for ( unsigned int i = 0; i < MODEL_QUEUES; i++ )
		model.queues[i].size = 256;
	memcpy ( model.config, mac, 6 );
	model.config[CONFIG_STATUS] = STATUS_LINK_UP;
	fake_config32 ( 0x10, FAKE_IO_BASE | 1 );
	if ( modern ) {
		fake_config[6] = 0x10;
		fake_config[0x34] = 0x40;
		/* A second common structure, in ports: not to be used. */
		model_cap ( 0x40, CAP_TYPE_COMMON, 0, 64, 0x58 );
		fake_config[0x44] = 0;
		model_cap ( 0x58, CAP_TYPE_COMMON, MODEL_COMMON, 64, 0x70 );
		model_cap ( 0x70, CAP_TYPE_DEVICE, MODEL_CONFIG, 12, 0x88 );
		model_cap ( 0x88, CAP_TYPE_NOTIFY, MODEL_NOTIFY, 0x100, 0 );
		fake_config32 ( 0x20, FAKE_MEM_BASE | 4 );
		fake_config32 ( 0x24, 0 );
	}
	/* Notification offsets: queue * 2 * 4. */
	pci = fake_pci_new ( modern ? &modern_device : &legacy_device, modern ? 0x1041 : 0x1000 );
	assert_int_equal ( virtio_net_probe ( pci, &virtio_net_ids[modern] ), 0 );
	return &( (struct virtio_net *) pci->priv )->netif;
}

/** Remove the device: nothing is left. */
static void stop ( void ) {
	fake_rx_free ();
	virtio_net_remove ( pci );
	assert_int_equal ( model.status, 0 );
	assert_int_equal ( fake_dma_out, 0 );
	free ( pci );
}

/** Deliver a frame in buffers of the driver, each filled up to @c limit bytes (0: all). */
static void deliver ( size_t frame_len, unsigned int seed, struct virtio_net_hdr hdr,
		      size_t limit ) {
	struct model_queue *q = &model.queues[0];
	size_t len = model_hdr_len () + frame_len, done = 0, part;
	uint8_t *data = malloc ( len );
	unsigned int count = 0;
	int id;

	if ( !limit )
		limit = len;
	fake_frame ( data + model_hdr_len (), frame_len, seed );
	hdr.num_buffers =
		hdr.num_buffers ? hdr.num_buffers : (uint16_t) ( ( len + limit - 1 ) / limit );
	memcpy ( data, &hdr, model_hdr_len () );
	while ( done < len ) {
		part = MIN ( limit, len - done );
		id = model_pop ( q );
		assert_true ( id >= 0 );
		assert_int_equal ( model_copy ( q, id, true, data + done, part ), part );
		done += part;
		count++;
		model_push ( q, (uint32_t) id, (uint32_t) part, done == len );
	}
	free ( data );
}

static const struct virtio_net_hdr plain;

/* ---- Tests ---- */

static void single_frames_arrive ( bool modern, uint64_t features ) {
	struct netif *netif = start ( modern, features );

	assert_int_equal ( netif_open ( netif ), 0 );
	assert_true ( netif->link_up );
	assert_true ( model.status & STATUS_DRIVER_OK );
	/* Three times around the ring. */
	for ( unsigned int i = 0; i < 800; i++ ) {
		deliver ( 60 + i, i, plain, 0 );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		assert_int_equal ( fake_rx_count, 1 );
		assert_frame ( fake_rx[0], 60 + i, i );
		assert_int_equal ( fake_rx[0]->flags, 0 );
		fake_rx_free ();
	}
	assert_int_equal ( netif->rx.bad, 0 );
	stop ();
}

static void legacy_frames_arrive ( void **state ) {
	single_frames_arrive ( false, 0 );
}
static void legacy_frames_arrive_any_layout ( void **state ) {
	single_frames_arrive ( false, VIRTIO_F_ANY_LAYOUT | VIRTIO_F_EVENT_IDX );
}
static void legacy_frames_arrive_mergeable ( void **state ) {
	single_frames_arrive ( false, NET_F_MRG_RXBUF );
}
static void modern_frames_arrive ( void **state ) {
	single_frames_arrive ( true, VIRTIO_F_EVENT_IDX );
}
static void modern_frames_arrive_all_features ( void **state ) {
	single_frames_arrive ( true, NET_FEATURES );
}

static void frames_are_sent ( bool modern, uint64_t features ) {
	struct netif *netif = start ( modern, features );
	uint8_t frame[1514];

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < 600; i++ ) {
		assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60 + i, i ) ), 0 );
		model_run ();
		netif->ops->poll ( netif, 64 );
		fake_frame ( frame, 60 + i, i );
		assert_int_equal ( model.sent_count, i + 1 );
		assert_int_equal ( model.sent_len[i % 4], 60 + i );
		assert_memory_equal ( model.sent[i % 4], frame, 60 + i );
		assert_int_equal ( netif->tx.good, i + 1 );
	}
	stop ();
}

static void legacy_frames_are_sent ( void **state ) {
	frames_are_sent ( false, 0 );
}
static void modern_frames_are_sent ( void **state ) {
	frames_are_sent ( true, NET_FEATURES );
}

static void full_transmit_ring_is_reported ( void **state ) {
	struct netif *netif = start ( true, 0 );
	struct pkt *extra;

	netif->tx_count = TX_SLOTS + 1;
	assert_int_equal ( netif_open ( netif ), 0 );
	/* The device does not look: take its queue away. */
	model.queues[1].enabled = false;
	*( (struct virtio_net *) pci->priv )->tx.used = ( struct virtq_used ){ .flags = 1 };
	for ( unsigned int i = 0; i < TX_SLOTS; i++ )
		assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60, i ) ), 0 );
	extra = fake_tx_pkt ( netif, 60, 99 );
	assert_int_equal ( err_of ( netif_transmit ( netif, extra ) ), ENOBUFS );
	assert_int_equal ( netif->tx.bad, 1 );
	model.queues[1].enabled = true;
	model_run ();
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( netif->tx.good, TX_SLOTS );
	stop ();
}

static void merged_buffers_become_one_packet ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );
	struct virtio_net_hdr hdr = { .flags = HDR_DATA_VALID, .gso_type = 1, .gso_size = 1448 };

	assert_int_equal ( netif_open ( netif ), 0 );
	deliver ( 65549, 1, hdr, 1500 );
	deliver ( 60, 2, plain, 0 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 2 );
	assert_int_equal ( fake_rx_count, 2 );
	assert_frame ( fake_rx[0], 65549, 1 );
	assert_int_equal ( fake_rx[0]->flags, PKT_CSUM_OK | PKT_COALESCED );
	assert_int_equal ( fake_rx[0]->segments, 46 );
	assert_frame ( fake_rx[1], 60, 2 );
	assert_int_equal ( fake_rx[1]->segments, 1 );
	stop ();
}

static void coalesced_packet_arrives_in_one_buffer ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES & ~NET_F_MRG_RXBUF );
	struct virtio_net_hdr hdr = { .flags = HDR_NEEDS_CSUM, .gso_type = 1, .gso_size = 1448 };

	assert_int_equal ( netif_open ( netif ), 0 );
	deliver ( 65549, 5, hdr, 0 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
	assert_frame ( fake_rx[0], 65549, 5 );
	assert_int_equal ( fake_rx[0]->flags, PKT_CSUM_OK | PKT_COALESCED );
	stop ();
}

static void checksum_flag_means_nothing_unless_agreed_on ( void **state ) {
	struct netif *netif = start ( true, 0 );
	struct virtio_net_hdr hdr = { .flags = HDR_DATA_VALID };

	assert_int_equal ( netif_open ( netif ), 0 );
	deliver ( 60, 5, hdr, 0 );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( fake_rx[0]->flags, 0 );
	stop ();
}

static void large_receive_needs_checksums ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES & ~NET_F_GUEST_CSUM );

	assert_int_equal ( netif_open ( netif ), 0 );
	assert_false ( model.accepted & NET_F_GUEST_TSO4 );
	stop ();
}

static void packet_larger_than_any_is_dropped ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES & ~NET_F_GUEST_TSO4 );

	assert_int_equal ( netif_open ( netif ), 0 );
	deliver ( 4000, 1, plain, 1500 );
	deliver ( 60, 2, plain, 0 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 2 );
	assert_int_equal ( fake_rx_count, 1 );
	assert_frame ( fake_rx[0], 60, 2 );
	assert_int_equal ( netif->rx.bad, 1 );
	stop ();
}

static void missing_merged_buffers_are_an_error ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );
	struct virtio_net_hdr hdr = { .num_buffers = 3 };

	assert_int_equal ( netif_open ( netif ), 0 );
	deliver ( 60, 1, hdr, 0 );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( netif->rx.bad, 1 );
	hdr.num_buffers = 0xffff;
	deliver ( 60, 2, hdr, 0 );
	deliver ( 60, 3, plain, 0 );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( netif->rx.bad, 2 );
	assert_int_equal ( fake_rx_count, 1 );
	assert_frame ( fake_rx[0], 60, 3 );
	stop ();
}

static void nonsense_in_the_used_ring_is_survived ( void **state ) {
	static const uint64_t features[] = { 0, NET_FEATURES, VIRTIO_F_ANY_LAYOUT };
	static const uint32_t ids[] = { 256, 257, 0xffff, 0xffffffff, 255 };
	static const uint32_t lens[] = { 0, 5, 12, 66000, 0x7fffffff, 0xffffffff };

	for ( unsigned int f = 0; f < ARRAY_SIZE ( features ); f++ ) {
		struct netif *netif = start ( f == 1, features[f] );
		unsigned int bad = 0;
		int id;

		assert_int_equal ( netif_open ( netif ), 0 );
		/* Buffers that it was never given, or not in this form. */
		for ( unsigned int i = 0; i < ARRAY_SIZE ( ids ); i++ ) {
			if ( ( ids[i] == 255 ) && ( f == 2 ) )
				continue;
			model_push ( &model.queues[0], ids[i], 100, true );
			netif->ops->poll ( netif, 64 );
			assert_int_equal ( netif->rx.bad, ++bad );
		}
		/* Lengths that no buffer has. */
		for ( unsigned int i = 0; i < ARRAY_SIZE ( lens ); i++ ) {
			id = model_pop ( &model.queues[0] );
			model_push ( &model.queues[0], (uint32_t) id, lens[i], true );
			netif->ops->poll ( netif, 64 );
			if ( lens[i] <= model_hdr_len () || lens[i] > 65700 )
				bad++;
			assert_int_equal ( netif->rx.bad, bad );
			fake_rx_free ();
		}
		/* One that it has given back already. */
		id = model_pop ( &model.queues[0] );
		model_push ( &model.queues[0], (uint32_t) id, 100, false );
		model_push ( &model.queues[0], (uint32_t) id, 100, true );
		netif->ops->poll ( netif, 64 );
		fake_rx_free ();
		deliver ( 60, 9, plain, 0 );
		netif->ops->poll ( netif, 64 );
		assert_frame ( fake_rx[fake_rx_count - 1], 60, 9 );
		/* And in the transmit queue. */
		model_push ( &model.queues[1], 0, 0, true );
		model_push ( &model.queues[1], 0xffffffff, 0, true );
		netif->ops->poll ( netif, 64 );
		assert_int_equal ( netif->tx.good, 0 );
		stop ();
	}
}

static void poll_reads_no_register ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );

	assert_int_equal ( netif_open ( netif ), 0 );
	fake_reads = fake_writes = 0;
	for ( unsigned int i = 0; i < 100; i++ ) {
		deliver ( 60, i, plain, 0 );
		netif->ops->poll ( netif, 64 );
		fake_rx_free ();
		netif->ops->poll ( netif, 64 );
	}
	assert_int_equal ( fake_reads, 0 );
	/* The device has asked for one notification at the start, and never again. */
	assert_true ( fake_writes <= 1 );
	stop ();
}

/** The device has not seen that it was to be notified. */
static void silent_device_is_woken ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );
	unsigned int rx, tx;

	assert_int_equal ( netif_open ( netif ), 0 );
	netif->ops->poll ( netif, 64 );
	rx = model.queues[0].notified;
	tx = model.queues[1].notified;
	host_clock_advance ( 19 * US_PER_MS );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( model.queues[0].notified, rx );
	host_clock_advance ( 1 * US_PER_MS );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( model.queues[0].notified, rx + 1 );
	assert_int_equal ( model.queues[1].notified, tx + 1 );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( model.queues[0].notified, rx + 1 );

	/* Not while frames come. */
	for ( unsigned int i = 0; i < 10; i++ ) {
		host_clock_advance ( 15 * US_PER_MS );
		deliver ( 60, i, plain, 0 );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		fake_rx_free ();
		netif->ops->poll ( netif, 64 );
	}
	assert_int_equal ( model.queues[1].notified, tx + 1 );
	stop ();
}

static void device_that_wants_notifications_gets_one_a_batch ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES & ~VIRTIO_F_EVENT_IDX );
	unsigned int before;

	assert_int_equal ( netif_open ( netif ), 0 );
	before = model.queues[0].notified;
	for ( unsigned int i = 0; i < 32; i++ )
		deliver ( 60, i, plain, 0 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 32 );
	assert_int_equal ( model.queues[0].notified, before + 1 );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( model.queues[0].notified, before + 1 );
	stop ();
}

static void no_interrupt_is_ever_asked_for ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );
	struct virtio_net *net = pci->priv;
	uint16_t event, old;

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < 70000; i++ ) {
		old = net->rx.used->idx;
		deliver ( 60, i, plain, 0 );
		/* §2.6.7.2: an interrupt would be sent if this held. */
		event = *net->rx.used_event;
		assert_false ( (uint16_t) ( old + 1 - event - 1 ) < 1 );
		netif->ops->poll ( netif, 64 );
		fake_rx_free ();
	}
	assert_int_equal ( net->rx.avail->flags, AVAIL_NO_INTERRUPT );
	assert_true ( fake_command () & 0x0400 );
	stop ();
}

static void stack_that_holds_packets_gets_the_rest_later ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES & ~NET_F_GUEST_TSO4 );

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < RX_SLOTS + RX_SPARE; i++ ) {
		deliver ( 60, i, plain, 0 );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
	}
	assert_int_equal ( model_pop ( &model.queues[0] ), -1 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 0 );
	fake_rx_free ();
	netif->ops->poll ( netif, 64 );
	deliver ( 60, 7, plain, 0 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
	assert_frame ( fake_rx[0], 60, 7 );
	stop ();
}

static void small_machine_does_without_large_receive ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );

	/* Control page, two rings, packet pools of one interface; then the first big chunk. */
	fake_dma_fail = 5;
	assert_int_equal ( netif_open ( netif ), 0 );
	fake_dma_fail = 0;
	assert_false ( model.accepted & NET_F_GUEST_TSO4 );
	deliver ( 60, 7, plain, 0 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
	stop ();
}

static void each_failing_allocation_is_survived ( void **state ) {
	for ( unsigned int nth = 1; nth < 60; nth++ ) {
		struct netif *netif = start ( true, NET_FEATURES );

		fake_dma_fail = nth;
		if ( netif_open ( netif ) != 0 )
			assert_false ( model.status & STATUS_DRIVER_OK );
		fake_dma_fail = 0;
		stop ();
	}
}

static void address_is_set_by_command ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );

	assert_memory_equal ( netif->hw_addr, model.config, 6 );
	netif->mac[5] = 0x77;
	assert_int_equal ( netif_open ( netif ), 0 );
	assert_memory_equal ( model.ctrl_mac, netif->mac, 6 );
	assert_int_equal ( model.config[5], 3 );
	stop ();
}

static void address_of_legacy_device_is_written ( void **state ) {
	struct netif *netif = start ( false, 0 );

	netif->mac[5] = 0x77;
	assert_int_equal ( netif_open ( netif ), 0 );
	assert_memory_equal ( model.config, netif->mac, 6 );
	stop ();
}

static void device_without_address_gets_a_local_one ( void **state ) {
	struct netif *netif;

	start ( true, 0 );
	stop ();
	model.offered = VIRTIO_F_VERSION_1;
	memset ( model.config, 0, 6 );
	pci = fake_pci_new ( &modern_device, 0x1041 );
	assert_int_equal ( virtio_net_probe ( pci, &virtio_net_ids[1] ), 0 );
	netif = &( (struct virtio_net *) pci->priv )->netif;
	assert_int_equal ( netif->hw_addr[0] & 3, 2 );
	stop ();
}

static void link_is_watched ( void **state ) {
	struct netif *netif = start ( true, NET_FEATURES );

	assert_int_equal ( netif_open ( netif ), 0 );
	assert_true ( netif->link_up );
	model.config[CONFIG_STATUS] = 0;
	host_clock_advance ( PCI_NET_LINK_US + 1000 );
	timers_run ( platform_now () );
	assert_false ( netif->link_up );
	assert_int_equal ( netif->link_rc, -ENOTCONN_LINK_DOWN );
	model.config[CONFIG_STATUS] = 1;
	host_clock_advance ( PCI_NET_LINK_US + 1000 );
	timers_run ( platform_now () );
	assert_true ( netif->link_up );
	netif_close ( netif );
	assert_int_equal ( timers_next (), TIME_NEVER );
	assert_int_equal ( model.status, 0 );
	stop ();
}

static void identity_is_told ( void **state ) {
	struct netif *netif = start ( true, 0 );

	assert_string_equal ( netif->chip, "virtio-net" );
	assert_string_equal ( netif->location, "0000:01:02.3" );
	assert_int_equal ( netif->bus_loc, 0x113 );
	stop ();
}

static void refused_features_fail_the_open ( void **state ) {
	struct netif *netif = start ( true, 0 );

	model.refuse_features = true;
	assert_int_equal ( err_of ( netif_open ( netif ) ), ENOTSUP );
	stop ();
}

static void queue_sizes_that_make_no_sense_are_refused ( void **state ) {
	static const uint16_t sizes[] = { 0, 1, 3, 100, 65535 };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( sizes ); i++ ) {
		struct netif *netif = start ( false, 0 );

		model.queues[1].size = sizes[i];
		assert_true ( netif_open ( netif ) < 0 );
		stop ();
	}
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( legacy_frames_arrive ),
		cmocka_unit_test ( legacy_frames_arrive_any_layout ),
		cmocka_unit_test ( legacy_frames_arrive_mergeable ),
		cmocka_unit_test ( modern_frames_arrive ),
		cmocka_unit_test ( modern_frames_arrive_all_features ),
		cmocka_unit_test ( legacy_frames_are_sent ),
		cmocka_unit_test ( modern_frames_are_sent ),
		cmocka_unit_test ( full_transmit_ring_is_reported ),
		cmocka_unit_test ( merged_buffers_become_one_packet ),
		cmocka_unit_test ( coalesced_packet_arrives_in_one_buffer ),
		cmocka_unit_test ( checksum_flag_means_nothing_unless_agreed_on ),
		cmocka_unit_test ( large_receive_needs_checksums ),
		cmocka_unit_test ( packet_larger_than_any_is_dropped ),
		cmocka_unit_test ( missing_merged_buffers_are_an_error ),
		cmocka_unit_test ( nonsense_in_the_used_ring_is_survived ),
		cmocka_unit_test ( poll_reads_no_register ),
		cmocka_unit_test ( silent_device_is_woken ),
		cmocka_unit_test ( device_that_wants_notifications_gets_one_a_batch ),
		cmocka_unit_test ( no_interrupt_is_ever_asked_for ),
		cmocka_unit_test ( stack_that_holds_packets_gets_the_rest_later ),
		cmocka_unit_test ( small_machine_does_without_large_receive ),
		cmocka_unit_test ( each_failing_allocation_is_survived ),
		cmocka_unit_test ( address_is_set_by_command ),
		cmocka_unit_test ( address_of_legacy_device_is_written ),
		cmocka_unit_test ( device_without_address_gets_a_local_one ),
		cmocka_unit_test ( link_is_watched ),
		cmocka_unit_test ( identity_is_told ),
		cmocka_unit_test ( refused_features_fail_the_open ),
		cmocka_unit_test ( queue_sizes_that_make_no_sense_are_refused ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
