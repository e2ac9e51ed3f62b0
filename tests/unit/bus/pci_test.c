/** @file
 * PCI core: order of devices, matching, BARs, capabilities of hostile config spaces.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "bus/pci.h"
#include "core/memory.h"

static uint8_t config[256];
static unsigned int reads;
static const uint8_t scan_order[][3] = { { 1, 0, 0 }, { 0, 3, 1 }, { 0, 3, 0 }, { 0, 31, 7 } };
static char events[64];
static int claims;
static bool claimed_by_others;

uint32_t platform_pci_read ( struct pci_device *pci, unsigned int offset, unsigned int width ) {
	uint32_t value = 0xffffffff;

	reads++;
	if ( offset + width <= sizeof ( config ) )
		memcpy ( &value, &config[offset], width );
	return value;
}

void platform_pci_write ( struct pci_device *pci, unsigned int offset, unsigned int width,
			  uint32_t value ) {
	memcpy ( &config[offset], &value, width );
}

void platform_pci_scan ( void ) {
	for ( unsigned int i = 0; i < ARRAY_SIZE ( scan_order ); i++ ) {
		struct pci_device *pci = zalloc ( sizeof ( *pci ) );

		pci->bus = scan_order[i][0];
		pci->dev = scan_order[i][1];
		pci->fn = scan_order[i][2];
		pci_add ( pci );
	}
}

int platform_pci_claim ( struct pci_device *pci ) {
	if ( claimed_by_others )
		return -EBUSY;
	claims++;
	return 0;
}

void platform_pci_release ( struct pci_device *pci ) {
	claims--;
}

static int probe_refuses ( struct pci_device *pci, const struct pci_id *id ) {
	return FAIL ( EIO, "function %u does not work", pci->fn );
}

static int probe_takes_second ( struct pci_device *pci, const struct pci_id *id ) {
	assert_string_equal ( id->name, "good" );
	return ( pci->dev == 3 ) ? 0 : -1;
}

static void removed ( struct pci_device *pci ) {
	strcat ( events, pci->fn ? "1" : "0" );
}

static void suspended ( struct pci_device *pci ) {
	strcat ( events, "s" );
}

static void resumed ( struct pci_device *pci ) {
	assert_true ( pci_read16 ( pci, PCI_COMMAND ) & PCI_COMMAND_MASTER );
	strcat ( events, "r" );
}

static const struct pci_id refused_ids[] = { { 0x1234, 0x5678, "bad", 0 } };
static const struct pci_id good_ids[] = { { 0x1234, 0x5677, "wrong", 0 },
					  { 0x1234, 0x5678, "good", 0 } };
static const struct pci_driver refusing = {
	.name = "refusing", .ids = refused_ids, .id_count = 1, .probe = probe_refuses
};
static const struct pci_driver taking = { .name = "taking",
					  .ids = good_ids,
					  .id_count = 2,
					  .probe = probe_takes_second,
					  .remove = removed,
					  .suspend = suspended,
					  .resume = resumed };
PCI_DRIVER ( refusing );
PCI_DRIVER ( taking );

static int setup ( void **state ) {
	memset ( config, 0, sizeof ( config ) );
	reads = 0;
	events[0] = '\0';
	claims = 0;
	claimed_by_others = false;
	return 0;
}

static void config32 ( unsigned int offset, uint32_t value ) {
	memcpy ( &config[offset], &value, 4 );
}

static void devices_are_probed_in_order_and_removed_in_reverse ( void **state ) {
	static const uint8_t expected[] = { 3 << 3, ( 3 << 3 ) | 1, ( 31 << 3 ) | 7 };
	struct pci_device *pci = NULL;

	config32 ( 0, 0x56781234 );
	config32 ( 8, 0x02000003 );
	config32 ( 0x2c, 0x11001af4 );
	test_capture_start ();
	pci_probe_all ();
	assert_non_null (
		strstr ( test_capture_stop (),
			 "Could not use the NIC at 00:1f.7 by driver refusing: Input/output "
			 "error (https://ipxe.org/1d000039)\n  function 7 does not work\n" ) );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( expected ); i++ ) {
		pci = pci_next ( pci );
		assert_int_equal ( PCI_BUSDEVFN ( pci ), expected[i] );
	}
	assert_int_equal ( pci->class_code, 0x020000 );
	assert_int_equal ( pci->subsys_vendor, 0x1af4 );
	assert_int_equal ( pci->subsys_device, 0x1100 );
	pci = pci_next ( pci );
	assert_int_equal ( PCI_BUSDEVFN ( pci ), 0x100 );
	assert_null ( pci_next ( pci ) );
	/* One driver refuses all, whether it is asked first or not; the other takes two. */
	assert_int_equal ( claims, 2 );
	events[0] = '\0';
	pci_remove_all ();
	assert_string_equal ( events, "10" );
	assert_int_equal ( claims, 0 );
	assert_null ( pci_next ( NULL ) );
	pci_remove_all ();
}

static void bus_mastering_and_interrupts_are_switched ( void **state ) {
	struct pci_device pci = {};

	config32 ( 4, 0x00100000 );
	pci_enable ( &pci );
	assert_int_equal ( pci_read16 ( &pci, PCI_COMMAND ), 0x0407 );
	pci_disable ( &pci );
	assert_int_equal ( pci_read16 ( &pci, PCI_COMMAND ), 0x0003 );
}

static void bars_of_all_kinds_are_read ( void **state ) {
	struct pci_device pci = {};
	bool is_io;

	config32 ( 0x10, 0x0000c041 );
	config32 ( 0x14, 0xfebc1008 );
	config32 ( 0x18, 0xfe00000c );
	config32 ( 0x1c, 0x00000080 );
	config32 ( 0x24, 0xfd000004 );
	assert_int_equal ( pci_bar ( &pci, 0, &is_io ), 0xc040 );
	assert_true ( is_io );
	assert_int_equal ( pci_bar ( &pci, 1, &is_io ), 0xfebc1000 );
	assert_false ( is_io );
	assert_int_equal ( pci_bar ( &pci, 2, &is_io ), 0x80fe000000 );
	assert_int_equal ( pci_bar ( &pci, 4, &is_io ), 0 );
	/* A 64-bit BAR in the last place has no upper half. */
	assert_int_equal ( pci_bar ( &pci, 5, &is_io ), 0xfd000000 );
	assert_int_equal ( pci_bar ( &pci, 6, &is_io ), 0 );
}

static void capabilities_are_found_one_after_the_other ( void **state ) {
	struct pci_device pci = {};

	config32 ( 4, 0x00100000 );
	config[0x34] = 0x40;
	config[0x40] = 9, config[0x41] = 0x50;
	config[0x50] = 5, config[0x51] = 0x60;
	config[0x60] = 9, config[0x61] = 0;
	assert_int_equal ( pci_find_cap ( &pci, 9, 0 ), 0x40 );
	assert_int_equal ( pci_find_cap ( &pci, 9, 0x40 ), 0x60 );
	assert_int_equal ( pci_find_cap ( &pci, 9, 0x60 ), 0 );
	assert_int_equal ( pci_find_cap ( &pci, 1, 0 ), 0 );
	config32 ( 4, 0 );
	assert_int_equal ( pci_find_cap ( &pci, 9, 0 ), 0 );
}

static void capability_list_that_is_a_loop_ends ( void **state ) {
	struct pci_device pci = {};

	config32 ( 4, 0x00100000 );
	config[0x34] = 0x40;
	config[0x40] = 5, config[0x41] = 0x50;
	config[0x50] = 5, config[0x51] = 0x40;
	assert_int_equal ( pci_find_cap ( &pci, 9, 0 ), 0 );
	assert_in_range ( reads, 1, 200 );
	/* A device that has gone answers all ones. */
	memset ( config, 0xff, sizeof ( config ) );
	assert_int_equal ( pci_find_cap ( &pci, 9, 0 ), 0 );
}

static void config_space_ends ( void **state ) {
	struct pci_device pci = {};

	memset ( config, 0x55, sizeof ( config ) );
	reads = 0;
	assert_int_equal ( pci_read32 ( &pci, 4093 ), 0xffffffff );
	assert_int_equal ( pci_read8 ( &pci, 4096 ), 0xff );
	assert_int_equal ( pci_read16 ( &pci, 0xffffffff ), 0xffff );
	assert_int_equal ( reads, 0 );
	assert_int_equal ( pci_read16 ( &pci, 254 ), 0x5555 );
}

static void devices_are_lent_and_taken_again ( void **state ) {
	config32 ( 0, 0x56781234 );
	pci_probe_all ();
	pci_suspend_all ();
	assert_int_equal ( claims, 0 );
	assert_string_equal ( events, "ss" );
	/* Nothing of ours reaches memory meanwhile. */
	assert_false ( config[PCI_COMMAND] & PCI_COMMAND_MASTER );
	pci_resume_all ();
	assert_int_equal ( claims, 2 );
	assert_string_equal ( events, "ssrr" );
	pci_remove_all ();
	assert_string_equal ( events, "ssrr10" );
	assert_int_equal ( claims, 0 );
}

static void device_that_does_not_come_back_loses_its_driver ( void **state ) {
	struct pci_device *pci = NULL;

	config32 ( 0, 0x56781234 );
	pci_probe_all ();
	pci_suspend_all ();
	claimed_by_others = true;
	pci_resume_all ();
	assert_string_equal ( events, "ss01" );
	while ( ( pci = pci_next ( pci ) ) != NULL )
		assert_null ( pci->driver );
	pci_remove_all ();
	assert_string_equal ( events, "ss01" );
	assert_int_equal ( claims, 0 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( devices_are_probed_in_order_and_removed_in_reverse,
					 setup ),
		cmocka_unit_test_setup ( devices_are_lent_and_taken_again, setup ),
		cmocka_unit_test_setup ( device_that_does_not_come_back_loses_its_driver, setup ),
		cmocka_unit_test_setup ( bus_mastering_and_interrupts_are_switched, setup ),
		cmocka_unit_test_setup ( bars_of_all_kinds_are_read, setup ),
		cmocka_unit_test_setup ( capabilities_are_found_one_after_the_other, setup ),
		cmocka_unit_test_setup ( capability_list_that_is_a_loop_ends, setup ),
		cmocka_unit_test_setup ( config_space_ends, setup ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
