/** @file
 * The last lines that were entered. Edits to them while walking are kept until one is entered,
 * then forgotten.
 */
#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#define HISTORY_DEPTH 7

/** Zeroed at first. */
struct history {
	char *lines[HISTORY_DEPTH]; /**< newest first; heap */
	char *edited[HISTORY_DEPTH +
		     1];       /**< what was made of [line - 1]; [0]: the new line; heap */
	unsigned int position; /**< 0: the new line */
};

/**
 * Go to an older (@c step 1) or newer (-1) line.
 * @param current  what the present one has become
 * @return the text to edit, borrowed until the next call, or NULL: there is none (or no memory)
 */
const char *history_move ( struct history *history, int step, const char *current );

/** A line was entered (NULL or "": nothing to remember): back to a new line. */
void history_add ( struct history *history, const char *line );

void history_free ( struct history *history );

#endif /* SHELL_HISTORY_H */
