/** @file
 * The PXE menu of a hostile server, and a user who presses keys. The input: length of the keys, length of the
 * prompt (option 43.10), keys, prompt, and what is left is the menu (43.9). No control character but our own
 * comes to the console, and it ends.
 */
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "core/console.h"
#include "core/init.h"
#include "core/reader.h"
#include "core/settings.h"
#include "platform/host/host.h"
#include "shell/pxe_menu.h"

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );

static void look ( const char *text, size_t len ) {
	for ( size_t i = 0; i < len; i++ ) {
		unsigned char c = text[i];

		if ( ( ( c < ' ' ) && !strchr ( "\n\r\b\033", c ) ) || ( c == 0x7f ) )
			abort ();
	}
}

static void set ( const char *name, const void *value, size_t len ) {
	struct setting_ref ref;

	if ( ( setting_ref_parse ( name, true, &ref ) != 0 ) ||
	     ( setting_store ( &ref, len ? value : NULL, len, NULL ) != 0 ) )
		abort ();
}

static TASK_FN int run ( void *arg ) {
	uint16_t type;
	int rc;

	set ( "filename", "x", 1 );
	set ( "vendor-class", "PXEClient", 9 );
	pxe_menu_present ();
	rc = pxe_menu_choose ( &type );
	while ( console_getkey ( deadline_in ( 1 ) ) > 0 )
		;
	return rc;
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	struct reader input = READER ( data, len );
	size_t key_count = read_u8 ( &input ), prompt_len = read_u8 ( &input );
	const uint8_t *keys = read_bytes ( &input, key_count );
	const uint8_t *prompt = read_bytes ( &input, prompt_len );
	struct task_group group;
	static bool started;

	if ( reader_failed ( &input ) || ( reader_left ( &input ) > 255 ) )
		return 0;
	if ( !started ) {
		started = true;
		host_console_hook ( look );
		init_phase ( INIT_EARLY );
	}
	host_clock_virtual ( 1000 );
	set ( "43.10", prompt, prompt_len );
	set ( "43.9", input.pos, reader_left ( &input ) );
	host_console_type ( (const char *) keys, key_count );
	/* Whatever it was, this ends it. */
	host_console_type ( "\003\003", 2 );
	task_group_init ( &group );
	if ( task_spawn ( &group, "menu", run, NULL, TASK_STACK_NORMAL ) != 0 )
		abort ();
	root_run ( &group );
	set ( "43.10", NULL, 0 );
	set ( "43.9", NULL, 0 );
	return 0;
}
