/** @file
 * Command ntp: set the clock from a time server.
 */
#include "core/error.h"
#include "core/job.h"
#include "proto/dns.h"
#include "proto/ntp.h"
#include "shell/command.h"

static TASK_FN int ntp_job ( struct job *job __unused, void *arg ) {
	const char *name = arg;
	struct endpoint server;
	int64_t delta;
	int rc;

	if ( ( ( rc = resolve ( name, NTP_PORT, TIME_NEVER, &server ) ) != 0 ) ||
	     ( ( rc = ntp_query ( &server, &delta ) ) != 0 ) )
		return rc;
	clock_set_wall_offset ( clock_wall_offset () + delta );
	return 0;
}

static TASK_FN int ntp_exec ( struct cmd_args *args ) {
	struct job_options options = { .text = NULL };
	int rc;

	if ( ( rc = job_run ( &options, ntp_job, args->argv[0] ) ) != 0 )
		return cmd_fail ( rc, "Could not get time and date" );
	return 0;
}

static const struct command ntp_command = {
	.name = "ntp",
	.operands = "<server>",
	.help = "Set the clock from a time server",
	.min_args = 1,
	.max_args = 1,
	.exec = ntp_exec,
};
COMMAND ( ntp_command );
