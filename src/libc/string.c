/** @file
 * Strings (C11 §7.24). memcpy, memmove and memset are in arch/x86_64/memory.S.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int memcmp ( const void *first, const void *second, size_t len ) {
	const uint8_t *a = first, *b = second;

	for ( ; len; len--, a++, b++ ) {
		if ( *a != *b )
			return *a - *b;
	}
	return 0;
}

void *memchr ( const void *data, int byte, size_t len ) {
	const uint8_t *pos = data;

	for ( ; len; len--, pos++ ) {
		if ( *pos == (uint8_t) byte )
			return (void *) pos;
	}
	return NULL;
}

size_t strlen ( const char *text ) {
	const char *end = text;

	while ( *end )
		end++;
	return (size_t) ( end - text );
}

size_t strnlen ( const char *text, size_t max ) {
	size_t len = 0;

	while ( ( len < max ) && text[len] )
		len++;
	return len;
}

int strncmp ( const char *first, const char *second, size_t max ) {
	for ( ; max; max--, first++, second++ ) {
		if ( ( *first != *second ) || !*first )
			return (unsigned char) *first - (unsigned char) *second;
	}
	return 0;
}

int strcmp ( const char *first, const char *second ) {
	return strncmp ( first, second, SIZE_MAX );
}

int strncasecmp ( const char *first, const char *second, size_t max ) {
	for ( ; max; max--, first++, second++ ) {
		int a = tolower ( (unsigned char) *first );
		int b = tolower ( (unsigned char) *second );

		if ( ( a != b ) || !a )
			return a - b;
	}
	return 0;
}

int strcasecmp ( const char *first, const char *second ) {
	return strncasecmp ( first, second, SIZE_MAX );
}

char *strchr ( const char *text, int byte ) {
	for ( ;; text++ ) {
		if ( *text == (char) byte )
			return (char *) text;
		if ( !*text )
			return NULL;
	}
}

char *strrchr ( const char *text, int byte ) {
	const char *found = NULL;

	for ( ;; text++ ) {
		if ( *text == (char) byte )
			found = text;
		if ( !*text )
			return (char *) found;
	}
}

char *strstr ( const char *text, const char *part ) {
	size_t len = strlen ( part );

	for ( ; *text || !len; text++ ) {
		if ( strncmp ( text, part, len ) == 0 )
			return (char *) text;
	}
	return NULL;
}

size_t strspn ( const char *text, const char *accept ) {
	size_t len = 0;

	while ( text[len] && strchr ( accept, text[len] ) )
		len++;
	return len;
}

size_t strcspn ( const char *text, const char *reject ) {
	size_t len = 0;

	while ( text[len] && !strchr ( reject, text[len] ) )
		len++;
	return len;
}

char *strndup ( const char *text, size_t max ) {
	size_t len = strnlen ( text, max );
	char *copy = malloc ( len + 1 );

	if ( copy ) {
		memcpy ( copy, text, len );
		copy[len] = '\0';
	}
	return copy;
}

char *strdup ( const char *text ) {
	return strndup ( text, SIZE_MAX );
}
