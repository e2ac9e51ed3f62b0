/** @file
 * The compiler's own <limits.h> says it all; it wants to find a C library's behind it.
 */
