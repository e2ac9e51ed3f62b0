/** @file
 * What the firmware does after start-up: banner, first image or prompt, scriptlet, autoboot.
 */
#ifndef SHELL_MAIN_H
#define SHELL_MAIN_H

#include "core/task.h"

/**
 * The main task, for core_main().
 * @param arg  unused
 * @return the program's status: 0, a negative error, or a positive exit status
 * Context: task; blocks.
 */
TASK_FN int lanyard_main ( void *arg );

#endif /* SHELL_MAIN_H */
