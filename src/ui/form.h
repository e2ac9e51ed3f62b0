/** @file
 * A form on the screen: edit boxes for settings (docs/menus.md).
 */
#ifndef UI_FORM_H
#define UI_FORM_H

#include "core/task.h"
#include "ui/dynui.h"

/**
 * Let the user edit the settings that the items name, and store them.
 *
 * A value that cannot be stored keeps the user in the form; those that could be are stored by then.
 *
 * @return 0, -ECANCELED_FORM, -EINVAL_FORM nothing to edit, -ERANGE_FORM does not fit the screen,
 *         what setting_ref_parse() returns for a bad name (said on the console), -ENOMEM
 * Context: task; blocks.
 */
TASK_FN int form_edit ( const struct dynui *ui );

#endif /* UI_FORM_H */
