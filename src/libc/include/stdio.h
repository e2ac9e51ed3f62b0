/** @file
 * Formatting into memory. Conversions: d i u x X o c s p %, flags - 0 + space #, width and
 * precision (also *), lengths hh h l ll z j t. No floating point. Output to people goes through
 * con_printf() (core/console.h).
 */
#ifndef LIBC_STDIO_H
#define LIBC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

int snprintf ( char *buf, size_t len, const char *fmt, ... )
	__attribute__ ( ( format ( printf, 3, 4 ) ) );
int vsnprintf ( char *buf, size_t len, const char *fmt, va_list args )
	__attribute__ ( ( format ( printf, 3, 0 ) ) );

#endif /* LIBC_STDIO_H */
