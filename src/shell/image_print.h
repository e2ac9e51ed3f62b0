/** @file
 * What `imgstat` prints; autoboot prints it too.
 */
#ifndef SHELL_IMAGE_PRINT_H
#define SHELL_IMAGE_PRINT_H

#include "core/image.h"

/** One line: name, length, type, tags, command line. */
void image_print ( const struct image *image );

#endif /* SHELL_IMAGE_PRINT_H */
