/** @file
 * Command item, and what `menu` and `form` share.
 */
#include <stdlib.h>
#include "core/console.h"
#include "core/error.h"
#include "shell/cmd/item_cmd.h"

int dynui_named ( const char *name, struct dynui **ret_ui ) {
	*ret_ui = dynui_find ( name ? name : "" );
	if ( *ret_ui )
		return 0;
	if ( name )
		con_printf ( "\"%s\": no such user interface\n", name );
	else
		con_printf ( "No default user interface\n" );
	return -ENOENT;
}

/* ---- menu, form ---- */

const struct command_option dynui_options[2] = {
	OPTION ( struct dynui_options, name, 'n', "name", OPTION_STRING,
		 "Name, if there is more than one at a time" ),
	OPTION ( struct dynui_options, delete, 'd', "delete", OPTION_FLAG, "Only delete it" ),
};

TASK_FN int dynui_exec ( struct cmd_args *args ) {
	const struct dynui_options *options = args->options;
	const char *name = options->name ? options->name : "";
	struct dynui *ui;
	char *title;

	if ( options->delete ) {
		dynui_free ( dynui_find ( name ) );
		return 0;
	}
	if ( ( title = cmd_join ( args, 0 ) ) == NULL )
		return -ENOMEM;
	ui = dynui_new ( name, title );
	free ( title );
	if ( !ui )
		return -ENOMEM;
	dynui_register ( ui );
	return 0;
}

/* ---- item ---- */

struct item_options {
	const char *menu, *form;
	int key;
	bool is_default, secret, gap;
};

static const struct command_option item_opts[] = {
	OPTION ( struct item_options, menu, 'm', "menu", OPTION_STRING, "Name of the menu" ),
	OPTION ( struct item_options, form, 'f', "form", OPTION_STRING, "Name of the form" ),
	OPTION ( struct item_options, key, 'k', "key", OPTION_KEY, "Key that chooses it" ),
	OPTION ( struct item_options, is_default, 'd', "default", OPTION_FLAG,
		 "Select it at first" ),
	OPTION ( struct item_options, secret, 's', "secret", OPTION_FLAG, "Show stars" ),
	OPTION ( struct item_options, gap, 'g', "gap", OPTION_FLAG,
		 "Only a line of text: all operands are the text" ),
};

static TASK_FN int item_exec ( struct cmd_args *args ) {
	const struct item_options *options = args->options;
	const char *name = ( args->argc && !options->gap ) ? args->argv[0] : NULL;
	struct dynui_item *item;
	struct dynui *ui;
	char *text;
	int rc;

	if ( ( rc = dynui_named ( options->form ? options->form : options->menu, &ui ) ) != 0 )
		return rc;
	if ( ( text = cmd_join ( args, name ? 1 : 0 ) ) == NULL )
		return -ENOMEM;
	item = dynui_add ( ui, name, text );
	free ( text );
	if ( !item )
		return -ENOMEM;
	item->key = options->key;
	item->is_default = options->is_default;
	item->secret = options->secret;
	return 0;
}

static const struct command item_cmd = {
	.name = "item",
	.operands = "[<label> [<text>]]",
	.max_args = -1,
	.exec = item_exec,
	.help = "Add a line to a menu or form",
	.options = item_opts,
	.option_count = ARRAY_SIZE ( item_opts ),
	.options_size = sizeof ( struct item_options ),
};
COMMAND ( item_cmd );
