/** @file
 * The settings browser: blocks and their settings on the screen, to look at and to change
 * (docs/menus.md).
 */
#ifndef UI_BROWSER_H
#define UI_BROWSER_H

#include "core/settings.h"

/**
 * Browse until the user leaves.
 * @param settings  block to start at; may go away meanwhile
 * @return 0, -ENOMEM, -ECANCELED cancelled from outside
 * Context: task; blocks.
 */
TASK_FN int browser_run ( struct settings *settings );

#endif /* UI_BROWSER_H */
