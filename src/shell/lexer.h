/** @file
 * Tokens of a command line: words between white space, nothing else. No quotes, no escapes
 * (docs/scripting.md).
 */
#ifndef SHELL_LEXER_H
#define SHELL_LEXER_H

#include "core/compiler.h"

/** What a raw token, before expansion, does to the sequence of commands. */
enum token_kind {
	TOKEN_WORD,
	TOKEN_COMMENT, /**< starts with '#': it and the rest of the line are nothing */
	TOKEN_ALWAYS,  /**< ; */
	TOKEN_AND,     /**< && */
	TOKEN_OR,      /**< || */
};

/** Space, \t, \n, \v, \f, \r. */
bool lex_is_space ( char c );

/**
 * Split a line in place.
 * @param line    cut up with NULs
 * @param tokens  filled with pointers into @c line; room for strlen ( line ) / 2 + 1
 * @return number of tokens
 */
unsigned int lex_split ( char *line, char **tokens );

enum token_kind lex_kind ( const char *token );

#endif /* SHELL_LEXER_H */
