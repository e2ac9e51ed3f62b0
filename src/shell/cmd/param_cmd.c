/** @file
 * Commands params and param: build the request parameters that "##params" attaches to a URI.
 */
#include <stdlib.h>
#include "core/console.h"
#include "core/error.h"
#include "core/uri.h"
#include "shell/command.h"

/* Find a list as the options name it; NULL means the default one. */
static int find_params ( const char *name, struct params **ret_params ) {
	struct params *params = params_find ( name ? name : "" );

	if ( !params ) {
		if ( name )
			con_printf ( "\"%s\": no such parameter list\n", name );
		else
			con_printf ( "No default parameter list\n" );
		return -ENOENT;
	}
	*ret_params = params;
	return 0;
}

/* ---- params ---- */

struct params_options {
	const char *name;
	const char *method;
	bool delete;
};

static TASK_FN int params_exec ( struct cmd_args *args ) {
	const struct params_options *options = args->options;
	struct params *params;
	int rc;

	if ( !options->delete ) {
		params = params_new ( options->name ? options->name : "", options->method );
		return params ? 0 : cmd_fail ( -ENOMEM, "Could not create parameter list" );
	}
	if ( ( rc = find_params ( options->name, &params ) ) != 0 )
		return rc;
	params_free ( params_take ( params->name ) );
	return 0;
}

static const struct command_option params_options[] = {
	OPTION ( struct params_options, name, 'n', "name", OPTION_STRING, "Name of the list" ),
	OPTION ( struct params_options, method, 'm', "method", OPTION_STRING, "HTTP method" ),
	OPTION ( struct params_options, delete, 'd', "delete", OPTION_FLAG, "Delete the list" ),
};

static const struct command params_command = {
	.name = "params",
	.help = "Start a list of request parameters",
	.options = params_options,
	.option_count = ARRAY_SIZE ( params_options ),
	.options_size = sizeof ( struct params_options ),
	.exec = params_exec,
};
COMMAND ( params_command );

/* ---- param ---- */

struct param_options {
	const char *params;
	bool header;
};

static TASK_FN int param_exec ( struct cmd_args *args ) {
	const struct param_options *options = args->options;
	struct params *params;
	char *value = NULL;
	int rc;

	if ( ( rc = find_params ( options->params, &params ) ) != 0 )
		return rc;
	if ( ( args->argc > 1 ) && !( value = cmd_join ( args, 1 ) ) )
		rc = -ENOMEM;
	if ( rc == 0 )
		rc = params_add ( params, options->header, args->argv[0], value ? value : "" );
	free ( value );
	return rc ? cmd_fail ( rc, "Could not add parameter" ) : 0;
}

static const struct command_option param_options[] = {
	OPTION ( struct param_options, params, 'p', "params", OPTION_STRING, "Name of the list" ),
	OPTION ( struct param_options, header, 'H', "header", OPTION_FLAG,
		 "Add an HTTP header, not a form field" ),
};

static const struct command param_command = {
	.name = "param",
	.operands = "<key> [<value>...]",
	.help = "Add a request parameter",
	.min_args = 1,
	.max_args = -1,
	.options = param_options,
	.option_count = ARRAY_SIZE ( param_options ),
	.options_size = sizeof ( struct param_options ),
	.exec = param_exec,
};
COMMAND ( param_command );
