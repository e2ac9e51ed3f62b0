/** @file
 * A list that is longer than its window: which line is selected and which is at the top. Lines that
 * cannot be selected are passed over.
 */
#ifndef UI_SCROLL_H
#define UI_SCROLL_H

#include "core/compiler.h"

struct scroll {
	unsigned int rows;  /**< of the window */
	unsigned int count; /**< of lines */
	unsigned int current, first;
	/** Can this line be selected? At least one can. */
	bool ( *selectable ) ( const void *owner, unsigned int index );
	const void *owner;
};

/** Select line @c index, or the next one that can be: onwards by @c step (1 or -1), else back. */
void scroll_select ( struct scroll *scroll, unsigned int index, int step );

/** Act on Up, Down, Page up, Page down, Home, End, Tab. @return false: not such a key */
bool scroll_key ( struct scroll *scroll, int key );

#endif /* UI_SCROLL_H */
