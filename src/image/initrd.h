/** @file
 * The initrd: all registered images that are not hidden, one behind the other, as Linux wants them
 * (docs/images.md). Nothing is copied before somebody asks for it.
 *
 * Each image starts at a multiple of INITRD_ALIGN, zeros before it. An image with arguments is a
 * file of a cpio archive ("newc" format, Linux' initramfs buffer format): in front of its bytes there is
 * a header that names it, and headers of the folders that are to be made. Other images are there as
 * they are.
 */
#ifndef IMAGE_INITRD_H
#define IMAGE_INITRD_H

#include "core/image.h"

#define INITRD_ALIGN ( (size_t) 4096 )

/** The first image of the initrd (@c image NULL), or the one after @c image; NULL ends. */
struct image *initrd_next ( struct image *image );

/** Length of the cpio headers in front of an image, a multiple of 4; 0 without arguments. */
size_t initrd_header_len ( const struct image *image );

/** Write exactly initrd_header_len() bytes of headers. */
void initrd_header ( const struct image *image, void *buf );

/**
 * Measure the whole initrd.
 *
 * @param ret_len  bytes; 0 if there is no image
 * @return 0, -EFBIG an image with arguments is too large for a cpio header (4 GiB)
 */
int initrd_measure ( size_t *ret_len );

/**
 * Copy a part of it. The images must be those that were measured.
 *
 * @param offset  from its start, bytes
 * @param buf     filled with bytes that follow
 * @param len     how many of them
 * @return bytes copied, fewer than @c len at the end only; or -ENOMEM
 */
ssize_t initrd_read ( size_t offset, void *buf, size_t len );

#endif /* IMAGE_INITRD_H */
