/** @file
 * The console multiplexer: output to all, input from any, escape sequences into keys, Ctrl-C.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"

/** Keys typed ahead; more are dropped. */
#define INPUT_LEN 128

/** Between the characters of an escape sequence. */
#define ESCAPE_TIMEOUT_US ( 250 * US_PER_MS )

TABLE ( console, console );

static struct {
	uint8_t bytes[INPUT_LEN];
	unsigned int head, count;
	struct event event;
	unsigned int readers; /* tasks in console_getkey() */
} input = { .event = EVENT_INIT ( input.event ) };

static struct task_group *foreground;

/* ---- Output ---- */

struct text {
	const char *text;
	size_t len;
};

static void write_to_all ( void *arg ) {
	const struct text *text = arg;
	const struct console *const *console;

	table_for_each ( console, console )
		( *console )->write ( text->text, text->len );
}

void console_write ( const char *text, size_t len ) {
	struct text request = { text, len };

	if ( len )
		on_root ( write_to_all, &request );
}

int con_vprintf ( const char *fmt, va_list args ) {
	char buf[256];
	char *text = buf;
	va_list again;
	int len;

	va_copy ( again, args );
	len = vsnprintf ( buf, sizeof ( buf ), fmt, args );
	if ( len >= (int) sizeof ( buf ) ) {
		text = malloc ( (size_t) len + 1 );
		if ( text ) {
			vsnprintf ( text, (size_t) len + 1, fmt, again );
		} else {
			text = buf;
			len = sizeof ( buf ) - 1;
		}
	}
	va_end ( again );
	if ( len > 0 )
		console_write ( text, (size_t) len );
	if ( text != buf )
		free ( text );
	return len;
}

int con_printf ( const char *fmt, ... ) {
	va_list args;
	int len;

	va_start ( args, fmt );
	len = con_vprintf ( fmt, args );
	va_end ( args );
	return len;
}

/* ---- Input ---- */

static void take_byte ( int byte ) {
	if ( ( byte == CTRL ( 'C' ) ) && foreground && !input.readers ) {
		task_group_cancel ( foreground );
		return;
	}
	if ( input.count == INPUT_LEN )
		return;
	input.bytes[( input.head + input.count++ ) % INPUT_LEN] = (uint8_t) byte;
	event_signal ( &input.event );
}

static bool console_poll ( utime_t now __unused ) {
	const struct console *const *console;
	bool active = false;
	int byte;

	table_for_each ( console, console ) {
		if ( !( *console )->getchar )
			continue;
		while ( ( input.count < INPUT_LEN ) &&
			( ( byte = ( *console )->getchar () ) >= 0 ) ) {
			take_byte ( byte );
			active = true;
		}
	}
	return active;
}

static const struct root_poll console_root_poll = { .poll = console_poll };
ROOT_POLL ( console_root_poll );

static TASK_FN int get_byte ( utime_t deadline ) {
	int rc, byte;

	input.readers++;
	rc = WAIT_UNTIL ( input.count, &input.event, deadline );
	input.readers--;
	if ( rc != 0 )
		return rc;
	byte = input.bytes[input.head];
	input.head = ( input.head + 1 ) % INPUT_LEN;
	input.count--;
	return byte;
}

bool console_take_break ( void ) {
	bool found = false;

	for ( unsigned int i = input.count; i && !found; i-- ) {
		found = ( input.bytes[( input.head + i - 1 ) % INPUT_LEN] == CTRL ( 'C' ) );
		if ( found ) {
			input.head = ( input.head + i ) % INPUT_LEN;
			input.count -= i;
		}
	}
	return found;
}

/* After "ESC [": digits and a terminator. */
static TASK_FN int get_special ( void ) {
	unsigned int number = 0;
	int byte;

	for ( ;; ) {
		byte = get_byte ( deadline_in ( ESCAPE_TIMEOUT_US ) );
		if ( byte < 0 )
			return err_is ( byte, ETIMEDOUT ) ? KEY_ESC : byte;
		if ( ( byte < '0' ) || ( byte > '9' ) )
			return KEY_SPECIAL ( (int) number, byte );
		if ( number < 100 )
			number = number * 10 + (unsigned int) ( byte - '0' );
	}
}

TASK_FN int console_getkey ( utime_t deadline ) {
	int byte = get_byte ( deadline );

	switch ( byte ) {
	case '\r':
		return '\n';
	case 0x7f:
		return 0x08;
	case KEY_ESC:
		byte = get_byte ( deadline_in ( ESCAPE_TIMEOUT_US ) );
		if ( byte < 0 )
			return err_is ( byte, ETIMEDOUT ) ? KEY_ESC : byte;
		if ( byte == '[' )
			return get_special ();
		return CTRL ( byte );
	default:
		return byte;
	}
}

struct task_group *console_set_foreground ( struct task_group *group ) {
	struct task_group *previous = foreground;

	foreground = group;
	return previous;
}
