/** @file
 * Command nslookup: the address of a host into a setting.
 */
#include "core/error.h"
#include "core/job.h"
#include "core/reader.h"
#include "core/settings.h"
#include "proto/dns.h"
#include "shell/command.h"

struct nslookup {
	const char *name;
	struct endpoint found;
};

static TASK_FN int nslookup_job ( struct job *job __unused, void *arg ) {
	struct nslookup *nslookup = arg;

	return resolve ( nslookup->name, 0, TIME_NEVER, &nslookup->found );
}

static TASK_FN int nslookup_exec ( struct cmd_args *args ) {
	struct nslookup nslookup = { .name = args->argv[1] };
	struct job_options options = { .text = NULL };
	struct setting_ref ref;
	uint8_t raw[4];
	struct writer w = WRITER ( raw, sizeof ( raw ) );
	int rc;

	if ( ( rc = setting_ref_parse ( args->argv[0], true, &ref ) ) != 0 )
		return cmd_fail ( rc, "\"%s\"", args->argv[0] );
	if ( ( rc = job_run ( &options, nslookup_job, &nslookup ) ) != 0 )
		return cmd_fail ( rc, "Could not resolve %s", nslookup.name );
	write_be32 ( &w, nslookup.found.ipv4 );
	if ( ( rc = setting_store ( &ref, raw, sizeof ( raw ), &setting_type_ipv4 ) ) != 0 )
		return cmd_fail ( rc, "Could not store \"%s\"", args->argv[0] );
	return 0;
}

static const struct command nslookup_command = {
	.name = "nslookup",
	.operands = "<setting> <name>",
	.help = "Look up the address of a host",
	.min_args = 2,
	.max_args = 2,
	.exec = nslookup_exec,
	.completes = 's',
};
COMMAND ( nslookup_command );
