/** @file
 * The page allocator: a list of free blocks, sorted by address; each block's head lies in the block.
 * Allocation takes the end of the highest block that fits, so memory near 1 MiB, where kernels want
 * to be, stays free longest.
 */
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

/** Take [start, end), whatever of it is there, off the list. */
static void cut ( uint64_t start, uint64_t end ) {
	struct free_block **link = &free_blocks, *block, *rest;
	uint64_t stop;

	while ( ( block = *link ) != NULL ) {
		stop = block_end ( block );
		if ( ( stop <= start ) || ( block_start ( block ) >= end ) ) {
			link = &block->next;
			continue;
		}
		rest = block->next;
		if ( stop > end ) {
			rest = (struct free_block *) (uintptr_t) end;
			rest->next = block->next;
			rest->len = stop - end;
		}
		if ( block_start ( block ) < start ) {
			block->len = start - block_start ( block );
			block->next = rest;
			link = &block->next;
		} else {
			*link = rest;
		}
	}
}

/** Add a range of RAM, whole pages of it. */
static void add_ram ( uint64_t start, uint64_t end ) {
	start = ROUND_UP ( MAX ( start, LIMIT_1M ), PAGE_SIZE );
	end = ROUND_DOWN ( end, PAGE_SIZE );
	if ( start >= end )
		return;
	cut ( start, end ); /* reports may overlap */
	add ( start, end );
}

static void reserve ( uint64_t start, uint64_t len ) {
	cut ( ROUND_DOWN ( start, PAGE_SIZE ), ROUND_UP ( start + len, PAGE_SIZE ) );
}

/** Everything that is not RAM or is taken; called again after each round of add_ram(). */
static void reserve_all ( void ) {
	const struct e820_range *range;
	unsigned int i;

	for ( i = 0; i < boot_info.range_count; i++ ) {
		range = &boot_info.ranges[i];
		if ( range->type != E820_RAM )
			reserve ( range->base, range->len );
	}
	reserve ( boot_info.image, boot_info.image_len );
	if ( boot_info.initrd_len )
		reserve ( boot_info.initrd, boot_info.initrd_len );
}

void pages_init ( void ) {
	const struct e820_range *range;
	unsigned int i, high;

	/* Below 4 GiB first: page tables for the rest come from there. */
	for ( high = 0; high <= 1; high++ ) {
		for ( i = 0; i < boot_info.range_count; i++ ) {
			uint64_t start, end;

			range = &boot_info.ranges[i];
			start = range->base;
			end = range->base + range->len;
			if ( ( range->type != E820_RAM ) || ( end < start ) )
				continue;
			if ( high )
				start = MAX ( start, LIMIT_4G );
			else
				end = MIN ( end, LIMIT_4G );
			if ( ( start >= end ) || ( high && paging_map ( start, end - start ) ) )
				continue;
			add_ram ( start, end );
		}
		reserve_all ();
	}
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
