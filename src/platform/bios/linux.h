/** @file
 * Starting a kernel: what linux.c decided, for linux_enter.c to carry out.
 */
#ifndef BIOS_LINUX_H
#define BIOS_LINUX_H

#include "core/image.h"
#include "image/bzimage.h"
#include "image/place.h"

/** One part of the initrd, or the kernel itself: contents that will fill whole pages. */
struct linux_part {
	const struct image *image;
	uint8_t *pages;  /**< where the pages are; the image's, or a copy */
	size_t page_len; /**< of them, bytes */
	uint8_t *spill;  /**< pages for what headers push beyond `page_len`, or NULL */
	size_t spill_len;
	size_t header_len; /**< cpio headers to be put in front of what is there */
	size_t skip; /**< bytes at the start that do not belong to it (the kernel's real-mode part) */
	size_t len;  /**< headers and contents */
	bool copied; /**< `pages` is a copy, complete already */
};

struct linux_boot {
	struct bzimage bz;
	struct bzimage_args args;
	const struct image *image;
	const char *cmdline; /**< "" if there is none */
	size_t cmdline_len;  /**< as the kernel takes it */

	struct linux_part kernel;
	struct linux_part *parts; /**< of the initrd */
	unsigned int part_count;
	size_t initrd_len;

	uint32_t real;   /**< address of the real-mode part */
	uint64_t load;   /**< of the kernel */
	uint64_t initrd; /**< of the initrd; 0: none */
	bool long_mode;  /**< enter in 64-bit mode */

	struct page_move *moves; /**< room for two each part and the kernel */
	unsigned int move_count;
	uint8_t *note, *spare; /**< for moves_run() */
	size_t note_len;
};

/** Layout of base memory. The real-mode part of a kernel that is loaded at 1 MiB, its heap and stack
 * behind it, then the command line; and that of others, as 2.01 and older want it. */
#define LINUX_REAL            0x10000
#define LINUX_HEAP_END        0xe000
#define LINUX_CMDLINE         0x20000
#define LINUX_REAL_OLD        0x90000
#define LINUX_HEAP_OLD        0x9800 /* the command line follows */
#define LINUX_CMDLINE_OLD_MAX 0x7ff
#define LINUX_KERNEL_LOW      0x10000
#define LINUX_KERNEL_HIGH     0x100000

/** End everything that we do, put all in its place, and enter the kernel. Context: root stack. */
void linux_enter ( void *boot ) __noreturn;

#endif /* BIOS_LINUX_H */
