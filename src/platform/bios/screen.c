/** @file
 * Text screen. If INT 10h is the video BIOS itself and the mode is a text mode, characters are drawn
 * into a copy in RAM, and what changed goes to video memory now and then: video memory is slow, and
 * scrolling moves all of it. The BIOS's notion of the cursor is kept up to date.
 *
 * If somebody sits on INT 10h, text goes through it, a batch of characters to each real-mode call. But
 * if that only leads to the serial port that we write to ourselves (SeaBIOS under `qemu -nographic`,
 * servers with serial redirection), it would be there twice: then the BIOS is passed by.
 */
#include <string.h>
#include "core/console.h"
#include "core/init.h"
#include "core/platform.h"
#include "drivers/uart.h"
#include "platform/bios/ansi.h"
#include "platform/bios/bios.h"
#include "arch/x86_64/io.h"

#define CELLS_MAX         8192 /* 132 x 60 fits */
#define FLUSH_US          20000
#define VIDEO_INT         0x10
#define VIDEO_ROM_LO      0xc000 /* segments of video BIOSes */
#define VIDEO_ROM_HI      0xc800
#define CRTC_CURSOR_START 0x0a
#define CRTC_CURSOR_HIGH  0x0e
#define CURSOR_OFF        0x20

static struct {
	bool direct; /* else by INT 10h */
	bool bypass; /* INT 10h goes to a serial terminal: neither text nor the cursor through it */
	uint8_t page;
	unsigned int rows, columns, row, column;
	uint16_t crtc;
	uint8_t cursor_start;     /* CRTC register as found */
	uint16_t cursor_shape;    /* INT 10h's idea of the same */
	volatile uint64_t *video; /* four cells at a time */
	bool dirty;
	utime_t flushed;
	struct ansi ansi;
} screen = { .ansi = { .attribute = ATTR_NORMAL } };

/* Without CONSOLE_SERIAL there is no uart.c. */
#pragma weak uart_is_written_by

static uint16_t cells[CELLS_MAX] __aligned ( 8 );
static uint16_t shown[CELLS_MAX] __aligned ( 8 );

static uint8_t low8 ( unsigned int addr ) {
	return *(volatile uint8_t *) low_memory ( addr );
}
static uint16_t low16 ( unsigned int addr ) {
	return *(volatile uint16_t *) low_memory ( addr );
}

/* ---- Through INT 10h ---- */

static void video_call ( uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx ) {
	struct bios_regs regs = { .eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx };

	bios_call ( VIDEO_INT, &regs );
}

/** Write what was gathered in the low buffer. */
static void bios_text ( size_t *len ) {
	struct bios_regs regs = { .ecx = *len,
				  .ds = boot_info.low->segment,
				  .esi = LOW_BUFFER,
				  .edx = screen.ansi.attribute,
				  .edi = ( screen.ansi.attribute != ATTR_NORMAL ) };

	if ( *len )
		bios_call_far ( low_helper ( boot_info.teletype ), &regs );
	*len = 0;
}

/** Clear cells [from, to) of row @c row; columns count from 0. */
static void bios_clear ( unsigned int first_row, unsigned int last_row, unsigned int from,
			 unsigned int to ) {
	if ( ( first_row <= last_row ) && ( from < to ) )
		video_call ( 0x0600, screen.ansi.attribute << 8, first_row << 8 | from,
			     last_row << 8 | ( to - 1 ) );
}

static void bios_action ( const struct ansi_action *action ) {
	struct bios_regs regs = { .eax = 0x0300, .ebx = screen.page << 8 };
	unsigned int row, column;

	if ( action->what == ANSI_MOVE ) {
		row = MIN ( action->row, screen.rows - 1 );
		column = MIN ( action->column, screen.columns - 1 );
		video_call ( 0x0200, screen.page << 8, 0, row << 8 | column );
		return;
	}
	if ( action->what == ANSI_CURSOR ) {
		video_call ( 0x0100, 0, action->how ? screen.cursor_shape : CURSOR_OFF << 8, 0 );
		return;
	}
	bios_call ( VIDEO_INT, &regs );
	row = MIN ( ( regs.edx >> 8 ) & 0xff, screen.rows - 1 );
	column = regs.edx & 0xff;
	if ( action->what == ANSI_ERASE_SCREEN ) {
		if ( action->how == 2 ) {
			bios_clear ( 0, screen.rows - 1, 0, screen.columns );
			return;
		}
		if ( action->how == 0 )
			bios_clear ( row + 1, screen.rows - 1, 0, screen.columns );
		else if ( row > 0 )
			bios_clear ( 0, row - 1, 0, screen.columns );
	}
	bios_clear ( row, row, ( action->how == 0 ) ? column : 0,
		     ( action->how == 1 ) ? column + 1 : screen.columns );
}

static void bios_write ( const char *text, size_t len ) {
	char *buffer = low_buffer ();
	size_t used = 0;

	for ( ; len; len--, text++ ) {
		uint8_t attribute = screen.ansi.attribute;
		struct ansi before = screen.ansi;
		struct ansi_action action = ansi_feed ( &screen.ansi, *text );

		if ( action.what == ANSI_CHAR ) {
			if ( *text == '\n' )
				buffer[used++] = '\r';
			buffer[used++] = ( *text == '\t' ) ? ' ' : *text;
		}
		if ( ( action.what > ANSI_CHAR ) || ( attribute != screen.ansi.attribute ) ||
		     ( used >= LOW_BUFFER_SIZE - 2 ) ) {
			/* What was gathered has the old attribute. */
			struct ansi now = screen.ansi;

			screen.ansi = before;
			bios_text ( &used );
			screen.ansi = now;
			if ( action.what > ANSI_CHAR )
				bios_action ( &action );
		}
	}
	bios_text ( &used );
}

/* ---- Straight to video memory ---- */

static void fill ( unsigned int from, unsigned int to ) {
	uint16_t blank = screen.ansi.attribute << 8 | ' ';

	for ( ; from < to; from++ )
		cells[from] = blank;
}

static void line_feed ( void ) {
	unsigned int count = screen.rows * screen.columns;

	if ( ++screen.row < screen.rows )
		return;
	screen.row = screen.rows - 1;
	memmove ( cells, cells + screen.columns, ( count - screen.columns ) * sizeof ( cells[0] ) );
	fill ( count - screen.columns, count );
}

static void draw_char ( uint8_t c ) {
	switch ( c ) {
	case '\r':
		screen.column = 0;
		return;
	case '\n':
		screen.column = 0;
		line_feed ();
		return;
	case '\b':
		if ( screen.column )
			screen.column--;
		return;
	case '\t':
		screen.column = MIN ( ROUND_DOWN ( screen.column, 8U ) + 8, screen.columns - 1 );
		return;
	}
	if ( c < ' ' )
		return;
	cells[screen.row * screen.columns + screen.column] = screen.ansi.attribute << 8 | c;
	if ( ++screen.column == screen.columns ) {
		screen.column = 0;
		line_feed ();
	}
}

static void crtc_write ( uint8_t reg, uint8_t value ) {
	outb ( screen.crtc, reg );
	outb ( screen.crtc + 1, value );
}

static void draw_action ( const struct ansi_action *action ) {
	unsigned int at = screen.row * screen.columns + screen.column;
	unsigned int line = screen.row * screen.columns;
	bool whole = ( action->what == ANSI_ERASE_SCREEN );

	switch ( action->what ) {
	case ANSI_MOVE:
		screen.row = MIN ( action->row, screen.rows - 1 );
		screen.column = MIN ( action->column, screen.columns - 1 );
		break;
	case ANSI_ERASE_SCREEN:
	case ANSI_ERASE_LINE:
		fill ( ( action->how == 0 ) ? at : ( whole ? 0 : line ),
		       ( action->how == 1 ) ? at + 1
		       : whole              ? screen.rows * screen.columns
					    : line + screen.columns );
		break;
	case ANSI_CURSOR:
		crtc_write ( CRTC_CURSOR_START,
			     screen.cursor_start | ( action->how ? 0 : CURSOR_OFF ) );
		break;
	default:
		break;
	}
}

/** Tell the BIOS where the cursor is. */
static void set_bios_cursor ( void ) {
	*(volatile uint16_t *) low_memory ( BDA_CURSOR + 2 * screen.page ) =
		screen.row << 8 | screen.column;
}

void screen_flush ( void ) {
	unsigned int i, count = screen.rows * screen.columns, pos;
	const uint64_t *from = (const uint64_t *) cells;
	uint64_t *seen = (uint64_t *) shown;

	if ( !screen.dirty )
		return;
	screen.dirty = false;
	screen.flushed = platform_now ();
	for ( i = 0; i < count / 4; i++ )
		if ( from[i] != seen[i] )
			screen.video[i] = seen[i] = from[i];
	if ( !screen.bypass )
		set_bios_cursor ();
	pos = low16 ( BDA_VIDEO_OFFSET ) / 2 + screen.row * screen.columns + screen.column;
	crtc_write ( CRTC_CURSOR_HIGH, pos >> 8 );
	crtc_write ( CRTC_CURSOR_HIGH + 1, pos );
}

/* ---- Both ---- */

static void screen_write ( const char *text, size_t len ) {
	if ( !screen.direct ) {
		if ( !screen.bypass )
			bios_write ( text, len );
		return;
	}
	for ( ; len; len--, text++ ) {
		struct ansi_action action = ansi_feed ( &screen.ansi, *text );

		if ( action.what == ANSI_CHAR )
			draw_char ( *text );
		else if ( action.what != ANSI_NONE )
			draw_action ( &action );
	}
	screen.dirty = true;
	if ( platform_now () - screen.flushed >= FLUSH_US )
		screen_flush ();
}

/** The rest of the output, when there is time. */
static bool screen_poll ( utime_t now ) {
	if ( screen.dirty && ( now - screen.flushed >= FLUSH_US ) )
		screen_flush ();
	return false;
}

/** Something that leaves no trace on a screen. */
static void write_nothing ( void ) {
	bios_write ( "  \b\b", 4 );
}

/** Text memory as the video BIOS says it is; or nothing that we understand. */
static bool is_text_mode ( uint8_t mode ) {
	unsigned int count = screen.rows * screen.columns;

	return ( ( mode <= 3 ) || ( mode == 7 ) ) && ( count <= CELLS_MAX ) &&
	       ( ( count % 4 ) == 0 ) && ( ( screen.crtc == 0x3d4 ) || ( screen.crtc == 0x3b4 ) );
}

/** True if INT 10h is a video BIOS, which does nothing that we cannot do faster. */
static bool is_plain_video_bios ( void ) {
	uint16_t segment = *bios_vector ( VIDEO_INT ) >> 16;

	return ( segment >= VIDEO_ROM_LO ) && ( segment < VIDEO_ROM_HI );
}

/** True if INT 10h writes to the serial port of our own console. */
static bool is_our_serial_line ( void ) {
	return uart_is_written_by && uart_is_written_by ( write_nothing );
}

static void init_direct ( uint32_t memory ) {
	unsigned int i, count = screen.rows * screen.columns;

	screen.video = (volatile uint64_t *) (uintptr_t) ( memory + low16 ( BDA_VIDEO_OFFSET ) );
	for ( i = 0; i < count / 4; i++ )
		( (uint64_t *) shown )[i] = screen.video[i];
	memcpy ( cells, shown, count * sizeof ( cells[0] ) );
	/* The first line is shown at once: probing devices may take a while after it. */
	screen.flushed = platform_now () - FLUSH_US;
	outb ( screen.crtc, CRTC_CURSOR_START );
	screen.cursor_start = inb ( screen.crtc + 1 ) & ~CURSOR_OFF;
}

static void screen_init ( void ) {
	struct bios_regs regs = { .eax = 0x0300 };
	uint8_t mode = low8 ( BDA_VIDEO_MODE ) & 0x7f;

	if ( ( mode > 3 ) && ( mode != 7 ) ) {
		video_call ( 0x0003, 0, 0, 0 ); /* a loader left graphics on */
		mode = low8 ( BDA_VIDEO_MODE ) & 0x7f;
	}
	screen.page = low8 ( BDA_VIDEO_PAGE ) & 7;
	screen.columns = low16 ( BDA_VIDEO_COLUMNS );
	screen.rows = low8 ( BDA_VIDEO_ROWS ) + 1;
	if ( ( screen.columns < 40 ) || ( screen.columns > 255 ) )
		screen.columns = 80;
	if ( ( screen.rows < 20 ) || ( screen.rows > 100 ) )
		screen.rows = 25;
	screen.crtc = low16 ( BDA_CRTC_PORT );
	regs.ebx = screen.page << 8;
	bios_call ( VIDEO_INT, &regs );
	screen.cursor_shape = regs.ecx;

	screen.bypass = !is_plain_video_bios () && is_our_serial_line ();
	screen.direct = is_text_mode ( mode ) && ( is_plain_video_bios () || screen.bypass );
	screen.row = MIN ( low8 ( BDA_CURSOR + 2 * screen.page + 1 ), screen.rows - 1U );
	screen.column = MIN ( low8 ( BDA_CURSOR + 2 * screen.page ), screen.columns - 1U );
	if ( screen.direct )
		init_direct ( ( mode == 7 ) ? 0xb0000 : 0xb8000 );
}

/** Leave it as a BIOS program does: cursor shown, normal colours. */
static void screen_shutdown ( void ) {
	struct ansi_action show = { .what = ANSI_CURSOR, .how = 1 };

	if ( screen.direct ) {
		draw_action ( &show );
		set_bios_cursor ();
	} else if ( !screen.bypass ) {
		bios_action ( &show );
	}
	screen_flush ();
}

static const struct console screen_console = {
	.name = "bios",
	.write = screen_write,
	.getchar = bios_getchar,
};
CONSOLE ( screen_console );

static const struct root_poll screen_root_poll = { .poll = screen_poll };
ROOT_POLL ( screen_root_poll );

static const struct init_fn screen_init_fn = {
	.phase = INIT_EARLY,
	.name = "screen",
	.startup = screen_init,
	.shutdown = screen_shutdown,
	.suspend = screen_shutdown,
	.resume = screen_init,
};
INIT_FN ( screen_init_fn );
