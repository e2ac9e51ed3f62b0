/** @file
 * Command cpuid: feature bits of the processor (Intel SDM volume 2, CPUID).
 */
#include <cpuid.h>
#include "core/error.h"
#include "shell/command.h"

struct cpuid_options {
	bool extended, amd, ecx;
};

static const struct command_option cpuid_opts[] = {
	OPTION ( struct cpuid_options, extended, 'e', "ext", OPTION_FLAG,
		 "Look at the extended features" ),
	OPTION ( struct cpuid_options, amd, 'a', "amd", OPTION_FLAG, "The same" ),
	OPTION ( struct cpuid_options, ecx, 'c', "ecx", OPTION_FLAG,
		 "Look at register ECX instead of EDX" ),
};

static TASK_FN int cpuid_exec ( struct cmd_args *args ) {
	struct cpuid_options *options = args->options;
	unsigned int leaf = ( options->extended || options->amd ) ? 0x80000001 : 1;
	unsigned int eax = 0, ebx = 0, ecx = 0, edx = 0;
	unsigned long bit;
	int rc;

	if ( ( rc = cmd_parse_integer ( args->argv[0], &bit ) ) != 0 )
		return rc;
	__get_cpuid ( leaf, &eax, &ebx, &ecx, &edx );
	return ( ( bit < 32 ) && ( ( ( options->ecx ? ecx : edx ) >> bit ) & 1 ) ) ? 0 : -ENOENT;
}

static const struct command cpuid_cmd = {
	.name = "cpuid",
	.operands = "<bit>",
	.min_args = 1,
	.max_args = 1,
	.exec = cpuid_exec,
	.help = "Succeed if the processor has a feature",
	.options = cpuid_opts,
	.option_count = ARRAY_SIZE ( cpuid_opts ),
	.options_size = sizeof ( struct cpuid_options ),
};
COMMAND ( cpuid_cmd );
