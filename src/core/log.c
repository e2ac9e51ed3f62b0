/** @file
 * Log lines: `[seconds since the first] module: text`.
 */
#include <stdarg.h>
#include <stdio.h>
#include "core/clock.h"
#include "core/console.h"
#include "core/log.h"

/** One line on a console of 80 columns, mostly; longer ones are cut. */
#define LOG_LINE_MAX 240

void log_printf ( const char *module, const char *fmt, ... ) {
	static utime_t start;
	utime_t now = clock_now ();
	char line[LOG_LINE_MAX];
	va_list args;

	if ( !start )
		start = now;
	now -= start;
	va_start ( args, fmt );
	vsnprintf ( line, sizeof ( line ), fmt, args );
	va_end ( args );
	con_printf ( "[%3u.%06u] %s: %s\n", (unsigned int) ( now / US_PER_S ),
		     (unsigned int) ( now % US_PER_S ), module, line );
}
