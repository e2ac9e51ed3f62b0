/** @file
 * The console multiplexer: every character goes to all consoles, a key may come from any.
 *
 * Output understands the ANSI sequences listed in docs/scripting.md; a console that cannot draw
 * one drops it. Input is bytes, escape sequences included; console_getkey() turns them into keys.
 */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include <stdarg.h>
#include "core/clock.h"
#include "core/table.h"
#include "core/task.h"

/* Usage masks: what a console shows. */
#define CONSOLE_USAGE_STDOUT 1
#define CONSOLE_USAGE_DEBUG  2
#define CONSOLE_USAGE_TUI    4
#define CONSOLE_USAGE_LOG    8
#define CONSOLE_USAGE_ALL    15

struct console {
	const char *name;
	/** Write text; '\n' arrives as it is, the console adds '\r' if it needs one. Root stack. */
	void ( *write ) ( const char *text, size_t len );
	/** Next input byte, or -1 if there is none. Must not wait. Root stack. May be NULL. */
	int ( *getchar ) ( void );
};
#define CONSOLE( object ) TABLE_ENTRY ( console, console, object )

/** Write text to all consoles. Callable from tasks and from the root stack. */
void console_write ( const char *text, size_t len );

/** printf to all consoles. @return characters written */
int con_printf ( const char *fmt, ... ) __printf ( 1, 2 );
int con_vprintf ( const char *fmt, va_list args );

/* Keys: a byte 0x01-0xff is itself; the rest as scripts write them (`--key 0x197e` is F12). */
#define KEY_SPECIAL( n, terminator ) ( 0x110000 + ( ( ( n ) + 1 ) << 8 ) + ( terminator ) )
#define KEY_UP                       0x110141
#define KEY_DOWN                     0x110142
#define KEY_RIGHT                    0x110143
#define KEY_LEFT                     0x110144
#define KEY_END                      0x110146
#define KEY_HOME                     0x110148
#define KEY_INSERT                   0x11037e
#define KEY_DELETE                   0x11047e
#define KEY_PGUP                     0x11067e
#define KEY_PGDN                     0x11077e
#define KEY_ESC                      0x1b
#define CTRL( letter )               ( (letter) &0x1f )

/**
 * Wait for a key. Escape sequences are decoded with a 250 ms inter-character time-out; CR comes as
 * LF, DEL (0x7f) as backspace (0x08).
 *
 * @return the key (positive), -ETIMEDOUT, -ECANCELED
 * Context: task; blocks.
 */
TASK_FN int console_getkey ( utime_t deadline );

/**
 * Was Ctrl-C typed while nothing waited for keys? It and what was typed before it are dropped. For
 * loops that never wait: let the root loop poll the keyboard (task_yield()), then ask.
 */
bool console_take_break ( void );

/**
 * Name the group that Ctrl-C cancels while no task waits in console_getkey(). Owned by the job
 * runner (core/job.h), which saves and restores the previous one. NULL: none.
 * @return the previous group
 */
struct task_group *console_set_foreground ( struct task_group *group );

#endif /* CORE_CONSOLE_H */
