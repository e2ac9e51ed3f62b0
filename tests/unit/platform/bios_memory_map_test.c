/** @file
 * The memory map that a boot program is shown, over a machine and free memory that the test makes up.
 */
#include "lib/test.h"
#include "platform/bios/memory_map.c"

#define BASE_END 0x9b000
#define MIB      0x100000ULL
#define GIB      0x40000000ULL
#define ROOM     300

struct boot_info boot_info;
static struct e820_range map[ROOM];
static unsigned int count;
static struct { uint64_t start, end; } free_memory[2000];
static unsigned int free_count;

void pages_for_each_free ( void ( *fn ) ( void *arg, uint64_t start, uint64_t end ), void *arg ) {
	for ( unsigned int i = 0; i < free_count; i++ )
		fn ( arg, free_memory[i].start, free_memory[i].end );
}

static void add_range ( uint64_t start, uint64_t end, uint32_t type ) {
	boot_info.ranges[boot_info.range_count++] =
		( struct e820_range ){ .base = start, .len = end - start, .type = type };
}

static void add_free ( uint64_t start, uint64_t end ) {
	free_memory[free_count].start = start;
	free_memory[free_count++].end = end;
}

static int set_up ( void **state ) {
	memset ( &boot_info, 0, sizeof ( boot_info ) );
	free_count = 0;
	add_range ( 0, 0x9fc00, E820_RAM );
	add_range ( 0x9fc00, 0xa0000, E820_RESERVED );
	return 0;
}

static void make_map ( void ) {
	memset ( map, 0xff, sizeof ( map ) );
	count = memory_map_make ( map, ROOM - 1, BASE_END );
	assert_true ( count < ROOM );
	assert_int_equal ( map[ROOM - 1].type, 0xffffffff );
}

static void assert_range ( unsigned int n, uint64_t start, uint64_t end, uint32_t type ) {
	assert_true ( n < count );
	assert_int_equal ( map[n].base, start );
	assert_int_equal ( map[n].base + map[n].len, end );
	assert_int_equal ( map[n].type, type );
	assert_int_equal ( map[n].attributes, 1 );
}

static void what_is_in_use_is_reserved ( void **state ) {
	uint16_t kb, blocks;

	add_range ( MIB, GIB, E820_RAM );
	add_range ( 3 * GIB, 3 * GIB + MIB, 3 );
	add_range ( 4 * GIB, 6 * GIB, E820_RAM );
	add_free ( MIB, 500 * MIB );
	add_free ( 600 * MIB, 601 * MIB );
	add_free ( 4 * GIB, 5 * GIB );
	make_map ();
	assert_int_equal ( count, 10 );
	assert_range ( 0, 0, BASE_END, E820_RAM );
	assert_range ( 1, BASE_END, 0x9fc00, E820_RESERVED );
	assert_range ( 2, 0x9fc00, 0xa0000, E820_RESERVED );
	assert_range ( 3, MIB, 500 * MIB, E820_RAM );
	assert_range ( 4, 500 * MIB, 600 * MIB, E820_RESERVED );
	assert_range ( 5, 600 * MIB, 601 * MIB, E820_RAM );
	assert_range ( 6, 601 * MIB, GIB, E820_RESERVED );
	assert_range ( 7, 3 * GIB, 3 * GIB + MIB, 3 );
	assert_range ( 8, 4 * GIB, 5 * GIB, E820_RAM );
	assert_range ( 9, 5 * GIB, 6 * GIB, E820_RESERVED );
	memory_map_extended ( map, count, &kb, &blocks );
	assert_int_equal ( kb, 15 * 1024 );
	assert_int_equal ( blocks, 484 * 16 );
}

static void small_machine_has_no_blocks_above_16_mib ( void **state ) {
	uint16_t kb, blocks;

	add_range ( MIB, 8 * MIB, E820_RAM );
	add_free ( MIB, 5 * MIB );
	make_map ();
	memory_map_extended ( map, count, &kb, &blocks );
	assert_int_equal ( kb, 4096 );
	assert_int_equal ( blocks, 0 );
}

static void nothing_is_free_at_1_mib ( void **state ) {
	uint16_t kb, blocks;

	add_range ( MIB, GIB, E820_RAM );
	add_free ( 2 * MIB, GIB );
	make_map ();
	memory_map_extended ( map, count, &kb, &blocks );
	assert_int_equal ( kb, 0 );
	assert_int_equal ( blocks, 0 );
}

/* 2000 pieces of different length: the largest are still there, and what is RAM was free. */
static void too_many_pieces_lose_the_smallest ( void **state ) {
	unsigned int i, k, ram = 0;

	add_range ( MIB, 4 * GIB, E820_RAM );
	for ( i = 0; i < 2000; i++ )
		add_free ( MIB + i * MIB, MIB + i * MIB + ( ( i % 100 ) ? 70000 : MIB / 2 ) );
	make_map ();
	for ( k = 0; k < count; k++ ) {
		if ( ( map[k].type != E820_RAM ) || ( map[k].base < MIB ) )
			continue;
		assert_int_equal ( map[k].base % MIB, 0 );
		assert_int_equal ( map[k].len, MIB / 2 );
		ram++;
	}
	assert_int_equal ( ram, 20 );
	assert_range ( 0, 0, BASE_END, E820_RAM );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( what_is_in_use_is_reserved, set_up ),
		cmocka_unit_test_setup ( small_machine_has_no_blocks_above_16_mib, set_up ),
		cmocka_unit_test_setup ( nothing_is_free_at_1_mib, set_up ),
		cmocka_unit_test_setup ( too_many_pieces_lose_the_smallest, set_up ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
