/** @file
 * Edit boxes.
 */
#include "ui/editbox.h"
#include "ui/screen.h"

/** What cell @c pos of the text shows. */
static char cell ( const struct editbox *box, size_t pos ) {
	char c;

	if ( pos >= box->line.len )
		return '_';
	c = box->secret ? '*' : box->line.text[pos];
	return ( ( c >= ' ' ) && ( c <= '~' ) ) ? c : '?';
}

void editbox_draw ( struct editbox *box, bool focus ) {
	char text[SCREEN_COLS + 1];
	unsigned int width = MIN ( box->width, (unsigned int) SCREEN_COLS );
	unsigned int cursor = box->line.cursor;

	if ( cursor < box->first )
		box->first = cursor;
	if ( cursor >= box->first + width )
		box->first = cursor - width + 1;
	for ( unsigned int i = 0; i < width; i++ )
		text[i] = cell ( box, box->first + i );
	text[width] = '\0';
	screen_put ( box->row, box->col, width, PAIR_EDIT, text );
	if ( focus )
		screen_cursor ( box->row, box->col + cursor - box->first );
}
