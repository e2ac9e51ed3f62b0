/** @file
 * Where the BIOS image's stub puts the core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "platform/bios/stub/place.c"

#define STUB     0x100000ULL
#define STUB_END 0x140000ULL
#define MIB      0x100000ULL
#define RESERVED 2

static struct boot_info info;

static int set_up ( void **state ) {
	memset ( &info, 0, sizeof ( info ) );
	return 0;
}

static void range ( uint64_t base, uint64_t end, uint32_t type ) {
	info.ranges[info.range_count++] =
		( struct e820_range ){ .base = base, .len = end - base, .type = type };
}

static uint64_t find ( uint64_t len ) {
	return place_find ( &info, len, STUB, STUB_END );
}

static void top_of_memory_below_4g ( void **state ) {
	range ( 0, 0x9fc00, E820_RAM );
	range ( MIB, 512 * MIB, E820_RAM );
	range ( 0x100000000ULL, 0x200000000ULL, E820_RAM );
	assert_int_equal ( find ( MIB ), 511 * MIB );
}

static void range_across_4g_is_used_up_to_4g ( void **state ) {
	range ( MIB, 0x200000000ULL, E820_RAM );
	assert_int_equal ( find ( MIB ), 0x100000000ULL - MIB );
}

static void odd_end_is_rounded_to_pages ( void **state ) {
	range ( MIB, 64 * MIB - 5, E820_RAM );
	assert_int_equal ( find ( MIB ), 63 * MIB - 4096 );
}

static void initrd_is_kept ( void **state ) {
	range ( MIB, 512 * MIB, E820_RAM );
	info.initrd = 510 * MIB + 123;
	info.initrd_len = 2 * MIB - 123;
	assert_int_equal ( find ( MIB ), 509 * MIB );
	/* Room enough above it. */
	info.initrd = 256 * MIB;
	assert_int_equal ( find ( MIB ), 511 * MIB );
}

static void stub_is_kept ( void **state ) {
	range ( MIB, 2 * MIB, E820_RAM );
	assert_int_equal ( find ( 0x80000 ), 0x180000 );
	assert_int_equal ( find ( 0xc0000 ), 0x140000 );
	assert_int_equal ( find ( 0xc1000 ), 0 );
}

static void what_is_also_reported_as_reserved_is_not_used ( void **state ) {
	range ( MIB, 512 * MIB, E820_RAM );
	range ( 511 * MIB + 0x800, 600 * MIB, RESERVED );
	assert_int_equal ( find ( MIB ), 510 * MIB );
}

static void everything_at_once ( void **state ) {
	range ( MIB, 8 * MIB, E820_RAM );
	range ( 7 * MIB, 9 * MIB, RESERVED );
	info.initrd = 6 * MIB;
	info.initrd_len = MIB;
	assert_int_equal ( find ( 2 * MIB ), 4 * MIB );
	assert_int_equal ( find ( 5 * MIB ), 0 );
}

static void no_memory_is_no_place ( void **state ) {
	assert_int_equal ( find ( MIB ), 0 );
	range ( 0, 0x9fc00, E820_RAM );
	range ( 0x100000000ULL, 0x200000000ULL, E820_RAM );
	assert_int_equal ( find ( MIB ), 0 );
}

static void packed_relocations_reach_every_word ( void **state ) {
	uint64_t words[200] = { 0 }, base = (uintptr_t) words;
	/* Word 1, then a map for words 2-64 (2 and 64), another for 65-127 (65), then word 150. */
	const uint64_t relr[] = { 8, 1 | 1ULL << 1 | 1ULL << 63, 1 | 1ULL << 1, 150 * 8 };

	words[2] = 0x40;
	place_relocate ( base, relr, sizeof ( relr ) );
	for ( unsigned int i = 0; i < 200; i++ ) {
		bool moved = ( i == 1 ) || ( i == 2 ) || ( i == 64 ) || ( i == 65 ) || ( i == 150 );

		assert_int_equal ( words[i], ( moved ? base : 0 ) + ( ( i == 2 ) ? 0x40 : 0 ) );
	}
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( top_of_memory_below_4g, set_up ),
		cmocka_unit_test_setup ( range_across_4g_is_used_up_to_4g, set_up ),
		cmocka_unit_test_setup ( odd_end_is_rounded_to_pages, set_up ),
		cmocka_unit_test_setup ( initrd_is_kept, set_up ),
		cmocka_unit_test_setup ( stub_is_kept, set_up ),
		cmocka_unit_test_setup ( what_is_also_reported_as_reserved_is_not_used, set_up ),
		cmocka_unit_test_setup ( everything_at_once, set_up ),
		cmocka_unit_test_setup ( no_memory_is_no_place, set_up ),
		cmocka_unit_test_setup ( packed_relocations_reach_every_word, set_up ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
