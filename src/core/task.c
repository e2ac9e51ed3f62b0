/** @file
 * Cooperative tasks, events and the root loop. The rules are in core/task.h and
 * docs/concurrency.md; the switch itself is in arch/x86_64.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "arch/x86_64/io.h"
#include "arch/x86_64/switch.h"
#include "core/console.h"
#include "core/memory.h"
#include "core/platform.h"
#include "core/sanitize.h"
#include "core/table.h"
#include "core/task.h"
#include "core/timer.h"

/** What fills a new stack, to see how much of it was ever used. */
#define STACK_FILL 0x5a
/** Spins of an idle turn, tens of nanoseconds each. */
#define IDLE_PAUSES 8

enum task_state {
	TASK_READY,
	TASK_RUNNING,
	TASK_WAITING,
	TASK_ENDED,
};

struct task {
	struct list all;
	struct list queue;   /* in ready_tasks, or in an event's waiters */
	struct list members; /* of the group */
	struct task_group *group;
	const char *name;
	enum task_state state;
	bool cancelled;
	bool signalled;
	utime_t deadline; /* of the wait */
	TASK_FN int ( *fn ) ( void *arg );
	void *arg;
	int rc;
	struct error_note note;
	/* Stacks: ours while we do not run, the resumer's while we do. */
	void *sp;
	void *resumer_sp;
	void *stack;
	size_t stack_len;
	/* Request to run something on the resumer's stack. */
	void ( *root_fn ) ( void *arg );
	void *root_arg;
	/* AddressSanitizer's notes about the two stacks. */
	void *fake_stack;
	void *resumer_fake_stack;
	const void *resumer_stack;
	size_t resumer_stack_len;
};

TABLE ( root_poll, root_poll );

static struct list all_tasks = LIST_INIT ( all_tasks );
static struct list ready_tasks = LIST_INIT ( ready_tasks );
static struct task *current;
static struct error_note root_note;

struct task *task_current ( void ) {
	return current;
}

const char *task_name ( const struct task *task ) {
	return task->name;
}

struct error_note *task_error_note ( void ) {
	return current ? &current->note : &root_note;
}

bool task_cancelled ( void ) {
	return current && current->cancelled;
}

struct task *task_next ( struct task *task ) {
	struct list *next = task ? task->all.next : all_tasks.next;

	return ( next == &all_tasks ) ? NULL : list_entry ( next, struct task, all );
}

/* ---- Switching ---- */

/* Leave the current task; returns when somebody resumes it. */
static void switch_to_resumer ( struct task *task, bool last ) {
	sanitize_leave ( last ? NULL : &task->fake_stack, task->resumer_stack,
			 task->resumer_stack_len );
	stack_switch ( &task->sp, task->resumer_sp );
	sanitize_arrive ( task->fake_stack, &task->resumer_stack, &task->resumer_stack_len );
}

static void switch_to_task ( struct task *task ) {
	struct task *previous = current;

	current = task;
	sanitize_leave ( &task->resumer_fake_stack, task->stack, task->stack_len );
	stack_switch ( &task->resumer_sp, task->sp );
	sanitize_arrive ( task->resumer_fake_stack, NULL, NULL );
	current = previous;
}

static TASK_FN void task_main ( void *arg ) {
	struct task *task = arg;

	sanitize_arrive ( NULL, &task->resumer_stack, &task->resumer_stack_len );
	task->rc = task->fn ( task->arg );
	task->state = TASK_ENDED;
	switch_to_resumer ( task, true );
}

static void task_end ( struct task *task ) {
	struct task_group *group = task->group;

	if ( ( task->rc != 0 ) && ( group->rc == 0 ) ) {
		group->rc = task->rc;
		group->note = task->note;
	}
	list_del ( &task->all );
	list_del ( &task->members );
	sanitize_stack_free ( task->stack, task->stack_len );
	platform_stack_free ( task->stack, task->stack_len );
	free ( task );
	event_signal ( &group->done );
}

static void task_resume ( struct task *task ) {
	list_del ( &task->queue );
	task->state = TASK_RUNNING;
	switch_to_task ( task );
	while ( task->root_fn ) {
		void ( *fn ) ( void *arg ) = task->root_fn;

		task->root_fn = NULL;
		fn ( task->root_arg );
		switch_to_task ( task );
	}
	if ( task->state == TASK_ENDED )
		task_end ( task );
}

void on_root ( void ( *fn ) ( void *arg ), void *arg ) {
	struct task *task = current;

	if ( !task ) {
		fn ( arg );
		return;
	}
	task->root_fn = fn;
	task->root_arg = arg;
	switch_to_resumer ( task, false );
}

static void task_make_ready ( struct task *task ) {
	list_del ( &task->queue );
	task->state = TASK_READY;
	list_add_tail ( &task->queue, &ready_tasks );
}

/* ---- Waiting ---- */

void event_init ( struct event *event ) {
	list_init ( &event->waiters );
}

void event_signal ( struct event *event ) {
	struct task *task;

	while ( ( task = list_first ( &event->waiters, struct task, queue ) ) ) {
		task->signalled = true;
		task_make_ready ( task );
	}
}

/* Wait without regard to cancellation. */
static bool wait_for_signal ( struct event *event, utime_t deadline ) {
	struct task *task = current;

	ASSERT ( task );
	task->signalled = false;
	task->deadline = deadline;
	task->state = TASK_WAITING;
	if ( event )
		list_add_tail ( &task->queue, &event->waiters );
	switch_to_resumer ( task, false );
	return task->signalled;
}

TASK_FN int event_wait ( struct event *event, utime_t deadline ) {
	bool signalled;

	if ( task_cancelled () )
		return -ECANCELED;
	signalled = wait_for_signal ( event, deadline );
	if ( task_cancelled () )
		return -ECANCELED;
	return signalled ? 0 : -ETIMEDOUT;
}

TASK_FN int sleep_until ( utime_t deadline ) {
	int rc = event_wait ( NULL, deadline );

	return err_is ( rc, ETIMEDOUT ) ? 0 : rc;
}

TASK_FN int task_yield ( void ) {
	return sleep_until ( 0 );
}

/* ---- Groups ---- */

void task_group_init ( struct task_group *group ) {
	memset ( group, 0, sizeof ( *group ) );
	list_init ( &group->tasks );
	event_init ( &group->done );
}

int task_spawn ( struct task_group *group, const char *name, TASK_FN int ( *fn ) ( void *arg ),
		 void *arg, enum task_stack stack ) {
	struct task *task;

	if ( group->cancelled )
		return -ECANCELED;
	task = zalloc ( sizeof ( *task ) );
	if ( !task )
		return -ENOMEM;
	task->stack_len = ( stack == TASK_STACK_LARGE ) ? platform_info.stack_large
							: platform_info.stack_normal;
	task->stack = platform_stack_alloc ( task->stack_len );
	if ( !task->stack ) {
		free ( task );
		return FAIL ( ENOMEM, "no stack for task %s", name );
	}
	memset ( task->stack, STACK_FILL, task->stack_len );
	sanitize_stack_new ( task->stack, task->stack_len );
	task->sp = stack_prepare ( task->stack, task->stack_len, task_main, task );
	task->name = name;
	task->fn = fn;
	task->arg = arg;
	task->group = group;
	list_add_tail ( &task->all, &all_tasks );
	list_add_tail ( &task->members, &group->tasks );
	list_init ( &task->queue );
	task_make_ready ( task );
	return 0;
}

bool task_group_idle ( const struct task_group *group ) {
	return list_empty ( &group->tasks );
}

void task_group_cancel ( struct task_group *group ) {
	struct task *task;

	group->cancelled = true;
	list_for_each ( task, &group->tasks, members ) {
		task->cancelled = true;
		if ( task->state == TASK_WAITING )
			task_make_ready ( task );
	}
}

TASK_FN int task_group_join ( struct task_group *group ) {
	while ( !task_group_idle ( group ) ) {
		if ( task_cancelled () && !group->cancelled )
			task_group_cancel ( group );
		wait_for_signal ( &group->done, TIME_NEVER );
	}
	return group->rc;
}

/* ---- Root loop ---- */

/* Make tasks ready whose wait has timed out. */
static void expire_waits ( utime_t now ) {
	struct task *task;

	list_for_each ( task, &all_tasks, all ) {
		if ( ( task->state == TASK_WAITING ) && ( task->deadline <= now ) )
			task_make_ready ( task );
	}
}

utime_t root_deadline ( void ) {
	utime_t next = timers_next ();
	struct task *task;

	list_for_each ( task, &all_tasks, all ) {
		if ( task->state == TASK_WAITING )
			next = MIN ( next, task->deadline );
	}
	return next;
}

/** When a packet or a key came last. */
static utime_t last_event;

bool root_turn ( void ) {
	const struct root_poll *const *poll;
	utime_t now = clock_now ();
	struct list turn = LIST_INIT ( turn );
	struct task *task;
	bool active = false;

	table_for_each ( poll, root_poll )
		active |= ( *poll )->poll ( now );
	if ( active )
		last_event = now;
	timers_run ( now );
	expire_waits ( now );

	/* Each ready task runs once; what becomes ready meanwhile has its next turn. */
	if ( !list_empty ( &ready_tasks ) ) {
		list_insert ( &turn, &ready_tasks );
		list_del ( &ready_tasks );
		while ( ( task = list_first ( &turn, struct task, queue ) ) )
			task_resume ( task );
		active = true;
	}
	return active;
}

/** Wait for about a microsecond: less than a packet takes on the wire, but so much that a machine
 * that waits for the network does not spend most of its instructions on asking whether it is there. */
static void idle_pause ( void ) {
	unsigned int i;

	for ( i = 0; i < IDLE_PAUSES; i++ )
		cpu_pause ();
}

void root_run ( struct task_group *group ) {
	utime_t last_active = clock_now ();

	while ( !task_group_idle ( group ) ) {
		utime_t now;

		if ( root_turn () ) {
			last_active = clock_now ();
			continue;
		}
		now = clock_now ();
		if ( ( now - last_active ) < platform_info.nap_after_us )
			idle_pause ();
		else
			platform_nap ( root_deadline (), now - last_event );
	}
}

/* ---- For people ---- */

static size_t stack_high_water ( const struct task *task ) {
	const uint8_t *stack = task->stack;
	size_t unused = 0;

	while ( ( unused < task->stack_len ) && ( stack[unused] == STACK_FILL ) )
		unused++;
	return task->stack_len - unused;
}

void task_dump ( void ) {
	static const char *const states[] = { "ready", "running", "waiting", "ended" };
	struct task *task;

	list_for_each ( task, &all_tasks, all ) {
		con_printf ( "%-16s %-8s stack %zu of %zu bytes\n", task->name, states[task->state],
			     stack_high_water ( task ), task->stack_len );
	}
}
