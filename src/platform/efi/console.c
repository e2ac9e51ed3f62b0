/** @file
 * Screen: ANSI text to the firmware's console output (UEFI specification 2.10 §12.4). Each write
 * becomes as few OutputString() calls as it can, for each costs the firmware a redraw. The
 * firmware copies its console to a serial port by itself.
 */
#include <string.h>
#include "core/console.h"
#include "platform/efi/console.h"
#include "platform/efi/efi.h"

#define BATCH_LEN 256
/** Parameters of an escape sequence that are kept; more are dropped. */
#define PARAMS_MAX 5

static CHAR16 batch[BATCH_LEN + 1];
static unsigned int batch_len;

/** Escape sequence in progress. */
static enum {
	STATE_TEXT,
	STATE_ESCAPE,   /* seen ESC */
	STATE_SEQUENCE, /* seen ESC [ */
} state;
static unsigned int params[PARAMS_MAX];
static unsigned int param_index;
static bool private_sequence; /* ESC [ ? or ESC [ < */

/** UTF-8 character in progress: bits so far, bytes to come. */
static uint32_t utf8_bits;
static unsigned int utf8_left;

/** Current colours, ANSI numbers, and whether the foreground is bright. */
#define FOREGROUND_DEFAULT 7
#define BACKGROUND_DEFAULT 0
static unsigned int foreground = FOREGROUND_DEFAULT, background = BACKGROUND_DEFAULT;
static bool bold;

static void flush ( void ) {
	if ( batch_len ) {
		batch[batch_len] = 0;
		efi_st->ConOut->OutputString ( efi_st->ConOut, batch );
		batch_len = 0;
	}
}

static void put ( CHAR16 c ) {
	if ( batch_len == BATCH_LEN )
		flush ();
	batch[batch_len++] = c;
}

/** Up to the next multiple of eight columns. */
static void put_tab ( void ) {
	int column;

	flush ();
	column = efi_st->ConOut->Mode->CursorColumn;
	do
		put ( ' ' );
	while ( ++column % 8 );
}

static void move_cursor ( unsigned int row, unsigned int column ) {
	UINTN columns = 80, rows = 25;

	efi_st->ConOut->QueryMode ( efi_st->ConOut, efi_st->ConOut->Mode->Mode, &columns, &rows );
	row = row ? row - 1 : 0;
	column = column ? column - 1 : 0;
	efi_st->ConOut->SetCursorPosition ( efi_st->ConOut,
					    ( column < columns ) ? column : columns - 1,
					    ( row < rows ) ? row : rows - 1 );
}

/** Blank @c count cells from the cursor on, and put it back. Not the last cell of the screen, for
 * that would scroll. */
static void blank ( size_t count ) {
	UINTN row = efi_st->ConOut->Mode->CursorRow, column = efi_st->ConOut->Mode->CursorColumn;

	while ( count-- )
		put ( ' ' );
	flush ();
	efi_st->ConOut->SetCursorPosition ( efi_st->ConOut, column, row );
}

/** ED: 0 from the cursor on, otherwise all. */
static void erase ( unsigned int what ) {
	UINTN columns = 80, rows = 25;
	UINTN at;

	if ( what != 0 ) {
		efi_st->ConOut->ClearScreen ( efi_st->ConOut );
		return;
	}
	efi_st->ConOut->QueryMode ( efi_st->ConOut, efi_st->ConOut->Mode->Mode, &columns, &rows );
	at = efi_st->ConOut->Mode->CursorRow * columns + efi_st->ConOut->Mode->CursorColumn;
	if ( at + 1 < columns * rows )
		blank ( columns * rows - at - 1 );
}

/** The ANSI colour (bit 0 red, 1 green, 2 blue) next to 24-bit red, green, blue. */
static unsigned int nearest_colour ( unsigned int red, unsigned int green, unsigned int blue ) {
	return ( ( red >= 128 ) | ( ( green >= 128 ) << 1 ) | ( ( blue >= 128 ) << 2 ) );
}

/** ANSI counts red 1, blue 4; the firmware blue 1, red 4. */
static unsigned int efi_colour ( unsigned int colour ) {
	return ( ( colour & 1 ) << 2 ) | ( colour & 2 ) | ( ( colour & 4 ) >> 2 );
}

/** SGR. */
static void set_attributes ( void ) {
	unsigned int i;

	for ( i = 0; i <= param_index; i++ ) {
		unsigned int aspect = params[i];

		if ( ( ( aspect == 38 ) || ( aspect == 48 ) ) && ( i + 4 <= param_index ) ) {
			*( ( aspect == 38 ) ? &foreground : &background ) =
				nearest_colour ( params[i + 2], params[i + 3], params[i + 4] );
			i += 4;
		} else if ( aspect == 0 ) {
			foreground = FOREGROUND_DEFAULT;
			background = BACKGROUND_DEFAULT;
			bold = false;
		} else if ( aspect == 1 ) {
			bold = true;
		} else if ( aspect == 22 ) {
			bold = false;
		} else if ( ( aspect >= 30 ) && ( aspect <= 37 ) ) {
			foreground = aspect - 30;
		} else if ( aspect == 39 ) {
			foreground = FOREGROUND_DEFAULT;
		} else if ( ( aspect >= 40 ) && ( aspect <= 47 ) ) {
			background = aspect - 40;
		} else if ( aspect == 49 ) {
			background = BACKGROUND_DEFAULT;
		}
	}
	efi_st->ConOut->SetAttribute (
		efi_st->ConOut,
		EFI_TEXT_ATTR ( efi_colour ( foreground ) | ( bold ? EFI_BRIGHT : 0 ),
				efi_colour ( background ) ) );
}

/** A complete sequence ESC [ params terminator. Those not listed are dropped. */
static void run_sequence ( char terminator ) {
	flush ();
	if ( private_sequence ) {
		if ( ( params[0] == 25 ) && ( ( terminator == 'h' ) || ( terminator == 'l' ) ) )
			efi_st->ConOut->EnableCursor ( efi_st->ConOut, ( terminator == 'h' ) );
		return;
	}
	switch ( terminator ) {
	case 'H':
		move_cursor ( params[0], params[1] );
		break;
	case 'J':
		erase ( params[0] );
		break;
	case 'm':
		set_attributes ();
		break;
	}
}

/** A byte within an escape sequence. */
static void sequence_byte ( char c ) {
	if ( ( c >= '0' ) && ( c <= '9' ) ) {
		if ( params[param_index] < 1000 )
			params[param_index] = params[param_index] * 10 + ( c - '0' );
	} else if ( c == ';' ) {
		if ( param_index < PARAMS_MAX - 1 )
			param_index++;
	} else if ( ( c >= '<' ) && ( c <= '?' ) ) {
		private_sequence = true;
	} else if ( ( c >= '@' ) && ( c <= '~' ) ) {
		state = STATE_TEXT;
		run_sequence ( c );
	}
}

/** A byte of UTF-8 beyond ASCII. A broken character shows as '?'. */
static void utf8_byte ( uint8_t c ) {
	if ( ( c & 0xc0 ) != 0x80 ) {
		utf8_left = ( ( c & 0xe0 ) == 0xc0 )   ? 1
			    : ( ( c & 0xf0 ) == 0xe0 ) ? 2
			    : ( ( c & 0xf8 ) == 0xf0 ) ? 3
						       : 0;
		utf8_bits = c & ( 0x3f >> utf8_left );
		if ( !utf8_left )
			put ( '?' );
		return;
	}
	if ( !utf8_left ) {
		put ( '?' );
		return;
	}
	utf8_bits = ( utf8_bits << 6 ) | ( c & 0x3f );
	if ( --utf8_left == 0 )
		put ( ( ( utf8_bits >= 0x80 ) && ( utf8_bits < 0xfffe ) ) ? utf8_bits : '?' );
}

static void text_byte ( uint8_t c ) {
	if ( c >= 0x80 ) {
		utf8_byte ( c );
		return;
	}
	utf8_left = 0;
	switch ( c ) {
	case '\x1b':
		state = STATE_ESCAPE;
		break;
	case '\n':
		put ( '\r' );
		put ( '\n' );
		break;
	case '\t':
		put_tab ();
		break;
	default:
		if ( ( c >= ' ' ) || ( c == '\r' ) || ( c == '\b' ) )
			put ( c );
	}
}

static void efi_console_write ( const char *text, size_t len ) {
	if ( !efi_st->ConOut )
		return;
	for ( ; len--; text++ ) {
		switch ( state ) {
		case STATE_TEXT:
			text_byte ( *text );
			break;
		case STATE_ESCAPE:
			state = ( ( *text == '[' ) ? STATE_SEQUENCE : STATE_TEXT );
			memset ( params, 0, sizeof ( params ) );
			param_index = 0;
			private_sequence = false;
			break;
		case STATE_SEQUENCE:
			sequence_byte ( *text );
			break;
		}
	}
	flush ();
}

static const struct console efi_console = {
	.name = "efi",
	.write = efi_console_write,
	.getchar = efi_keyboard_getchar,
};
CONSOLE ( efi_console );
