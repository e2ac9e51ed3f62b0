/** @file
 * The boot menu that a PXE server may send (PXE specification 2.1 §2.2.4, options 43.6 to 43.10).
 */
#ifndef SHELL_PXE_MENU_H
#define SHELL_PXE_MENU_H

#include "core/task.h"

/** Items shown at most: those that fit on a screen and have a letter. */
#define PXE_MENU_ITEMS_MAX 20

/**
 * Did a PXE server send a menu, and is it meant to be used? Waits for one that may be on its
 * way, unless there is a boot file.
 * Context: task; blocks.
 */
TASK_FN bool pxe_menu_present ( void );

/**
 * Let the user choose, as the server's prompt says.
 * @param ret_type  boot server type, 0 = local boot
 * @return 0, -ECANCELED the user gave up, -EINVAL the menu is malformed
 * Context: task; blocks.
 */
TASK_FN int pxe_menu_choose ( uint16_t *ret_type );

#endif /* SHELL_PXE_MENU_H */
