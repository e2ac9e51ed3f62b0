/** @file
 * Menus and forms that wait to be shown.
 */
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "ui/dynui.h"

static struct list registry = LIST_INIT ( registry );

struct dynui *dynui_new ( const char *name, const char *title ) {
	struct dynui *ui = zalloc ( sizeof ( *ui ) );

	if ( !ui )
		return NULL;
	list_init ( &ui->list );
	list_init ( &ui->items );
	ui->name = strdup ( name );
	ui->title = strdup ( title );
	if ( !ui->name || !ui->title ) {
		dynui_free ( ui );
		return NULL;
	}
	return ui;
}

static void item_free ( struct dynui_item *item ) {
	free ( item->name );
	free ( item->text );
	free ( item );
}

void dynui_free ( struct dynui *ui ) {
	struct dynui_item *item, *next;

	if ( !ui )
		return;
	list_for_each_safe ( item, next, &ui->items, list )
		item_free ( item );
	list_del ( &ui->list );
	free ( ui->name );
	free ( ui->title );
	free ( ui );
}

struct dynui *dynui_find ( const char *name ) {
	struct dynui *ui;

	list_for_each ( ui, &registry, list ) {
		if ( strcmp ( ui->name, name ) == 0 )
			return ui;
	}
	return NULL;
}

void dynui_register ( struct dynui *ui ) {
	dynui_free ( dynui_find ( ui->name ) );
	list_add_tail ( &ui->list, &registry );
}

struct dynui_item *dynui_add ( struct dynui *ui, const char *name, const char *text ) {
	struct dynui_item *item = zalloc ( sizeof ( *item ) );

	if ( !item )
		return NULL;
	item->name = name ? strdup ( name ) : NULL;
	item->text = strdup ( text );
	if ( ( name && !item->name ) || !item->text ) {
		item_free ( item );
		return NULL;
	}
	list_add_tail ( &item->list, &ui->items );
	return item;
}
