/** @file
 * Command ping.
 */
#include "core/console.h"
#include "core/error.h"
#include "core/job.h"
#include "proto/dns.h"
#include "proto/ping.h"
#include "shell/command.h"

struct ping_cmd_options {
	const char *size; /* text: 0 bytes are something else than no option */
	utime_t timeout;
	unsigned int count;
	bool quiet;
};

static const struct command_option ping_cmd_options[] = {
	OPTION ( struct ping_cmd_options, size, 's', "size", OPTION_STRING, "Bytes of data (64)" ),
	OPTION ( struct ping_cmd_options, timeout, 't', "timeout", OPTION_TIMEOUT,
		 "Milliseconds between requests (1000)" ),
	OPTION ( struct ping_cmd_options, count, 'c', "count", OPTION_INTEGER,
		 "Requests; 0: until Ctrl-C" ),
	OPTION ( struct ping_cmd_options, quiet, 'q', "quiet", OPTION_FLAG, "No line a reply" ),
};

struct ping_job {
	const char *host;
	struct ping_options options;
};

static TASK_FN int ping_job_run ( struct job *job __unused, void *arg ) {
	struct ping_job *ping_job = arg;
	struct endpoint dest;
	int rc;

	if ( ( rc = resolve ( ping_job->host, 0, TIME_NEVER, &dest ) ) != 0 )
		return rc;
	return ping ( &dest, &ping_job->options );
}

static TASK_FN int ping_exec ( struct cmd_args *args ) {
	const struct ping_cmd_options *opts = args->options;
	struct job_options options = { .text = NULL };
	struct ping_job ping_job = {
		.host = args->argv[0],
		.options = {
			.period_us = opts->timeout ? opts->timeout : PING_PERIOD_US,
			.count = opts->count,
			.quiet = opts->quiet,
		},
	};
	unsigned long size = PING_LEN;
	int rc;

	if ( opts->size && ( ( rc = cmd_parse_integer ( opts->size, &size ) ) != 0 ) )
		return rc;
	if ( size > PING_LEN_MAX )
		return cmd_fail ( -EMSGSIZE, "Could not ping %s", ping_job.host );
	ping_job.options.len = size;
	if ( ( rc = job_run ( &options, ping_job_run, &ping_job ) ) != 0 )
		return cmd_fail ( rc, "Finished" );
	return 0;
}

static const struct command ping_command = {
	.name = "ping",
	.operands = "<host>",
	.help = "Send echo requests to a host",
	.min_args = 1,
	.max_args = 1,
	.options = ping_cmd_options,
	.option_count = ARRAY_SIZE ( ping_cmd_options ),
	.options_size = sizeof ( struct ping_cmd_options ),
	.exec = ping_exec,
};
COMMAND ( ping_command );
