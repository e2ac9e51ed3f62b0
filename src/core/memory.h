/** @file
 * Memory: the heap for objects (malloc and friends, from <stdlib.h>), and pages for what is big:
 * images, stacks, receive windows, rings. Failure is an error like any other.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stdlib.h>
#include "core/compiler.h"

/** malloc, zeroed. Freed with free(). */
void *zalloc ( size_t len );

/** Copy @c len bytes to a new heap block. */
void *memdup ( const void *data, size_t len );

/**
 * Allocate whole pages, below 4 GiB unless @c PAGES_HIGH. Contents are undefined.
 *
 * @param len    bytes, rounded up to 4096
 * @param flags  PAGES_...
 * @return page-aligned memory, or NULL. Freed with pages_free() and the same @c len.
 */
void *pages_alloc ( size_t len, unsigned int flags );
#define PAGES_HIGH 1 /**< anywhere, also above 4 GiB */

/** Free pages; NULL is harmless. */
void pages_free ( void *pages, size_t len );

/**
 * Grow or shrink an allocation; contents are kept up to the smaller length. Growing moves it,
 * shrinking gives back its end.
 * @return the new place, or NULL (the old one is untouched)
 */
void *pages_resize ( void *pages, size_t old_len, size_t new_len, unsigned int flags );

/** Bytes that pages_alloc() could still hand out in one piece, about; for window tuning. */
size_t pages_available ( void );

/** Bytes in use in the heap; tests compare it before and after. */
size_t heap_used ( void );

/* The backends below pages_alloc(), provided by each platform. */
void *platform_pages_alloc ( size_t len, unsigned int flags );
void platform_pages_free ( void *pages, size_t len );
/** Free the end of an allocation; both lengths are multiples of 4096, @c new_len is not 0. */
void platform_pages_shrink ( void *pages, size_t old_len, size_t new_len );

#endif /* CORE_MEMORY_H */
