/** @file
 * Expansion: lines "name=value" set settings as a DHCP server might, the last line is expanded.
 * The result is bounded whatever the values say of each other.
 */
#include <stdlib.h>
#include <string.h>
#include "core/settings.h"

static void forget_everything ( void ) {
	const struct setting *setting;
	struct settings *child;

	while ( ( setting = settings_generic_next ( &settings_root, NULL ) ) != NULL )
		settings_generic_store ( &settings_root, setting, NULL, 0 );
	while ( ( child = list_first ( &settings_root.children, struct settings, siblings ) ) !=
		NULL )
		settings_unregister ( child );
}

int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len );
int LLVMFuzzerTestOneInput ( const uint8_t *data, size_t len ) {
	char *text = malloc ( len + 1 ), *line = text, *end, *value, *expanded;
	struct setting_ref ref;

	memcpy ( text, data, len );
	text[len] = '\0';
	for ( ; ( end = strchr ( line, '\n' ) ) != NULL; line = end + 1 ) {
		*end = '\0';
		if ( ( value = strchr ( line, '=' ) ) == NULL )
			continue;
		*value++ = '\0';
		if ( setting_ref_parse ( line, true, &ref ) == 0 )
			setting_store_text ( &ref, value );
	}
	expanded = settings_expand ( line );
	if ( expanded && ( strlen ( expanded ) > EXPAND_MAX_LEN ) )
		abort ();
	free ( expanded );
	forget_everything ();
	free ( text );
	return 0;
}
