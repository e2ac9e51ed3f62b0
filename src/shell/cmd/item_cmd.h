/** @file
 * What commands on menus and forms share: `menu` and `form` make the same thing, which `item` fills
 * and `choose` or `present` shows.
 */
#ifndef SHELL_CMD_ITEM_CMD_H
#define SHELL_CMD_ITEM_CMD_H

#include "shell/command.h"
#include "ui/dynui.h"

/** Options of `menu` and `form`. */
struct dynui_options {
	const char *name;
	bool delete;
};
extern const struct command_option dynui_options[2];

/** `menu` and `form`: make an empty one, in place of one of the same name. */
TASK_FN int dynui_exec ( struct cmd_args *args );

/** Find what an option names (NULL: the default one); says so if there is none.
 * @return 0, -ENOENT */
int dynui_named ( const char *name, struct dynui **ret_ui );

#endif /* SHELL_CMD_ITEM_CMD_H */
