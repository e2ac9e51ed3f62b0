/** @file
 * Command history.
 */
#include <stdlib.h>
#include <string.h>
#include "core/compiler.h"
#include "shell/history.h"

const char *history_move ( struct history *history, int step, const char *current ) {
	unsigned int next = history->position + step;
	char *copy;

	if ( ( next > HISTORY_DEPTH ) || ( next && !history->lines[next - 1] ) ||
	     ( ( copy = strdup ( current ) ) == NULL ) )
		return NULL;
	free ( history->edited[history->position] );
	history->edited[history->position] = copy;
	history->position = next;
	if ( history->edited[next] )
		return history->edited[next];
	return next ? history->lines[next - 1] : "";
}

void history_add ( struct history *history, const char *line ) {
	char *copy;

	for ( unsigned int i = 0; i < ARRAY_SIZE ( history->edited ); i++ ) {
		free ( history->edited[i] );
		history->edited[i] = NULL;
	}
	history->position = 0;
	if ( !line || !*line || ( ( copy = strdup ( line ) ) == NULL ) )
		return;
	free ( history->lines[HISTORY_DEPTH - 1] );
	memmove ( &history->lines[1], &history->lines[0],
		  sizeof ( history->lines ) - sizeof ( history->lines[0] ) );
	history->lines[0] = copy;
}

void history_free ( struct history *history ) {
	history_add ( history, NULL );
	for ( unsigned int i = 0; i < HISTORY_DEPTH; i++ ) {
		free ( history->lines[i] );
		history->lines[i] = NULL;
	}
}
