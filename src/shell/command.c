/** @file
 * Running one command: finding it, parsing its options as docs/scripting.md tells, usage text,
 * and the helpers that commands share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/branding.h"
#include "core/console.h"
#include "core/error.h"
#include "core/settings.h"
#include "net/netif.h"
#include "shell/command.h"

TABLE ( command, command );

#define EINVAL_INTEGER   ERROR_AT ( EINVAL, FILE_PARSEOPT, 1 )
#define EINVAL_UNKNOWN   ERROR_AT ( EINVAL, FILE_PARSEOPT, 2 )
#define EINVAL_ARGUMENT  ERROR_AT ( EINVAL, FILE_PARSEOPT, 3 )
#define ECANCELED_NO_OP  ERROR_AT ( ECANCELED, FILE_PARSEOPT, 1 )
#define ERANGE_OPERANDS  ERROR_AT ( ERANGE, FILE_PARSEOPT, 0 )
#define ENODEV_INTERFACE ERROR_AT ( ENODEV, FILE_PARSEOPT, 0 )

const struct command *command_find ( const char *name ) {
	const struct command *const *pos;

	table_for_each ( pos, command ) {
		if ( strcmp ( ( *pos )->name, name ) == 0 )
			return *pos;
	}
	return NULL;
}

const struct command *command_next ( const struct command *command ) {
	const struct command *const *pos;
	const struct command *next = NULL;

	table_for_each ( pos, command ) {
		if ( command && ( strcmp ( ( *pos )->name, command->name ) <= 0 ) )
			continue;
		if ( !next || ( strcmp ( ( *pos )->name, next->name ) < 0 ) )
			next = *pos;
	}
	return next;
}

char *cmd_join ( struct cmd_args *args, int first ) {
	size_t len = 1;
	char *text, *pos;

	for ( int i = first; i < args->argc; i++ )
		len += strlen ( args->argv[i] ) + 1;
	if ( ( text = malloc ( len ) ) == NULL )
		return NULL;
	pos = text;
	for ( int i = first; i < args->argc; i++ ) {
		size_t part = strlen ( args->argv[i] );

		if ( i > first )
			*pos++ = ' ';
		memcpy ( pos, args->argv[i], part );
		pos += part;
	}
	*pos = '\0';
	return text;
}

int cmd_parse_integer ( const char *text, unsigned long *ret_value ) {
	char *end;

	*ret_value = strtoul ( text, &end, 0 );
	if ( *end ) {
		con_printf ( "\"%s\": invalid integer value\n", text );
		return -EINVAL_INTEGER;
	}
	return 0;
}

/* ---- Option values ---- */

static int parse_key ( const char *text, int *ret_key ) {
	unsigned long value;
	int rc;

	if ( text[0] && !text[1] ) {
		*ret_key = (unsigned char) text[0];
		return 0;
	}
	if ( ( rc = cmd_parse_integer ( text, &value ) ) != 0 )
		return rc;
	/* Special keys may be written without the offset that keeps them apart from characters. */
	if ( ( value > 0x7f ) && ( value < 0x110000 ) )
		value += 0x110000;
	*ret_key = value;
	return 0;
}

static int parse_setting_name ( const char *text ) {
	struct setting_ref ref;
	int rc = setting_ref_parse ( text, true, &ref );

	if ( rc != 0 )
		con_printf ( "\"%s\": invalid setting\n", text );
	return rc;
}

static int parse_netif ( const char *text, struct netif **ret_netif ) {
	if ( ( *ret_netif = netif_find ( text ) ) != NULL )
		return 0;
	con_printf ( "\"%s\": no such network device\n", text );
	return -ENODEV_INTERFACE;
}

static int parse_value ( const struct command_option *option, const char *text, void *value ) {
	unsigned long integer;
	int rc;

	switch ( option->kind ) {
	case OPTION_FLAG:
		*(bool *) value = true;
		return 0;
	case OPTION_STRING:
		*(const char **) value = text;
		return 0;
	case OPTION_INTEGER:
		if ( ( rc = cmd_parse_integer ( text, &integer ) ) == 0 )
			*(unsigned int *) value = integer;
		return rc;
	case OPTION_TIMEOUT:
		if ( ( rc = cmd_parse_integer ( text, &integer ) ) == 0 )
			*(utime_t *) value = (uint32_t) integer * US_PER_MS;
		return rc;
	case OPTION_KEY:
		return parse_key ( text, value );
	case OPTION_NETIF:
		return parse_netif ( text, value );
	case OPTION_SETTING:
		*(const char **) value = text;
		return parse_setting_name ( text );
	}
	return -EINVAL_UNKNOWN;
}

/* ---- Option syntax ---- */

/** One command line on its way through the options. */
struct parse {
	const struct command *command;
	void *options;
	int argc;
	char **argv;
	int next; /**< argument to look at */
};

/* What the command and its options do. */
static void explain ( const struct command *command ) {
	con_printf ( "\n\n%s.%s", command->help, command->option_count ? "\n" : "" );
	for ( unsigned int i = 0; i < command->option_count; i++ ) {
		const struct command_option *option = &command->options[i];

		con_printf ( "\n  -%c, --%-14s %s", option->short_name, option->long_name,
			     option->help );
	}
}

static void print_usage ( const struct command *command, const char *name, bool explained ) {
	con_printf ( "Usage:\n\n  %s", name );
	for ( unsigned int i = 0; i < command->option_count; i++ ) {
		const struct command_option *option = &command->options[i];

		if ( option->kind == OPTION_FLAG )
			con_printf ( " [-%c|--%s]", option->short_name, option->long_name );
		else
			con_printf ( " [-%c|--%s <%s>]", option->short_name, option->long_name,
				     option->long_name );
	}
	if ( command->operands )
		con_printf ( " %s", command->operands );
	if ( explained )
		explain ( command );
	con_printf ( "\n\nSee " PRODUCT_COMMAND_URI " for further information\n", command->name );
}

static int wants_usage ( struct parse *parse, int rc ) {
	print_usage ( parse->command, parse->argv[0], err_is ( rc, ECANCELED ) );
	return rc;
}

/** Every command has --help. */
static const struct command_option help_option = { .short_name = 'h', .long_name = "help" };

static const struct command_option *option_at ( const struct parse *parse, unsigned int i ) {
	if ( i < parse->command->option_count )
		return &parse->command->options[i];
	return ( i == parse->command->option_count ) ? &help_option : NULL;
}

/**
 * @param value     what followed '=' or the letter, or NULL: the next argument if one is needed
 * @param name      the option as it was given, not terminated
 */
static int take_option ( struct parse *parse, const struct command_option *option,
			 const char *value, const char *name, int name_len ) {
	if ( option == &help_option )
		return wants_usage ( parse, -ECANCELED_NO_OP );
	if ( ( option->kind != OPTION_FLAG ) && !value && ( parse->next < parse->argc ) &&
	     ( parse->argv[parse->next][0] != '-' ) )
		value = parse->argv[parse->next++];
	if ( ( option->kind != OPTION_FLAG ) && !value ) {
		con_printf ( "Option \"%.*s\" requires an argument\n", name_len, name );
		return wants_usage ( parse, -EINVAL_ARGUMENT );
	}
	return parse_value ( option, value, (char *) parse->options + option->offset );
}

static int parse_long ( struct parse *parse, const char *text ) {
	const struct command_option *option;
	size_t len = strcspn ( text, "=" );

	for ( unsigned int i = 0; ( option = option_at ( parse, i ) ) != NULL; i++ ) {
		if ( ( strlen ( option->long_name ) != len ) ||
		     ( memcmp ( option->long_name, text, len ) != 0 ) )
			continue;
		if ( text[len] && ( option->kind == OPTION_FLAG ) ) {
			con_printf ( "Option \"%s\" takes no argument\n", option->long_name );
			return wants_usage ( parse, -EINVAL_ARGUMENT );
		}
		return take_option ( parse, option, text[len] ? text + len + 1 : NULL, text, len );
	}
	con_printf ( "Unrecognised option \"--%s\"\n", text );
	return wants_usage ( parse, -EINVAL_UNKNOWN );
}

/** A cluster of letters: flags, and at its end maybe one with a value. */
static int parse_short ( struct parse *parse, const char *text ) {
	const struct command_option *option;
	unsigned int i;
	int rc;

	do {
		for ( i = 0; ( option = option_at ( parse, i ) ) != NULL; i++ ) {
			if ( *text && ( option->short_name == *text ) )
				break;
		}
		if ( !option ) {
			con_printf ( "Unrecognised option \"-%.1s\"\n", text );
			return wants_usage ( parse, -EINVAL_UNKNOWN );
		}
		text++;
		if ( option->kind != OPTION_FLAG )
			return take_option ( parse, option, *text ? text : NULL, text - 1, 1 );
		if ( ( rc = take_option ( parse, option, NULL, text - 1, 1 ) ) != 0 )
			return rc;
	} while ( *text );
	return 0;
}

static int parse_options ( struct parse *parse ) {
	int rc;

	while ( parse->next < parse->argc ) {
		const char *text = parse->argv[parse->next];

		if ( text[0] != '-' )
			return 0;
		parse->next++;
		if ( strcmp ( text, "--" ) == 0 )
			return 0;
		if ( text[1] == '-' )
			rc = parse_long ( parse, text + 2 );
		else
			rc = parse_short ( parse, text + 1 );
		if ( rc != 0 )
			return rc;
	}
	return 0;
}

static TASK_FN int parse_and_run ( const struct command *command, int argc, char **argv ) {
	uint64_t options[COMMAND_OPTIONS_MAX / sizeof ( uint64_t )] = { 0 };
	struct parse parse = {
		.command = command, .options = options, .argc = argc, .argv = argv, .next = 1
	};
	struct cmd_args args = { .command = command, .name = argv[0], .options = options };
	int rc;

	if ( ( rc = parse_options ( &parse ) ) != 0 )
		return rc;
	args.argc = argc - parse.next;
	args.argv = argv + parse.next;
	if ( ( args.argc < command->min_args ) ||
	     ( ( command->max_args >= 0 ) && ( args.argc > command->max_args ) ) )
		return wants_usage ( &parse, -ERANGE_OPERANDS );
	return command->exec ( &args );
}

TASK_FN int command_run ( int argc, char **argv ) {
	const struct command *command = command_find ( argv[0] );
	static unsigned int nesting;
	int rc;

	error_note_clear (); /* of another command */
	if ( !command ) {
		con_printf ( "%s: command not found\n", argv[0] );
		return -ENOEXEC_COMMAND;
	}
	if ( nesting >= COMMAND_NESTING_MAX )
		return FAIL ( ELOOP, "scripts and commands nested more than %d deep",
			      COMMAND_NESTING_MAX );
	nesting++;
	rc = parse_and_run ( command, argc, argv );
	nesting--;
	return rc;
}
