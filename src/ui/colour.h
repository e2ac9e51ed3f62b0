/** @file
 * Colours of text mode: eight colours and eight pairs that scripts can redefine, as ANSI sequences.
 */
#ifndef UI_COLOUR_H
#define UI_COLOUR_H

#include "core/compiler.h"

#define COLOUR_COUNT    8
#define COLOUR_DEFAULT  9          /**< the console's own */
#define COLOUR_RGB_NONE 0x01000000 /**< no RGB value */

/** Pairs by use. */
enum colour_pair {
	PAIR_DEFAULT,
	PAIR_NORMAL,
	PAIR_SELECT,
	PAIR_SEPARATOR,
	PAIR_EDIT,
	PAIR_ALERT,
	PAIR_URL,
	PAIR_PXE,
	PAIR_COUNT,
};

/** @return 0, -EINVAL no such colour */
int colour_define ( unsigned int colour, unsigned int basic, unsigned int rgb );
/** @return 0, -EINVAL no such pair */
int colour_define_pair ( unsigned int pair, unsigned int foreground, unsigned int background );
/** Longest sequence of a pair, with its NUL. */
#define COLOUR_SEQUENCE_LEN 64
/** What makes following text use the pair. @return length */
size_t colour_sequence ( enum colour_pair pair, char buf[COLOUR_SEQUENCE_LEN] );
/** Print what makes following text use the pair. */
void colour_use ( enum colour_pair pair );

#endif /* UI_COLOUR_H */
