/** @file
 * Reading a line, and the prompt that waits for a key.
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "shell/complete.h"
#include "ui/lineedit.h"
#include "shell/readline.h"

static void walk_history ( struct lineedit *line, struct history *history, int step ) {
	const char *text = history ? history_move ( history, step, line->text ) : NULL;

	if ( text )
		lineedit_set ( line, text );
}

static void complete_line ( struct lineedit *line, const struct readline_options *options ) {
	struct completion completion;

	if ( !options->complete )
		return;
	complete ( line->text, line->cursor, &completion );
	if ( completion.insert_len > 0 ) {
		lineedit_insert ( line, completion.insert, completion.insert_len );
	} else if ( completion.count > 1 ) {
		con_printf ( "\n" );
		complete_list ( line->text, line->cursor );
		con_printf ( "%s", options->prompt ? options->prompt : "" );
		lineedit_show ( line );
	}
}

static TASK_FN int edit_line ( struct lineedit *line, const struct readline_options *options ) {
	utime_t deadline = options->timeout_us ? deadline_in ( options->timeout_us ) : TIME_NEVER;
	int key;

	while ( ( key = console_getkey ( deadline ) ) > 0 ) {
		deadline = TIME_NEVER;
		switch ( lineedit_key ( line, key ) ) {
		case LINEEDIT_ACCEPT:
			return 0;
		case LINEEDIT_CANCEL:
			return -ECANCELED;
		case LINEEDIT_OLDER:
			walk_history ( line, options->history, 1 );
			break;
		case LINEEDIT_NEWER:
			walk_history ( line, options->history, -1 );
			break;
		case LINEEDIT_COMPLETE:
			complete_line ( line, options );
			break;
		case LINEEDIT_NONE:
			break;
		}
	}
	return key;
}

TASK_FN int readline ( const struct readline_options *options, char **ret_line ) {
	struct lineedit *line = malloc ( sizeof ( *line ) );
	int rc;

	*ret_line = NULL;
	if ( !line )
		return -ENOMEM;
	con_printf ( "%s", options->prompt ? options->prompt : "" );
	lineedit_init ( line, options->prefill );
	rc = edit_line ( line, options );
	con_printf ( "\n" );
	if ( ( rc == 0 ) && ( ( *ret_line = strdup ( line->text ) ) == NULL ) )
		rc = -ENOMEM;
	if ( options->history )
		history_add ( options->history, *ret_line );
	free ( line );
	return rc;
}

TASK_FN int prompt_key ( const char *text, utime_t timeout_us, int key ) {
	int got;

	con_printf ( "%s", text ? text : "" );
	got = console_getkey ( timeout_us ? deadline_in ( timeout_us ) : TIME_NEVER );
	for ( size_t i = text ? strlen ( text ) : 0; i > 0; i-- )
		con_printf ( "\b \b" );
	if ( err_is ( got, ETIMEDOUT ) )
		return -ERROR_AT ( ETIMEDOUT, FILE_PROMPT, 0 );
	if ( ( got < 0 ) || ( key && ( got != key ) ) )
		return -ERROR_AT ( ECANCELED, FILE_PROMPT, 0 );
	return 0;
}
