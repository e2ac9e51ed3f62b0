/** @file
 * The BIOS page allocator, over two pieces of our own memory: one below 4 GiB, one above.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

/* The host has functions of these names too. */
#define platform_pages_alloc    bios_pages_alloc
#define platform_pages_free     bios_pages_free
#define platform_stack_alloc    bios_stack_alloc
#define platform_stack_free     bios_stack_free
#define pages_available         bios_pages_available
#define platform_pages_shrink   bios_pages_shrink
#define platform_data_slot      bios_data_slot
#define platform_data_slot_done bios_data_slot_done
#include "platform/bios/pages.c"

#define LEN     ( 256 * PAGE_SIZE )
#define PATTERN 0xa5

struct boot_info boot_info;
static uint8_t *low, *high;
static uint64_t unmapped; /* guard page */

int paging_map ( uint64_t addr, uint64_t len ) {
	return 0;
}

int paging_set_present ( uint64_t addr, bool present ) {
	unmapped = present ? 0 : addr;
	return 0;
}

static void add_range ( const void *start, size_t len, uint32_t type ) {
	boot_info.ranges[boot_info.range_count++] =
		( struct e820_range ){ .base = (uintptr_t) start, .len = len, .type = type };
}

static int set_up ( void **state ) {
	low = mmap ( NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
		     0 );
	high = mmap ( NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 );
	assert_true ( low != MAP_FAILED );
	assert_true ( high != MAP_FAILED );
	memset ( low, PATTERN, LEN );
	memset ( &boot_info, 0, sizeof ( boot_info ) );
	free_blocks = NULL;
	return 0;
}

static int tear_down ( void **state ) {
	munmap ( low, LEN );
	munmap ( high, LEN );
	return 0;
}

static void highest_memory_goes_first ( void **state ) {
	add_range ( low, LEN, E820_RAM );
	pages_init ();
	assert_ptr_equal ( bios_pages_alloc ( 5000, 0 ), low + LEN - 2 * PAGE_SIZE );
	assert_ptr_equal ( bios_pages_alloc ( PAGE_SIZE, 0 ), low + LEN - 3 * PAGE_SIZE );
}

static void above_4g_only_if_asked ( void **state ) {
	void *pages;

	add_range ( low, LEN, E820_RAM );
	add_range ( high, LEN, E820_RAM );
	pages_init ();
	assert_ptr_equal ( bios_pages_alloc ( LEN, PAGES_HIGH ), high );
	pages = bios_pages_alloc ( LEN, PAGES_HIGH );
	assert_ptr_equal ( pages, low ); /* high memory is used up */
	assert_null ( bios_pages_alloc ( 1, PAGES_HIGH ) );
	bios_pages_free ( high, LEN );
	assert_null ( bios_pages_alloc ( 1, 0 ) );
}

static void freed_blocks_join ( void **state ) {
	void *a, *b, *c;

	add_range ( low, LEN, E820_RAM );
	pages_init ();
	a = bios_pages_alloc ( 3 * PAGE_SIZE, 0 );
	b = bios_pages_alloc ( PAGE_SIZE, 0 );
	c = bios_pages_alloc ( 7 * PAGE_SIZE, 0 );
	bios_pages_free ( a, 3 * PAGE_SIZE );
	bios_pages_free ( c, 7 * PAGE_SIZE );
	bios_pages_free ( b, PAGE_SIZE );
	assert_int_equal ( bios_pages_available (), LEN );
	assert_null ( free_blocks->next );
}

static void taken_memory_is_neither_given_nor_touched ( void **state ) {
	uint8_t *pages, *image = low + 16 * PAGE_SIZE, *initrd = low + 24 * PAGE_SIZE;
	uint8_t *acpi = low + 100 * PAGE_SIZE + 100;
	size_t i;

	/* The initrd right behind the core, and something reserved in the midst of a page. */
	boot_info.image = (uintptr_t) image;
	boot_info.image_len = 8 * PAGE_SIZE;
	boot_info.initrd = (uintptr_t) initrd;
	boot_info.initrd_len = 3 * PAGE_SIZE + 1;
	add_range ( low, LEN, E820_RAM );
	add_range ( acpi, 5000, 3 );
	pages_init ();
	while ( ( pages = bios_pages_alloc ( PAGE_SIZE, 0 ) ) != NULL )
		memset ( pages, 0, PAGE_SIZE );
	for ( i = 0; i < boot_info.image_len; i++ )
		assert_int_equal ( image[i], PATTERN );
	for ( i = 0; i < boot_info.initrd_len; i++ )
		assert_int_equal ( initrd[i], PATTERN );
	for ( i = 0; i < 5000; i++ )
		assert_int_equal ( acpi[i], PATTERN );
}

/** In the midst of pages; read, it leaves no hole. */
static void the_data_slot_stays_until_it_is_read ( void **state ) {
	uint8_t *slot = low + 40 * PAGE_SIZE + 16, *pages[LEN / PAGE_SIZE];
	size_t count, i, len;

	boot_info.slot = (uintptr_t) slot;
	boot_info.slot_len = 2 * PAGE_SIZE;
	add_range ( low, LEN, E820_RAM );
	pages_init ();
	for ( count = 0; ( pages[count] = bios_pages_alloc ( PAGE_SIZE, 0 ) ) != NULL; count++ )
		memset ( pages[count], 0, PAGE_SIZE );
	assert_int_equal ( count, LEN / PAGE_SIZE - 3 );
	assert_ptr_equal ( bios_data_slot ( &len ), slot );
	assert_int_equal ( len, 2 * PAGE_SIZE );
	for ( i = 0; i < len; i++ )
		assert_int_equal ( slot[i], PATTERN );
	bios_data_slot_done ();
	assert_null ( bios_data_slot ( &len ) );
	while ( count-- )
		bios_pages_free ( pages[count], PAGE_SIZE );
	assert_int_equal ( bios_pages_available (), LEN );
	assert_null ( free_blocks->next );
}

static void overlapping_ranges_are_given_once ( void **state ) {
	size_t pages = 0;

	add_range ( low, 100 * PAGE_SIZE, E820_RAM );
	add_range ( low + 50 * PAGE_SIZE, LEN - 50 * PAGE_SIZE, E820_RAM );
	add_range ( low, LEN, E820_RAM );
	pages_init ();
	while ( bios_pages_alloc ( PAGE_SIZE, 0 ) )
		pages++;
	assert_int_equal ( pages, LEN / PAGE_SIZE );
}

static void a_stack_has_a_guard_page ( void **state ) {
	uint8_t *stack;

	add_range ( low, LEN, E820_RAM );
	pages_init ();
	stack = bios_stack_alloc ( 16384 );
	assert_int_equal ( unmapped, (uintptr_t) stack - PAGE_SIZE );
	bios_stack_free ( stack, 16384 );
	assert_int_equal ( unmapped, 0 );
	assert_int_equal ( bios_pages_available (), LEN );
}

/** A program has written to all that was free. */
static void free_memory_is_known_after_others_had_it ( void **state ) {
	size_t len = LEN - 20 * PAGE_SIZE;
	uint8_t *a, *b;

	add_range ( low, LEN, E820_RAM );
	add_range ( high, LEN, E820_RAM );
	pages_init ();
	a = bios_pages_alloc ( 7 * PAGE_SIZE, 0 );
	b = bios_pages_alloc ( 13 * PAGE_SIZE, 0 );
	bios_pages_free ( a, 7 * PAGE_SIZE );
	assert_int_equal ( pages_freeze (), 0 );
	memset ( low, PATTERN, len );
	memset ( a, PATTERN, 7 * PAGE_SIZE );
	memset ( high, PATTERN, LEN - PAGE_SIZE ); /* the highest one has the note */
	pages_thaw ();
	assert_int_equal ( bios_pages_available (), LEN );
	bios_pages_free ( b, 13 * PAGE_SIZE );
	assert_ptr_equal ( free_blocks, low );
	assert_int_equal ( free_blocks->len, LEN );
	assert_ptr_equal ( free_blocks->next, high );
	assert_int_equal ( free_blocks->next->len, LEN );

	while ( bios_pages_alloc ( PAGE_SIZE, PAGES_HIGH ) )
		;
	assert_int_equal ( pages_freeze (), -ENOMEM );
}

static void random_use_keeps_blocks_apart ( void **state ) {
	struct {
		uint8_t *pages;
		size_t len;
		uint8_t mark;
	} slots[32] = { 0 };
	uint32_t seed = 7;

	add_range ( low, LEN, E820_RAM );
	add_range ( high, LEN, E820_RAM );
	pages_init ();
	for ( unsigned int i = 0; i < 20000; i++ ) {
		unsigned int n = ( seed = seed * 1664525 + 1013904223 ) >> 27;

		if ( slots[n].pages ) {
			for ( size_t k = 0; k < slots[n].len; k += 512 )
				assert_int_equal ( slots[n].pages[k], slots[n].mark );
			bios_pages_free ( slots[n].pages, slots[n].len );
			slots[n].pages = NULL;
			continue;
		}
		slots[n].len = 1 + ( seed >> 8 ) % ( 24 * PAGE_SIZE );
		slots[n].mark = (uint8_t) i;
		slots[n].pages = bios_pages_alloc ( slots[n].len, ( seed >> 5 ) & PAGES_HIGH );
		if ( slots[n].pages )
			memset ( slots[n].pages, slots[n].mark, slots[n].len );
	}
	for ( unsigned int n = 0; n < 32; n++ )
		bios_pages_free ( slots[n].pages, slots[n].len );
	assert_int_equal ( bios_pages_available (), LEN );
	assert_ptr_equal ( free_blocks, low );
	assert_ptr_equal ( free_blocks->next, high );
	assert_null ( free_blocks->next->next );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown ( highest_memory_goes_first, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( above_4g_only_if_asked, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( freed_blocks_join, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( taken_memory_is_neither_given_nor_touched, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( the_data_slot_stays_until_it_is_read, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( overlapping_ranges_are_given_once, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( a_stack_has_a_guard_page, set_up, tear_down ),
		cmocka_unit_test_setup_teardown ( free_memory_is_known_after_others_had_it, set_up,
						  tear_down ),
		cmocka_unit_test_setup_teardown ( random_use_keeps_blocks_apart, set_up,
						  tear_down ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
