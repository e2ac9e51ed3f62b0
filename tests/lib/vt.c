/** @file
 * A terminal for tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/vt.h"
#include "core/utf8.h"
#include "platform/host/host.h"
#include "shell/command.h"

#define PARAM_COUNT 8

static struct {
	uint32_t cells[VT_ROWS][VT_COLS];
	struct vt_attribute attributes[VT_ROWS][VT_COLS];
	struct vt_attribute attribute;
	unsigned int row, col;
	bool cursor;
	struct utf8_decoder utf8;
	enum { VT_TEXT, VT_ESCAPE, VT_SEQUENCE } state;
	bool private;
	unsigned int params[PARAM_COUNT], count;
	size_t bytes;
} vt;

static void clear_row ( unsigned int row ) {
	for ( unsigned int col = 0; col < VT_COLS; col++ ) {
		vt.cells[row][col] = ' ';
		vt.attributes[row][col] = vt.attribute;
	}
}

static void clear ( void ) {
	for ( unsigned int row = 0; row < VT_ROWS; row++ )
		clear_row ( row );
}

static void line_feed ( void ) {
	vt.col = 0;
	if ( vt.row + 1 < VT_ROWS ) {
		vt.row++;
		return;
	}
	memmove ( vt.cells[0], vt.cells[1], sizeof ( vt.cells ) - sizeof ( vt.cells[0] ) );
	memmove ( vt.attributes[0], vt.attributes[1],
		  sizeof ( vt.attributes ) - sizeof ( vt.attributes[0] ) );
	clear_row ( vt.row );
}

static void put ( uint8_t byte ) {
	uint32_t code = utf8_feed ( &vt.utf8, byte );

	if ( code == '\n' ) {
		line_feed ();
	} else if ( code == '\b' ) {
		vt.col -= ( vt.col > 0 );
	} else if ( code != 0 ) {
		if ( ( code < ' ' ) || ( vt.col >= VT_COLS - 1 ) )
			fail_msg ( "%#x printed in row %u, column %u", code, vt.row, vt.col );
		vt.cells[vt.row][vt.col] = code;
		vt.attributes[vt.row][vt.col++] = vt.attribute;
	}
}

static void set_attribute ( void ) {
	for ( unsigned int i = 0; i < vt.count; i++ ) {
		unsigned int code = vt.params[i];

		if ( code == 0 ) {
			vt.attribute = ( struct vt_attribute ){ 9, 9, false };
		} else if ( ( code == 1 ) || ( code == 22 ) ) {
			vt.attribute.bold = ( code == 1 );
		} else if ( ( code == 38 ) || ( code == 48 ) ) {
			break;
		} else if ( code / 10 == 3 ) {
			vt.attribute.foreground = code - 30;
		} else if ( code / 10 == 4 ) {
			vt.attribute.background = code - 40;
		} else {
			fail_msg ( "attribute %u", code );
		}
	}
}

static void finish ( char final ) {
	vt.count++;
	if ( vt.private && ( vt.params[0] == 25 ) && ( ( final == 'h' ) || ( final == 'l' ) ) ) {
		vt.cursor = ( final == 'h' );
	} else if ( !vt.private && ( final == 'm' ) ) {
		set_attribute ();
	} else if ( !vt.private && ( final == 'J' ) && ( vt.params[0] == 2 ) ) {
		clear ();
	} else if ( !vt.private && ( final == 'H' ) ) {
		vt.row = vt.params[0] ? vt.params[0] - 1 : 0;
		vt.col = vt.params[1] ? vt.params[1] - 1 : 0;
		assert_true ( ( vt.row < VT_ROWS ) && ( vt.col < VT_COLS ) );
	} else {
		fail_msg ( "sequence ESC[%s%u...%c", vt.private ? "?" : "", vt.params[0], final );
	}
}

static void feed ( char c ) {
	switch ( vt.state ) {
	case VT_TEXT:
		if ( c == 0x1b )
			vt.state = VT_ESCAPE;
		else
			put ( c );
		break;
	case VT_ESCAPE:
		assert_int_equal ( c, '[' );
		vt.state = VT_SEQUENCE;
		vt.private = false;
		vt.count = 0;
		memset ( vt.params, 0, sizeof ( vt.params ) );
		break;
	case VT_SEQUENCE:
		if ( c == '?' ) {
			vt.private = true;
		} else if ( c == ';' ) {
			vt.count++;
			assert_true ( vt.count < PARAM_COUNT );
		} else if ( ( c >= '0' ) && ( c <= '9' ) ) {
			vt.params[vt.count] = vt.params[vt.count] * 10 + ( c - '0' );
		} else {
			vt.state = VT_TEXT;
			finish ( c );
		}
		break;
	}
}

static void hook ( const char *text, size_t len ) {
	vt.bytes += len;
	while ( len-- )
		feed ( *text++ );
}

void vt_start ( void ) {
	memset ( &vt, 0, sizeof ( vt ) );
	vt.attribute = ( struct vt_attribute ){ 9, 9, false };
	vt.cursor = true;
	clear ();
	host_console_hook ( hook );
}

void vt_stop ( void ) {
	host_console_hook ( NULL );
}

const char *vt_row ( unsigned int row ) {
	static char text[VT_COLS * 4 + 1];
	size_t len = 0;

	for ( unsigned int col = 0; col < VT_COLS; col++ )
		len += utf8_encode ( vt.cells[row][col], (uint8_t *) text + len );
	while ( len && ( text[len - 1] == ' ' ) )
		len--;
	text[len] = '\0';
	return text;
}

struct vt_attribute vt_attribute ( unsigned int row, unsigned int col ) {
	return vt.attributes[row][col];
}

bool vt_cursor ( unsigned int *ret_row, unsigned int *ret_col ) {
	*ret_row = vt.row;
	*ret_col = vt.col;
	return vt.cursor;
}

size_t vt_bytes ( void ) {
	size_t bytes = vt.bytes;

	vt.bytes = 0;
	return bytes;
}

void vt_dump ( void ) {
	for ( unsigned int row = 0; row < VT_ROWS; row++ )
		fprintf ( stderr, "%2u|%s\n", row, vt_row ( row ) );
}

/* ---- The user ---- */

TASK_FN void vt_wait ( unsigned int ms ) {
	struct event never = EVENT_INIT ( never );

	event_wait ( &never, deadline_in ( ms * US_PER_MS ) );
}

TASK_FN void vt_type ( const char *keys ) {
	host_console_type ( keys, strlen ( keys ) );
	vt_wait ( 500 );
}

static TASK_FN int run_line ( void *arg ) {
	return shell_execute ( arg );
}

struct user {
	TASK_FN int ( *fn ) ( void *arg );
	void *arg;
};

static TASK_FN int run_user ( void *arg ) {
	struct user *user = arg;

	vt_wait ( 100 );
	return user->fn ( user->arg );
}

int vt_session ( const char *line, TASK_FN int ( *user ) ( void *arg ), void *arg ) {
	struct task_group shell, group;
	struct user user_arg = { user, arg };

	vt_start ();
	task_group_init ( &shell );
	task_group_init ( &group );
	assert_int_equal (
		task_spawn ( &shell, "line", run_line, (void *) line, TASK_STACK_NORMAL ), 0 );
	assert_int_equal ( task_spawn ( &group, "user", run_user, &user_arg, TASK_STACK_NORMAL ),
			   0 );
	root_run ( &group );
	root_run ( &shell );
	vt_stop ();
	return shell.rc;
}

struct starved {
	const char *line, *keys;
	unsigned int nth;
};

static TASK_FN int run_starved ( void *arg ) {
	const struct starved *starved = arg;

	host_console_type ( starved->keys, strlen ( starved->keys ) );
	host_fail_heap ( starved->nth );
	shell_execute ( starved->line );
	return 0;
}

unsigned int vt_without_memory ( const char *line, const char *keys ) {
	struct starved starved = { line, keys, 1 };

	vt_start ();
	for ( bool failed = true; failed; starved.nth++ ) {
		assert_int_equal ( test_run_task ( run_starved, &starved ), 0 );
		failed = host_heap_failed ();
		host_fail_heap ( 0 );
	}
	vt_stop ();
	return starved.nth;
}
