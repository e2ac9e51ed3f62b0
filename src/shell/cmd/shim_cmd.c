/** @file
 * Command shim: a program that the firmware trusts and that vouches for the kernel, for Secure Boot. It is
 * run in front of a kernel that the firmware does not trust itself (platform/efi/image.c).
 */
#include "core/error.h"
#include "core/image.h"
#include "shell/cmd/fetch_options.h"

struct shim_options {
	struct fetch_options fetch;
	bool require_loader;
	bool allow_pxe;
	bool allow_sbat;
};

TABLE ( image_type, image_type );

/** Is there a firmware that is asked whether it trusts what we run? Scripts are for both kinds. */
static bool firmware_is_asked ( void ) {
	const struct image_type *const *type;

	table_for_each ( type, image_type ) {
		if ( ( *type )->trusted )
			return true;
	}
	return false;
}

static bool is_trusted ( struct image *image ) {
	return image->type && image->type->trusted && image->type->trusted ( image );
}

static void clear ( void ) {
	struct image *image;

	while ( ( image = image_flagged ( IMAGE_SHIM ) ) != NULL )
		image->flags &= ~(unsigned int) ( IMAGE_SHIM | IMAGE_SHIM_REQUIRE_LOADER |
						  IMAGE_SHIM_ALLOW_SBAT );
}

static TASK_FN int shim_exec ( struct cmd_args *args ) {
	const struct shim_options *options = args->options;
	struct image *kernel = image_selected (), *image;
	int rc;

	if ( !firmware_is_asked () )
		return 0;
	clear ();
	if ( !args->argc || ( kernel && is_trusted ( kernel ) ) )
		return 0;
	rc = fetch_acquire ( args->argv[0], &options->fetch, &image );
	if ( rc != 0 )
		return rc;
	if ( ( rc = image_can_exec ( image ) ) != 0 )
		return cmd_fail ( rc, "Could not use as shim" );
	image->flags |= IMAGE_SHIM | IMAGE_HIDDEN |
			( options->require_loader ? IMAGE_SHIM_REQUIRE_LOADER : 0 ) |
			( options->allow_sbat ? IMAGE_SHIM_ALLOW_SBAT : 0 );
	return 0;
}

static const struct command_option shim_options[] = {
	FETCH_OPTIONS ( struct shim_options ),
	OPTION ( struct shim_options, require_loader, 'l', "require-loader", OPTION_FLAG,
		 "Only for a boot loader that asks the shim itself" ),
	OPTION ( struct shim_options, allow_pxe, 'p', "allow-pxe", OPTION_FLAG,
		 "No effect: programs are given files, not PXE" ),
	OPTION ( struct shim_options, allow_sbat, 's', "allow-sbat", OPTION_FLAG,
		 "Show the shim the revocations that other systems have stored" ),
};

static const struct command shim_command = {
	.name = "shim",
	.operands = "[<uri|image>]",
	.help = "Run a kernel that Secure Boot does not trust by this program (UEFI)",
	.max_args = 1,
	.options = shim_options,
	.option_count = ARRAY_SIZE ( shim_options ),
	.options_size = sizeof ( struct shim_options ),
	.exec = shim_exec,
	.completes = 'i',
};
COMMAND ( shim_command );
