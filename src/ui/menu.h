/** @file
 * A menu on the screen (docs/menus.md).
 */
#ifndef UI_MENU_H
#define UI_MENU_H

#include "core/task.h"
#include "ui/dynui.h"

struct menu_options {
	const char *select;   /**< name of the item to start at; NULL: by the items' flags */
	utime_t timeout_us;   /**< then the selected item is chosen; 0 = none */
	utime_t retimeout_us; /**< the same from each key on */
};

/**
 * Let the user choose.
 * @param ret_item  borrowed from @c ui
 * @return 0, -ECANCELED_MENU, -ENOENT_MENU nothing to choose, -ENOMEM
 * Context: task; blocks.
 */
TASK_FN int menu_choose ( struct dynui *ui, const struct menu_options *options,
			  const struct dynui_item **ret_item );

#endif /* UI_MENU_H */
