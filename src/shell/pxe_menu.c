/** @file
 * PXE boot menu: prompt with a countdown, a menu at the bottom of the screen.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/reader.h"
#include "core/settings.h"
#include "ui/colour.h"
#include "shell/pxe_menu.h"

/* Options, encapsulated in 43. */
#define NAME_CONTROL "43.6"
#define NAME_MENU    "43.9"
#define NAME_PROMPT  "43.10"

#define CONTROL_SKIP_MENU 0x08 /**< no menu if there is a boot file */
#define PROMPT_FOR_EVER   255

#define OPTION_MAX  255
#define SCREEN_ROWS 25
#define SCREEN_COLS 79 /**< the last one is left alone: terminals differ about what follows it */
#define KEY_F8      KEY_SPECIAL ( 19, '~' )

struct item {
	uint16_t type;
	uint8_t len;
	const char *text; /**< not terminated */
};

struct menu {
	unsigned int count;
	struct item items[PXE_MENU_ITEMS_MAX];
	uint8_t raw[OPTION_MAX];
};

/** @return length, or a negative error */
static ssize_t get_raw ( const char *name, void *raw, size_t len ) {
	return settings_get_raw ( NULL, name, raw, len );
}

TASK_FN bool pxe_menu_present ( void ) {
	char class[9];
	uint8_t control = 0;

	/* A ProxyDHCP server may be about to bring the menu, but it is not waited for if there is
	 * something to boot already. */
	if ( ( get_raw ( "filename", NULL, 0 ) < 0 ) &&
	     ( settings_wait ( setting_find_predefined ( "vendor-class" ) ) != 0 ) )
		return false;
	if ( ( get_raw ( "vendor-class", class, sizeof ( class ) ) < (ssize_t) sizeof ( class ) ) ||
	     ( memcmp ( class, "PXEClient", sizeof ( class ) ) != 0 ) )
		return false;
	if ( get_raw ( NAME_MENU, NULL, 0 ) < 0 )
		return false;
	get_raw ( NAME_CONTROL, &control, sizeof ( control ) );
	return !( control & CONTROL_SKIP_MENU ) || ( get_raw ( "filename", NULL, 0 ) < 0 );
}

/** The server's words go to terminals, which obey control characters. */
static void make_printable ( uint8_t *text, size_t len ) {
	for ( size_t i = 0; i < len; i++ ) {
		if ( text[i] && ( ( text[i] < ' ' ) || ( text[i] == 0x7f ) ) )
			text[i] = '?';
	}
}

static int get_menu ( struct menu *menu ) {
	ssize_t len = get_raw ( NAME_MENU, menu->raw, sizeof ( menu->raw ) );
	struct reader r;

	if ( len < 0 )
		return len;
	r = READER ( menu->raw, MIN ( (size_t) len, sizeof ( menu->raw ) ) );
	for ( menu->count = 0; reader_left ( &r ) && ( menu->count < PXE_MENU_ITEMS_MAX ); ) {
		struct item *item = &menu->items[menu->count];

		item->type = read_le16 ( &r );
		item->len = read_u8 ( &r );
		item->text = (const char *) read_bytes ( &r, item->len );
		if ( reader_failed ( &r ) )
			return FAIL ( EINVAL, "the PXE menu is malformed" );
		make_printable ( (uint8_t *) item->text, item->len );
		menu->count++;
	}
	return menu->count ? 0 : FAIL ( EINVAL, "the PXE menu is empty" );
}

static void draw_item ( const struct menu *menu, unsigned int index, bool selected ) {
	const struct item *item = &menu->items[index];
	int column;

	con_printf ( "\033[%u;1H", SCREEN_ROWS - menu->count + index + 1 );
	colour_use ( selected ? PAIR_PXE : PAIR_DEFAULT );
	column = con_printf ( " %c. %.*s", 'A' + index, MIN ( item->len, SCREEN_COLS - 5 ),
			      item->text );
	con_printf ( "%*s", SCREEN_COLS - column, "" );
	colour_use ( PAIR_DEFAULT );
}

static TASK_FN int run_menu ( const struct menu *menu, unsigned int *ret_index ) {
	unsigned int selected = 0, old;
	int key;

	for ( unsigned int i = 0; i < menu->count; i++ )
		con_printf ( "\n" );
	for ( unsigned int i = 0; i < menu->count; i++ )
		draw_item ( menu, i, i == selected );
	while ( ( key = console_getkey ( TIME_NEVER ) ) > 0 ) {
		old = selected;
		if ( key == '\n' )
			break;
		if ( ( key == KEY_ESC ) || ( key == CTRL ( 'C' ) ) )
			key = -ECANCELED;
		if ( key < 0 )
			break;
		if ( ( key == KEY_UP ) && ( selected > 0 ) )
			selected--;
		if ( ( key == KEY_DOWN ) && ( selected + 1 < menu->count ) )
			selected++;
		key = ( ( key >= 'a' ) && ( key <= 'z' ) ) ? key - 'a' + 'A' : key;
		if ( ( key >= 'A' ) && ( key - 'A' < (int) menu->count ) ) {
			selected = key - 'A';
			break;
		}
		if ( selected != old ) {
			draw_item ( menu, old, false );
			draw_item ( menu, selected, true );
		}
	}
	con_printf ( "\033[%u;1H\n", SCREEN_ROWS );
	*ret_index = selected;
	return ( key < 0 ) ? key : 0;
}

/** Count down. @return 0 the first item, 1 the menu, -ECANCELED */
static TASK_FN int count_down ( const char *prompt, unsigned int seconds ) {
	int key = -ETIMEDOUT, shown = 0;

	con_printf ( "%s", prompt );
	for ( ; ( seconds > 0 ) && err_is ( key, ETIMEDOUT ); seconds-- ) {
		shown = con_printf ( " (%u)", seconds );
		key = console_getkey ( deadline_in ( US_PER_S ) );
		for ( ; shown > 0; shown-- )
			con_printf ( "\b \b" );
	}
	con_printf ( "\n" );
	if ( key == KEY_F8 )
		return 1;
	if ( ( key == KEY_ESC ) || ( key == CTRL ( 'C' ) ) || err_is ( MIN ( key, 0 ), ECANCELED ) )
		return -ECANCELED;
	return 0;
}

TASK_FN int pxe_menu_choose ( uint16_t *ret_type ) {
	struct menu *menu = malloc ( sizeof ( *menu ) );
	unsigned int index = 0, timeout = PROMPT_FOR_EVER;
	uint8_t prompt[OPTION_MAX + 1];
	ssize_t len;
	int rc = menu ? get_menu ( menu ) : -ENOMEM;

	if ( rc != 0 )
		goto out;
	len = get_raw ( NAME_PROMPT, prompt, OPTION_MAX );
	len = MIN ( len, OPTION_MAX );
	prompt[MAX ( len, 1 )] = '\0';
	make_printable ( prompt + 1, MAX ( len, 1 ) - 1 );
	if ( len > 0 )
		timeout = prompt[0];
	if ( timeout == PROMPT_FOR_EVER )
		rc = 1;
	else if ( timeout > 0 )
		rc = count_down ( (const char *) prompt + 1, timeout );
	if ( rc > 0 ) {
		if ( ( timeout == PROMPT_FOR_EVER ) && ( len > 1 ) )
			con_printf ( "%s\n", prompt + 1 );
		rc = run_menu ( menu, &index );
	}
	*ret_type = menu->items[index].type;
out:
	free ( menu );
	return rc;
}
