/** @file
 * One-shot timers of the packet layer. They run on the root stack, from the root loop, and must
 * not wait. Whoever embeds a timer stops it before the memory goes away.
 */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "core/clock.h"
#include "core/list.h"

struct timer {
	struct list list;
	utime_t expires;
	/** Called once at or after `expires`, after the timer was stopped; may start it again. */
	void ( *expired ) ( struct timer *timer, utime_t now );
};

/** Prepare a stopped timer. */
void timer_init ( struct timer *timer, void ( *expired ) ( struct timer *timer, utime_t now ) );

/** Start, or move, the timer to an absolute time. */
void timer_start ( struct timer *timer, utime_t expires );

/** Stop; harmless if it is not running. */
void timer_stop ( struct timer *timer );

bool timer_running ( const struct timer *timer );

/** Run all timers that are due. Root loop only. */
void timers_run ( utime_t now );

/** When the next timer is due, or TIME_NEVER. */
utime_t timers_next ( void );

#endif /* CORE_TIMER_H */
