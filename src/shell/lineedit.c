/** @file
 * The line editor. Every change is "text from here on is different": step back to there, print
 * the rest, blank what stood behind it, step back to the cursor.
 */
#include <string.h>
#include "core/console.h"
#include "shell/lineedit.h"

static void step_back ( size_t count ) {
	while ( count-- > 0 )
		console_write ( "\b", 1 );
}

/** Move the screen's cursor within the text as it stands there. */
static void step ( const struct lineedit *line, size_t from, size_t to ) {
	if ( to > from )
		console_write ( line->text + from, to - from );
	else
		step_back ( from - to );
}

/**
 * Bring the screen up to date.
 * @param same        bytes of the text that did not change; not beyond @c old_cursor
 * @param old_len     length of what the screen shows
 * @param old_cursor  where the screen's cursor is
 */
static void redraw ( const struct lineedit *line, size_t same, size_t old_len, size_t old_cursor ) {
	size_t end = MAX ( line->len, old_len );

	step_back ( old_cursor - same );
	console_write ( line->text + same, line->len - same );
	for ( size_t i = line->len; i < end; i++ )
		console_write ( " ", 1 );
	step_back ( end - line->cursor );
}

static void move ( struct lineedit *line, size_t cursor ) {
	step ( line, line->cursor, cursor );
	line->cursor = cursor;
}

/** Delete from @c start to @c end; the cursor ends up at @c start. */
static void delete ( struct lineedit *line, size_t start, size_t end ) {
	size_t old_len = line->len, old_cursor = line->cursor;

	if ( start == end )
		return;
	memmove ( line->text + start, line->text + end, line->len - end + 1 );
	line->len -= end - start;
	line->cursor = start;
	redraw ( line, start, old_len, old_cursor );
}

void lineedit_insert ( struct lineedit *line, const char *text, size_t len ) {
	size_t old_len = line->len, old_cursor = line->cursor;

	len = MIN ( len, LINEEDIT_MAX - line->len );
	if ( len == 0 )
		return;
	memmove ( line->text + line->cursor + len, line->text + line->cursor,
		  line->len - line->cursor + 1 );
	memcpy ( line->text + line->cursor, text, len );
	line->len += len;
	line->cursor += len;
	redraw ( line, old_cursor, old_len, old_cursor );
}

void lineedit_set ( struct lineedit *line, const char *text ) {
	size_t old_len = line->len, old_cursor = line->cursor, same = 0;
	size_t len = strnlen ( text, LINEEDIT_MAX );

	while ( ( same < old_cursor ) && ( same < len ) && ( line->text[same] == text[same] ) )
		same++;
	memmove ( line->text, text, len );
	line->text[len] = '\0';
	line->len = line->cursor = len;
	redraw ( line, same, old_len, old_cursor );
}

void lineedit_show ( const struct lineedit *line ) {
	console_write ( line->text, line->len );
	step_back ( line->len - line->cursor );
}

void lineedit_init ( struct lineedit *line, const char *text ) {
	line->len = line->cursor = 0;
	line->text[0] = '\0';
	if ( text )
		lineedit_insert ( line, text, strlen ( text ) );
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

enum lineedit_event lineedit_key ( struct lineedit *line, int key ) {
	char character = key;

	if ( ( key >= 0x20 ) && ( key <= 0x7e ) ) {
		lineedit_insert ( line, &character, 1 );
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
		move ( line, 0 );
		break;
	case KEY_END:
	case CTRL ( 'E' ):
		move ( line, line->len );
		break;
	case KEY_LEFT:
	case CTRL ( 'B' ):
		move ( line, line->cursor - ( line->cursor > 0 ) );
		break;
	case KEY_RIGHT:
	case CTRL ( 'F' ):
		move ( line, line->cursor + ( line->cursor < line->len ) );
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
