/** @file
 * Scripts: image type `script`, and what `goto` needs of it.
 */
#ifndef IMAGE_SCRIPT_H
#define IMAGE_SCRIPT_H

#include "core/image.h"

/** Longest logical line, bytes, continuations joined. */
#define SCRIPT_LINE_MAX 65536

/** For images that are scripts without saying so (a command line). */
extern const struct image_type script_image_type;

/**
 * Continue the running script at a label.
 * @return 0, -ENOENT_LABEL no such label (the position is unchanged), -ENOTTY_SCRIPT no script is
 *         running, -ENOMEM
 */
int script_goto ( const char *label );

#endif /* IMAGE_SCRIPT_H */
