/** @file
 * Forms: edit boxes under their labels, errors under the boxes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/settings.h"
#include "ui/editbox.h"
#include "ui/form.h"
#include "ui/screen.h"

#define TITLE_ROW 1
#define FIRST_ROW 3
#define ROWS      ( SCREEN_ROWS - 2 - FIRST_ROW )
#define HELP_ROW  ( SCREEN_ROWS - 2 )
#define BOX_COLS  ( SCREEN_COLS / 2 )
#define BOX_COL   ( ( SCREEN_COLS - BOX_COLS ) / 2 )

#define KEY_BACKTAB KEY_SPECIAL ( 0, 'Z' )

struct field {
	struct setting_ref ref;
	struct editbox box;
	int rc; /**< of the last attempt to store it */
};

struct form {
	const struct dynui *ui;
	unsigned int row; /**< of the first item */
	unsigned int count, current;
	struct field *fields;
};

/* ---- Begin ---- */

/** Rows of an item: its text if there is any, and for a field the box and room for an error. */
static unsigned int item_rows ( const struct dynui_item *item ) {
	if ( !item->name )
		return 1;
	return ( *item->text ? 3 : 2 );
}

/** Take the setting, with its type and value. */
static int field_init ( struct field *field, const struct dynui_item *item ) {
	const struct setting_type *type;
	char *value;
	int rc = setting_ref_parse ( item->name, true, &field->ref );

	if ( rc != 0 ) {
		con_printf ( "\"%s\": invalid setting\n", item->name );
		return rc;
	}
	/* What is there keeps its type. */
	setting_fetch ( &field->ref, NULL, 0, NULL, &type );
	field->ref.setting.type = type;
	field->box.secret = item->secret;
	field->box.col = BOX_COL;
	field->box.width = BOX_COLS;
	if ( ( value = setting_fetch_text_alloc ( &field->ref ) ) != NULL )
		lineedit_load ( &field->box.line, value );
	free ( value );
	return 0;
}

/** @return 0, -EINVAL_FORM, -ERANGE_FORM, -ENOMEM, error of a setting's name */
static int prepare ( struct form *form ) {
	const struct dynui_item *item;
	unsigned int rows = 0, row, i = 0;
	int rc;

	list_for_each ( item, &form->ui->items, list ) {
		rows += item_rows ( item );
		form->count += ( item->name != NULL );
	}
	if ( rows > ROWS )
		return FAIL ( ERANGE_FORM, "the form needs %u rows of %d", rows, ROWS );
	if ( !form->count )
		return FAIL ( EINVAL_FORM, "the form has no item to edit" );
	if ( ( form->fields = zalloc ( form->count * sizeof ( *form->fields ) ) ) == NULL )
		return -ENOMEM;
	row = form->row = FIRST_ROW + ( ROWS - rows ) / 2;
	list_for_each ( item, &form->ui->items, list ) {
		if ( item->name ) {
			if ( ( rc = field_init ( &form->fields[i], item ) ) != 0 )
				return rc;
			form->fields[i++].box.row = row + ( *item->text ? 1 : 0 );
		}
		row += item_rows ( item );
	}
	return 0;
}

/* ---- Drawing ---- */

/** What never changes. */
static void draw_frame ( const struct form *form ) {
	const struct dynui_item *item;
	unsigned int row = form->row;

	screen_centre ( TITLE_ROW, PAIR_NORMAL | SCREEN_BOLD, form->ui->title );
	screen_centre ( HELP_ROW, PAIR_NORMAL,
			"Ctrl-X - save changes     Ctrl-C - discard changes" );
	list_for_each ( item, &form->ui->items, list ) {
		screen_centre ( row, item->name ? PAIR_NORMAL : PAIR_SEPARATOR, item->text );
		row += item_rows ( item );
	}
}

static void draw_error ( const struct field *field ) {
	char text[80];
	unsigned int row = field->box.row + 1;

	screen_put ( row, 0, SCREEN_COLS, PAIR_NORMAL, "" );
	if ( field->rc == 0 )
		return;
	snprintf ( text, sizeof ( text ), " %s ", error_text ( field->rc ) );
	screen_centre ( row, PAIR_ALERT, text );
}

static void draw ( struct form *form ) {
	for ( unsigned int i = 0; i < form->count; i++ ) {
		editbox_draw ( &form->fields[i].box, ( i == form->current ) );
		draw_error ( &form->fields[i] );
	}
	screen_update ();
}

/* ---- Keys ---- */

/** Store all fields; the first one that could not be stored becomes the current one.
 * @return 0 or its error */
static int submit ( struct form *form ) {
	int rc = 0;

	settings_hold ();
	for ( unsigned int i = 0; i < form->count; i++ ) {
		struct field *field = &form->fields[i];

		field->rc = setting_store_text ( &field->ref, field->box.line.text );
		if ( field->rc && !rc ) {
			rc = field->rc;
			form->current = i;
		}
	}
	settings_release ();
	return rc;
}

/** Act on a key. @return true if the form is done */
static bool act ( struct form *form, int key ) {
	struct field *field = &form->fields[form->current];
	unsigned int last = form->count - 1;

	if ( key == CTRL ( 'X' ) )
		return ( submit ( form ) == 0 );
	if ( key == CTRL ( 'L' ) )
		screen_redraw ();
	if ( key == KEY_BACKTAB )
		form->current = form->current ? form->current - 1 : last;
	switch ( lineedit_edit ( &field->box.line, key ) ) {
	case LINEEDIT_ACCEPT:
		if ( ( form->current == last ) || field->rc )
			return ( submit ( form ) == 0 );
		form->current++;
		break;
	case LINEEDIT_COMPLETE:
		form->current = ( form->current < last ) ? form->current + 1 : 0;
		break;
	case LINEEDIT_OLDER:
		form->current -= ( form->current > 0 );
		break;
	case LINEEDIT_NEWER:
		form->current += ( form->current < last );
		break;
	case LINEEDIT_CANCEL:
	case LINEEDIT_NONE:
		break;
	}
	return false;
}

static TASK_FN int run ( struct form *form ) {
	int key;

	do {
		draw ( form );
		key = console_getkey ( TIME_NEVER );
		if ( ( key < 0 ) || ( key == KEY_ESC ) || ( key == CTRL ( 'C' ) ) )
			return -ECANCELED_FORM;
	} while ( !act ( form, key ) );
	return 0;
}

TASK_FN int form_edit ( const struct dynui *ui ) {
	struct form form = { .ui = ui };
	int rc;

	if ( ( rc = prepare ( &form ) ) == 0 ) {
		screen_open ();
		draw_frame ( &form );
		rc = run ( &form );
		screen_close ();
	}
	free ( form.fields );
	return rc;
}
