/** @file
 * A line being edited on the screen: keys in, the fewest characters out. It needs nothing of the
 * terminal but backspace.
 */
#ifndef SHELL_LINEEDIT_H
#define SHELL_LINEEDIT_H

#include "core/compiler.h"

/** Longest line that can be typed, bytes. */
#define LINEEDIT_MAX 1024

struct lineedit {
	size_t len, cursor;
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

/** Act on a key (core/console.h). */
enum lineedit_event lineedit_key ( struct lineedit *line, int key );

/** Insert at the cursor, as if typed; what does not fit is dropped. */
void lineedit_insert ( struct lineedit *line, const char *text, size_t len );

/** Show another line instead, cursor at its end. */
void lineedit_set ( struct lineedit *line, const char *text );

/** Print the line anew on a fresh row (after a listing). */
void lineedit_show ( const struct lineedit *line );

#endif /* SHELL_LINEEDIT_H */
