/** @file
 * Cooperative tasks and the events they wait for. See docs/concurrency.md.
 *
 * The packet layer, drivers and timers run to completion on the root stack. Every conversation
 * (DHCP, HTTP, the shell, ...) is a task with a stack of its own that reads top to bottom. Tasks
 * are asymmetric: waiting goes back to the root loop that resumed the task, never to another task.
 * Only functions marked TASK_FN may wait. Firmware services and other foreign code run on the root
 * stack, through on_root().
 *
 * Every task belongs to a group, and the owner of a group joins it before it goes away.
 * Cancellation is sticky: once cancelled, every wait of the task returns -ECANCELED at once, so it
 * unwinds like on any other error. Clean-up code must not wait.
 */
#ifndef CORE_TASK_H
#define CORE_TASK_H

#include "core/clock.h"
#include "core/error.h"
#include "core/list.h"

struct task;

/** Something that tasks wait for. Signalling wakes all of them; there is no memory of signals, so
 * a waiter tests its condition in a loop (WAIT_UNTIL). */
struct event {
	struct list waiters;
};
#define EVENT_INIT( name ) \
	{ LIST_INIT ( ( name ).waiters ) }

void event_init ( struct event *event );

/** Make every waiter ready. Callable from anywhere, the packet layer included. */
void event_signal ( struct event *event );

/**
 * Wait for a signal.
 *
 * @param event     what to wait for; borrowed, must outlive the wait
 * @param deadline  absolute, TIME_NEVER allowed
 * @return 0 signalled, -ETIMEDOUT, -ECANCELED
 * Context: task; blocks.
 */
TASK_FN int event_wait ( struct event *event, utime_t deadline );

/** Wait until @c condition holds: 0, -ETIMEDOUT or -ECANCELED. Tests before and after each wait. */
#define WAIT_UNTIL( condition, event, deadline )                           \
	( {                                                                \
		int _wait_rc = 0;                                          \
		while ( !( condition ) ) {                                 \
			_wait_rc = event_wait ( ( event ), ( deadline ) ); \
			if ( ( _wait_rc != 0 ) && !( condition ) )         \
				break;                                     \
			_wait_rc = 0;                                      \
		}                                                          \
		_wait_rc;                                                  \
	} )

/** Sleep. @return 0 at the deadline, or -ECANCELED. Context: task; blocks. */
TASK_FN int sleep_until ( utime_t deadline );

/** Let the root loop and the others run once. @return 0 or -ECANCELED. Context: task; blocks. */
TASK_FN int task_yield ( void );

/** True if the current task was cancelled; false on the root stack. */
bool task_cancelled ( void );

/** The running task, or NULL on the root stack. */
struct task *task_current ( void );

/** The task's name, for `ps` and log lines. */
const char *task_name ( const struct task *task );

/** Where the current task (or the root stack) keeps its error note; for core/error.c. */
struct error_note *task_error_note ( void );

/** Tasks that end together. */
struct task_group {
	struct list tasks;
	struct event done; /**< signalled when a task of the group ends */
	bool cancelled;
	int rc;                 /**< first result of a task of the group that was not 0 */
	struct error_note note; /**< the words noted with it */
};

void task_group_init ( struct task_group *group );

/** Stack size classes; what each means in bytes is the platform's choice. */
enum task_stack {
	TASK_STACK_NORMAL,
	TASK_STACK_LARGE, /**< public-key cryptography */
};

/**
 * Start a task. It runs for the first time from the root loop, never inside this call.
 *
 * @param group  owner; borrowed, must outlive the task (join it)
 * @param name   static string
 * @param fn     what it does; its return value is recorded in the group if it is the first failure
 * @param arg    handed to @c fn
 * @param stack  stack class
 * @return 0, -ENOMEM no stack, -ECANCELED the group is cancelled
 */
int task_spawn ( struct task_group *group, const char *name, TASK_FN int ( *fn ) ( void *arg ),
		 void *arg, enum task_stack stack );

/** True if no task of the group is left. */
bool task_group_idle ( const struct task_group *group );

/** Cancel all tasks of the group, now and later ones. Callable from anywhere. */
void task_group_cancel ( struct task_group *group );

/**
 * Wait until all tasks of the group have ended. If the caller is cancelled meanwhile, the group is
 * cancelled and still joined. @return the first result that was not 0.
 * Context: task; blocks.
 */
TASK_FN int task_group_join ( struct task_group *group );

/**
 * Run @c fn on the root stack, now; on the root stack itself this is a plain call. For firmware
 * services, real-mode calls and started images: code with its own idea of a stack.
 */
void on_root ( void ( *fn ) ( void *arg ), void *arg );

/**
 * One turn of the root loop: poll network devices, run timers, watch for Ctrl-C, resume each ready
 * task once. Context: root stack only.
 *
 * @return true if anything was ready to do, so that the caller should not nap
 */
bool root_turn ( void );

/** When the next timer or waiting task is due, or TIME_NEVER. */
utime_t root_deadline ( void );

/**
 * Run the root loop until @c group is idle, napping when there is nothing to do.
 * Context: root stack (start-up, and gates: calls from outside). Reentrant.
 */
void root_run ( struct task_group *group );

/** Poll hook of the root loop: drivers, consoles. Declared as a table entry. */
struct root_poll {
	/** Do bounded work. @return true if there was any. Must not wait. */
	bool ( *poll ) ( utime_t now );
};
#define ROOT_POLL( object ) TABLE_ENTRY ( root_poll, root_poll, object )

/** For `ps`: walk tasks, oldest first; NULL starts and ends. */
struct task *task_next ( struct task *task );

/** Print one line a task: name, state, what it waits for, stack high-water mark. */
void task_dump ( void );

#endif /* CORE_TASK_H */
