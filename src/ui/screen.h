/** @file
 * The whole screen of a menu or form, on all consoles at once (ECMA-48). Its owner draws as it
 * likes; screen_update() prints only cells that changed since the last time, for a serial line is
 * slow and a UEFI console slower. Rows and columns count from 0.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "ui/colour.h"

#define SCREEN_ROWS 25
/** The last column is left alone: terminals differ about what follows it. */
#define SCREEN_COLS 80

/** Add to a pair of colours. */
#define SCREEN_BOLD 0x10

/** Take the screen over: clear it in PAIR_NORMAL, hide the cursor. */
void screen_open ( void );

/** Give it back: cleared, the console's own colours, cursor at the top. */
void screen_close ( void );

/**
 * Put text (UTF-8) into a field of a row. Control characters and ANSI sequences in it are dropped,
 * what is too long is cut, the rest of the field becomes blank.
 * @param style  enum colour_pair, perhaps with SCREEN_BOLD
 */
void screen_put ( unsigned int row, unsigned int col, unsigned int width, unsigned int style,
		  const char *text );

/** Put text into the middle of a row; the rest of the row stays. */
void screen_centre ( unsigned int row, unsigned int style, const char *text );

/** Columns that the text takes. */
unsigned int screen_width ( const char *text );

/** Show the cursor here from the next update on. */
void screen_cursor ( unsigned int row, unsigned int col );
void screen_hide_cursor ( void );

/** Print what changed. */
void screen_update ( void );

/** Print everything anew, for a terminal that joins late (Ctrl-L). */
void screen_redraw ( void );

#endif /* UI_SCREEN_H */
