/** @file
 * The firmware's heap: first fit over blocks that are kept in address order within each arena, so
 * neighbours merge as soon as both are free. Arenas are pages; objects here are small and few,
 * whatever is big lives in pages of its own (core/memory.h).
 */
#include <stdlib.h>
#include <string.h>
#include "core/list.h"
#include "core/memory.h"
#include "core/platform.h"

#define ARENA_LEN ( (size_t) 256 * 1024 )
#define ALIGN     ( (size_t) 16 )

/** In front of every block, used or free. */
struct block {
	size_t len;       /* with this header; bit 0: in use */
	size_t prev_len;  /* of the block before, 0 = first of the arena */
	struct list free; /* only in free blocks: the memory belongs to the user otherwise */
};
#define HEADER_LEN offsetof ( struct block, free )
#define BLOCK_MIN  ROUND_UP ( sizeof ( struct block ), ALIGN )
#define IN_USE     ( (size_t) 1 )

static struct list free_blocks = LIST_INIT ( free_blocks );
static size_t used;

static size_t block_len ( const struct block *block ) {
	return block->len & ~IN_USE;
}

static struct block *block_next ( struct block *block ) {
	return (struct block *) ( (char *) block + block_len ( block ) );
}

/* An arena ends with a header that is always in use, so merging stops there. */
static bool arena_add ( size_t len ) {
	struct block *block, *end;

	len = MAX ( ROUND_UP ( len + BLOCK_MIN, (size_t) 4096 ), ARENA_LEN );
	block = pages_alloc ( len, 0 );
	if ( !block )
		return false;
	block->len = len - HEADER_LEN;
	block->prev_len = 0;
	list_add_tail ( &block->free, &free_blocks );
	end = block_next ( block );
	end->len = HEADER_LEN | IN_USE;
	end->prev_len = block->len;
	return true;
}

static void block_split ( struct block *block, size_t len ) {
	size_t rest = block_len ( block ) - len;
	struct block *tail;

	if ( rest < BLOCK_MIN )
		return;
	block->len = len;
	tail = block_next ( block );
	tail->len = rest;
	tail->prev_len = len;
	block_next ( tail )->prev_len = rest;
	list_add ( &tail->free, &free_blocks );
}

static struct block *block_take ( size_t len ) {
	struct block *block;

	list_for_each ( block, &free_blocks, free ) {
		if ( block->len >= len ) {
			block_split ( block, len );
			list_del ( &block->free );
			block->len |= IN_USE;
			used += block_len ( block );
			return block;
		}
	}
	return NULL;
}

void *malloc ( size_t len ) {
	struct block *block;
	size_t total = MAX ( ROUND_UP ( len + HEADER_LEN, ALIGN ), BLOCK_MIN );

	if ( total < len )
		return NULL;
	block = block_take ( total );
	if ( !block && arena_add ( total ) )
		block = block_take ( total );
	return block ? (char *) block + HEADER_LEN : NULL;
}

void free ( void *memory ) {
	struct block *block, *other;

	if ( !memory )
		return;
	block = (struct block *) ( (char *) memory - HEADER_LEN );
	other = block_next ( block );
	/* Catches a double free and a write past the end of the block. */
	ASSERT ( ( block->len & IN_USE ) && ( other->prev_len == block_len ( block ) ) );
	block->len &= ~IN_USE;
	used -= block->len;
	if ( !( other->len & IN_USE ) ) {
		list_del ( &other->free );
		block->len += other->len;
	}
	if ( block->prev_len ) {
		other = (struct block *) ( (char *) block - block->prev_len );
		if ( !( other->len & IN_USE ) ) {
			list_del ( &other->free );
			other->len += block->len;
			block = other;
		}
	}
	block_next ( block )->prev_len = block->len;
	list_add ( &block->free, &free_blocks );
}

void *calloc ( size_t count, size_t len ) {
	size_t total;
	void *memory;

	if ( __builtin_mul_overflow ( count, len, &total ) )
		return NULL;
	memory = malloc ( total );
	if ( memory )
		memset ( memory, 0, total );
	return memory;
}

void *realloc ( void *memory, size_t len ) {
	struct block *block;
	size_t old_len;
	void *moved;

	if ( !memory )
		return malloc ( len );
	block = (struct block *) ( (char *) memory - HEADER_LEN );
	old_len = block_len ( block ) - HEADER_LEN;
	if ( len <= old_len )
		return memory;
	moved = malloc ( len );
	if ( moved ) {
		memcpy ( moved, memory, old_len );
		free ( memory );
	}
	return moved;
}

size_t heap_used ( void ) {
	return used;
}
