/** @file
 * Comparison without regard to case, ASCII only.
 */
#ifndef LIBC_STRINGS_H
#define LIBC_STRINGS_H

#include <stddef.h>

int strcasecmp ( const char *first, const char *second );
int strncasecmp ( const char *first, const char *second, size_t max );

#endif /* LIBC_STRINGS_H */
