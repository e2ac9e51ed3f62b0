/** @file
 * Memory and strings: the part of C11 <string.h> (and strdup, strndup, strnlen, strcasecmp) that
 * the firmware uses.
 */
#ifndef LIBC_STRING_H
#define LIBC_STRING_H

#include <stddef.h>

void *memcpy ( void *dest, const void *src, size_t len );
void *memmove ( void *dest, const void *src, size_t len );
void *memset ( void *dest, int fill, size_t len );
int memcmp ( const void *first, const void *second, size_t len );
void *memchr ( const void *data, int byte, size_t len );
size_t strlen ( const char *text );
size_t strnlen ( const char *text, size_t max );
int strcmp ( const char *first, const char *second );
int strncmp ( const char *first, const char *second, size_t max );
char *strchr ( const char *text, int byte );
char *strrchr ( const char *text, int byte );
char *strstr ( const char *text, const char *part );
size_t strspn ( const char *text, const char *accept );
size_t strcspn ( const char *text, const char *reject );
char *strdup ( const char *text );
char *strndup ( const char *text, size_t max );

#endif /* LIBC_STRING_H */
