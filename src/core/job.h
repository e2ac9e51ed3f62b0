/** @file
 * Foreground jobs: a download, a DHCP exchange, a ping. The job runs as a task of its own; the
 * caller waits for it, shows its progress, and Ctrl-C cancels it.
 */
#ifndef CORE_JOB_H
#define CORE_JOB_H

#include "core/task.h"

/** What a running job tells about itself. Written by the job, read by the runner. */
struct job {
	uint64_t done;    /**< bytes (or other units) done */
	uint64_t total;   /**< of so many, 0 if unknown */
	char message[48]; /**< shown as " [message]", "" for none */
	int ongoing_rc;   /**< what to report if the time-out strikes, or 0 for ETIMEDOUT */
};

struct job_options {
	const char *text;   /**< "http://...", printed as "text..."; NULL: no output at all */
	utime_t timeout_us; /**< without any progress; 0 = none */
	bool rate;          /**< done/total are bytes: also show speed and time left */
};

/**
 * Run a job in the foreground and wait for it.
 *
 * Prints `text...`, once a second a percentage (or a dot) in place, at the end ` ok` or
 * ` <error text>`. A note made by FAIL() in the job is the caller's afterwards.
 *
 * @param options  borrowed
 * @param fn       the job; gets @c job and @c arg
 * @return what @c fn returned; -ECANCELED_JOB after Ctrl-C, -ETIMEDOUT_JOB, -ENOMEM
 * Context: task; blocks.
 */
TASK_FN int job_run ( const struct job_options *options,
		      TASK_FN int ( *fn ) ( struct job *job, void *arg ), void *arg );

#endif /* CORE_JOB_H */
