/** @file
 * Command config: the settings of a block and the blocks below it, as a listing.
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/settings.h"
#include "shell/command.h"

TABLE ( setting, setting );

/** Longest value shown; "show" tells all of it. */
#define VALUE_LEN 48

static void print_value ( struct settings *settings, const char *name, bool here_only ) {
	const struct setting_type *type;
	struct setting_ref ref;
	struct settings *origin;
	char path[64], *value;
	int len;

	if ( setting_ref_parse ( name, false, &ref ) != 0 )
		return;
	ref.settings = settings;
	if ( ( setting_fetch ( &ref, NULL, 0, &origin, &type ) < 0 ) ||
	     ( here_only && ( origin != settings ) ) ||
	     ( ( value = setting_fetch_text_alloc ( &ref ) ) == NULL ) )
		return;
	len = strcspn ( value, "\r\n" );
	con_printf ( "  %-15s %.*s%s", name, MIN ( len, VALUE_LEN ), value,
		     ( len > VALUE_LEN ) || value[len] ? "..." : "" );
	if ( origin != settings )
		con_printf ( "  (from %s)", settings_path ( origin, path, sizeof ( path ) ) );
	con_printf ( "\n" );
	free ( value );
}

static TASK_FN int config_exec ( struct cmd_args *args ) {
	const char *path = args->argc ? args->argv[0] : "";
	struct settings *settings = settings_find ( path, false ), *child;
	const struct setting *const *pos;
	const struct setting *setting = NULL;

	if ( !settings ) {
		con_printf ( "\"%s\": no such scope\n", path );
		return -EINVAL;
	}
	list_for_each ( child, &settings->children, siblings )
		con_printf ( "  %s%s%s/\n", path, *path ? "." : "", child->name );
	while ( ( setting = settings_generic_next ( settings, setting ) ) != NULL ) {
		if ( !setting_find_predefined ( setting->name ) )
			print_value ( settings, setting->name, true );
	}
	table_for_each ( pos, setting )
		print_value ( settings, ( *pos )->name, false );
	return 0;
}

static const struct command config_cmd = {
	.name = "config",
	.operands = "[<scope>]",
	.max_args = 1,
	.exec = config_exec,
	.help = "List settings and blocks; change them with \"set\" (there is no full-screen "
		"editor)",
};
COMMAND ( config_cmd );
