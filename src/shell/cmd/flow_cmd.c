/** @file
 * Commands that every image has: echo, exit, isset, iseq, sleep, prompt, help.
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/job.h"
#include "shell/command.h"
#include "shell/readline.h"

TABLE ( command, command );

#define ENOENT_EXEC    ERROR_AT ( ENOENT, FILE_EXEC, 0 )
#define ERANGE_EXEC    ERROR_AT ( ERANGE, FILE_EXEC, 0 )
#define ECANCELED_EXEC ERROR_AT ( ECANCELED, FILE_EXEC, 0 )

/* ---- echo ---- */

struct echo_options {
	bool no_newline;
};

static const struct command_option echo_opts[] = {
	OPTION ( struct echo_options, no_newline, 'n', "n", OPTION_FLAG, "Do not end the line" ),
};

static TASK_FN int echo_exec ( struct cmd_args *args ) {
	struct echo_options *options = args->options;
	char *text = cmd_join ( args, 0 );

	if ( !text )
		return -ENOMEM;
	console_write ( text, strlen ( text ) );
	if ( !options->no_newline )
		con_printf ( "\n" );
	free ( text );
	return 0;
}

static const struct command echo_cmd = {
	.name = "echo",
	.operands = "[...]",
	.max_args = -1,
	.exec = echo_exec,
	.help = "Print text",
	.options = echo_opts,
	.option_count = ARRAY_SIZE ( echo_opts ),
	.options_size = sizeof ( struct echo_options ),
};
COMMAND ( echo_cmd );

/* ---- exit ---- */

static TASK_FN int exit_exec ( struct cmd_args *args ) {
	unsigned long status = 0;
	int rc;

	if ( ( args->argc > 0 ) && ( ( rc = cmd_parse_integer ( args->argv[0], &status ) ) != 0 ) )
		return rc;
	shell_stop ( SHELL_STOP );
	return status;
}

static const struct command exit_cmd = {
	.name = "exit",
	.operands = "[<status>]",
	.max_args = 1,
	.exec = exit_exec,
	.help = "End the script or shell with a status (default 0: success)",
};
COMMAND ( exit_cmd );

/* ---- isset, iseq ---- */

static TASK_FN int isset_exec ( struct cmd_args *args ) {
	return args->argv[0][0] ? 0 : -ENOENT_EXEC;
}

static const struct command isset_cmd = {
	.name = "isset",
	.operands = "<value>",
	.min_args = 1,
	.max_args = 1,
	.exec = isset_exec,
	.help = "Succeed if the value, usually a setting's, is not empty",
};
COMMAND ( isset_cmd );

static TASK_FN int iseq_exec ( struct cmd_args *args ) {
	return ( strcmp ( args->argv[0], args->argv[1] ) == 0 ) ? 0 : -ERANGE_EXEC;
}

static const struct command iseq_cmd = {
	.name = "iseq",
	.operands = "<value1> <value2>",
	.min_args = 2,
	.max_args = 2,
	.exec = iseq_exec,
	.help = "Succeed if two values are equal",
};
COMMAND ( iseq_cmd );

/* ---- sleep ---- */

/** A job, so that keys typed ahead are left alone and only Ctrl-C counts. */
static TASK_FN int sleep_job ( struct job *job, void *deadline ) {
	return sleep_until ( *(utime_t *) deadline );
}

static TASK_FN int sleep_exec ( struct cmd_args *args ) {
	const struct job_options silent = { .text = NULL };
	unsigned long seconds;
	utime_t deadline;
	int rc;

	if ( ( rc = cmd_parse_integer ( args->argv[0], &seconds ) ) != 0 )
		return rc;
	deadline = deadline_in ( (uint32_t) seconds * US_PER_S );
	rc = job_run ( &silent, sleep_job, &deadline );
	return err_is ( rc, ECANCELED ) ? -ECANCELED_EXEC : rc;
}

static const struct command sleep_cmd = {
	.name = "sleep",
	.operands = "<seconds>",
	.min_args = 1,
	.max_args = 1,
	.exec = sleep_exec,
	.help = "Wait; Ctrl-C ends the wait",
};
COMMAND ( sleep_cmd );

/* ---- prompt ---- */

struct prompt_options {
	int key;
	utime_t timeout_us;
};

static const struct command_option prompt_opts[] = {
	OPTION ( struct prompt_options, key, 'k', "key", OPTION_KEY,
		 "The key to wait for (default: any); another one fails" ),
	OPTION ( struct prompt_options, timeout_us, 't', "timeout", OPTION_TIMEOUT,
		 "Give up after so many milliseconds" ),
};

static TASK_FN int prompt_exec ( struct cmd_args *args ) {
	struct prompt_options *options = args->options;
	char *text = cmd_join ( args, 0 );
	int rc;

	if ( !text )
		return -ENOMEM;
	rc = prompt_key ( text, options->timeout_us, options->key );
	free ( text );
	return rc;
}

static const struct command prompt_cmd = {
	.name = "prompt",
	.operands = "[<text>]",
	.max_args = -1,
	.exec = prompt_exec,
	.help = "Show a text and wait for a key",
	.options = prompt_opts,
	.option_count = ARRAY_SIZE ( prompt_opts ),
	.options_size = sizeof ( struct prompt_options ),
};
COMMAND ( prompt_cmd );

/* ---- help ---- */

static TASK_FN int help_exec ( struct cmd_args *args ) {
	const struct command *command = NULL;
	unsigned int column = 0;

	if ( args->argc ) {
		command_run ( 2, ( char *[] ){ args->argv[0], (char *) "--help", NULL } );
		return 0;
	}
	con_printf ( "\nAvailable commands:\n\n" );
	while ( ( command = command_next ( command ) ) != NULL ) {
		column += con_printf ( "  %s", command->name );
		if ( column > 64 ) {
			con_printf ( "\n" );
			column = 0;
		}
		while ( column % 16 )
			column += con_printf ( " " );
	}
	con_printf ( "\n\nType \"<command> --help\" for further information\n\n" );
	return 0;
}

static const struct command help_cmd = {
	.name = "help",
	.operands = "[<command>]",
	.max_args = -1,
	.exec = help_exec,
	.help = "List the commands, or tell of one",
};
COMMAND ( help_cmd );
