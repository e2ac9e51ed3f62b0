/** @file
 * Screen of menus and forms: two grids of cells, what is wanted and what the consoles show.
 */
#include <stdio.h>
#include <string.h>
#include "core/console.h"
#include "core/utf8.h"
#include "ui/screen.h"

/** A cell is a code point with the style above it. */
#define STYLE_SHIFT 24
#define CODE_MASK   0xffffff
#define BLANK       ( ' ' | ( (uint32_t) PAIR_NORMAL << STYLE_SHIFT ) )

/** So many unchanged cells in between are printed again rather than jumped over: a jump takes as
 * many characters. */
#define GAP_MAX 6

/** Gathered output: each write is work for a console. */
#define OUT_LEN 512

static uint32_t wanted[SCREEN_ROWS][SCREEN_COLS], shown[SCREEN_ROWS][SCREEN_COLS];
static char out[OUT_LEN];
static size_t out_len;

/** The terminal's state. */
static struct {
	unsigned int row, col; /* where it prints next */
	unsigned int style;
	bool cursor;
} terminal;

/** Where the cursor shall be, if anywhere. */
static struct {
	unsigned int row, col;
	bool visible;
} cursor;

/* ---- Output ---- */

static void flush ( void ) {
	console_write ( out, out_len );
	out_len = 0;
}

static void emit ( const char *text, size_t len ) {
	if ( out_len + len > sizeof ( out ) )
		flush ();
	memcpy ( out + out_len, text, len );
	out_len += len;
}

static void move_to ( unsigned int row, unsigned int col ) {
	char buf[16];

	if ( ( terminal.row == row ) && ( terminal.col == col ) )
		return;
	emit ( buf, snprintf ( buf, sizeof ( buf ), "\033[%u;%uH", row + 1, col + 1 ) );
	terminal.row = row;
	terminal.col = col;
}

static void set_style ( unsigned int style ) {
	char buf[COLOUR_SEQUENCE_LEN];
	unsigned int change = style ^ terminal.style;

	if ( change & SCREEN_BOLD ) {
		if ( style & SCREEN_BOLD )
			emit ( "\033[1m", 4 );
		else
			emit ( "\033[22m", 5 );
	}
	if ( change & ~SCREEN_BOLD )
		emit ( buf, colour_sequence ( style & ~SCREEN_BOLD, buf ) );
	terminal.style = style;
}

static void show_cursor ( bool show ) {
	if ( show != terminal.cursor )
		emit ( show ? "\033[?25h" : "\033[?25l", 6 );
	terminal.cursor = show;
}

static void emit_cell ( unsigned int row, unsigned int col ) {
	uint32_t cell = wanted[row][col], code = cell & CODE_MASK;
	uint8_t utf8[4];

	move_to ( row, col );
	set_style ( cell >> STYLE_SHIFT );
	emit ( (char *) utf8, utf8_encode ( code, utf8 ) );
	shown[row][col] = cell;
	/* A console that knows no UTF-8 may have used several cells: say where the next one is. */
	terminal.col = ( code < 0x80 ) ? col + 1 : SCREEN_COLS;
}

/** Would printing these cells again be less than a jump? */
static bool can_walk ( unsigned int row, unsigned int from, unsigned int to ) {
	if ( ( terminal.row != row ) || ( from > to ) || ( to - from > GAP_MAX ) )
		return false;
	for ( ; from < to; from++ ) {
		if ( ( ( shown[row][from] >> STYLE_SHIFT ) != terminal.style ) ||
		     ( ( shown[row][from] & CODE_MASK ) >= 0x80 ) )
			return false;
	}
	return true;
}

void screen_update ( void ) {
	for ( unsigned int row = 0; row < SCREEN_ROWS; row++ ) {
		for ( unsigned int col = 0; col < SCREEN_COLS - 1; col++ ) {
			if ( wanted[row][col] == shown[row][col] )
				continue;
			if ( can_walk ( row, terminal.col, col ) ) {
				while ( terminal.col < col )
					emit_cell ( row, terminal.col );
			}
			emit_cell ( row, col );
		}
	}
	if ( cursor.visible )
		move_to ( cursor.row, cursor.col );
	show_cursor ( cursor.visible );
	flush ();
}

/* ---- Drawing ---- */

/** Printable code points of a text, one at a time. */
struct decoder {
	struct utf8_decoder utf8;
	enum { TEXT, ESCAPE, SEQUENCE } state;
};

/** @return a code point, or 0: nothing to show yet */
static uint32_t decode ( struct decoder *decoder, uint8_t byte ) {
	uint32_t code = utf8_feed ( &decoder->utf8, byte );

	switch ( decoder->state ) {
	case ESCAPE:
		decoder->state = ( byte == '[' ) ? SEQUENCE : TEXT;
		return 0;
	case SEQUENCE:
		if ( ( byte >= 0x40 ) && ( byte <= 0x7e ) )
			decoder->state = TEXT;
		return 0;
	case TEXT:
		break;
	}
	if ( code == KEY_ESC )
		decoder->state = ESCAPE;
	if ( code == '\t' )
		return ' ';
	if ( ( code < ' ' ) || ( ( code >= 0x7f ) && ( code < 0xa0 ) ) )
		return 0;
	return ( code == UTF8_REPLACEMENT ) ? '?' : code;
}

unsigned int screen_width ( const char *text ) {
	struct decoder decoder = { .state = TEXT };
	unsigned int width = 0;

	for ( ; *text; text++ )
		width += ( decode ( &decoder, *text ) != 0 );
	return width;
}

void screen_put ( unsigned int row, unsigned int col, unsigned int width, unsigned int style,
		  const char *text ) {
	struct decoder decoder = { .state = TEXT };
	unsigned int end;
	uint32_t code;

	if ( ( row >= SCREEN_ROWS ) || ( col >= SCREEN_COLS ) )
		return;
	end = col + MIN ( width, SCREEN_COLS - col );
	for ( ; *text && ( col < end ); text++ ) {
		if ( ( code = decode ( &decoder, *text ) ) != 0 )
			wanted[row][col++] = code | ( style << STYLE_SHIFT );
	}
	while ( col < end )
		wanted[row][col++] = ' ' | ( style << STYLE_SHIFT );
}

void screen_centre ( unsigned int row, unsigned int style, const char *text ) {
	unsigned int width = MIN ( screen_width ( text ), SCREEN_COLS - 2U );

	screen_put ( row, ( SCREEN_COLS - width ) / 2, width, style, text );
}

void screen_cursor ( unsigned int row, unsigned int col ) {
	cursor.row = row;
	cursor.col = col;
	cursor.visible = true;
}

void screen_hide_cursor ( void ) {
	cursor.visible = false;
}

/* ---- Begin and end ---- */

static void fill ( uint32_t cells[SCREEN_ROWS][SCREEN_COLS] ) {
	for ( unsigned int row = 0; row < SCREEN_ROWS; row++ ) {
		for ( unsigned int col = 0; col < SCREEN_COLS; col++ )
			cells[row][col] = BLANK;
	}
}

/** Clear the consoles in a pair of colours. */
static void clear ( enum colour_pair pair ) {
	/* Neither is what the terminal has: both sequences are printed. */
	terminal.style = ~pair;
	set_style ( pair );
	emit ( "\033[2J\033[H", 7 );
	terminal.row = terminal.col = 0;
}

void screen_redraw ( void ) {
	clear ( PAIR_NORMAL );
	terminal.cursor = !cursor.visible;
	fill ( shown );
	screen_update ();
}

void screen_open ( void ) {
	cursor.visible = false;
	terminal.cursor = true;
	clear ( PAIR_NORMAL );
	show_cursor ( false );
	flush ();
	fill ( wanted );
	fill ( shown );
}

void screen_close ( void ) {
	clear ( PAIR_DEFAULT );
	terminal.cursor = false;
	show_cursor ( true );
	flush ();
}
