/** @file
 * The interpreter of one line: commands joined by &&, || and ;, each expanded right before it
 * runs (docs/scripting.md). Scripts and the shell feed it line by line.
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/settings.h"
#include "core/settings_builtin.h"
#include "shell/command.h"
#include "shell/lexer.h"

static enum shell_stop stop_state;

void shell_stop ( enum shell_stop stop ) {
	stop_state = stop;
}

bool shell_stopped ( enum shell_stop stop ) {
	bool stopped = ( stop_state >= stop );

	if ( stop_state == stop )
		stop_state = SHELL_CONTINUE;
	return stopped;
}

static void free_arguments ( char **argv, unsigned int argc ) {
	for ( unsigned int i = 0; i < argc; i++ )
		free ( argv[i] );
	free ( argv );
}

/** Expand the tokens of one command and run it. No tokens: nothing to do, successfully. */
static TASK_FN int execute_command ( char **tokens, unsigned int count ) {
	char **argv;
	int rc;

	if ( count == 0 )
		return 0;
	if ( ( argv = zalloc ( ( count + 1 ) * sizeof ( *argv ) ) ) == NULL )
		return cmd_fail ( -ENOMEM, "Could not run \"%s\"", tokens[0] );
	for ( unsigned int i = 0; i < count; i++ ) {
		if ( ( rc = settings_expand_wait ( tokens[i], &argv[i] ) ) != 0 ) {
			free_arguments ( argv, i );
			return cmd_fail ( rc, "Could not expand \"%.60s\"", tokens[i] );
		}
	}
	rc = command_run ( count, argv );
	free_arguments ( argv, count );
	return rc;
}

/** Run the commands of a split line. @return status of the last one that ran */
static TASK_FN int execute_tokens ( char **tokens, unsigned int count ) {
	enum token_kind before = TOKEN_ALWAYS;
	unsigned int start = 0, end;
	int rc = 0;

	for ( ;; ) {
		for ( end = start; ( end < count ) && ( lex_kind ( tokens[end] ) == TOKEN_WORD ); )
			end++;
		if ( ( before == TOKEN_ALWAYS ) || ( ( before == TOKEN_AND ) == ( rc == 0 ) ) ) {
			rc = execute_command ( &tokens[start], end - start );
			if ( rc != 0 )
				builtin_set_errno ( rc );
			if ( shell_stopped ( SHELL_STOP_LINE ) )
				return rc;
		}
		if ( ( end == count ) || ( lex_kind ( tokens[end] ) == TOKEN_COMMENT ) )
			return rc;
		before = lex_kind ( tokens[end] );
		start = end + 1;
	}
}

TASK_FN int shell_execute ( const char *line ) {
	size_t len = strlen ( line );
	char **tokens, *copy;
	int rc = -ENOMEM;

	copy = strdup ( line );
	tokens = malloc ( ( len / 2 + 1 ) * sizeof ( *tokens ) );
	if ( copy && tokens )
		rc = execute_tokens ( tokens, lex_split ( copy, tokens ) );
	else
		cmd_fail ( rc, "Could not run a line of %zu bytes", len );
	free ( tokens );
	free ( copy );
	return rc;
}
