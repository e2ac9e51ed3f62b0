/** @file
 * Tab completion: commands, their options, settings, interfaces and images.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "core/compiler.h"

struct completion {
	char insert[64]; /**< what all candidates have in common beyond the cursor */
	size_t insert_len;
	unsigned int count; /**< candidates */
};

/** Find out how the word at the cursor goes on. */
void complete ( const char *line, size_t cursor, struct completion *ret );

/** Print the candidates. */
void complete_list ( const char *line, size_t cursor );

#endif /* SHELL_COMPLETE_H */
