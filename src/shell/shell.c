/** @file
 * The interactive shell.
 */
#include <stdlib.h>
#include "config/branding.h"
#include "core/console.h"
#include "core/error.h"
#include "shell/command.h"
#include "shell/readline.h"

TASK_FN int shell_run ( void ) {
	/* One for all shells: who leaves and comes back finds the lines again. */
	static struct history history;
	const struct readline_options options = { .prompt = PRODUCT_SHORT_NAME "> ",
						  .history = &history,
						  .complete = true };
	char *line;
	int rc = 0;

	for ( ;; ) {
		int read_rc;

		/* A menu or a program may have hidden the cursor. */
		con_printf ( "\033[?25h" );
		read_rc = readline ( &options, &line );
		if ( task_cancelled () )
			return -ECANCELED;
		if ( read_rc != 0 )
			continue;
		rc = shell_execute ( line );
		free ( line );
		if ( shell_stopped ( SHELL_STOP ) )
			return rc;
	}
}
