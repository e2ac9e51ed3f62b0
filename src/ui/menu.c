/** @file
 * Menus: a title, lines of which some can be chosen, a countdown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/version.h"
#include "ui/menu.h"
#include "ui/screen.h"
#include "ui/scroll.h"

#define TITLE_ROW 1
#define ITEM_ROW  3
#define ITEM_ROWS ( SCREEN_ROWS - 2 - ITEM_ROW )
#define ITEM_COL  1
#define ITEM_COLS ( SCREEN_COLS - 2 )
#define PAD       2 /**< between a row's edge and its text */

static const struct feature menu_feature = {
	.name = "Menu",
	.order = 310,
	.tag = 39,
	.value = 1,
};
FEATURE ( menu_feature );

struct menu {
	struct dynui *ui;
	struct dynui_item **items;
	struct scroll scroll;
	utime_t deadline; /**< TIME_NEVER: no countdown */
};

static bool selectable ( const void *owner, unsigned int index ) {
	const struct menu *menu = owner;

	return ( menu->items[index]->name != NULL );
}

/* ---- Drawing ---- */

/** Seconds left, begun ones too. */
static unsigned int seconds_left ( const struct menu *menu ) {
	utime_t now = clock_now ();

	return ( menu->deadline > now ) ? ( menu->deadline - now + US_PER_S - 1 ) / US_PER_S : 0;
}

static void draw_countdown ( const struct menu *menu, unsigned int row ) {
	char text[16];
	unsigned int len = snprintf ( text, sizeof ( text ), "(%u)", seconds_left ( menu ) );

	screen_put ( row, ITEM_COL + ITEM_COLS - PAD - len, len, PAIR_SELECT | SCREEN_BOLD, text );
}

static void draw_row ( const struct menu *menu, unsigned int index, unsigned int row ) {
	const struct dynui_item *item = menu->items[index];
	bool selected = ( index == menu->scroll.current );
	unsigned int style = selected     ? PAIR_SELECT | SCREEN_BOLD
			     : item->name ? PAIR_NORMAL
					  : PAIR_SEPARATOR;

	screen_put ( row, ITEM_COL, ITEM_COLS, style, "" );
	screen_put ( row, ITEM_COL + PAD, ITEM_COLS - 2 * PAD, style, item->text );
	if ( selected && ( menu->deadline != TIME_NEVER ) )
		draw_countdown ( menu, row );
}

static void draw ( const struct menu *menu ) {
	const struct scroll *scroll = &menu->scroll;
	bool above = ( scroll->first > 0 );
	bool below = ( scroll->first + scroll->rows < scroll->count );

	for ( unsigned int i = 0; ( i < scroll->rows ) && ( scroll->first + i < scroll->count );
	      i++ )
		draw_row ( menu, scroll->first + i, ITEM_ROW + i );
	screen_put ( ITEM_ROW - 1, ITEM_COL + PAD, 3, PAIR_NORMAL, above ? "..." : "" );
	screen_put ( ITEM_ROW + ITEM_ROWS, ITEM_COL + PAD, 3, PAIR_NORMAL, below ? "..." : "" );
	screen_update ();
}

/* ---- Keys ---- */

/** Go to the next line with this shortcut, the current one included.
 * @return true if it is to be chosen: a line that only leads to the item below it is not */
static bool shortcut ( struct menu *menu, int key ) {
	struct scroll *scroll = &menu->scroll;
	unsigned int index;

	for ( unsigned int i = 0; i < scroll->count; i++ ) {
		index = ( scroll->current + i ) % scroll->count;
		if ( menu->items[index]->key != key )
			continue;
		scroll_select ( scroll, index, 1 );
		return selectable ( menu, index );
	}
	return false;
}

/** Wait for a key, at most until the countdown shows another number. */
static TASK_FN int wait_key ( const struct menu *menu ) {
	utime_t deadline = menu->deadline;

	if ( deadline != TIME_NEVER )
		deadline -= ( MAX ( seconds_left ( menu ), 1U ) - 1 ) * US_PER_S;
	return console_getkey ( deadline );
}

static TASK_FN int run ( struct menu *menu, const struct menu_options *options ) {
	int key;

	while ( menu->deadline > clock_now () ) {
		draw ( menu );
		key = wait_key ( menu );
		if ( err_is ( key, ETIMEDOUT ) && ( key < 0 ) )
			continue;
		if ( ( key < 0 ) || ( key == KEY_ESC ) || ( key == CTRL ( 'C' ) ) )
			return -ECANCELED_MENU;
		menu->deadline =
			options->retimeout_us ? deadline_in ( options->retimeout_us ) : TIME_NEVER;
		if ( ( key == '\n' ) ||
		     ( !scroll_key ( &menu->scroll, key ) && shortcut ( menu, key ) ) )
			return 0;
		if ( key == CTRL ( 'L' ) )
			screen_redraw ();
	}
	return 0;
}

/* ---- Begin and end ---- */

/** @return 0, -ENOMEM, -ENOENT_MENU */
static int prepare ( struct menu *menu, const char *select ) {
	struct dynui_item *item;
	unsigned int i = 0;
	int flagged = -1, named = -1, selected = -1;

	list_for_each ( item, &menu->ui->items, list )
		menu->scroll.count++;
	if ( !menu->scroll.count )
		return -ENOENT_MENU;
	if ( ( menu->items = malloc ( menu->scroll.count * sizeof ( *menu->items ) ) ) == NULL )
		return -ENOMEM;
	list_for_each ( item, &menu->ui->items, list ) {
		menu->items[i] = item;
		if ( item->name ) {
			if ( named < 0 )
				named = i;
			if ( item->is_default )
				flagged = i;
			if ( select && ( selected < 0 ) && ( strcmp ( item->name, select ) == 0 ) )
				selected = i;
		}
		i++;
	}
	if ( named < 0 )
		return -ENOENT_MENU;
	scroll_select ( &menu->scroll,
			( selected >= 0 ) ? selected : ( ( flagged >= 0 ) ? flagged : named ), 1 );
	return 0;
}

TASK_FN int menu_choose ( struct dynui *ui, const struct menu_options *options,
			  const struct dynui_item **ret_item ) {
	struct menu menu = {
		.ui = ui, .scroll = { .rows = ITEM_ROWS, .selectable = selectable, .owner = &menu }
	};
	int rc;

	if ( ( rc = prepare ( &menu, options->select ) ) == 0 ) {
		menu.deadline =
			options->timeout_us ? deadline_in ( options->timeout_us ) : TIME_NEVER;
		screen_open ();
		screen_centre ( TITLE_ROW, PAIR_NORMAL | SCREEN_BOLD, ui->title );
		rc = run ( &menu, options );
		screen_close ();
		*ret_item = menu.items[menu.scroll.current];
	}
	free ( menu.items );
	if ( err_is ( rc, ENOENT ) )
		return FAIL ( ENOENT_MENU, "the menu has no item to choose" );
	return rc;
}
