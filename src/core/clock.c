/** @file
 * The clock: the platform's monotonic counter and the time of day.
 */
#include "arch/x86_64/io.h"
#include "core/clock.h"
#include "core/platform.h"

static int64_t wall_offset_us;

utime_t clock_now ( void ) {
	return platform_now ();
}

utime_t deadline_in ( utime_t us ) {
	utime_t now = clock_now ();

	return ( us > TIME_NEVER - now ) ? TIME_NEVER : now + us;
}

void udelay ( utime_t us ) {
	utime_t end = deadline_in ( us );

	while ( clock_now () < end )
		cpu_pause ();
}

int64_t clock_wall_us ( void ) {
	return platform_wall_us () + wall_offset_us;
}

void clock_set_wall_offset ( int64_t offset_us ) {
	wall_offset_us = offset_us;
}

int64_t clock_wall_offset ( void ) {
	return wall_offset_us;
}
