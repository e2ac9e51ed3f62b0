/** @file
 * Heap (core/heap.c) and integer parsing.
 */
#ifndef LIBC_STDLIB_H
#define LIBC_STDLIB_H

#include <stddef.h>

void *malloc ( size_t len );
void *calloc ( size_t count, size_t len );
void *realloc ( void *block, size_t len );
void free ( void *block );

unsigned long strtoul ( const char *text, char **ret_end, int base );
unsigned long long strtoull ( const char *text, char **ret_end, int base );
long strtol ( const char *text, char **ret_end, int base );

#endif /* LIBC_STDLIB_H */
