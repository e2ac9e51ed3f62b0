/** @file
 * The RTL8139 driver against a model of the chip: ring wrap, hostile headers, overflow, the four
 * transmit buffers, addresses.
 */
#include "fake_pci.h"
#include "../../../src/drivers/pci_net.c"
#include "../../../src/drivers/realtek.c"

/* ---- The model ---- */

static struct model {
	uint8_t regs[256];
	uint8_t eeprom_mac[6];
	uint16_t cbr; /**< fill position */
	bool unlocked;
	bool overflow;   /**< receives nothing until this is acknowledged */
	bool stuck;      /**< nothing is sent */
	bool abort_next; /**< the next frame ends with an abort */
	bool dead;       /**< a reset never ends */
	unsigned int resets, sent_count;
	uint8_t sent[2048];
	size_t sent_len;
} model;

static struct pci_device *pci;
static struct realtek_nic *nic;

static uint32_t get ( unsigned int reg, unsigned int width ) {
	uint32_t value = 0;

	memcpy ( &value, &model.regs[reg], width );
	return value;
}

static void put ( unsigned int reg, unsigned int width, uint32_t value ) {
	memcpy ( &model.regs[reg], &value, width );
}

static void model_reset ( void ) {
	model.resets++;
	model.cbr = 0;
	put ( RTL_CR, 1, model.dead ? RTL_CR_RST : 0 );
	put ( RTL_RCR, 4, 0 );
	put ( RTL_CAPR, 2, 0xfff0 );
	for ( unsigned int i = 0; i < TX_COUNT; i++ )
		put ( RTL_TSD ( i ), 4, RTL_TSD_OWN );
}

static uint32_t model_read ( unsigned int reg, unsigned int width ) {
	if ( reg == RTL_CBR ) {
		assert_int_equal ( width, 2 );
		return model.cbr;
	}
	return get ( reg, width );
}

static void model_send ( unsigned int index ) {
	uint32_t status = get ( RTL_TSD ( index ), 4 );
	size_t len = status & 0x1fff;
	uint32_t addr = get ( RTL_TSAD ( index ), 4 );

	assert_true ( get ( RTL_CR, 1 ) & RTL_CR_TE );
	assert_int_equal ( addr & 3, 0 );
	assert_false ( status & RTL_TSD_OWN );
	if ( model.stuck )
		return;
	if ( model.abort_next ) {
		model.abort_next = false;
		put ( RTL_TSD ( index ), 4, status | RTL_TSD_TABT );
		return;
	}
	memcpy ( model.sent, fake_bus ( addr, len ), len );
	model.sent_len = len;
	model.sent_count++;
	put ( RTL_TSD ( index ), 4, status | RTL_TSD_OWN | RTL_TSD_TOK );
}

static void model_write ( unsigned int reg, unsigned int width, uint32_t value ) {
	if ( ( reg == RTL_IDR0 ) || ( reg == RTL_IDR4 ) ) {
		assert_int_equal ( width, 4 );
		assert_true ( model.unlocked );
	}
	if ( ( reg == RTL_RCR ) || ( reg == RTL_TCR ) )
		assert_true ( get ( RTL_CR, 1 ) & ( RTL_CR_RE | RTL_CR_TE ) );
	if ( reg == RTL_ISR ) {
		if ( value & RTL_ISR_RXOVW )
			model.overflow = false;
		return;
	}
	put ( reg, width, value );
	if ( ( reg == RTL_CR ) && ( value & RTL_CR_RST ) )
		model_reset ();
	if ( reg == RTL_9346CR ) {
		model.unlocked = ( ( value & 0xc0 ) == 0xc0 );
		if ( ( value & 0xc0 ) == 0x40 ) {
			memcpy ( model.regs, model.eeprom_mac, 6 );
			put ( reg, 1, 0 );
		}
	}
	for ( unsigned int i = 0; i < TX_COUNT; i++ ) {
		if ( reg == RTL_TSD ( i ) )
			model_send ( i );
	}
}

static const struct fake_device model_device = { model_read, model_write };

static uint16_t ring_free ( void ) {
	uint16_t used = (uint16_t) ( model.cbr - ( get ( RTL_CAPR, 2 ) + CAPR_OFFSET ) );

	return (uint16_t) ( 65535 - used );
}

static void ring_write ( const void *data, size_t len ) {
	uint8_t *ring = fake_bus ( get ( RTL_RBSTART, 4 ), RX_RING_LEN );

	for ( size_t i = 0; i < len; i++ )
		ring[(uint16_t) ( model.cbr + i )] = ( (const uint8_t *) data )[i];
	model.cbr = (uint16_t) ( model.cbr + len );
}

/** Write a frame with this header. @return false: no room */
static bool deliver_as ( size_t len, unsigned int seed, uint16_t status, uint16_t claimed ) {
	uint8_t frame[2048] = {};
	uint16_t header[2] = { status, claimed };

	if ( ring_free () < len + 12 )
		model.overflow = true;
	if ( !( get ( RTL_CR, 1 ) & RTL_CR_RE ) || model.overflow )
		return false;
	fake_frame ( frame, len, seed );
	ring_write ( header, 4 );
	ring_write ( frame, ROUND_UP ( len + 4, 4 ) );
	return true;
}

static bool deliver ( size_t len, unsigned int seed ) {
	return deliver_as ( len, seed, RTL_RX_ROK, (uint16_t) ( len + 4 ) );
}

static void model_new ( void ) {
	memset ( &model, 0, sizeof ( model ) );
	memset ( fake_config, 0, sizeof ( fake_config ) );
	fake_config32 ( 0x10, FAKE_IO_BASE | 1 );
	fake_config32 ( 0x14, FAKE_MEM_BASE );
	memcpy ( model.eeprom_mac, "\x52\x54\x00\x12\x34\x56", 6 );
	put ( RTL_CONFIG1, 1, 0x0f );
}

static int probe ( void ) {
	int rc;

	pci = fake_pci_new ( &model_device, 0x8139 );
	rc = rtl_probe ( pci, &rtl_ids[6] );
	nic = pci->priv;
	return rc;
}

static struct netif *start ( void ) {
	model_new ();
	assert_int_equal ( probe (), 0 );
	return &nic->netif;
}

static void stop ( void ) {
	fake_rx_free ();
	rtl_remove ( pci );
	assert_int_equal ( get ( RTL_CR, 1 ), 0 );
	assert_int_equal ( fake_dma_out, 0 );
	free ( pci );
}

/* ---- Tests ---- */

static void identity_is_told ( void **state ) {
	struct netif *netif = start ();

	assert_string_equal ( netif->chip, "rtl8139" );
	assert_memory_equal ( netif->hw_addr, model.eeprom_mac, 6 );
	assert_true ( netif->link_up );
	assert_int_equal ( pci->dma.mask, 0xffffffff );
	stop ();
}

static void frames_of_all_lengths_arrive_across_the_end_of_the_ring ( void **state ) {
	struct netif *netif = start ();

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < 3000; i++ ) {
		size_t len = 60 + i % 1455;

		assert_true ( deliver ( len, i ) );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		assert_frame ( fake_rx[0], len, i );
		fake_rx_free ();
		/* All of the ring is the chip's again. */
		assert_int_equal ( ring_free (), 65535 );
	}
	assert_int_equal ( netif->rx.bad, 0 );
	stop ();
}

static void full_ring_is_emptied_in_budgets ( void **state ) {
	struct netif *netif = start ();
	unsigned int count = 0, received;

	assert_int_equal ( netif_open ( netif ), 0 );
	while ( deliver ( 1000, count ) )
		count++;
	assert_true ( count > 60 );
	received = netif->ops->poll ( netif, 16 );
	assert_int_equal ( received, 16 );
	assert_false ( model.overflow );
	received += netif->ops->poll ( netif, 64 );
	assert_int_equal ( received, count );
	for ( unsigned int i = 0; i < count; i++ )
		assert_frame ( fake_rx[i], 1000, i );
	stop ();
}

static void nonsense_in_the_ring_restarts_the_chip ( void **state ) {
	static const struct {
		uint16_t status, claimed;
	} headers[] = {
		{ 0, 64 }, /* not received well */
		{ RTL_RX_ROK, 0 },
		{ RTL_RX_ROK, 3 },
		{ RTL_RX_ROK, 17 },
		{ RTL_RX_ROK, 1523 },
		{ RTL_RX_ROK, 0x7fff },
		{ RTL_RX_ROK, 0xffff },
		{ RTL_RX_ROK, 0xffef },
	};
	struct netif *netif = start ();
	unsigned int resets;

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( headers ); i++ ) {
		resets = model.resets;
		deliver ( 60, i );
		deliver_as ( 60, i, headers[i].status, headers[i].claimed );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		assert_int_equal ( netif->rx.bad, i + 1 );
		assert_int_equal ( model.resets, resets + 1 );
		fake_rx_free ();
		assert_true ( deliver ( 100, 3 ) );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		assert_frame ( fake_rx[0], 100, 3 );
		fake_rx_free ();
	}
	stop ();
}

static void unfinished_frame_is_waited_for ( void **state ) {
	struct netif *netif = start ();
	uint16_t header[2] = { RTL_RX_ROK, RTL_RX_WRITING };
	uint8_t frame[64];

	assert_int_equal ( netif_open ( netif ), 0 );
	/* Length not known yet; then known, but not all there; then there. */
	ring_write ( header, 4 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 0 );
	header[1] = 64;
	model.cbr = 0;
	ring_write ( header, 4 );
	fake_frame ( frame, 60, 1 );
	ring_write ( frame, 32 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 0 );
	ring_write ( frame + 32, 32 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
	assert_frame ( fake_rx[0], 60, 1 );
	assert_int_equal ( netif->rx.bad, 0 );
	stop ();
}

static void frame_that_is_never_finished_restarts_the_chip ( void **state ) {
	struct netif *netif = start ();
	unsigned int resets;

	assert_int_equal ( netif_open ( netif ), 0 );
	resets = model.resets;
	deliver_as ( 60, 1, RTL_RX_ROK, 1500 );
	for ( unsigned int i = 0; i < 3; i++ ) {
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 0 );
		host_clock_advance ( PCI_NET_LINK_US + 1000 );
		timers_run ( platform_now () );
	}
	assert_int_equal ( model.resets, resets + 1 );
	assert_true ( deliver ( 100, 3 ) );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
	stop ();
}

static void stack_that_holds_packets_stops_the_ring ( void **state ) {
	struct netif *netif = start ();
	unsigned int received = 0, resets;

	assert_int_equal ( netif_open ( netif ), 0 );
	resets = model.resets;
	for ( unsigned int i = 0; i < RX_COUNT + 20; i++ ) {
		deliver ( 60, i );
		received += netif->ops->poll ( netif, 64 );
	}
	assert_int_equal ( received, RX_COUNT );
	/* Not the chip's fault, however long it takes. */
	for ( unsigned int i = 0; i < 3; i++ ) {
		host_clock_advance ( PCI_NET_LINK_US + 1000 );
		timers_run ( platform_now () );
	}
	assert_int_equal ( model.resets, resets );
	fake_rx_free ();
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 20 );
	assert_frame ( fake_rx[19], 60, RX_COUNT + 19 );
	stop ();
}

static void frames_are_sent ( void **state ) {
	struct netif *netif = start ();
	uint8_t frame[1514];

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < 100; i++ ) {
		assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60 + i, i ) ), 0 );
		fake_frame ( frame, 60 + i, i );
		assert_int_equal ( model.sent_count, i + 1 );
		assert_int_equal ( model.sent_len, 60 + i );
		assert_memory_equal ( model.sent, frame, 60 + i );
	}
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( netif->tx.good, 100 );
	stop ();
}

static void more_than_four_frames_queue_up ( void **state ) {
	struct netif *netif = start ();

	assert_int_equal ( netif_open ( netif ), 0 );
	model.stuck = true;
	for ( unsigned int i = 0; i < 10; i++ )
		assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60, i ) ), 0 );
	assert_int_equal ( netif->tx.good, 0 );
	model.stuck = false;
	for ( unsigned int i = 0; i < TX_COUNT; i++ )
		model_send ( i );
	netif->ops->poll ( netif, 64 );
	netif->ops->poll ( netif, 64 );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( netif->tx.good, 10 );
	assert_int_equal ( model.sent_count, 10 );
	/* What is still waiting when the interface is closed is freed. */
	model.stuck = true;
	for ( unsigned int i = 0; i < 10; i++ )
		assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60, i ) ), 0 );
	stop ();
}

static void aborted_transmission_restarts_the_chip ( void **state ) {
	struct netif *netif = start ();

	assert_int_equal ( netif_open ( netif ), 0 );
	model.abort_next = true;
	netif_transmit ( netif, fake_tx_pkt ( netif, 60, 1 ) );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( netif->tx.bad, 1 );
	assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60, 2 ) ), 0 );
	netif->ops->poll ( netif, 64 );
	assert_int_equal ( netif->tx.good, 1 );
	stop ();
}

static void address_is_programmed_at_open_and_restored_at_removal ( void **state ) {
	struct netif *netif = start ();

	netif->mac[5] = 0x99;
	assert_int_equal ( netif_open ( netif ), 0 );
	assert_memory_equal ( model.regs, netif->mac, 6 );
	assert_false ( model.unlocked );
	stop ();
	assert_memory_equal ( model.regs, model.eeprom_mac, 6 );
}

static void link_and_missed_frames_are_watched ( void **state ) {
	struct netif *netif = start ();

	assert_int_equal ( netif_open ( netif ), 0 );
	assert_true ( netif->link_up );
	put ( RTL_MSR, 1, RTL_MSR_LINKB );
	put ( RTL_MPC, 4, 0xff000007 );
	host_clock_advance ( PCI_NET_LINK_US + 1000 );
	timers_run ( platform_now () );
	assert_false ( netif->link_up );
	assert_int_equal ( netif->rx_overruns, 7 );
	stop ();
}

static void chip_that_stays_in_reset_is_left_alone ( void **state ) {
	model_new ();
	model.dead = true;
	assert_int_equal ( err_of ( probe () ), EIO );
	free ( pci );
}

static void chip_without_address_is_left_alone ( void **state ) {
	model_new ();
	memset ( model.eeprom_mac, 0xff, 6 );
	assert_int_equal ( err_of ( probe () ), EIO );
	free ( pci );
}

static void failing_allocation_is_survived ( void **state ) {
	struct netif *netif = start ();

	/* The first is the packet pool that the interface itself makes. */
	for ( unsigned int nth = 1; nth < 4; nth++ ) {
		fake_dma_fail = nth;
		if ( netif_open ( netif ) == 0 )
			netif_close ( netif );
		fake_dma_fail = 0;
		assert_int_equal ( fake_dma_out, 0 );
	}
	stop ();
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( identity_is_told ),
		cmocka_unit_test ( frames_of_all_lengths_arrive_across_the_end_of_the_ring ),
		cmocka_unit_test ( full_ring_is_emptied_in_budgets ),
		cmocka_unit_test ( nonsense_in_the_ring_restarts_the_chip ),
		cmocka_unit_test ( unfinished_frame_is_waited_for ),
		cmocka_unit_test ( frame_that_is_never_finished_restarts_the_chip ),
		cmocka_unit_test ( stack_that_holds_packets_stops_the_ring ),
		cmocka_unit_test ( frames_are_sent ),
		cmocka_unit_test ( more_than_four_frames_queue_up ),
		cmocka_unit_test ( aborted_transmission_restarts_the_chip ),
		cmocka_unit_test ( address_is_programmed_at_open_and_restored_at_removal ),
		cmocka_unit_test ( link_and_missed_frames_are_watched ),
		cmocka_unit_test ( chip_that_stays_in_reset_is_left_alone ),
		cmocka_unit_test ( chip_without_address_is_left_alone ),
		cmocka_unit_test ( failing_allocation_is_survived ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
