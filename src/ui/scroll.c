/** @file
 * Selecting and scrolling in a list.
 */
#include "core/console.h"
#include "ui/scroll.h"

static bool selectable ( const struct scroll *scroll, int index ) {
	return scroll->selectable ( scroll->owner, index );
}

/** @return the first selectable line from @c index on, or -1 */
static int seek ( const struct scroll *scroll, int index, int step ) {
	for ( ; ( index >= 0 ) && ( index < (int) scroll->count ); index += step ) {
		if ( selectable ( scroll, index ) )
			return index;
	}
	return -1;
}

/** Let the window show the line, and headings at either end of the list that nothing selects. */
static void follow ( struct scroll *scroll ) {
	unsigned int current = scroll->current, rows = scroll->rows;
	unsigned int top = current, bottom = current;

	if ( seek ( scroll, (int) current - 1, -1 ) < 0 )
		top = 0;
	if ( seek ( scroll, current + 1, 1 ) < 0 )
		bottom = scroll->count - 1;
	if ( bottom >= scroll->first + rows )
		scroll->first = bottom - rows + 1;
	if ( top < scroll->first )
		scroll->first = top;
	if ( current >= scroll->first + rows )
		scroll->first = current - rows + 1;
	if ( current < scroll->first )
		scroll->first = current;
}

void scroll_select ( struct scroll *scroll, unsigned int index, int step ) {
	int found = seek ( scroll, index, step );

	if ( found < 0 )
		found = seek ( scroll, index, -step );
	if ( found >= 0 )
		scroll->current = found;
	follow ( scroll );
}

/** Move by lines, not beyond either end. */
static void move ( struct scroll *scroll, int lines ) {
	int index = (int) scroll->current + lines;

	index = MAX ( MIN ( index, (int) scroll->count - 1 ), 0 );
	scroll_select ( scroll, index, ( lines < 0 ) ? -1 : 1 );
}

bool scroll_key ( struct scroll *scroll, int key ) {
	int next;

	switch ( key ) {
	case KEY_UP:
		move ( scroll, -1 );
		return true;
	case KEY_DOWN:
		move ( scroll, 1 );
		return true;
	case KEY_PGUP:
		move ( scroll, -(int) scroll->rows );
		return true;
	case KEY_PGDN:
		move ( scroll, scroll->rows );
		return true;
	case KEY_HOME:
		move ( scroll, -(int) scroll->count );
		return true;
	case KEY_END:
		move ( scroll, scroll->count );
		return true;
	case '\t':
		next = seek ( scroll, scroll->current + 1, 1 );
		scroll_select ( scroll, ( next < 0 ) ? 0 : next, 1 );
		return true;
	}
	return false;
}
