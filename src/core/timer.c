/** @file
 * One-shot timers, kept in a list sorted by expiry: there are few, and the next one is wanted at
 * each turn of the root loop.
 */
#include "core/timer.h"

static struct list timers = LIST_INIT ( timers );

void timer_init ( struct timer *timer, void ( *expired ) ( struct timer *timer, utime_t now ) ) {
	list_init ( &timer->list );
	timer->expires = TIME_NEVER;
	timer->expired = expired;
}

void timer_start ( struct timer *timer, utime_t expires ) {
	struct timer *other;

	list_del ( &timer->list );
	timer->expires = expires;
	list_for_each ( other, &timers, list ) {
		if ( other->expires > expires )
			break;
	}
	list_insert ( &timer->list, &other->list );
}

void timer_stop ( struct timer *timer ) {
	list_del ( &timer->list );
}

bool timer_running ( const struct timer *timer ) {
	return !list_empty ( &timer->list );
}

void timers_run ( utime_t now ) {
	struct timer *timer;

	while ( ( timer = list_first ( &timers, struct timer, list ) ) &&
		( timer->expires <= now ) ) {
		timer_stop ( timer );
		timer->expired ( timer, now );
	}
}

utime_t timers_next ( void ) {
	struct timer *timer = list_first ( &timers, struct timer, list );

	return timer ? timer->expires : TIME_NEVER;
}
