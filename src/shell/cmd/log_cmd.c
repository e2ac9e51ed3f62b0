/** @file
 * Command log: which log lines (core/log.h) are printed. In images that have any.
 */
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/log.h"
#include "shell/command.h"

TABLE ( log_module, log_module );

/** Does a name of the user's, @c len bytes, mean this module? As DEBUG= of the build does: "tcp" is
 * tcp_input, too. */
static bool log_names ( const struct log_module *module, const char *name, size_t len ) {
	const char *end = module->name + len;

	return ( strncmp ( module->name, name, len ) == 0 ) &&
	       ( ( *end == '\0' ) || ( *end == '_' ) );
}

static void log_list ( void ) {
	const struct log_module *const *pos;

	table_for_each ( pos, log_module )
		con_printf ( "%s:%u of %u\n", ( *pos )->name, *( *pos )->level, ( *pos )->max );
}

/** Set `<module>[:<level>]`; without a level all lines that there are. */
static int log_set ( const char *text ) {
	const struct log_module *const *pos;
	size_t len = strcspn ( text, ":" );
	unsigned long level = LOG_PACKET;
	bool found = false;
	int rc;

	if ( text[len] && ( ( rc = cmd_parse_integer ( text + len + 1, &level ) ) != 0 ) )
		return rc;
	table_for_each ( pos, log_module ) {
		if ( !log_names ( *pos, text, len ) )
			continue;
		*( *pos )->level = MIN ( level, ( *pos )->max );
		found = true;
	}
	return found ? 0
		     : cmd_fail (
			       FAIL ( ENOENT,
				      "it was built with DEBUG=... for others, which log lists" ),
			       "No log lines of \"%.*s\" in this image", (int) len, text );
}

static TASK_FN int log_exec ( struct cmd_args *args ) {
	int rc;

	if ( args->argc == 0 )
		log_list ();
	for ( int i = 0; i < args->argc; i++ ) {
		if ( ( rc = log_set ( args->argv[i] ) ) != 0 )
			return rc;
	}
	return 0;
}

static const struct command log_cmd = {
	.name = "log",
	.operands = "[<module>[:<level>]...]",
	.help = "Choose which log lines are printed, or list what there are",
	.max_args = -1,
	.exec = log_exec,
};
COMMAND ( log_cmd );
