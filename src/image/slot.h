/** @file
 * The data slot: a piece of every image that util/embed can fill without a build (docs/data-slot.md).
 */
#ifndef IMAGE_SLOT_H
#define IMAGE_SLOT_H

/* Offsets in the header. */
#define SLOT_CRC      12 /* CRC-32 of everything behind it */
#define SLOT_CAPACITY 16
#define SLOT_USED     20 /* bytes of entries, which follow the header */
#define SLOT_HEADER   32

#ifndef __ASSEMBLER__
#include "core/compiler.h"

enum slot_kind {
	SLOT_SCRIPT = 1,
	SLOT_FILE = 2,
	SLOT_CERTIFICATE = 3,
	SLOT_SETTING = 4,
};

/**
 * Register what is in a slot, in its order: images, a script first to be run, and settings. Everything is copied.
 * What goes wrong is printed; a damaged slot is ignored as a whole.
 *
 * @param slot  the slot, header and all
 * @param len   bytes
 */
void slot_load ( const void *slot, size_t len );

#endif /* __ASSEMBLER__ */
#endif /* IMAGE_SLOT_H */
