/** @file
 * Commands form, present.
 */
#include "shell/cmd/item_cmd.h"
#include "ui/form.h"

static const struct command form_cmd = {
	.name = "form",
	.operands = "[<title>]",
	.max_args = -1,
	.exec = dynui_exec,
	.help = "Start a form; \"item\" fills it, \"present\" shows it",
	.options = dynui_options,
	.option_count = ARRAY_SIZE ( dynui_options ),
	.options_size = sizeof ( struct dynui_options ),
};
COMMAND ( form_cmd );

/* ---- present ---- */

struct present_options {
	const char *form;
	bool keep;
};

static const struct command_option present_opts[] = {
	OPTION ( struct present_options, form, 'f', "form", OPTION_STRING, "Name of the form" ),
	OPTION ( struct present_options, keep, 'k', "keep", OPTION_FLAG, "Keep the form" ),
};

static TASK_FN int present_exec ( struct cmd_args *args ) {
	const struct present_options *options = args->options;
	struct dynui *ui;
	int rc;

	if ( ( rc = dynui_named ( options->form, &ui ) ) != 0 )
		return rc;
	rc = form_edit ( ui );
	if ( !options->keep )
		dynui_free ( ui );
	return rc;
}

static const struct command present_cmd = {
	.name = "present",
	.exec = present_exec,
	.help = "Show a form, store what was filled in",
	.options = present_opts,
	.option_count = ARRAY_SIZE ( present_opts ),
	.options_size = sizeof ( struct present_options ),
};
COMMAND ( present_cmd );
