/** @file
 * Pages, and what the heap offers beyond malloc. The firmware's malloc is in libc/heap.c.
 */
#include <string.h>
#include "core/memory.h"

#define PAGE_LEN ( (size_t) 4096 )

void *zalloc ( size_t len ) {
	return calloc ( 1, len );
}

void *memdup ( const void *data, size_t len ) {
	void *copy = malloc ( len ? len : 1 );

	if ( copy && len )
		memcpy ( copy, data, len );
	return copy;
}

void *pages_alloc ( size_t len, unsigned int flags ) {
	size_t rounded = ROUND_UP ( len, PAGE_LEN );

	if ( ( len == 0 ) || ( rounded < len ) )
		return NULL;
	return platform_pages_alloc ( rounded, flags );
}

void pages_free ( void *pages, size_t len ) {
	if ( pages )
		platform_pages_free ( pages, ROUND_UP ( len, PAGE_LEN ) );
}

void *pages_resize ( void *pages, size_t old_len, size_t new_len, unsigned int flags ) {
	void *moved;

	old_len = ROUND_UP ( old_len, PAGE_LEN );
	if ( pages && new_len && ( new_len <= old_len ) ) {
		new_len = ROUND_UP ( new_len, PAGE_LEN );
		if ( new_len < old_len )
			platform_pages_shrink ( pages, old_len, new_len );
		return pages;
	}
	moved = pages_alloc ( new_len, flags );
	if ( moved && pages ) {
		memcpy ( moved, pages, ( old_len < new_len ) ? old_len : new_len );
		pages_free ( pages, old_len );
	}
	return moved;
}
