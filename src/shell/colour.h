/** @file
 * Colours of text mode: eight colours and eight pairs that scripts can redefine, as ANSI sequences.
 */
#ifndef SHELL_COLOUR_H
#define SHELL_COLOUR_H

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
/** Print what makes following text use the pair. */
void colour_use ( enum colour_pair pair );

#endif /* SHELL_COLOUR_H */
