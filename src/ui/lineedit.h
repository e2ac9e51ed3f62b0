/** @file
 * A line being edited: keys in, text and cursor out. lineedit_edit() only edits, for owners that
 * draw the line themselves (ui/editbox.h); the others also keep it on the screen at the cursor, with
 * the fewest characters and nothing of the terminal but backspace.
 */
#ifndef UI_LINEEDIT_H
#define UI_LINEEDIT_H

#include "core/compiler.h"

/** Longest line that can be typed, bytes. */
#define LINEEDIT_MAX 1024

struct lineedit {
	size_t len, cursor;
	size_t same;                 /**< bytes at the start that the last edit left as they were */
	char text[LINEEDIT_MAX + 1]; /**< always terminated */
};

/** What a key means for the line's owner. */
enum lineedit_event {
	LINEEDIT_NONE,     /**< edited, or not a key that is known */
	LINEEDIT_ACCEPT,   /**< Enter */
	LINEEDIT_CANCEL,   /**< Ctrl-C */
	LINEEDIT_OLDER,    /**< Up, Ctrl-P */
	LINEEDIT_NEWER,    /**< Down, Ctrl-N */
	LINEEDIT_COMPLETE, /**< Tab */
};

/** Start with @c text, which is printed; NULL: empty. */
void lineedit_init ( struct lineedit *line, const char *text );

/** Put @c text there instead, cursor at its end; nothing is printed. */
void lineedit_load ( struct lineedit *line, const char *text );

/** Act on a key (core/console.h); nothing is printed. */
enum lineedit_event lineedit_edit ( struct lineedit *line, int key );

/** Act on a key, on the screen too. */
enum lineedit_event lineedit_key ( struct lineedit *line, int key );

/** Insert at the cursor, as if typed; what does not fit is dropped. */
void lineedit_insert ( struct lineedit *line, const char *text, size_t len );

/** Show another line instead, cursor at its end. */
void lineedit_set ( struct lineedit *line, const char *text );

/** Print the line anew on a fresh row (after a listing). */
void lineedit_show ( const struct lineedit *line );

#endif /* UI_LINEEDIT_H */
