/** @file
 * The firmware's heap: random allocation against a shadow copy, limits, double free, exhaustion.
 */
#include "lib/test.h"
#include "core/memory.h"
#include "core/platform.h"

static size_t pages_left;
static jmp_buf panicked;

static void __noreturn test_panic ( const char *message ) {
	longjmp ( panicked, 1 );
}

#undef malloc
#undef free
#undef calloc
#undef realloc
#define malloc                    heap_malloc
#define free                      heap_free
#define calloc                    heap_calloc
#define realloc                   heap_realloc
#define heap_used                 heap_bytes_used
#define pages_alloc( len, flags ) aligned_pages ( len )
#define platform_panic            test_panic

static void *aligned_pages ( size_t len );
void *heap_malloc ( size_t len );
void *heap_calloc ( size_t count, size_t len );
void *heap_realloc ( void *memory, size_t len );
void heap_free ( void *memory );
size_t heap_bytes_used ( void );
#include "libc/heap.c"

static char arena_memory[8 << 20] __attribute__ ( ( aligned ( 4096 ) ) );
static size_t arena_used;

static void *aligned_pages ( size_t len ) {
	void *pages = arena_memory + arena_used;

	if ( len > pages_left )
		return NULL;
	pages_left -= len;
	arena_used += ROUND_UP ( len, (size_t) 4096 );
	return pages;
}

static int setup ( void **state ) {
	pages_left = sizeof ( arena_memory ) - arena_used;
	return 0;
}

static uint32_t next_random ( void ) {
	static uint32_t seed = 12345;

	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

#define BLOCKS 200

static void random_use_keeps_contents_and_gives_all_back ( void **state ) {
	uint8_t *blocks[BLOCKS] = { 0 };
	size_t lens[BLOCKS];

	for ( unsigned int i = 0; i < 20000; i++ ) {
		unsigned int k = next_random () % BLOCKS;

		if ( blocks[k] ) {
			for ( size_t b = 0; b < lens[k]; b++ )
				assert_int_equal ( blocks[k][b], k );
			if ( next_random () & 1 ) {
				heap_free ( blocks[k] );
				blocks[k] = NULL;
				continue;
			}
			lens[k] = next_random () % 3000;
			blocks[k] = heap_realloc ( blocks[k], lens[k] );
		} else {
			lens[k] = next_random () % 3000;
			blocks[k] = heap_malloc ( lens[k] );
		}
		assert_non_null ( blocks[k] );
		assert_int_equal ( (uintptr_t) blocks[k] % 16, 0 );
		memset ( blocks[k], (int) k, lens[k] );
	}
	for ( unsigned int k = 0; k < BLOCKS; k++ )
		heap_free ( blocks[k] );
	assert_int_equal ( heap_bytes_used (), 0 );
	/* All neighbours merged: one arena's worth is there in one piece again. */
	assert_non_null ( heap_malloc ( ARENA_LEN / 2 ) );
}

static void absurd_sizes_are_refused ( void **state ) {
	assert_null ( heap_malloc ( SIZE_MAX ) );
	assert_null ( heap_malloc ( SIZE_MAX - 20 ) );
	assert_null ( heap_malloc ( (size_t) 1 << 40 ) );
	assert_null ( heap_calloc ( SIZE_MAX / 2, 3 ) );
}

static void exhaustion_is_survived ( void **state ) {
	void *first = heap_malloc ( 100 ), *block;
	unsigned int count = 0;

	pages_left = 0;
	while ( heap_malloc ( 10000 ) )
		assert_true ( ++count < 1000 );
	block = heap_realloc ( first, 1 << 20 );
	assert_null ( block );
	heap_free ( first );
	assert_non_null ( heap_malloc ( 50 ) );
}

static void double_free_is_noticed ( void **state ) {
	void *block;

	block = heap_malloc ( 64 );
	heap_free ( block );
	if ( setjmp ( panicked ) == 0 ) {
		heap_free ( block );
		fail_msg ( "not noticed" );
	}
}

static void calloc_clears ( void **state ) {
	static const uint8_t zeros[256];
	uint8_t *block = heap_malloc ( 256 );

	memset ( block, 0xff, 256 );
	heap_free ( block );
	block = heap_calloc ( 16, 16 );
	assert_memory_equal ( block, zeros, 256 );
	heap_free ( block );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( random_use_keeps_contents_and_gives_all_back, setup ),
		cmocka_unit_test_setup ( absurd_sizes_are_refused, setup ),
		cmocka_unit_test_setup ( calloc_clears, setup ),
		cmocka_unit_test_setup ( exhaustion_is_survived, setup ),
		cmocka_unit_test_setup ( double_free_is_noticed, setup ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
