/** @file
 * Tokens of a command line.
 */
#include <string.h>
#include "shell/lexer.h"

bool lex_is_space ( char c ) {
	return ( c == ' ' ) || ( ( c >= '\t' ) && ( c <= '\r' ) );
}

unsigned int lex_split ( char *line, char **tokens ) {
	unsigned int count = 0;

	for ( ;; ) {
		while ( lex_is_space ( *line ) )
			*line++ = '\0';
		if ( !*line )
			return count;
		tokens[count++] = line;
		while ( *line && !lex_is_space ( *line ) )
			line++;
	}
}

enum token_kind lex_kind ( const char *token ) {
	if ( token[0] == '#' )
		return TOKEN_COMMENT;
	if ( strcmp ( token, ";" ) == 0 )
		return TOKEN_ALWAYS;
	if ( strcmp ( token, "&&" ) == 0 )
		return TOKEN_AND;
	return ( strcmp ( token, "||" ) == 0 ) ? TOKEN_OR : TOKEN_WORD;
}
