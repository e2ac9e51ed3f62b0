/** @file
 * Keyboard layouts: which one is chosen, and looking keys up in it.
 */
#include <stdlib.h>
#include <string.h>
#include "config/console.h"
#include "core/keymap.h"
#include "core/settings.h"

TABLE ( keymap, keymap );

#define STRINGIFY( text ) #text
#define NAME_OF( macro )  STRINGIFY ( macro )

/** Not chosen yet: before the first settings change. */
static const struct keymap *chosen;

static const struct keymap *keymap_find ( const char *name ) {
	const struct keymap *const *pos;

	table_for_each ( pos, keymap ) {
		if ( strcmp ( ( *pos )->name, name ) == 0 )
			return *pos;
	}
	return NULL;
}

int keymap_translate ( int ch ) {
	if ( ( ch < 0 ) || ( ch > ( KEYMAP_ALTGR | KEYMAP_KEY102 | 0xff ) ) )
		return ch;
	if ( !chosen )
		chosen = keymap_find ( NAME_OF ( KEYBOARD_MAP ) );
	for ( size_t i = 0; chosen && ( i < chosen->count ); i++ ) {
		if ( chosen->pairs[i].us == ch )
			return chosen->pairs[i].character;
	}
	/* A key has the same character everywhere unless the layout says otherwise; AltGr gives
	 * none. */
	return ( ch & KEYMAP_ALTGR ) ? 0 : ch & 0xff;
}

static const struct setting keymap_setting = { .name = "keymap",
					       .description = "Keyboard layout",
					       .type = &setting_type_string };
SETTING ( keymap_setting );

static void keymap_apply ( void ) {
	char *name = settings_get_text ( NULL, "keymap" );

	chosen = name ? keymap_find ( name ) : NULL;
	free ( name );
}

static const struct settings_applicator keymap_applicator = { .apply = keymap_apply };
SETTINGS_APPLICATOR ( keymap_applicator );
