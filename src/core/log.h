/** @file
 * Log lines for people who look for a fault. They are not compiled in unless the build asks for
 * them: `make DEBUG=tcp,dhcp:2` (docs/building.md). Modules are files, by name without folder. What is
 * compiled in is switched by the command `log`.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/compiler.h"
#include "core/table.h"

/* Levels */
#define LOG_EVENT  1 /**< what happened, once a conversation or device */
#define LOG_DETAIL 2 /**< each step of it */
#define LOG_PACKET 3 /**< each packet or record */

/** A module whose log lines are in the image. Several may have one name: proto/dhcp.c, wire/dhcp.c. */
struct log_module {
	const char *name;
	unsigned int *level; /**< lines up to this one are printed; 0: none */
	unsigned int max;    /**< lines up to this one are compiled in */
};

/* The build defines all three for the objects that DEBUG names. */
#ifdef LOG_LEVEL
static unsigned int log_level = LOG_START;
static const struct log_module log_module = { LOG_MODULE, &log_level, LOG_LEVEL };
TABLE_ENTRY ( log_module, log_module, log_module );
#else
#define LOG_LEVEL  0
#define LOG_MODULE ""
#define log_level  0
#endif

/** printf one line (without the line feed) at a level; with time and module on the console. */
#define LOG( level, ... )                                                       \
	do {                                                                    \
		if ( ( ( level ) <= LOG_LEVEL ) && ( ( level ) <= log_level ) ) \
			log_printf ( LOG_MODULE, __VA_ARGS__ );                 \
	} while ( 0 )

/** What LOG() calls. Any context in which con_printf() may be called. */
void log_printf ( const char *module, const char *fmt, ... ) __printf ( 2, 3 );

#endif /* CORE_LOG_H */
