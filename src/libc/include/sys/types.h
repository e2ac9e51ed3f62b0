/** @file
 * ssize_t, for the freestanding build.
 */
#ifndef LIBC_SYS_TYPES_H
#define LIBC_SYS_TYPES_H

typedef long ssize_t;

#endif /* LIBC_SYS_TYPES_H */
