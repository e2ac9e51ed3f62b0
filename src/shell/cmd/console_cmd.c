/** @file
 * Commands console, colour, cpair. There is no framebuffer console, so console only goes back to a
 * clear text screen.
 */
#include "core/console.h"
#include "core/error.h"
#include "ui/colour.h"
#include "shell/command.h"

/* ---- console ---- */

struct console_options {
	unsigned int width, height, left, right, top, bottom, depth;
	const char *picture;
	bool keep;
};

static const struct command_option console_opts[] = {
	OPTION ( struct console_options, width, 'x', "x", OPTION_INTEGER, "Width, pixels" ),
	OPTION ( struct console_options, height, 'y', "y", OPTION_INTEGER, "Height, pixels" ),
	OPTION ( struct console_options, left, 'l', "left", OPTION_INTEGER, "Left margin" ),
	OPTION ( struct console_options, right, 'r', "right", OPTION_INTEGER, "Right margin" ),
	OPTION ( struct console_options, top, 't', "top", OPTION_INTEGER, "Top margin" ),
	OPTION ( struct console_options, bottom, 'b', "bottom", OPTION_INTEGER, "Bottom margin" ),
	OPTION ( struct console_options, depth, 'd', "depth", OPTION_INTEGER, "Bits per pixel" ),
	OPTION ( struct console_options, picture, 'p', "picture", OPTION_STRING,
		 "Background picture" ),
	OPTION ( struct console_options, keep, 'k', "keep", OPTION_FLAG,
		 "Keep the picture's image" ),
};

static TASK_FN int console_exec ( struct cmd_args *args ) {
	struct console_options *options = args->options;

	if ( options->width || options->height || options->left || options->right || options->top ||
	     options->bottom || options->depth || options->picture )
		return cmd_fail ( FAIL ( ENOTSUP, "this firmware has no framebuffer console" ),
				  "Could not configure console" );
	con_printf ( "\033[2J\033[H" );
	return 0;
}

static const struct command console_cmd = {
	.name = "console",
	.exec = console_exec,
	.help = "Clear the text screen (options ask for a framebuffer, which there is not)",
	.options = console_opts,
	.option_count = ARRAY_SIZE ( console_opts ),
	.options_size = sizeof ( struct console_options ),
};
COMMAND ( console_cmd );

/* ---- colour ---- */

/** Options start as zero; zero is a colour, so what was given is told apart by text. */
struct colour_options {
	const char *basic, *rgb;
};

static const struct command_option colour_opts[] = {
	OPTION ( struct colour_options, basic, 'b', "basic", OPTION_STRING,
		 "ANSI colour 0 to 7, or 9" ),
	OPTION ( struct colour_options, rgb, 'r', "rgb", OPTION_STRING, "0xrrggbb" ),
};

/** @return 0, or the integer's error; @c value is kept if @c text is NULL */
static int given_integer ( const char *text, unsigned long *value ) {
	return text ? cmd_parse_integer ( text, value ) : 0;
}

static TASK_FN int colour_exec ( struct cmd_args *args ) {
	struct colour_options *options = args->options;
	unsigned long basic = COLOUR_DEFAULT, rgb = COLOUR_RGB_NONE, colour;
	int rc;

	if ( ( ( rc = given_integer ( options->basic, &basic ) ) != 0 ) ||
	     ( ( rc = given_integer ( options->rgb, &rgb ) ) != 0 ) ||
	     ( ( rc = cmd_parse_integer ( args->argv[0], &colour ) ) != 0 ) )
		return rc;
	if ( ( rc = colour_define ( colour, basic, rgb ) ) != 0 )
		return cmd_fail ( rc, "Could not define colour" );
	colour_use ( PAIR_DEFAULT );
	return 0;
}

static const struct command colour_cmd = {
	.name = "colour",
	.operands = "<colour index>",
	.min_args = 1,
	.max_args = 1,
	.exec = colour_exec,
	.help = "Define a colour (0 to 7)",
	.options = colour_opts,
	.option_count = ARRAY_SIZE ( colour_opts ),
	.options_size = sizeof ( struct colour_options ),
};
COMMAND ( colour_cmd );

/* ---- cpair ---- */

struct cpair_options {
	const char *foreground, *background;
};

static const struct command_option cpair_opts[] = {
	OPTION ( struct cpair_options, foreground, 'f', "foreground", OPTION_STRING,
		 "Colour index of the text" ),
	OPTION ( struct cpair_options, background, 'b', "background", OPTION_STRING,
		 "Colour index behind it" ),
};

static TASK_FN int cpair_exec ( struct cmd_args *args ) {
	struct cpair_options *options = args->options;
	unsigned long foreground = COLOUR_DEFAULT, background = COLOUR_DEFAULT, pair;
	int rc;

	if ( ( ( rc = given_integer ( options->foreground, &foreground ) ) != 0 ) ||
	     ( ( rc = given_integer ( options->background, &background ) ) != 0 ) ||
	     ( ( rc = cmd_parse_integer ( args->argv[0], &pair ) ) != 0 ) )
		return rc;
	if ( ( rc = colour_define_pair ( pair, foreground, background ) ) != 0 )
		return cmd_fail ( rc, "Could not define colour pair" );
	colour_use ( PAIR_DEFAULT );
	return 0;
}

static const struct command cpair_cmd = {
	.name = "cpair",
	.operands = "<colour pair index>",
	.min_args = 1,
	.max_args = 1,
	.exec = cpair_exec,
	.help = "Define a pair of colours (0 to 7)",
	.options = cpair_opts,
	.option_count = ARRAY_SIZE ( cpair_opts ),
	.options_size = sizeof ( struct cpair_options ),
};
COMMAND ( cpair_cmd );
