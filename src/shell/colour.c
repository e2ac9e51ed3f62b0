/** @file
 * Colours of text mode (ECMA-48 SGR; 38;2 and 48;2 for RGB).
 */
#include "core/console.h"
#include "core/error.h"
#include "shell/colour.h"

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE };

/** Values of `basic` from here on mean the background of menus and forms: blue in text mode. */
#define BASIC_MAGIC 10

static struct {
	unsigned int basic, rgb;
} colours[COLOUR_COUNT] = {
	{ BLACK, COLOUR_RGB_NONE },  { RED, COLOUR_RGB_NONE },         { GREEN, COLOUR_RGB_NONE },
	{ YELLOW, COLOUR_RGB_NONE }, { BASIC_MAGIC, COLOUR_RGB_NONE }, { MAGENTA, COLOUR_RGB_NONE },
	{ CYAN, COLOUR_RGB_NONE },   { WHITE, COLOUR_RGB_NONE },
};

static struct {
	unsigned int foreground, background;
} pairs[PAIR_COUNT] = {
	[PAIR_DEFAULT] = { COLOUR_DEFAULT, COLOUR_DEFAULT },
	[PAIR_NORMAL] = { WHITE, BLUE },
	[PAIR_SELECT] = { WHITE, RED },
	[PAIR_SEPARATOR] = { CYAN, BLUE },
	[PAIR_EDIT] = { BLACK, CYAN },
	[PAIR_ALERT] = { WHITE, RED },
	[PAIR_URL] = { CYAN, BLUE },
	[PAIR_PXE] = { BLACK, WHITE },
};

int colour_define ( unsigned int colour, unsigned int basic, unsigned int rgb ) {
	if ( colour >= COLOUR_COUNT )
		return -EINVAL;
	colours[colour].basic = basic;
	colours[colour].rgb = rgb;
	return 0;
}

int colour_define_pair ( unsigned int pair, unsigned int foreground, unsigned int background ) {
	if ( pair >= PAIR_COUNT )
		return -EINVAL;
	pairs[pair].foreground = foreground;
	pairs[pair].background = background;
	return 0;
}

/** @param sgr  3 foreground, 4 background */
static void use ( unsigned int colour, unsigned int sgr ) {
	unsigned int basic = COLOUR_DEFAULT, rgb = COLOUR_RGB_NONE;

	if ( colour < COLOUR_COUNT ) {
		basic = colours[colour].basic;
		rgb = colours[colour].rgb;
	}
	if ( basic >= BASIC_MAGIC )
		basic = BLUE;
	con_printf ( "\033[%u%um", sgr, basic );
	if ( !( rgb & COLOUR_RGB_NONE ) )
		con_printf ( "\033[%u8;2;%u;%u;%um", sgr, ( rgb >> 16 ) & 0xff, ( rgb >> 8 ) & 0xff,
			     rgb & 0xff );
}

void colour_use ( enum colour_pair pair ) {
	use ( pairs[pair].foreground, 3 );
	use ( pairs[pair].background, 4 );
}
