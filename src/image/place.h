/** @file
 * Finding room for a kernel and its initrd, and moving them there when they may lie in each other's way.
 * Addresses are numbers here; a test plays memory.
 */
#ifndef IMAGE_PLACE_H
#define IMAGE_PLACE_H

#include "core/compiler.h"

#define PLACE_PAGE 4096ULL

/** Pieces of memory, none empty: sorted, joined where they touch. */
struct extent {
	uint64_t start, end; /**< end is exclusive */
};
struct extents {
	struct extent *list; /**< of the caller */
	unsigned int count, room;
};

/** Add a piece; it may overlap others. @return false: too many pieces, it was left out */
bool extents_add ( struct extents *extents, uint64_t start, uint64_t end );

/** Take a piece out. Where there is no room for what is left on both sides, the smaller is lost. */
void extents_remove ( struct extents *extents, uint64_t start, uint64_t end );

/** True if all of [start, end) is there. */
bool extents_contain ( const struct extents *extents, uint64_t start, uint64_t end );

/** Find @c len bytes at a multiple of @c align, a power of two, that end at @c limit at most.
 * @return their address, the highest or the lowest; or 0 if there is no such place */
uint64_t extents_highest ( const struct extents *extents, uint64_t len, uint64_t align,
			   uint64_t limit );
uint64_t extents_lowest ( const struct extents *extents, uint64_t len, uint64_t align,
			  uint64_t limit );

/** Whole pages that are to be elsewhere. Sources do not overlap each other, nor do targets, but
 * any target may overlap any source. */
struct page_move {
	uint64_t from, to; /**< multiples of a page */
	uint64_t pages;
};

/** Bytes that moves_run() needs as a note of what is done, for so many pages. */
static inline size_t moves_note_len ( uint64_t pages ) {
	return pages / 8 + 1;
}

/**
 * Do all moves, as if at the same time. Needs no memory but what it is given: what is in the way is
 * moved first, and where pages wait for each other in a circle one of them waits in @c spare.
 *
 * @param note   moves_note_len() bytes, zero
 * @param spare  one page
 * (Neither may be part of a source or a target.)
 */
void moves_run ( const struct page_move *moves, unsigned int count, uint8_t *note, void *spare );

#endif /* IMAGE_PLACE_H */
