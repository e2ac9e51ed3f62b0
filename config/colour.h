/** @file
 * Colours of menus and forms. COLOR_BLACK, COLOR_RED, COLOR_GREEN, COLOR_YELLOW, COLOR_BLUE,
 * COLOR_MAGENTA, COLOR_CYAN, COLOR_WHITE, or COLOR_DEFAULT: the console's own. Scripts change them
 * with commands colour and cpair.
 */
#ifndef CONFIG_COLOUR_H
#define CONFIG_COLOUR_H

/* Ordinary text */
#define COLOR_NORMAL_FG COLOR_WHITE
#define COLOR_NORMAL_BG COLOR_BLUE

/* The selected item */
#define COLOR_SELECT_FG COLOR_WHITE
#define COLOR_SELECT_BG COLOR_RED

/* Lines between items */
#define COLOR_SEPARATOR_FG COLOR_CYAN
#define COLOR_SEPARATOR_BG COLOR_BLUE

/* Edit boxes */
#define COLOR_EDIT_FG COLOR_BLACK
#define COLOR_EDIT_BG COLOR_CYAN

/* Errors */
#define COLOR_ALERT_FG COLOR_WHITE
#define COLOR_ALERT_BG COLOR_RED

/* Addresses of web pages */
#define COLOR_URL_FG COLOR_CYAN
#define COLOR_URL_BG COLOR_BLUE

/* The PXE boot menu's selected item */
#define COLOR_PXE_FG COLOR_BLACK
#define COLOR_PXE_BG COLOR_WHITE

#include "config/overrides/colour.h"

#endif /* CONFIG_COLOUR_H */
