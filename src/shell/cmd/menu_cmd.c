/** @file
 * Commands menu, choose.
 */
#include "core/console.h"
#include "core/error.h"
#include "core/settings.h"
#include "shell/cmd/item_cmd.h"
#include "ui/menu.h"

static const struct command menu_cmd = {
	.name = "menu",
	.operands = "[<title>]",
	.max_args = -1,
	.exec = dynui_exec,
	.help = "Start a menu; \"item\" fills it, \"choose\" shows it",
	.options = dynui_options,
	.option_count = ARRAY_SIZE ( dynui_options ),
	.options_size = sizeof ( struct dynui_options ),
};
COMMAND ( menu_cmd );

/* ---- choose ---- */

struct choose_options {
	const char *menu, *select;
	utime_t timeout_us, retimeout_us;
	bool keep;
};

static const struct command_option choose_opts[] = {
	OPTION ( struct choose_options, menu, 'm', "menu", OPTION_STRING, "Name of the menu" ),
	OPTION ( struct choose_options, select, 'd', "default", OPTION_STRING,
		 "Item to select at first" ),
	OPTION ( struct choose_options, timeout_us, 't', "timeout", OPTION_TIMEOUT,
		 "Choose the selected item after so many milliseconds" ),
	OPTION ( struct choose_options, retimeout_us, 'r', "retimeout", OPTION_TIMEOUT,
		 "The same from each key on" ),
	OPTION ( struct choose_options, keep, 'k', "keep", OPTION_FLAG, "Keep the menu" ),
};

static TASK_FN int choose_exec ( struct cmd_args *args ) {
	const struct choose_options *options = args->options;
	struct menu_options menu_options = { .select = options->select,
					     .timeout_us = options->timeout_us,
					     .retimeout_us = options->retimeout_us };
	const struct dynui_item *item;
	struct setting_ref ref;
	struct dynui *ui;
	int rc;

	if ( ( rc = dynui_named ( options->menu, &ui ) ) != 0 )
		return rc;
	if ( ( rc = setting_ref_parse ( args->argv[0], true, &ref ) ) != 0 ) {
		con_printf ( "\"%s\": invalid setting\n", args->argv[0] );
		return rc;
	}
	if ( ( ( rc = menu_choose ( ui, &menu_options, &item ) ) == 0 ) &&
	     ( ( rc = setting_store_text ( &ref, item->name ) ) != 0 ) )
		cmd_fail ( rc, "Could not store \"%s\"", ref.setting.name );
	if ( !options->keep )
		dynui_free ( ui );
	return rc;
}

static const struct command choose_cmd = {
	.name = "choose",
	.operands = "<setting>",
	.min_args = 1,
	.max_args = 1,
	.exec = choose_exec,
	.help = "Show a menu, put the chosen item's label into a setting",
	.completes = 's',
	.options = choose_opts,
	.option_count = ARRAY_SIZE ( choose_opts ),
	.options_size = sizeof ( struct choose_options ),
};
COMMAND ( choose_cmd );
