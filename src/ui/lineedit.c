/** @file
 * The line editor. Every change is "text from here on is different": on the screen, step back to
 * there, print the rest, blank what stood behind it, step back to the cursor.
 */
#include <string.h>
#include "core/console.h"
#include "ui/lineedit.h"

/* ---- Text ---- */

/** Delete from @c start to @c end; the cursor ends up at @c start. */
static void delete ( struct lineedit *line, size_t start, size_t end ) {
	if ( start == end )
		return;
	memmove ( line->text + start, line->text + end, line->len - end + 1 );
	line->len -= end - start;
	line->cursor = line->same = start;
}

static void insert ( struct lineedit *line, const char *text, size_t len ) {
	len = MIN ( len, LINEEDIT_MAX - line->len );
	line->same = line->cursor;
	memmove ( line->text + line->cursor + len, line->text + line->cursor,
		  line->len - line->cursor + 1 );
	memcpy ( line->text + line->cursor, text, len );
	line->len += len;
	line->cursor += len;
}

void lineedit_load ( struct lineedit *line, const char *text ) {
	size_t len = strnlen ( text, LINEEDIT_MAX );

	line->same = 0;
	while ( ( line->same < line->cursor ) && ( line->same < len ) &&
		( line->text[line->same] == text[line->same] ) )
		line->same++;
	memmove ( line->text, text, len );
	line->text[len] = '\0';
	line->len = line->cursor = len;
}

/** Start of the word left of the cursor. */
static size_t word_start ( const struct lineedit *line ) {
	size_t pos = line->cursor;

	while ( pos && ( line->text[pos - 1] == ' ' ) )
		pos--;
	while ( pos && ( line->text[pos - 1] != ' ' ) )
		pos--;
	return pos;
}

enum lineedit_event lineedit_edit ( struct lineedit *line, int key ) {
	char character = key;

	line->same = line->len;
	if ( ( key >= 0x20 ) && ( key <= 0x7e ) ) {
		insert ( line, &character, 1 );
		return LINEEDIT_NONE;
	}
	switch ( key ) {
	case '\b':
		delete ( line, line->cursor - ( line->cursor > 0 ), line->cursor );
		break;
	case KEY_DELETE:
	case CTRL ( 'D' ):
		delete ( line, line->cursor, line->cursor + ( line->cursor < line->len ) );
		break;
	case CTRL ( 'W' ):
		delete ( line, word_start ( line ), line->cursor );
		break;
	case CTRL ( 'U' ):
		delete ( line, 0, line->cursor );
		break;
	case CTRL ( 'K' ):
		delete ( line, line->cursor, line->len );
		break;
	case KEY_HOME:
	case CTRL ( 'A' ):
		line->cursor = 0;
		break;
	case KEY_END:
	case CTRL ( 'E' ):
		line->cursor = line->len;
		break;
	case KEY_LEFT:
	case CTRL ( 'B' ):
		line->cursor = line->cursor - ( line->cursor > 0 );
		break;
	case KEY_RIGHT:
	case CTRL ( 'F' ):
		line->cursor = line->cursor + ( line->cursor < line->len );
		break;
	case KEY_UP:
	case CTRL ( 'P' ):
		return LINEEDIT_OLDER;
	case KEY_DOWN:
	case CTRL ( 'N' ):
		return LINEEDIT_NEWER;
	case '\t':
		return LINEEDIT_COMPLETE;
	case '\n':
	case '\r':
		return LINEEDIT_ACCEPT;
	case CTRL ( 'C' ):
		return LINEEDIT_CANCEL;
	}
	return LINEEDIT_NONE;
}

/* ---- Screen ---- */

static void step_back ( size_t count ) {
	while ( count-- > 0 )
		console_write ( "\b", 1 );
}

/** Bring the screen up to date after an edit; the line had this length and cursor before. */
static void redraw ( const struct lineedit *line, size_t old_len, size_t old_cursor ) {
	size_t end = MAX ( line->len, old_len ), same = MIN ( line->same, old_cursor );

	if ( ( line->same >= old_len ) && ( line->len == old_len ) ) {
		/* Only the cursor moved. */
		if ( line->cursor > old_cursor )
			console_write ( line->text + old_cursor, line->cursor - old_cursor );
		else
			step_back ( old_cursor - line->cursor );
		return;
	}
	step_back ( old_cursor - same );
	console_write ( line->text + same, line->len - same );
	for ( size_t i = line->len; i < end; i++ )
		console_write ( " ", 1 );
	step_back ( end - line->cursor );
}

enum lineedit_event lineedit_key ( struct lineedit *line, int key ) {
	size_t old_len = line->len, old_cursor = line->cursor;
	enum lineedit_event event = lineedit_edit ( line, key );

	redraw ( line, old_len, old_cursor );
	return event;
}

void lineedit_insert ( struct lineedit *line, const char *text, size_t len ) {
	size_t old_len = line->len, old_cursor = line->cursor;

	insert ( line, text, len );
	redraw ( line, old_len, old_cursor );
}

void lineedit_set ( struct lineedit *line, const char *text ) {
	size_t old_len = line->len, old_cursor = line->cursor;

	lineedit_load ( line, text );
	redraw ( line, old_len, old_cursor );
}

void lineedit_show ( const struct lineedit *line ) {
	console_write ( line->text, line->len );
	step_back ( line->len - line->cursor );
}

void lineedit_init ( struct lineedit *line, const char *text ) {
	line->len = line->cursor = line->same = 0;
	line->text[0] = '\0';
	if ( text )
		lineedit_insert ( line, text, strlen ( text ) );
}
