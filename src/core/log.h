/** @file
 * Log lines for people who look for a fault. They are not compiled in unless the build asks for
 * them: `make DEBUG=tcp,dhcp:2` (docs/building.md). Modules are files, by name without folder.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/compiler.h"

/* Levels */
#define LOG_EVENT  1 /**< what happened, once a conversation or device */
#define LOG_DETAIL 2 /**< each step of it */
#define LOG_PACKET 3 /**< each packet or record */

/* The build defines both for the objects that DEBUG names. */
#ifndef LOG_LEVEL
#define LOG_LEVEL  0
#define LOG_MODULE ""
#endif

/** printf one line (without the line feed) at a level; with time and module on the console. */
#define LOG( level, ... )                                       \
	do {                                                    \
		if ( ( level ) <= LOG_LEVEL )                   \
			log_printf ( LOG_MODULE, __VA_ARGS__ ); \
	} while ( 0 )

/** What LOG() calls. Any context in which con_printf() may be called. */
void log_printf ( const char *module, const char *fmt, ... ) __printf ( 2, 3 );

#endif /* CORE_LOG_H */
