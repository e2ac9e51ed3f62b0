/** @file
 * Setting builtin/dmesg: the last 8 KiB that the console has shown, without ANSI sequences, for
 * scripts that report what happened.
 */
#include <string.h>
#include "core/console.h"
#include "core/settings_builtin.h"

#define DMESG_LEN 8192

static struct {
	char text[DMESG_LEN];
	size_t next;  /**< where the next character goes */
	size_t count; /**< characters kept */
	/** In an escape sequence: its last character so far, else 0. */
	char escape;
} dmesg;

/** Is this character part of an escape sequence? ESC, '[', parameters, a final letter. */
static bool in_escape ( char c ) {
	if ( c == 0x1b ) {
		dmesg.escape = c;
		return true;
	}
	if ( !dmesg.escape )
		return false;
	if ( ( dmesg.escape == 0x1b ) ? ( c != '[' ) : ( c >= '@' ) )
		dmesg.escape = 0;
	else
		dmesg.escape = c;
	return true;
}

static void dmesg_write ( const char *text, size_t len ) {
	for ( size_t i = 0; i < len; i++ ) {
		if ( in_escape ( text[i] ) || !text[i] )
			continue;
		dmesg.text[dmesg.next] = text[i];
		dmesg.next = ( dmesg.next + 1 ) % DMESG_LEN;
		dmesg.count += ( dmesg.count < DMESG_LEN );
	}
}

static const struct console dmesg_console = { .name = "dmesg", .write = dmesg_write };
CONSOLE ( dmesg_console );

static ssize_t dmesg_fetch ( void *raw, size_t len ) {
	size_t start = ( dmesg.next + DMESG_LEN - dmesg.count ) % DMESG_LEN;
	size_t first = MIN ( dmesg.count, DMESG_LEN - start );

	builtin_copy ( dmesg.text + start, first, raw, len );
	if ( len > first )
		memcpy ( (char *) raw + first, dmesg.text, MIN ( len, dmesg.count ) - first );
	return dmesg.count;
}

/** There is nothing to set, only to forget. */
static int dmesg_store ( const void *raw, size_t len ) {
	if ( len > 0 )
		return -ENOTSUP_SETTING;
	dmesg.next = dmesg.count = 0;
	return 0;
}

static const struct setting dmesg_setting = { .name = "dmesg",
					      .description = "What the console has shown",
					      .type = &setting_type_string,
					      .scope = &settings_scope_builtin };
SETTING ( dmesg_setting );

static const struct builtin_setting dmesg_builtin = { .setting = &dmesg_setting,
						      .fetch = dmesg_fetch,
						      .store = dmesg_store };
BUILTIN_SETTING ( dmesg_builtin );
