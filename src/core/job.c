/** @file
 * Foreground jobs: the job is a task, its runner shows progress once a second and reports how it
 * ended.
 */
#include <stdio.h>
#include <string.h>
#include "core/console.h"
#include "core/job.h"

/** How much of the past the speed is measured over: responsive, yet not jumpy. */
#define RATE_SHIFT 2

/** Longest text that is drawn over the progress of a second ago. */
#define PROGRESS_LEN 128

struct run {
	struct job job;
	const struct job_options *options;
	TASK_FN int ( *fn ) ( struct job *job, void *arg );
	void *arg;
	unsigned int shown; /* characters of progress on the line, to be erased */
	utime_t last_second;
	uint64_t last_done;
	uint64_t rate; /* bytes a second, averaged */
};

static TASK_FN int job_task ( void *arg ) {
	struct run *run = arg;

	return run->fn ( &run->job, run->arg );
}

/* In one write: each costs a call of the firmware. */
static void erase ( struct run *run ) {
	char buf[3 * PROGRESS_LEN];
	size_t len = 0;

	for ( ; run->shown; run->shown-- ) {
		memcpy ( buf + len, "\b \b", 3 );
		len += 3;
	}
	console_write ( buf, len );
}

static int format_rate ( const struct run *run, char *buf, size_t len ) {
	uint64_t kilobytes = run->rate / 1000;
	uint64_t left = run->rate ? ( run->job.total - run->job.done ) / run->rate : 0;
	int used;

	if ( kilobytes < 10000 )
		used = snprintf ( buf, len, " %llu kB/s", (unsigned long long) kilobytes );
	else
		used = snprintf ( buf, len, " %llu MB/s", (unsigned long long) kilobytes / 1000 );
	if ( run->job.total && run->rate ) {
		used += snprintf ( buf + used, len - (size_t) used, " %llu:%02llu left",
				   (unsigned long long) left / 60, (unsigned long long) left % 60 );
	}
	return used;
}

static void show_progress ( struct run *run, utime_t now ) {
	uint64_t elapsed = now - run->last_second;
	/* A download that begins anew goes back. */
	uint64_t gained = ( run->job.done > run->last_done ) ? run->job.done - run->last_done : 0;
	uint64_t rate = gained * US_PER_S / ( elapsed ? elapsed : 1 );
	char buf[PROGRESS_LEN];
	int len = 0;

	run->rate =
		run->rate ? run->rate + ( rate >> RATE_SHIFT ) - ( run->rate >> RATE_SHIFT ) : rate;
	run->last_done = run->job.done;
	run->last_second = now;
	erase ( run );
	if ( run->job.total ) {
		len = snprintf ( buf, sizeof ( buf ), "%3u%%",
				 (unsigned int) ( run->job.done * 100 / run->job.total ) );
	} else {
		console_write ( ".", 1 );
	}
	if ( run->options->rate && run->job.done )
		len += format_rate ( run, buf + len, sizeof ( buf ) - (size_t) len );
	if ( run->job.message[0] ) {
		len += snprintf ( buf + len, sizeof ( buf ) - (size_t) len, " [%s]",
				  run->job.message );
	}
	console_write ( buf, (size_t) len );
	run->shown = (unsigned int) len;
}

/* Wait for the job's end. @return 0, or why it was given up */
static TASK_FN int watch ( struct run *run, struct task_group *group ) {
	utime_t timeout_us = run->options->timeout_us;
	utime_t last_progress = clock_now ();
	uint64_t seen = 0;
	char seen_message[sizeof ( run->job.message )] = "";

	run->last_second = last_progress;
	while ( !task_group_idle ( group ) ) {
		utime_t tick = run->last_second + US_PER_S;
		utime_t limit = timeout_us ? last_progress + timeout_us : TIME_NEVER;
		int rc = event_wait ( &group->done, MIN ( tick, limit ) );
		utime_t now = clock_now ();

		if ( err_is ( rc, ECANCELED ) )
			return rc;
		if ( ( run->job.done != seen ) || strcmp ( run->job.message, seen_message ) ) {
			seen = run->job.done;
			memcpy ( seen_message, run->job.message, sizeof ( seen_message ) );
			last_progress = now;
		}
		if ( timeout_us && ( now >= last_progress + timeout_us ) )
			return run->job.ongoing_rc ? run->job.ongoing_rc : -ETIMEDOUT_JOB;
		if ( now >= tick ) {
			if ( run->options->text )
				show_progress ( run, now );
			else
				run->last_second = now;
		}
	}
	return 0;
}

/* The last word on the progress line. */
static void report ( struct run *run, int rc ) {
	erase ( run );
	con_printf ( rc ? " " : " ok\n" );
	if ( rc != 0 )
		error_print ( rc );
}

TASK_FN int job_run ( const struct job_options *options,
		      TASK_FN int ( *fn ) ( struct job *job, void *arg ), void *arg ) {
	struct run run = { .options = options, .fn = fn, .arg = arg };
	struct task_group group, *previous;
	int given_up = 0, rc;

	if ( options->text )
		con_printf ( "%s...", options->text );
	task_group_init ( &group );
	previous = console_set_foreground ( &group );
	rc = task_spawn ( &group, "job", job_task, &run, TASK_STACK_NORMAL );
	if ( rc == 0 ) {
		given_up = watch ( &run, &group );
		if ( given_up )
			task_group_cancel ( &group );
		rc = task_group_join ( &group );
		error_note_set ( &group.note );
	}
	console_set_foreground ( previous );
	if ( given_up )
		rc = given_up;
	else if ( group.cancelled )
		rc = -ECANCELED_JOB;
	if ( options->text )
		report ( &run, rc );
	return rc;
}
