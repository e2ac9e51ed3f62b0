/** @file
 * Commands on settings: show, set, clear, read, inc.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/settings.h"
#include "shell/command.h"
#include "shell/readline.h"

/** Longest "<block>/<name>:<type>" shown, with its NUL. */
#define NAME_MAX_LEN 32

static int invalid_setting ( int rc, const char *text ) {
	con_printf ( "\"%s\": invalid setting\n", text );
	return rc;
}

/** Names the setting only, as people and log parsers know it. */
static int could_not_store ( int rc, const struct setting_ref *ref ) {
	return cmd_fail ( rc, "Could not store \"%s\"", ref->setting.name );
}

/* ---- show ---- */

struct show_options {
	bool quiet;
};

static const struct command_option show_opts[] = {
	OPTION ( struct show_options, quiet, 'q', "quiet", OPTION_FLAG, "Print only the value" ),
};

/** Print the full name of a value: origin block, name, type; cut like block names are. */
static void print_full_name ( const struct settings *origin, const struct setting *setting,
			      const struct setting_type *type ) {
	char path[NAME_MAX_LEN],
		name[NAME_MAX_LEN + sizeof ( ( (struct setting_ref *) 0 )->text ) + 16];

	settings_path ( origin, path, sizeof ( path ) );
	snprintf ( name, sizeof ( name ), "%s%s%s:%s", path, *path ? "/" : "", setting->name,
		   type->name );
	con_printf ( "%.*s = ", NAME_MAX_LEN - 1, name );
}

static TASK_FN int show_exec ( struct cmd_args *args ) {
	struct show_options *options = args->options;
	const struct setting_type *type;
	struct setting_ref ref;
	struct settings *origin;
	char *value;
	int rc;

	if ( ( rc = setting_ref_parse ( args->argv[0], false, &ref ) ) != 0 )
		return invalid_setting ( rc, args->argv[0] );
	if ( ( setting_fetch ( &ref, NULL, 0, NULL, NULL ) < 0 ) &&
	     ( ( rc = settings_wait ( &ref.setting ) ) != 0 ) )
		return rc;
	if ( ( rc = setting_fetch ( &ref, NULL, 0, &origin, &type ) ) >= 0 )
		rc = setting_fetch_text ( &ref, NULL, 0 );
	if ( rc < 0 )
		return cmd_fail ( rc, "Could not find \"%s\"", ref.setting.name );
	if ( ( value = setting_fetch_text_alloc ( &ref ) ) == NULL )
		return -ENOMEM;
	if ( !options->quiet )
		print_full_name ( origin, &ref.setting, type );
	con_printf ( "%s\n", value );
	free ( value );
	return 0;
}

static const struct command show_cmd = {
	.name = "show",
	.operands = "<setting>",
	.min_args = 1,
	.max_args = 1,
	.exec = show_exec,
	.help = "Print a setting, and where it comes from",
	.completes = 's',
	.options = show_opts,
	.option_count = ARRAY_SIZE ( show_opts ),
	.options_size = sizeof ( struct show_options ),
};
COMMAND ( show_cmd );

/* ---- set, clear ---- */

static int store_text ( const char *name, const char *text ) {
	struct setting_ref ref;
	int rc;

	if ( ( rc = setting_ref_parse ( name, true, &ref ) ) != 0 )
		return invalid_setting ( rc, name );
	if ( ( rc = setting_store_text ( &ref, text ) ) != 0 )
		return could_not_store ( rc, &ref );
	return 0;
}

static TASK_FN int set_exec ( struct cmd_args *args ) {
	char *text = cmd_join ( args, 1 );
	int rc;

	if ( !text )
		return -ENOMEM;
	rc = store_text ( args->argv[0], text );
	free ( text );
	return rc;
}

static const struct command set_cmd = {
	.name = "set",
	.operands = "<setting> [<value>]",
	.min_args = 1,
	.max_args = -1,
	.exec = set_exec,
	.completes = 's',
	.help = "Set a setting; without a value, clear it",
};
COMMAND ( set_cmd );

static TASK_FN int clear_exec ( struct cmd_args *args ) {
	return store_text ( args->argv[0], "" );
}

static const struct command clear_cmd = {
	.name = "clear",
	.operands = "<setting>",
	.min_args = 1,
	.max_args = 1,
	.exec = clear_exec,
	.help = "Clear a setting",
	.completes = 's',
};
COMMAND ( clear_cmd );

/* ---- read ---- */

struct read_options {
	utime_t timeout_us;
};

static const struct command_option read_opts[] = {
	OPTION ( struct read_options, timeout_us, 't', "timeout", OPTION_TIMEOUT,
		 "Give up if no key is pressed for so many milliseconds" ),
};

static TASK_FN int read_exec ( struct cmd_args *args ) {
	struct read_options *options = args->options;
	struct readline_options line_options = { .timeout_us = options->timeout_us };
	const struct setting_type *type;
	struct setting_ref ref;
	char *old, *new;
	int rc;

	if ( ( rc = setting_ref_parse ( args->argv[0], true, &ref ) ) != 0 )
		return invalid_setting ( rc, args->argv[0] );
	/* What is there keeps its type. */
	setting_fetch ( &ref, NULL, 0, NULL, &type );
	old = setting_fetch_text_alloc ( &ref );
	line_options.prefill = old;
	rc = readline ( &line_options, &new );
	if ( rc == 0 ) {
		ref.setting.type = type;
		if ( ( rc = setting_store_text ( &ref, new ) ) != 0 )
			could_not_store ( rc, &ref );
	}
	free ( new );
	free ( old );
	return rc;
}

static const struct command read_cmd = {
	.name = "read",
	.operands = "<setting>",
	.min_args = 1,
	.max_args = 1,
	.exec = read_exec,
	.help = "Let the user edit a setting",
	.completes = 's',
	.options = read_opts,
	.option_count = ARRAY_SIZE ( read_opts ),
	.options_size = sizeof ( struct read_options ),
};
COMMAND ( read_cmd );

/* ---- inc ---- */

static int store_integer ( const struct setting_ref *ref, const struct setting_type *type,
			   int64_t value ) {
	uint8_t raw[8];

	if ( type->int_size == 0 )
		return -ENOTSUP_SETTING;
	for ( unsigned int i = 0; i < type->int_size; i++ )
		raw[i] = (uint64_t) value >> ( 8 * ( type->int_size - 1 - i ) );
	return setting_store ( ref, raw, type->int_size, type );
}

static TASK_FN int inc_exec ( struct cmd_args *args ) {
	const struct setting_type *type;
	unsigned long increment = 1;
	struct setting_ref ref;
	int64_t value = 0;
	int rc;

	if ( ( rc = setting_ref_parse ( args->argv[0], false, &ref ) ) != 0 )
		return invalid_setting ( rc, args->argv[0] );
	if ( ( args->argc > 1 ) &&
	     ( ( rc = cmd_parse_integer ( args->argv[1], &increment ) ) != 0 ) )
		return rc;
	rc = setting_fetch_int ( &ref, &value, &type );
	if ( rc != 0 )
		value = 0;
	if ( err_is ( rc, ENOENT ) && !ref.setting.type )
		type = &setting_type_int32;
	if ( ( rc = store_integer ( &ref, type, value + (int64_t) increment ) ) != 0 )
		return could_not_store ( rc, &ref );
	return 0;
}

static const struct command inc_cmd = {
	.name = "inc",
	.operands = "<setting> [<increment>]",
	.min_args = 1,
	.max_args = 2,
	.exec = inc_exec,
	.completes = 's',
	.help = "Add to a numeric setting (default 1)",
};
COMMAND ( inc_cmd );
