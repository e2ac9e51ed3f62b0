/** @file
 * Commands on images: imgfetch (module, initrd), imgselect (imgload, kernel), imgexec (chain,
 * boot), imgargs, imgstat, imgfree, imgextract.
 */
#include <stdlib.h>
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "shell/cmd/fetch_options.h"

struct image_options {
	struct fetch_options fetch;
	bool autofree;
	bool replace;
	bool keep;
};

#define OPTION_NAME \
	OPTION ( struct image_options, fetch.name, 'n', "name", OPTION_STRING, "Image name" )
#define OPTION_AUTOFREE                                                        \
	OPTION ( struct image_options, autofree, 'a', "autofree", OPTION_FLAG, \
		 "Discard the image after it has run" )
#define OPTION_REPLACE                                                       \
	OPTION ( struct image_options, replace, 'r', "replace", OPTION_FLAG, \
		 "End the running script and run this in its place" )
#define OPTION_KEEP \
	OPTION ( struct image_options, keep, 'k', "keep", OPTION_FLAG, "Keep the original image" )

/* Operands after the first become the command line; without any it stays as it is. */
static int set_cmdline ( struct image *image, struct cmd_args *args ) {
	char *cmdline;
	int rc;

	if ( args->argc < 2 )
		return 0;
	if ( !( cmdline = cmd_join ( args, 1 ) ) )
		return -ENOMEM;
	rc = image_set_cmdline ( image, cmdline );
	free ( cmdline );
	return rc;
}

/* The image that the first operand means, downloaded if need be, with the rest applied to it. A
 * failed download has said so in its progress line. */
static TASK_FN int acquire ( struct cmd_args *args, struct image **ret_image ) {
	const struct image_options *options = args->options;
	struct image *image;
	int rc;

	if ( ( rc = fetch_acquire ( args->argv[0], &options->fetch, &image ) ) != 0 )
		return rc;
	if ( ( rc = set_cmdline ( image, args ) ) != 0 )
		return cmd_fail ( rc, "Could not set arguments" );
	if ( options->autofree )
		image->flags |= IMAGE_AUTOFREE;
	*ret_image = image;
	return 0;
}

/* ---- imgfetch: always downloads ---- */

static TASK_FN int imgfetch_exec ( struct cmd_args *args ) {
	const struct image_options *options = args->options;
	struct image *image;
	int rc;

	if ( ( rc = fetch_image ( args->argv[0], &options->fetch, &image ) ) != 0 )
		return rc;
	rc = set_cmdline ( image, args );
	if ( options->autofree )
		image->flags |= IMAGE_AUTOFREE;
	if ( rc == 0 )
		rc = image_register ( image );
	image_put ( image );
	return rc ? cmd_fail ( rc, "Could not register image" ) : 0;
}

static const struct command_option imgfetch_options[] = {
	OPTION_NAME,
	FETCH_OPTIONS ( struct image_options ),
	OPTION_AUTOFREE,
};

/* A command on one image or URI; several have synonyms. */
#define IMAGE_COMMAND( id, text, arguments, min, max, words, option_table, fn ) \
	static const struct command id##_command = {                            \
		.name = text,                                                   \
		.operands = arguments,                                          \
		.help = words,                                                  \
		.min_args = min,                                                \
		.max_args = max,                                                \
		.options = option_table,                                        \
		.option_count = ARRAY_SIZE ( option_table ),                    \
		.options_size = sizeof ( struct image_options ),                \
		.exec = fn,                                                     \
		.completes = 'i',                                               \
	};                                                                      \
	COMMAND ( id##_command )

#define FETCH_COMMAND( id )                                                            \
	IMAGE_COMMAND ( id, #id, "<uri> [<arguments>...]", 1, -1, "Download an image", \
			imgfetch_options, imgfetch_exec )
FETCH_COMMAND ( imgfetch );
FETCH_COMMAND ( module );
FETCH_COMMAND ( initrd );

/* ---- imgselect ---- */

static TASK_FN int imgselect_exec ( struct cmd_args *args ) {
	struct image *image;
	int rc;

	if ( ( rc = acquire ( args, &image ) ) != 0 )
		return rc;
	if ( ( rc = image_can_exec ( image ) ) != 0 )
		return cmd_fail ( rc, "Could not select" );
	image_select ( image );
	return 0;
}

#define SELECT_COMMAND( id )                                                                      \
	IMAGE_COMMAND ( id, #id, "<uri|image> [<arguments>...]", 1, -1,                           \
			"Download an image if need be, and select it for boot", imgfetch_options, \
			imgselect_exec )
SELECT_COMMAND ( imgselect );
SELECT_COMMAND ( imgload );
SELECT_COMMAND ( kernel );

/* ---- imgexec ---- */

static TASK_FN int imgexec_exec ( struct cmd_args *args ) {
	const struct image_options *options = args->options;
	struct image *image;
	int rc;

	if ( args->argc ) {
		if ( ( rc = acquire ( args, &image ) ) != 0 )
			return rc;
	} else {
		if ( !( image = image_selected () ) ) {
			con_printf ( "No image selected\n" );
			return -ENOENT;
		}
		if ( ( rc = fetch_verify ( image, &options->fetch ) ) != 0 )
			return rc;
		if ( options->autofree )
			image->flags |= IMAGE_AUTOFREE;
	}
	if ( options->replace ) {
		if ( ( rc = image_replace ( image ) ) == 0 )
			shell_stop ( SHELL_STOP );
	} else {
		rc = image_exec ( image );
	}
	return ( rc == 0 ) ? 0 : cmd_fail ( rc, "Could not boot" );
}

static const struct command_option imgexec_options[] = {
	OPTION_NAME,
	FETCH_OPTIONS ( struct image_options ),
	OPTION_AUTOFREE,
	OPTION_REPLACE,
};

#define EXEC_COMMAND( id )                                                           \
	IMAGE_COMMAND ( id, #id, "[<uri|image> [<arguments>...]]", 0, -1,            \
			"Download an image if need be, and run it", imgexec_options, \
			imgexec_exec )
EXEC_COMMAND ( imgexec );
EXEC_COMMAND ( chain );
EXEC_COMMAND ( boot );

/* ---- imgargs ---- */

static TASK_FN int imgargs_exec ( struct cmd_args *args ) {
	struct image *image;
	int rc;

	if ( ( rc = acquire ( args, &image ) ) != 0 )
		return rc;
	if ( args->argc < 2 )
		image_set_cmdline ( image, NULL );
	return 0;
}

IMAGE_COMMAND ( imgargs, "imgargs", "<uri|image> [<arguments>...]", 1, -1,
		"Set or clear the command line of an image", imgfetch_options, imgargs_exec );

/* ---- imgstat, imgfree: the images named, or all ---- */

static int each_image ( struct cmd_args *args, void ( *fn ) ( struct image *image ) ) {
	struct image *image, *next;

	for ( image = args->argc ? NULL : image_next ( NULL ); image; image = next ) {
		next = image_next ( image );
		fn ( image );
	}
	for ( int i = 0; i < args->argc; i++ ) {
		if ( !( image = image_find ( args->argv[i] ) ) ) {
			con_printf ( "\"%s\": no such image\n", args->argv[i] );
			return -ENOENT;
		}
		fn ( image );
	}
	return 0;
}

static void stat_one ( struct image *image ) {
	image_print ( image );
}

static TASK_FN int imgstat_exec ( struct cmd_args *args ) {
	return each_image ( args, stat_one );
}

static const struct command imgstat_command = {
	.name = "imgstat",
	.operands = "[<image>...]",
	.help = "List images",
	.max_args = -1,
	.exec = imgstat_exec,
	.completes = 'i',
};
COMMAND ( imgstat_command );

static TASK_FN int imgfree_exec ( struct cmd_args *args ) {
	return each_image ( args, image_unregister );
}

static const struct command imgfree_command = {
	.name = "imgfree",
	.operands = "[<image>...]",
	.help = "Discard images",
	.max_args = -1,
	.exec = imgfree_exec,
	.completes = 'i',
};
COMMAND ( imgfree_command );

/* ---- imgextract: no type of archive is built in, so nothing can be one ---- */

static TASK_FN int imgextract_exec ( struct cmd_args *args ) {
	struct image *image;
	int rc;

	if ( ( rc = acquire ( args, &image ) ) != 0 )
		return rc;
	return cmd_fail ( FAIL ( ENOTSUP, "%s is no archive of a known type", image->name ),
			  "Could not extract image" );
}

static const struct command_option imgextract_options[] = {
	OPTION_NAME,
	OPTION_KEEP,
	FETCH_OPTIONS ( struct image_options ),
};
IMAGE_COMMAND ( imgextract, "imgextract", "<uri|image>", 1, 1, "Unpack an archive image",
		imgextract_options, imgextract_exec );
