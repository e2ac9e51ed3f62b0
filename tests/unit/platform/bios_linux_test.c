/** @file
 * Where a kernel and its initrd go: over a memory map and free memory that the test makes up.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "platform/bios/linux.c"
#include "platform/host/host.h"

#define MIB 0x100000ULL
#define GIB 0x40000000ULL

struct boot_info boot_info;
static struct low_block low;
static struct extent free_memory[8];
static unsigned int free_count;
static struct linux_boot boot;
static struct image *kernel;

void pages_for_each_free ( void ( *fn ) ( void *arg, uint64_t start, uint64_t end ), void *arg ) {
	for ( unsigned int i = 0; i < free_count; i++ )
		fn ( arg, free_memory[i].start, free_memory[i].end );
}

void linux_enter ( void *arg ) {
	abort ();
}

static void add_range ( uint64_t start, uint64_t end, uint32_t type ) {
	boot_info.ranges[boot_info.range_count++] =
		( struct e820_range ){ .base = start, .len = end - start, .type = type };
}

static void add_memory ( uint64_t start, uint64_t end ) {
	free_memory[free_count++] = ( struct extent ){ start, end };
}

static struct image *add_image ( const char *name, size_t len ) {
	struct image *image = image_new ( name, NULL );
	uint8_t *data = calloc ( 1, len );

	assert_int_equal ( image_write ( image, 0, data, len ), 0 );
	free ( data );
	return image;
}

static void add_initrd ( const char *name, const char *cmdline, size_t len ) {
	struct image *image = add_image ( name, len );

	image_set_cmdline ( image, cmdline );
	image_register ( image );
	image_put ( image );
}

/* A machine of 1 GiB with all of it free, and a kernel like Debian's. */
static int set_up ( void **state ) {
	memset ( &boot_info, 0, sizeof ( boot_info ) );
	low.base = 0x9b000;
	boot_info.low = &low;
	add_range ( 0, 0x9fc00, E820_RAM );
	add_range ( MIB, GIB, E820_RAM );
	free_count = 0;
	kernel = add_image ( "kernel", 20480 + 300000 );
	boot = ( struct linux_boot ){
		.image = kernel,
		.args = { .mem = UINT64_MAX },
		.bz = { .version = 0x020f,
			.real_len = 20480,
			.kernel_len = 300000,
			.high = true,
			.relocatable = true,
			.entry_64 = true,
			.alignment = 2 * MIB,
			.pref_address = 16 * MIB,
			.init_size = 60 * MIB,
			.initrd_max = 2 * GIB,
			.cmdline_max = 2047 },
	};
	return 0;
}

static int tear_down ( void **state ) {
	boot_fini ( &boot );
	image_put ( kernel );
	while ( image_next ( NULL ) )
		image_unregister ( image_next ( NULL ) );
	return 0;
}

static int place ( void ) {
	int rc = boot_init ( &boot );

	return rc ? rc : place_all ( &boot );
}

static void kernel_goes_to_1_mib_and_initrd_to_the_top ( void **state ) {
	add_memory ( MIB, GIB );
	add_initrd ( "a", NULL, 100000 );
	assert_int_equal ( place (), 0 );
	assert_int_equal ( boot.real, LINUX_REAL );
	assert_int_equal ( boot.load, MIB );
	assert_int_equal ( boot.initrd, GIB - 102400 );
	assert_int_equal ( boot.initrd_len, 100000 );
	assert_false ( boot.long_mode );
}

static void parts_follow_each_other_by_pages ( void **state ) {
	add_memory ( MIB, GIB );
	add_initrd ( "a", NULL, 100000 );
	add_initrd ( "b", "/name mkdir=1", 10 );
	add_initrd ( "empty", NULL, 0 );
	add_initrd ( "c", NULL, 4096 );
	assert_int_equal ( place (), 0 );
	assert_int_equal ( boot.move_count, 4 );
	assert_int_equal ( boot.moves[0].to, MIB );
	assert_int_equal ( boot.moves[0].pages, 74 );
	assert_int_equal ( boot.moves[1].to, boot.initrd );
	assert_int_equal ( boot.moves[1].pages, 25 );
	assert_int_equal ( boot.moves[2].to, boot.initrd + 25 * 4096 );
	assert_int_equal ( boot.moves[2].pages, 1 );
	assert_int_equal ( boot.moves[3].to, boot.initrd + 26 * 4096 );
	assert_int_equal ( boot.moves[3].pages, 1 );
}

static void headers_that_need_another_page_get_one ( void **state ) {
	add_memory ( MIB, GIB );
	add_initrd ( "a", "/name", 100 * 4096 - 1 ); /* and its NUL: no byte is left */
	assert_int_equal ( place (), 0 );
	assert_int_equal ( boot.move_count, 3 );
	assert_int_equal ( boot.moves[1].pages, 100 );
	assert_int_equal ( boot.moves[2].pages, 1 );
	assert_int_equal ( boot.moves[2].to, boot.initrd + 100 * 4096 );
}

static void relocatable_kernel_goes_elsewhere_if_1_mib_is_taken ( void **state ) {
	add_memory ( 33 * MIB, GIB );
	assert_int_equal ( place (), 0 );
	assert_int_equal ( boot.load, 34 * MIB );
}

static void other_kernels_are_refused_then ( void **state ) {
	boot.bz.relocatable = false;
	add_memory ( 33 * MIB, GIB );
	assert_int_equal ( err_of ( place () ), ENOBUFS );
}

static void initrd_avoids_where_the_kernel_will_run ( void **state ) {
	/* Free: below the kernel's area, all of that, and one page too few behind it. */
	add_memory ( MIB, 76 * MIB + 24 * 4096 );
	add_initrd ( "a", NULL, 100000 );
	assert_int_equal ( place (), 0 );
	assert_int_equal ( boot.initrd, 16 * MIB - 25 * 4096 );
}

static void memory_that_is_not_there_is_refused ( void **state ) {
	static const struct {
		uint64_t pref, size;
	} bad[] = { { 16 * MIB, 0xffffffff },
		    { 16 * MIB, 1024 * MIB },
		    { 1ULL << 52, MIB },
		    { GIB - MIB, 2 * MIB },
		    { 0, 0xffffffff } };

	add_memory ( MIB, GIB );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( bad ); i++ ) {
		boot.bz.pref_address = bad[i].pref;
		boot.bz.init_size = bad[i].size;
		assert_int_equal ( err_of ( place () ), ENOBUFS );
		boot_fini ( &boot );
		boot.kernel = ( struct linux_part ){ 0 };
		boot.parts = NULL;
		boot.moves = NULL;
		boot.note = boot.spare = NULL;
		boot.part_count = 0;
	}
}

static void reserved_memory_within_ram_is_not_ram ( void **state ) {
	add_memory ( MIB, 64 * MIB );
	add_range ( 20 * MIB, 20 * MIB + 4096, 2 );
	assert_int_equal ( err_of ( place () ), ENOBUFS );
}

static void limits_of_kernel_and_mem_are_kept ( void **state ) {
	add_memory ( MIB, GIB );
	add_initrd ( "a", NULL, 100000 );
	boot.bz.initrd_max = 512 * MIB;
	assert_int_equal ( place (), 0 );
	assert_int_equal ( boot.initrd, 512 * MIB - 102400 );
	boot.args.mem = 256 * MIB;
	assert_int_equal ( place_all ( &boot ), 0 );
	assert_int_equal ( boot.initrd, 256 * MIB - 102400 );
}

static void above_4_gib_only_if_the_kernel_can ( void **state ) {
	add_memory ( MIB, 70 * MIB );
	add_memory ( 4 * GIB, 4 * GIB + 200 * MIB );
	add_initrd ( "a", NULL, 100 * MIB );
	assert_int_equal ( place (), 0 );
	assert_true ( boot.initrd >= 2 * GIB );
	assert_true ( boot.long_mode );
	boot.long_mode = boot.bz.entry_64 = false;
	assert_int_equal ( err_of ( place_all ( &boot ) ), ENOBUFS );
	assert_false ( boot.long_mode );
}

static void no_place_below_mem_is_an_error ( void **state ) {
	add_memory ( MIB, GIB );
	add_initrd ( "a", NULL, 100000 );
	boot.args.mem = 4096;
	assert_int_equal ( err_of ( place () ), ENOBUFS );
}

static void kernels_for_low_memory_need_base_memory ( void **state ) {
	add_memory ( MIB, GIB );
	boot.bz.high = boot.bz.relocatable = boot.bz.entry_64 = false;
	assert_int_equal ( place (), 0 );
	assert_int_equal ( boot.real, LINUX_REAL_OLD );
	assert_int_equal ( boot.load, LINUX_KERNEL_LOW );
	low.base = 0x99fff;
	assert_int_equal ( err_of ( place_all ( &boot ) ), ENOBUFS );
}

static void no_initrd_before_protocol_2 ( void **state ) {
	add_memory ( MIB, GIB );
	add_initrd ( "a", NULL, 10 );
	boot.bz =
		( struct bzimage ){ .real_len = 20480, .kernel_len = 300000, .cmdline_max = 2047 };
	assert_int_equal ( err_of ( place () ), ENOTSUP );
}

/* Values that headers lie with. */
static uint64_t extreme ( uint32_t *seed ) {
	static const uint64_t values[] = { 0,           1,          4095,       MIB - 1,
					   MIB,         16 * MIB,   GIB,        2 * GIB,
					   3 * GIB + 1, 0x7fffffff, 0xfffff000, 0xffffffff,
					   1,           4 * GIB,    1ULL << 40, 1ULL << 52 };

	*seed = *seed * 1664525 + 1013904223;
	return values[*seed >> 28];
}

/* Is it memory of the machine that nobody else has? Parts are where the host has put them. */
static bool may_write ( uint64_t start, uint64_t len ) {
	uint64_t end = start + len;

	for ( unsigned int i = 0; i <= boot.part_count; i++ ) {
		const struct linux_part *part = i ? &boot.parts[i - 1] : &boot.kernel;
		uint64_t pages = (uintptr_t) part->pages;

		if ( ( start >= pages ) && ( end <= pages + part->page_len ) )
			return true;
	}
	return ( start >= MIB ) && ( end >= start ) && ( end <= GIB );
}

static void lies_of_headers_never_lead_outside_of_memory ( void **state ) {
	static const struct extent hole = { 300 * MIB, 301 * MIB };
	unsigned int placed = 0;
	uint32_t seed = 1;
	uint64_t run, last;

	add_memory ( MIB, hole.start );
	add_memory ( hole.end, GIB );
	add_range ( hole.start, hole.end, 2 );
	add_initrd ( "a", "/name", 70000 );
	assert_int_equal ( boot_init ( &boot ), 0 );
	for ( unsigned int i = 0; i < 50000; i++ ) {
		boot.long_mode = false;
		boot.bz.relocatable = extreme ( &seed ) & 1;
		boot.bz.entry_64 = extreme ( &seed ) & 1;
		boot.bz.alignment = MAX ( extreme ( &seed ) & 0xf0100000, MIB );
		boot.bz.alignment = 1ULL << ( 63 - __builtin_clzll ( boot.bz.alignment ) );
		boot.bz.pref_address = extreme ( &seed );
		boot.bz.init_size = extreme ( &seed ) & 0xffffffff;
		boot.bz.initrd_max = extreme ( &seed ) & 0xffffffff;
		boot.args.mem = extreme ( &seed );
		if ( place_all ( &boot ) != 0 )
			continue;
		placed++;
		assert_true ( may_write ( boot.load, 74 * 4096 ) );
		assert_true ( may_write ( boot.initrd, 18 * 4096 ) );
		assert_true ( ( boot.initrd >= boot.load + 74 * 4096 ) ||
			      ( boot.initrd + 18 * 4096 <= boot.load ) );
		/* The kernel runs in memory, too, and the initrd is not there. */
		run = boot.bz.pref_address;
		if ( boot.bz.relocatable )
			run = MAX ( ROUND_UP ( boot.load, boot.bz.alignment ), run );
		else if ( !run )
			run = boot.load;
		last = run + ( boot.bz.init_size ? boot.bz.init_size : boot.kernel.len );
		assert_true ( last <= GIB );
		assert_true ( ( boot.initrd >= last ) || ( boot.initrd + 18 * 4096 <= run ) );
	}
	/* It was about something. */
	assert_in_range ( placed, 1000, 40000 );
}

static void each_failed_allocation_is_an_error ( void **state ) {
	unsigned int failures = 0;
	size_t pages, heap;

	add_memory ( MIB, GIB );
	add_initrd ( "a", "/a", 100 * 4096 - 1 );
	add_initrd ( "b", "/b", 10 );
	pages = host_pages_used ();
	heap = heap_used ();
	for ( unsigned int n = 1; n < 10; n++ ) {
		host_fail_pages ( n );
		failures += ( place () != 0 );
		host_fail_pages ( 0 );
		boot_fini ( &boot );
		boot = ( struct linux_boot ){ .image = kernel, .args = boot.args, .bz = boot.bz };
		assert_int_equal ( host_pages_used (), pages );
		assert_int_equal ( heap_used (), heap );
	}
	/* The kernel is large; spare page, spill, copy and note. */
	assert_int_equal ( failures, 4 );
}

static void probe_knows_kernels_and_damaged_ones ( void **state ) {
	struct image *other = add_image ( "x", 4096 );

	assert_true ( bzimage_probe ( other ) < 0 );
	memcpy ( other->data + BZI_BOOT_FLAG, "\x55\xaa", 2 );
	memcpy ( other->data + BZI_MAGIC, "HdrS", 4 );
	assert_int_equal ( bzimage_probe ( other ), 0 );
	image_put ( other );
}

int main ( void ) {
#define TEST( name ) cmocka_unit_test_setup_teardown ( name, set_up, tear_down )
	const struct CMUnitTest tests[] = {
		TEST ( kernel_goes_to_1_mib_and_initrd_to_the_top ),
		TEST ( parts_follow_each_other_by_pages ),
		TEST ( headers_that_need_another_page_get_one ),
		TEST ( relocatable_kernel_goes_elsewhere_if_1_mib_is_taken ),
		TEST ( other_kernels_are_refused_then ),
		TEST ( initrd_avoids_where_the_kernel_will_run ),
		TEST ( memory_that_is_not_there_is_refused ),
		TEST ( reserved_memory_within_ram_is_not_ram ),
		TEST ( limits_of_kernel_and_mem_are_kept ),
		TEST ( above_4_gib_only_if_the_kernel_can ),
		TEST ( no_place_below_mem_is_an_error ),
		TEST ( kernels_for_low_memory_need_base_memory ),
		TEST ( no_initrd_before_protocol_2 ),
		TEST ( lies_of_headers_never_lead_outside_of_memory ),
		TEST ( each_failed_allocation_is_an_error ),
		TEST ( probe_knows_kernels_and_damaged_ones ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
