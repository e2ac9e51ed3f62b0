/** @file
 * Time. One monotonic clock in microseconds (on firmware the calibrated TSC, never a firmware
 * timer event), and the time of day as an offset to it.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/compiler.h"

/** A point in time, or a duration: microseconds. */
typedef uint64_t utime_t;

#define TIME_NEVER UINT64_MAX
#define US_PER_MS  1000ULL
#define US_PER_S   1000000ULL

/** Microseconds since some moment before start-up; never goes back. */
utime_t clock_now ( void );

/** The moment that is @c us microseconds from now; TIME_NEVER stays TIME_NEVER. */
utime_t deadline_in ( utime_t us );

/** Burn @c us microseconds. Only for hardware that needs it; nothing else runs meanwhile. */
void udelay ( utime_t us );

/** Time of day, microseconds since 1970-01-01 UTC: the platform's clock plus the set offset. */
int64_t clock_wall_us ( void );

/** Set what is added to the platform's time of day, microseconds (ntp, `set unixtime`). */
void clock_set_wall_offset ( int64_t offset_us );
int64_t clock_wall_offset ( void );

#endif /* CORE_CLOCK_H */
