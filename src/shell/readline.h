/** @file
 * Reading a line from the console.
 */
#ifndef SHELL_READLINE_H
#define SHELL_READLINE_H

#include "core/clock.h"
#include "core/task.h"
#include "shell/history.h"

struct readline_options {
	const char *prompt;      /**< or NULL */
	const char *prefill;     /**< text to start with, or NULL */
	struct history *history; /**< or NULL */
	utime_t timeout_us;      /**< until the first key; 0 = none */
	bool complete;           /**< Tab completes commands, settings and interfaces */
};

/**
 * Read a line. The cursor is on a new row afterwards.
 * @param ret_line  heap memory, on success
 * @return 0, -ECANCELED Ctrl-C, -ETIMEDOUT no first key, -ENOMEM
 * Context: task; blocks.
 */
TASK_FN int readline ( const struct readline_options *options, char **ret_line );

/**
 * Show a text, wait for a key, and erase the text again.
 * @param text        or NULL
 * @param timeout_us  0 = for ever
 * @param key         the one that counts, or 0: any
 * @return 0, -ETIMEDOUT, -ECANCELED another key; with the codes of `prompt`
 * Context: task; blocks.
 */
TASK_FN int prompt_key ( const char *text, utime_t timeout_us, int key );

#endif /* SHELL_READLINE_H */
