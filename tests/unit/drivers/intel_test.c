/** @file
 * The intel driver against a model of the controllers: addresses from EEPROM or registers, both
 * rings, broken frames, life of the receiver, register accesses.
 */
#include "fake_pci.h"
#include "../../../src/drivers/pci_net.c"
#include "../../../src/drivers/intel.c"
#include "../../../src/drivers/intel_ids.c"

/* ---- The model ---- */

static struct model {
	uint32_t regs[0x20000 / 4];
	uint16_t eeprom[64];
	unsigned int eerd_shift; /**< of the address; 0: never done */
	unsigned int rctl_writes, rdt_writes;
	bool master; /**< PCIe: bus transactions outstanding for ever */
	uint8_t sent[2048];
	size_t sent_len;
	unsigned int sent_count;
	bool stuck; /**< nothing is sent */
} model;

static struct pci_device *pci;
static struct intel_nic *nic;

#define REG( reg ) model.regs[( reg ) / 4]

static void model_reset ( void ) {
	uint32_t ral = REG ( INTEL_RAL0 ), rah = REG ( INTEL_RAH0 ), status = REG ( INTEL_STATUS );

	memset ( model.regs, 0, sizeof ( model.regs ) );
	REG ( INTEL_RAL0 ) = ral;
	REG ( INTEL_RAH0 ) = rah;
	REG ( INTEL_STATUS ) = status;
}

static uint32_t model_read ( unsigned int reg, unsigned int width ) {
	uint32_t value = REG ( reg );

	assert_int_equal ( width, 4 );
	if ( reg == INTEL_MPC )
		REG ( reg ) = 0;
	return value;
}

static void model_eerd ( uint32_t value ) {
	unsigned int word;

	REG ( INTEL_EERD ) = 0;
	if ( !model.eerd_shift || !( value & INTEL_EERD_START ) )
		return;
	word = ( value & 0xffff ) >> model.eerd_shift;
	assert_true ( word < 64 );
	REG ( INTEL_EERD ) =
		(uint32_t) model.eeprom[word] << 16 | ( ( model.eerd_shift == 2 ) ? 0x02 : 0x10 );
}

static void model_send ( void ) {
	struct intel_tx_desc *ring = fake_bus (
		REG ( INTEL_TDBAL ) | (uint64_t) REG ( INTEL_TDBAH ) << 32, REG ( INTEL_TDLEN ) );
	unsigned int count = REG ( INTEL_TDLEN ) / 16;

	while ( ( REG ( INTEL_TCTL ) & INTEL_TCTL_EN ) && !model.stuck &&
		( REG ( INTEL_TDH ) != REG ( INTEL_TDT ) ) ) {
		struct intel_tx_desc *desc = &ring[REG ( INTEL_TDH )];

		assert_int_equal ( desc->command, INTEL_TXD_EOP | INTEL_TXD_IFCS | INTEL_TXD_RS );
		memcpy ( model.sent, fake_bus ( desc->addr, desc->len ), desc->len );
		model.sent_len = desc->len;
		model.sent_count++;
		desc->status |= INTEL_TXD_DD;
		REG ( INTEL_TDH ) = ( REG ( INTEL_TDH ) + 1 ) % count;
	}
}

static void model_write ( unsigned int reg, unsigned int width, uint32_t value ) {
	assert_int_equal ( width, 4 );
	REG ( reg ) = value;
	switch ( reg ) {
	case INTEL_CTRL:
		if ( ( value & INTEL_CTRL_MASTER_DISABLE ) && !model.master )
			REG ( INTEL_STATUS ) &= ~INTEL_STATUS_MASTER_ENABLE;
		if ( value & INTEL_CTRL_RST )
			model_reset ();
		break;
	case INTEL_EERD:
		model_eerd ( value );
		break;
	case INTEL_RCTL:
		model.rctl_writes++;
		break;
	case INTEL_RDT:
		model.rdt_writes++;
		assert_true ( value < RX_COUNT );
		break;
	case INTEL_TDT:
		model_send ();
		break;
	}
}

static const struct fake_device model_device = { model_read, model_write };

/** Put a frame into the ring. @return false: no descriptor */
static bool deliver_as ( size_t len, unsigned int seed, uint8_t status, uint8_t errors,
			 size_t claimed ) {
	struct intel_rx_desc *ring = fake_bus (
		REG ( INTEL_RDBAL ) | (uint64_t) REG ( INTEL_RDBAH ) << 32, REG ( INTEL_RDLEN ) );
	struct intel_rx_desc *desc = &ring[REG ( INTEL_RDH )];

	if ( !( REG ( INTEL_RCTL ) & INTEL_RCTL_EN ) ||
	     ( REG ( INTEL_RDH ) == REG ( INTEL_RDT ) ) ) {
		REG ( INTEL_MPC )++;
		return false;
	}
	fake_frame ( fake_bus ( desc->addr, len ), len, seed );
	desc->len = (uint16_t) claimed;
	desc->errors = errors;
	desc->status = status;
	REG ( INTEL_RDH ) = ( REG ( INTEL_RDH ) + 1 ) % ( REG ( INTEL_RDLEN ) / 16 );
	return true;
}

static bool deliver ( size_t len, unsigned int seed ) {
	return deliver_as ( len, seed, INTEL_RXD_DD | INTEL_RXD_EOP, 0, len );
}

static const struct pci_id *id_of ( uint16_t device ) {
	for ( unsigned int i = 0; i < ARRAY_SIZE ( intel_ids ); i++ ) {
		if ( intel_ids[i].device == device )
			return &intel_ids[i];
	}
	fail ();
	return NULL;
}

static void model_new ( unsigned int eerd_shift ) {
	memset ( &model, 0, sizeof ( model ) );
	memset ( fake_config, 0, sizeof ( fake_config ) );
	fake_config32 ( 0x10, FAKE_MEM_BASE );
	model.eerd_shift = eerd_shift;
	/* 52:54:00:12:34:56 in the EEPROM, ...:ab in the registers. */
	model.eeprom[0] = 0x5452;
	model.eeprom[1] = 0x1200;
	model.eeprom[2] = 0x5634;
	REG ( INTEL_RAL0 ) = 0x12005452;
	REG ( INTEL_RAH0 ) = 0x8000ab34;
	REG ( INTEL_STATUS ) = INTEL_STATUS_LU | INTEL_STATUS_MASTER_ENABLE;
}

static int probe ( uint16_t device ) {
	int rc;

	pci = fake_pci_new ( &model_device, device );
	rc = intel_probe ( pci, id_of ( device ) );
	nic = pci->priv;
	return rc;
}

static struct netif *start ( uint16_t device, unsigned int eerd_shift ) {
	model_new ( eerd_shift );
	assert_int_equal ( probe ( device ), 0 );
	return &nic->netif;
}

static void stop ( void ) {
	fake_rx_free ();
	intel_remove ( pci );
	assert_int_equal ( REG ( INTEL_RCTL ), 0 );
	assert_int_equal ( REG ( INTEL_TCTL ), 0 );
	assert_int_equal ( fake_dma_out, 0 );
	free ( pci );
}

/* ---- Tests ---- */

static void address_comes_from_the_eeprom_of_each_family ( void **state ) {
	static const struct {
		uint16_t device;
		unsigned int shift;
		const char *chip;
	} chips[] = {
		{ 0x100e, 8, "82540em" }, { 0x100f, 8, "82545em" }, { 0x1013, 2, "82541ei" },
		{ 0x1019, 2, "82547ei" }, { 0x105e, 2, "82571eb" }, { 0x10d3, 2, "82574l" },
	};

	for ( unsigned int i = 0; i < ARRAY_SIZE ( chips ); i++ ) {
		struct netif *netif = start ( chips[i].device, chips[i].shift );

		assert_memory_equal ( netif->hw_addr, "\x52\x54\x00\x12\x34\x56", 6 );
		assert_memory_equal ( netif->mac, netif->hw_addr, 6 );
		assert_string_equal ( netif->chip, chips[i].chip );
		stop ();
	}
}

static void second_port_has_the_last_bit_inverted ( void **state ) {
	model_new ( 8 );
	REG ( INTEL_STATUS ) |= INTEL_STATUS_PORT_1;
	assert_int_equal ( probe ( 0x1010 ), 0 );
	assert_int_equal ( nic->netif.hw_addr[5], 0x57 );
	stop ();
}

static void address_falls_back_to_registers ( void **state ) {
	struct netif *netif;

	/* No read register, no answer, an empty EEPROM. */
	netif = start ( 0x100c, 8 );
	assert_int_equal ( netif->hw_addr[5], 0xab );
	stop ();
	netif = start ( 0x100e, 0 );
	assert_int_equal ( netif->hw_addr[5], 0xab );
	stop ();
	model_new ( 8 );
	memset ( model.eeprom, 0xff, sizeof ( model.eeprom ) );
	assert_int_equal ( probe ( 0x100e ), 0 );
	assert_int_equal ( nic->netif.hw_addr[5], 0xab );
	stop ();
}

static void controller_without_any_address_is_left_alone ( void **state ) {
	model_new ( 0 );
	REG ( INTEL_RAL0 ) = REG ( INTEL_RAH0 ) = 0;
	assert_int_equal ( err_of ( probe ( 0x100e ) ), EIO );
	assert_int_equal ( REG ( INTEL_RCTL ), 0 );
	assert_int_equal ( fake_dma_out, 0 );
	free ( pci );
}

static void frames_arrive_around_the_ring ( void **state ) {
	struct netif *netif = start ( 0x100e, 8 );

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < 1200; i++ ) {
		assert_true ( deliver ( 60 + i, i ) );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		assert_frame ( fake_rx[0], 60 + i, i );
		fake_rx_free ();
	}
	assert_int_equal ( netif->rx.bad, 0 );
	/* Registers: the tail once for each RX_TAIL_BATCH frames. */
	assert_true ( model.rdt_writes <= 1200 / RX_TAIL_BATCH + 3 );
	stop ();
}

static void idle_poll_touches_no_register ( void **state ) {
	struct netif *netif = start ( 0x10d3, 2 );

	assert_int_equal ( netif_open ( netif ), 0 );
	fake_reads = fake_writes = 0;
	for ( unsigned int i = 0; i < 1000; i++ )
		netif->ops->poll ( netif, 64 );
	assert_int_equal ( fake_reads + fake_writes, 0 );
	stop ();
}

static void receiver_is_enabled_once_at_probe ( void **state ) {
	struct netif *netif = start ( 0x100e, 8 );
	unsigned int writes = model.rctl_writes;

	assert_true ( REG ( INTEL_RCTL ) & INTEL_RCTL_EN );
	for ( unsigned int i = 0; i < 3; i++ ) {
		/* Frames that came while it was closed are old news. */
		for ( unsigned int j = 0; j < 300; j++ )
			deliver ( 60, j );
		assert_int_equal ( netif_open ( netif ), 0 );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 0 );
		assert_true ( deliver ( 60, 7 ) );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		assert_frame ( fake_rx[0], 60, 7 );
		fake_rx_free ();
		netif_close ( netif );
	}
	assert_int_equal ( model.rctl_writes, writes );
	assert_true ( netif->rx_overruns > 0 );
	stop ();
}

static void broken_frames_are_counted_and_dropped ( void **state ) {
	static const struct {
		uint8_t status, errors;
		size_t claimed;
	} broken[] = {
		{ INTEL_RXD_DD | INTEL_RXD_EOP, 0x01, 60 }, /* CRC */
		{ INTEL_RXD_DD | INTEL_RXD_EOP, 0x80, 60 }, /* data */
		{ INTEL_RXD_DD | INTEL_RXD_EOP, 0, 0 },
		{ INTEL_RXD_DD | INTEL_RXD_EOP, 0, 13 },
		{ INTEL_RXD_DD | INTEL_RXD_EOP, 0, 2049 },
		{ INTEL_RXD_DD | INTEL_RXD_EOP, 0, 65535 },
		{ INTEL_RXD_DD, 0, 2048 }, /* too long, its rest follows */
		{ INTEL_RXD_DD, 0, 2048 },
		{ INTEL_RXD_DD | INTEL_RXD_EOP, 0, 60 },
	};
	struct netif *netif = start ( 0x100e, 8 );

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( broken ); i++ ) {
		deliver_as ( 60, i, broken[i].status, broken[i].errors, broken[i].claimed );
		netif->ops->poll ( netif, 64 );
		assert_int_equal ( fake_rx_count, 0 );
		assert_int_equal ( netif->rx.bad, i + 1 );
	}
	deliver ( 60, 3 );
	assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
	assert_frame ( fake_rx[0], 60, 3 );
	stop ();
}

static void checksum_verdict_is_passed_on ( void **state ) {
	static const struct {
		uint8_t status, errors, flags;
	} cases[] = {
		{ 0, 0, 0 },
		{ INTEL_RXD_TCPCS, 0, PKT_CSUM_OK },
		{ INTEL_RXD_TCPCS | INTEL_RXD_IXSM, 0, 0 },
		{ INTEL_RXD_TCPCS, INTEL_RXE_TCPE, 0 },
		{ INTEL_RXD_TCPCS, INTEL_RXE_IPE, 0 },
	};
	struct netif *netif = start ( 0x10d3, 2 );

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( cases ); i++ ) {
		deliver_as ( 60, i, INTEL_RXD_DD | INTEL_RXD_EOP | cases[i].status, cases[i].errors,
			     60 );
		assert_int_equal ( netif->ops->poll ( netif, 64 ), 1 );
		assert_int_equal ( fake_rx[0]->flags, cases[i].flags );
		fake_rx_free ();
	}
	stop ();
}

static void stack_that_holds_packets_stops_the_ring ( void **state ) {
	struct netif *netif = start ( 0x100e, 8 );
	unsigned int received = 0;

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < 100; i++ ) {
		deliver ( 60, i );
		received += netif->ops->poll ( netif, 64 );
	}
	assert_int_equal ( received, RX_SPARE );
	fake_rx_free ();
	for ( unsigned int i = 0; i < 10; i++ ) {
		received += netif->ops->poll ( netif, 64 );
		fake_rx_free ();
	}
	assert_int_equal ( received, 100 );
	assert_int_equal ( netif->rx.bad, 0 );
	stop ();
}

static void frames_are_sent_around_the_ring ( void **state ) {
	struct netif *netif = start ( 0x10d3, 2 );
	uint8_t frame[1514];

	assert_int_equal ( netif_open ( netif ), 0 );
	for ( unsigned int i = 0; i < 300; i++ ) {
		assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60 + i, i ) ), 0 );
		fake_frame ( frame, 60 + i, i );
		assert_int_equal ( model.sent_len, 60 + i );
		assert_memory_equal ( model.sent, frame, 60 + i );
		netif->ops->poll ( netif, 64 );
		assert_int_equal ( netif->tx.good, i + 1 );
	}
	stop ();
}

static void full_transmit_ring_is_reported ( void **state ) {
	struct netif *netif = start ( 0x100e, 8 );

	netif->tx_count = TX_COUNT + 1;
	assert_int_equal ( netif_open ( netif ), 0 );
	model.stuck = true;
	for ( unsigned int i = 0; i < TX_COUNT - 1; i++ )
		assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60, i ) ), 0 );
	assert_int_equal ( err_of ( netif_transmit ( netif, fake_tx_pkt ( netif, 60, 0 ) ) ),
			   ENOBUFS );
	assert_int_equal ( netif->tx.bad, 1 );
	/* Closing frees what was never sent. */
	netif_close ( netif );
	model.stuck = false;
	assert_int_equal ( netif_open ( netif ), 0 );
	assert_int_equal ( netif_transmit ( netif, fake_tx_pkt ( netif, 60, 5 ) ), 0 );
	assert_int_equal ( model.sent_count, 1 );
	stop ();
}

static void address_is_programmed_at_open_and_restored_at_removal ( void **state ) {
	struct netif *netif = start ( 0x100e, 8 );

	netif->mac[5] = 0x99;
	assert_int_equal ( netif_open ( netif ), 0 );
	assert_int_equal ( REG ( INTEL_RAL0 ), 0x12005452 );
	assert_int_equal ( REG ( INTEL_RAH0 ), 0x80009934 );
	stop ();
	assert_int_equal ( REG ( INTEL_RAH0 ), 0x80005634 );
}

static void link_and_missed_frames_are_watched ( void **state ) {
	struct netif *netif = start ( 0x100e, 8 );

	assert_true ( netif->link_up );
	assert_int_equal ( netif_open ( netif ), 0 );
	REG ( INTEL_STATUS ) &= ~INTEL_STATUS_LU;
	REG ( INTEL_MPC ) = 5;
	host_clock_advance ( PCI_NET_LINK_US + 1000 );
	timers_run ( platform_now () );
	assert_false ( netif->link_up );
	assert_int_equal ( netif->rx_overruns, 5 );
	stop ();
}

static void bus_that_does_not_come_to_rest_is_reset_all_the_same ( void **state ) {
	model_new ( 2 );
	model.master = true;
	assert_int_equal ( probe ( 0x10d3 ), 0 );
	stop ();
}

static void each_failing_allocation_is_survived ( void **state ) {
	for ( unsigned int nth = 1; nth < 8; nth++ ) {
		model_new ( 8 );
		fake_dma_fail = 0;
		pci = fake_pci_new ( &model_device, 0x100e );
		fake_dma_fail = nth;
		if ( intel_probe ( pci, id_of ( 0x100e ) ) == 0 ) {
			fake_dma_fail = 0;
			stop ();
			continue;
		}
		assert_int_equal ( fake_dma_out, 0 );
		free ( pci );
	}
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( address_comes_from_the_eeprom_of_each_family ),
		cmocka_unit_test ( second_port_has_the_last_bit_inverted ),
		cmocka_unit_test ( address_falls_back_to_registers ),
		cmocka_unit_test ( controller_without_any_address_is_left_alone ),
		cmocka_unit_test ( frames_arrive_around_the_ring ),
		cmocka_unit_test ( idle_poll_touches_no_register ),
		cmocka_unit_test ( receiver_is_enabled_once_at_probe ),
		cmocka_unit_test ( broken_frames_are_counted_and_dropped ),
		cmocka_unit_test ( checksum_verdict_is_passed_on ),
		cmocka_unit_test ( stack_that_holds_packets_stops_the_ring ),
		cmocka_unit_test ( frames_are_sent_around_the_ring ),
		cmocka_unit_test ( full_transmit_ring_is_reported ),
		cmocka_unit_test ( address_is_programmed_at_open_and_restored_at_removal ),
		cmocka_unit_test ( link_and_missed_frames_are_watched ),
		cmocka_unit_test ( bus_that_does_not_come_to_rest_is_reset_all_the_same ),
		cmocka_unit_test ( each_failing_allocation_is_survived ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
