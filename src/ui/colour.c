/** @file
 * Colours of text mode (ECMA-48 SGR; 38;2 and 48;2 for RGB).
 */
#include <stdio.h>
#include "core/console.h"
#include "core/error.h"
#include "ui/colour.h"
#include "config/colour.h"

/** Numbers of the colours, under the names of config/colour.h. */
enum {
	COLOR_BLACK,
	COLOR_RED,
	COLOR_GREEN,
	COLOR_YELLOW,
	COLOR_BLUE,
	COLOR_MAGENTA,
	COLOR_CYAN,
	COLOR_WHITE,
	COLOR_DEFAULT = COLOUR_DEFAULT,
};

/** Values of `basic` from here on mean the background of menus and forms: blue in text mode. */
#define BASIC_MAGIC 10

static struct {
	unsigned int basic, rgb;
} colours[COLOUR_COUNT] = {
	{ COLOR_BLACK, COLOUR_RGB_NONE }, { COLOR_RED, COLOUR_RGB_NONE },
	{ COLOR_GREEN, COLOUR_RGB_NONE }, { COLOR_YELLOW, COLOUR_RGB_NONE },
	{ BASIC_MAGIC, COLOUR_RGB_NONE }, { COLOR_MAGENTA, COLOUR_RGB_NONE },
	{ COLOR_CYAN, COLOUR_RGB_NONE },  { COLOR_WHITE, COLOUR_RGB_NONE },
};

static struct {
	unsigned int foreground, background;
} pairs[PAIR_COUNT] = {
	[PAIR_DEFAULT] = { COLOUR_DEFAULT, COLOUR_DEFAULT },
	[PAIR_NORMAL] = { COLOR_NORMAL_FG, COLOR_NORMAL_BG },
	[PAIR_SELECT] = { COLOR_SELECT_FG, COLOR_SELECT_BG },
	[PAIR_SEPARATOR] = { COLOR_SEPARATOR_FG, COLOR_SEPARATOR_BG },
	[PAIR_EDIT] = { COLOR_EDIT_FG, COLOR_EDIT_BG },
	[PAIR_ALERT] = { COLOR_ALERT_FG, COLOR_ALERT_BG },
	[PAIR_URL] = { COLOR_URL_FG, COLOR_URL_BG },
	[PAIR_PXE] = { COLOR_PXE_FG, COLOR_PXE_BG },
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

/** @param sgr  3 foreground, 4 background. @return length */
static size_t format ( unsigned int colour, unsigned int sgr, char *buf, size_t len ) {
	unsigned int basic = COLOUR_DEFAULT, rgb = COLOUR_RGB_NONE;
	size_t used;

	if ( colour < COLOUR_COUNT ) {
		basic = colours[colour].basic;
		rgb = colours[colour].rgb;
	}
	if ( basic >= BASIC_MAGIC )
		basic = COLOR_BLUE;
	used = snprintf ( buf, len, "\033[%u%um", sgr, basic );
	if ( !( rgb & COLOUR_RGB_NONE ) )
		used += snprintf ( buf + used, len - used, "\033[%u8;2;%u;%u;%um", sgr,
				   ( rgb >> 16 ) & 0xff, ( rgb >> 8 ) & 0xff, rgb & 0xff );
	return used;
}

size_t colour_sequence ( enum colour_pair pair, char buf[COLOUR_SEQUENCE_LEN] ) {
	size_t used = format ( pairs[pair].foreground, 3, buf, COLOUR_SEQUENCE_LEN );

	return used + format ( pairs[pair].background, 4, buf + used, COLOUR_SEQUENCE_LEN - used );
}

void colour_use ( enum colour_pair pair ) {
	char buf[COLOUR_SEQUENCE_LEN];

	console_write ( buf, colour_sequence ( pair, buf ) );
}
