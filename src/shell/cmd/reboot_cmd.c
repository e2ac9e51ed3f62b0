/** @file
 * Command reboot.
 */
#include "core/init.h"
#include "core/platform.h"
#include "shell/command.h"

struct reboot_options {
	bool warm, setup;
};

static const struct command_option reboot_opts[] = {
	OPTION ( struct reboot_options, warm, 'w', "warm", OPTION_FLAG,
		 "Skip the firmware's memory test" ),
	OPTION ( struct reboot_options, setup, 's', "setup", OPTION_FLAG,
		 "Into the firmware's set-up screen (UEFI)" ),
};

static void reboot_on_root ( void *arg ) {
	struct reboot_options *options = arg;

	init_shutdown ();
	platform_reboot ( options->warm, options->setup );
}

static TASK_FN int reboot_exec ( struct cmd_args *args ) {
	on_root ( reboot_on_root, args->options );
	return 0;
}

static const struct command reboot_cmd = {
	.name = "reboot",
	.exec = reboot_exec,
	.help = "Restart the machine",
	.options = reboot_opts,
	.option_count = ARRAY_SIZE ( reboot_opts ),
	.options_size = sizeof ( struct reboot_options ),
};
COMMAND ( reboot_cmd );
