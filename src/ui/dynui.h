/** @file
 * Menus and forms as scripts build them: a title and items, kept under a name until shown.
 */
#ifndef UI_DYNUI_H
#define UI_DYNUI_H

#include "core/list.h"

struct dynui_item {
	struct list list;
	char *name; /**< what is chosen, or the setting that is edited; NULL: only a line of text */
	char *text;
	int key; /**< shortcut, 0 = none */
	bool is_default;
	bool secret;
};

struct dynui {
	struct list list;
	char *name; /**< "" = the default one */
	char *title;
	struct list items;
};

/**
 * Make an empty one that belongs to the caller. @param name "" = the default one
 * @return NULL: out of memory
 */
struct dynui *dynui_new ( const char *name, const char *title );

/** Free it, registered or not. NULL is harmless. */
void dynui_free ( struct dynui *ui );

/** Keep it for dynui_find(), in place of one of the same name. Takes it. */
void dynui_register ( struct dynui *ui );

/** Find by exact name. @return borrowed, or NULL */
struct dynui *dynui_find ( const char *name );

/**
 * Add an item at the end. @param name or NULL, see struct dynui_item
 * @return borrowed, or NULL: out of memory
 */
struct dynui_item *dynui_add ( struct dynui *ui, const char *name, const char *text );

#endif /* UI_DYNUI_H */
