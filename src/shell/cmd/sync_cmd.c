/** @file
 * Command sync: wait until connections that are being closed in the background are closed.
 */
#include "core/job.h"
#include "net/tcp.h"
#include "shell/command.h"

/** How often to look, microseconds. */
#define SYNC_POLL_US ( 10 * US_PER_MS )

struct sync_options {
	utime_t timeout_us;
};

static TASK_FN int sync_job ( struct job *job, void *arg ) {
	int rc;

	while ( tcp_closing () ) {
		if ( ( rc = sleep_until ( deadline_in ( SYNC_POLL_US ) ) ) != 0 )
			return rc;
	}
	return 0;
}

static TASK_FN int sync_exec ( struct cmd_args *args ) {
	const struct sync_options *options = args->options;
	struct job_options job = { .timeout_us = options->timeout_us };
	int rc = job_run ( &job, sync_job, NULL );

	return rc ? cmd_fail ( rc, "Operations did not complete" ) : 0;
}

static const struct command_option sync_options[] = {
	OPTION ( struct sync_options, timeout_us, 't', "timeout", OPTION_TIMEOUT,
		 "Give up after so many milliseconds" ),
};

static const struct command sync_command = {
	.name = "sync",
	.help = "Wait for pending operations",
	.options = sync_options,
	.option_count = ARRAY_SIZE ( sync_options ),
	.options_size = sizeof ( struct sync_options ),
	.exec = sync_exec,
};
COMMAND ( sync_command );
