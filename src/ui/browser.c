/** @file
 * The settings browser. Settings come and go while it waits for a key (DHCP), so the block is
 * remembered by its path, and the list is made anew after each key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/branding.h"
#include "core/console.h"
#include "core/error.h"
#include "core/memory.h"
#include "ui/browser.h"
#include "ui/editbox.h"
#include "ui/screen.h"
#include "ui/scroll.h"

#define TITLE_ROW  1
#define LIST_ROW   3
#define LIST_ROWS  ( SCREEN_ROWS - 6 - LIST_ROW )
#define LIST_COL   1
#define LIST_COLS  ( SCREEN_COLS - 2 )
#define NAME_COLS  15
#define VALUE_COL  ( LIST_COL + 1 + NAME_COLS )
#define VALUE_COLS ( SCREEN_COLS - 2 - VALUE_COL )
#define INFO_ROW   ( SCREEN_ROWS - 5 )
#define HELP_ROW   ( SCREEN_ROWS - 2 )

#define PATH_LEN 256 /**< of a block, with its NUL: SETTINGS_DEPTH_MAX names */
#define NAME_LEN 48  /**< of a block or setting, with its NUL */

TABLE ( setting, setting );

enum kind { PARENT, CHILD, SETTING };

struct entry {
	enum kind kind;
	char name[NAME_LEN];
};

struct browser {
	char path[PATH_LEN];
	struct settings *settings; /**< what the path leads to just now */
	struct entry *entries;
	unsigned int room; /**< for so many entries */
	struct scroll scroll;
	bool lost; /**< the block went away; the root is shown instead */
	bool editing;
	char edited[NAME_LEN]; /**< the setting that is being edited */
	int rc;                /**< of the last change, shown until the next key */
	struct editbox box;
};

/* ---- List ---- */

static bool selectable ( const void *owner __unused, unsigned int index __unused ) {
	return true;
}

/** Where does a line belong? Settings are sorted by name, blocks stay in order.
 * @return false: it is there already */
static bool find_place ( const struct browser *browser, enum kind kind, const char *name,
			 unsigned int *ret_index ) {
	unsigned int i = browser->scroll.count;
	int order;

	*ret_index = i;
	if ( kind != SETTING )
		return true;
	for ( ; ( i > 0 ) && ( browser->entries[i - 1].kind == SETTING ); i-- ) {
		order = strcmp ( browser->entries[i - 1].name, name );
		if ( order == 0 )
			return false;
		if ( order < 0 )
			break;
	}
	*ret_index = i;
	return true;
}

/** @return 0, -ENOMEM */
static int add ( struct browser *browser, enum kind kind, const char *name ) {
	struct entry *entry, *grown;
	unsigned int index, count = browser->scroll.count, room = browser->room;

	if ( ( strlen ( name ) >= NAME_LEN ) || !find_place ( browser, kind, name, &index ) )
		return 0;
	if ( count == room ) {
		room = room ? room * 2 : 128;
		grown = realloc ( browser->entries, room * sizeof ( *grown ) );
		if ( !grown )
			return -ENOMEM;
		browser->entries = grown;
		browser->room = room;
	}
	entry = &browser->entries[index];
	memmove ( entry + 1, entry, ( count - index ) * sizeof ( *entry ) );
	entry->kind = kind;
	memcpy ( entry->name, name, strlen ( name ) + 1 );
	browser->scroll.count++;
	return 0;
}

/** List the block anew: the way up, blocks below, predefined settings that it can hold, others that
 * it holds. @return 0, -ENOMEM */
static int refresh ( struct browser *browser ) {
	const struct setting *const *pos;
	const struct setting *setting = NULL;
	struct settings *settings = settings_find ( browser->path, false ), *child;
	int rc = 0;

	if ( !settings ) {
		browser->path[0] = '\0';
		browser->scroll.current = browser->scroll.first = 0;
		browser->editing = false;
		browser->lost = true;
		settings = &settings_root;
	}
	browser->settings = settings;
	browser->scroll.count = 0;
	if ( settings->parent )
		rc = add ( browser, PARENT, ".." );
	list_for_each ( child, &settings->children, siblings ) {
		if ( rc == 0 )
			rc = add ( browser, CHILD, child->name );
	}
	table_for_each ( pos, setting ) {
		if ( ( rc == 0 ) && setting_applies ( settings, *pos ) )
			rc = add ( browser, SETTING, ( *pos )->name );
	}
	while ( ( rc == 0 ) &&
		( ( setting = settings_generic_next ( settings, setting ) ) != NULL ) )
		rc = add ( browser, SETTING, setting->name );
	if ( ( rc == 0 ) && ( browser->scroll.count == 0 ) )
		rc = add ( browser, PARENT, ".." );
	scroll_select ( &browser->scroll,
			MIN ( browser->scroll.current, browser->scroll.count - 1 ), 1 );
	return rc;
}

/** Show another block; the line of that name is selected, else the first one. */
static int open_block ( struct browser *browser, const struct settings *settings,
			const char *select ) {
	int rc;

	settings_path ( settings, browser->path, sizeof ( browser->path ) );
	browser->scroll.current = browser->scroll.first = 0;
	if ( ( rc = refresh ( browser ) ) != 0 )
		return rc;
	for ( unsigned int i = 0; i < browser->scroll.count; i++ ) {
		if ( ( browser->entries[i].kind == CHILD ) &&
		     ( strcmp ( browser->entries[i].name, select ) == 0 ) ) {
			scroll_select ( &browser->scroll, i, 1 );
			break;
		}
	}
	return 0;
}

/** Refer to a setting of the block. @return 0 or a negative error */
static int refer ( const struct browser *browser, const char *name, struct setting_ref *ref ) {
	int rc = setting_ref_parse ( name, false, ref );

	ref->settings = browser->settings;
	return rc;
}

/* ---- Drawing ---- */

static void draw_setting ( const struct browser *browser, const char *name, unsigned int row,
			   unsigned int style ) {
	char dots[NAME_COLS + 1];
	struct settings *origin = NULL;
	struct setting_ref ref;
	char *value = NULL;
	size_t len = MIN ( strlen ( name ), (size_t) NAME_COLS );

	memset ( dots, '.', NAME_COLS );
	memcpy ( dots, name, len );
	dots[NAME_COLS] = '\0';
	if ( ( refer ( browser, name, &ref ) == 0 ) &&
	     ( setting_fetch ( &ref, NULL, 0, &origin, NULL ) >= 0 ) )
		value = setting_fetch_text_alloc ( &ref );
	if ( origin == browser->settings )
		style |= SCREEN_BOLD;
	screen_put ( row, LIST_COL + 1, NAME_COLS, style, dots );
	screen_put ( row, VALUE_COL, VALUE_COLS, style, value ? value : "<not specified>" );
	free ( value );
}

static void draw_entry ( const struct browser *browser, unsigned int index, unsigned int row ) {
	const struct entry *entry = &browser->entries[index];
	unsigned int style = ( index == browser->scroll.current ) ? PAIR_SELECT : PAIR_NORMAL;
	char text[NAME_LEN + 1];

	screen_put ( row, LIST_COL, LIST_COLS, style, "" );
	if ( entry->kind == SETTING ) {
		draw_setting ( browser, entry->name, row, style );
	} else {
		snprintf ( text, sizeof ( text ), "%s/", entry->name );
		screen_put ( row, LIST_COL + 1, LIST_COLS - 2, style, text );
	}
}

/** What the selected setting is. */
static void draw_info ( const struct browser *browser ) {
	const struct entry *entry = &browser->entries[browser->scroll.current];
	const struct setting_type *type;
	const struct setting *predefined;
	struct settings *origin;
	struct setting_ref ref;
	char path[PATH_LEN], text[PATH_LEN + NAME_LEN + 80];

	for ( unsigned int i = 0; i < 2; i++ )
		screen_put ( INFO_ROW + i, 0, SCREEN_COLS, PAIR_NORMAL, "" );
	if ( ( entry->kind != SETTING ) || ( refer ( browser, entry->name, &ref ) != 0 ) )
		return;
	if ( setting_fetch ( &ref, NULL, 0, &origin, &type ) < 0 )
		origin = browser->settings;
	predefined = setting_find_predefined ( entry->name );
	settings_path ( origin, path, sizeof ( path ) );
	snprintf ( text, sizeof ( text ), "%s%s%s:%s%s%.60s", path, *path ? "/" : "", entry->name,
		   type->name, predefined ? " - " : "", predefined ? predefined->description : "" );
	screen_centre ( INFO_ROW, PAIR_NORMAL, text );
	if ( predefined ) {
		snprintf ( text, sizeof ( text ), PRODUCT_SETTING_URI, entry->name );
		screen_centre ( INFO_ROW + 1, PAIR_URL, text );
	}
}

static void draw_help ( const struct browser *browser ) {
	char text[80];

	screen_put ( HELP_ROW, 0, SCREEN_COLS, PAIR_NORMAL, "" );
	if ( browser->rc != 0 ) {
		snprintf ( text, sizeof ( text ), " %s ", error_text ( browser->rc ) );
		screen_centre ( HELP_ROW, PAIR_ALERT, text );
	} else if ( browser->editing ) {
		screen_centre ( HELP_ROW, PAIR_NORMAL,
				"Enter - accept changes     Ctrl-C - discard changes" );
	} else {
		screen_centre ( HELP_ROW, PAIR_NORMAL,
				"Ctrl-D - delete setting     Ctrl-X - exit configuration utility" );
	}
}

static void draw ( struct browser *browser ) {
	const struct scroll *scroll = &browser->scroll;
	char title[PATH_LEN + 48];
	unsigned int index;

	snprintf ( title, sizeof ( title ), PRODUCT_SHORT_NAME " configuration settings%s%s",
		   *browser->path ? " - " : "", browser->path );
	screen_put ( TITLE_ROW, 0, SCREEN_COLS, PAIR_NORMAL, "" );
	screen_centre ( TITLE_ROW, PAIR_NORMAL | SCREEN_BOLD, title );
	screen_hide_cursor ();
	for ( unsigned int i = 0; i < LIST_ROWS; i++ ) {
		index = scroll->first + i;
		if ( index < scroll->count )
			draw_entry ( browser, index, LIST_ROW + i );
		else
			screen_put ( LIST_ROW + i, 0, SCREEN_COLS, PAIR_NORMAL, "" );
	}
	screen_put ( LIST_ROW - 1, LIST_COL + 1, 3, PAIR_NORMAL, scroll->first ? "..." : "" );
	screen_put ( LIST_ROW + LIST_ROWS, LIST_COL + 1, 3, PAIR_NORMAL,
		     ( scroll->first + LIST_ROWS < scroll->count ) ? "..." : "" );
	if ( browser->editing ) {
		browser->box.row = LIST_ROW + scroll->current - scroll->first;
		editbox_draw ( &browser->box, true );
	}
	draw_info ( browser );
	draw_help ( browser );
	screen_update ();
}

/* ---- Keys ---- */

/** Store text in the block, "" deletes; what is there keeps its type. */
static int store ( const struct browser *browser, const char *name, const char *text ) {
	const struct setting_type *type;
	struct setting_ref ref;
	int rc;

	if ( ( rc = refer ( browser, name, &ref ) ) != 0 )
		return rc;
	setting_fetch ( &ref, NULL, 0, NULL, &type );
	ref.setting.type = type;
	return setting_store_text ( &ref, text );
}

static void edit ( struct browser *browser, const struct entry *entry ) {
	struct setting_ref ref;
	char *value = NULL;

	if ( refer ( browser, entry->name, &ref ) == 0 )
		value = setting_fetch_text_alloc ( &ref );
	memcpy ( browser->edited, entry->name, sizeof ( browser->edited ) );
	browser->box.first = 0;
	browser->box.line.cursor = 0;
	lineedit_load ( &browser->box.line, value ? value : "" );
	browser->editing = true;
	free ( value );
}

static int edit_key ( struct browser *browser, int key ) {
	enum lineedit_event event;

	event = ( key == KEY_ESC ) ? LINEEDIT_CANCEL : lineedit_edit ( &browser->box.line, key );
	if ( ( event != LINEEDIT_CANCEL ) && ( event != LINEEDIT_ACCEPT ) )
		return 0;
	browser->editing = false;
	if ( event == LINEEDIT_ACCEPT )
		browser->rc = store ( browser, browser->edited, browser->box.line.text );
	return refresh ( browser );
}

/** Enter. */
static int activate ( struct browser *browser, const struct entry *entry ) {
	char path[PATH_LEN + NAME_LEN + 1], name[NAME_LEN];
	struct settings *settings = browser->settings;

	switch ( entry->kind ) {
	case PARENT:
		snprintf ( name, sizeof ( name ), "%s", settings->name );
		return open_block ( browser, settings->parent ? settings->parent : settings, name );
	case CHILD:
		snprintf ( path, sizeof ( path ), "%s%s%s", browser->path,
			   *browser->path ? "." : "", entry->name );
		settings = settings_find ( path, false );
		return settings ? open_block ( browser, settings, "" ) : 0;
	case SETTING:
		edit ( browser, entry );
		break;
	}
	return 0;
}

/** Does this key change text? Those that move within it belong to the list. */
static bool types ( int key ) {
	return ( ( key >= ' ' ) && ( key <= '~' ) ) || ( key == '\b' ) || ( key == CTRL ( 'U' ) ) ||
	       ( key == CTRL ( 'W' ) );
}

static int list_key ( struct browser *browser, int key ) {
	const struct entry *entry = &browser->entries[browser->scroll.current];

	if ( scroll_key ( &browser->scroll, key ) )
		return 0;
	if ( key == '\n' )
		return activate ( browser, entry );
	if ( key == CTRL ( 'L' ) )
		screen_redraw ();
	if ( entry->kind != SETTING )
		return 0;
	if ( key == CTRL ( 'D' ) ) {
		browser->rc = store ( browser, entry->name, "" );
		return refresh ( browser );
	}
	if ( types ( key ) ) {
		edit ( browser, entry );
		return edit_key ( browser, key );
	}
	return 0;
}

static TASK_FN int run ( struct browser *browser ) {
	int key, rc = 0;

	while ( rc == 0 ) {
		draw ( browser );
		if ( ( key = console_getkey ( TIME_NEVER ) ) < 0 )
			return key;
		browser->rc = 0;
		browser->lost = false;
		rc = refresh ( browser );
		/* A key that was meant for another block does nothing. */
		if ( ( rc != 0 ) || browser->lost )
			continue;
		if ( browser->editing )
			rc = edit_key ( browser, key );
		else if ( ( key == CTRL ( 'X' ) ) || ( key == CTRL ( 'C' ) ) || ( key == KEY_ESC ) )
			break;
		else
			rc = list_key ( browser, key );
	}
	return rc;
}

TASK_FN int browser_run ( struct settings *settings ) {
	struct browser *browser = zalloc ( sizeof ( *browser ) );
	int rc;

	if ( !browser )
		return -ENOMEM;
	browser->scroll = ( struct scroll ){ .rows = LIST_ROWS, .selectable = selectable };
	browser->box.col = VALUE_COL;
	browser->box.width = VALUE_COLS;
	if ( ( rc = open_block ( browser, settings, "" ) ) == 0 ) {
		screen_open ();
		rc = run ( browser );
		screen_close ();
	}
	free ( browser->entries );
	free ( browser );
	return rc;
}
