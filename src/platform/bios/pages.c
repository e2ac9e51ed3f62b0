/** @file
 * The page allocator: a list of free blocks, sorted by address; each block's head lies in the block.
 * Allocation takes the end of the highest block that fits, so memory near 1 MiB, where kernels want
 * to be, stays free longest.
 */
#include "core/error.h"
#include "core/memory.h"
#include "core/platform.h"
#include "platform/bios/bios.h"

#define PAGE_SIZE 4096ULL
#define LIMIT_1M  0x100000ULL
#define LIMIT_4G  0x100000000ULL

struct free_block {
	struct free_block *next;
	uint64_t len;
};

static struct free_block *free_blocks;

static inline uint64_t block_start ( const struct free_block *block ) {
	return (uintptr_t) block;
}

static inline uint64_t block_end ( const struct free_block *block ) {
	return block_start ( block ) + block->len;
}

/** Put [start, end) on the list and join it to its neighbours. */
static void add ( uint64_t start, uint64_t end ) {
	struct free_block **link = &free_blocks, *prev = NULL, *block;

	while ( *link && ( block_start ( *link ) < start ) ) {
		prev = *link;
		link = &prev->next;
	}
	block = (struct free_block *) (uintptr_t) start;
	block->next = *link;
	block->len = end - start;
	*link = block;
	/* Blocks do not join across 4 GiB: what is below must stay below. */
	if ( block->next && ( end == block_start ( block->next ) ) && ( end != LIMIT_4G ) ) {
		block->len += block->next->len;
		block->next = block->next->next;
	}
	if ( prev && ( block_end ( prev ) == start ) && ( start != LIMIT_4G ) ) {
		prev->len += block->len;
		prev->next = block->next;
	}
}

/** Something in memory that is not ours to hand out: number @c index of all of them. RAM ranges
 * before @c ram count too, for reports may overlap. @return false if there are no more */
static bool taken ( unsigned int index, unsigned int ram, uint64_t *ret_start, uint64_t *ret_end ) {
	const struct e820_range *range;

	if ( index < boot_info.range_count ) {
		range = &boot_info.ranges[index];
		*ret_start = range->base;
		*ret_end = ( ( range->type != E820_RAM ) || ( index < ram ) )
				   ? range->base + range->len
				   : range->base;
		return true;
	}
	switch ( index - boot_info.range_count ) {
	case 0:
		*ret_start = boot_info.image;
		*ret_end = *ret_start + boot_info.image_len;
		return true;
	case 1:
		*ret_start = boot_info.initrd;
		*ret_end = *ret_start + boot_info.initrd_len;
		return true;
	case 2:
		*ret_start = boot_info.slot;
		*ret_end = *ret_start + boot_info.slot_len;
		return true;
	}
	return false;
}

/**
 * Add what is free of a range of RAM. Looks at what is taken from @c index on, and splits the range
 * around it before anything is written there; as deep as there are things taken.
 */
static void add_ram ( uint64_t start, uint64_t end, unsigned int ram, unsigned int index ) {
	uint64_t from, to;

	start = ROUND_UP ( start, PAGE_SIZE );
	end = ROUND_DOWN ( end, PAGE_SIZE );
	if ( start >= end )
		return;
	for ( ; taken ( index, ram, &from, &to ); index++ ) {
		if ( ( from < to ) && ( from < end ) && ( to > start ) ) {
			if ( from > start )
				add_ram ( start, from, ram, index + 1 );
			if ( to < end )
				add_ram ( to, end, ram, index + 1 );
			return;
		}
	}
	add ( start, end );
}

void pages_init ( void ) {
	const struct e820_range *range;
	uint64_t start, end;
	unsigned int i, high;

	/* Below 4 GiB first: page tables for the rest come from there. */
	for ( high = 0; high <= 1; high++ ) {
		for ( i = 0; i < boot_info.range_count; i++ ) {
			range = &boot_info.ranges[i];
			start = MAX ( range->base, high ? LIMIT_4G : LIMIT_1M );
			end = range->base + range->len;
			if ( !high )
				end = MIN ( end, LIMIT_4G );
			if ( ( range->type != E820_RAM ) || ( start >= end ) )
				continue;
			if ( high && ( paging_map ( start, end - start ) != 0 ) )
				continue;
			add_ram ( start, end, i, 0 );
		}
	}
}

const void *platform_data_slot ( size_t *ret_len ) {
	*ret_len = boot_info.slot_len;
	return boot_info.slot_len ? (const void *) (uintptr_t) boot_info.slot : NULL;
}

/* It lies in the stub, of which everything else is free already: so are now the pages that it is on. */
void platform_data_slot_done ( void ) {
	uint64_t start = ROUND_DOWN ( boot_info.slot, PAGE_SIZE );
	uint64_t end = ROUND_UP ( boot_info.slot + boot_info.slot_len, PAGE_SIZE );

	boot_info.slot_len = 0;
	add ( start, end );
}

void *platform_pages_alloc ( size_t len, unsigned int flags ) {
	struct free_block **link, **best = NULL;
	uint64_t start;

	len = ROUND_UP ( len, PAGE_SIZE );
	if ( len == 0 )
		return NULL;
	for ( link = &free_blocks; *link; link = &( *link )->next ) {
		if ( ( block_start ( *link ) >= LIMIT_4G ) && !( flags & PAGES_HIGH ) )
			break;
		if ( ( *link )->len >= len )
			best = link;
	}
	if ( best == NULL )
		return NULL;
	start = block_end ( *best ) - len;
	if ( ( ( *best )->len -= len ) == 0 )
		*best = ( *best )->next;
	return (void *) (uintptr_t) start;
}

void platform_pages_free ( void *pages, size_t len ) {
	if ( pages && len )
		add ( (uintptr_t) pages, (uintptr_t) pages + ROUND_UP ( len, PAGE_SIZE ) );
}

void platform_pages_shrink ( void *pages, size_t old_len, size_t new_len ) {
	platform_pages_free ( (uint8_t *) pages + new_len, old_len - new_len );
}

void *platform_stack_alloc ( size_t len ) {
	uint8_t *pages = platform_pages_alloc ( len + PAGE_SIZE, 0 );

	/* Without memory for a page table there is no guard page; the canary still is. */
	if ( pages == NULL )
		return NULL;
	paging_set_present ( (uintptr_t) pages, false );
	return pages + PAGE_SIZE;
}

void platform_stack_free ( void *stack, size_t len ) {
	uint8_t *pages;

	if ( stack == NULL )
		return;
	pages = (uint8_t *) stack - PAGE_SIZE;
	paging_set_present ( (uintptr_t) pages, true );
	platform_pages_free ( pages, len + PAGE_SIZE );
}

size_t pages_available ( void ) {
	const struct free_block *block;
	size_t largest = 0;

	for ( block = free_blocks; block; block = block->next )
		largest = MAX ( largest, block->len );
	return largest;
}

static struct {
	struct note {
		uint64_t start, end;
	} * notes; /* pages of their own */
	unsigned int count;
	size_t len;
} frozen;

int pages_freeze ( void ) {
	const struct free_block *block;
	unsigned int count = 0;

	for ( block = free_blocks; block; block = block->next )
		count++;
	frozen.len = ROUND_UP ( ( count + 1 ) * sizeof ( struct note ), PAGE_SIZE );
	if ( ( frozen.notes = platform_pages_alloc ( frozen.len, PAGES_HIGH ) ) == NULL )
		return -ENOMEM;
	/* There may be one block less now, but not one more. */
	frozen.count = 0;
	for ( block = free_blocks; block; block = block->next )
		frozen.notes[frozen.count++] =
			( struct note ){ block_start ( block ), block_end ( block ) };
	return 0;
}

void pages_thaw ( void ) {
	free_blocks = NULL;
	for ( unsigned int i = 0; i < frozen.count; i++ )
		add ( frozen.notes[i].start, frozen.notes[i].end );
	platform_pages_free ( frozen.notes, frozen.len );
}

void pages_for_each_free ( void ( *fn ) ( void *arg, uint64_t start, uint64_t end ), void *arg ) {
	for ( const struct free_block *block = free_blocks; block; block = block->next )
		fn ( arg, block_start ( block ), block_end ( block ) );
}
