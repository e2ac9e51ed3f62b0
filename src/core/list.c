/** @file
 * Lists: what changes them.
 */
#include "core/list.h"

void list_insert ( struct list *entry, struct list *before ) {
	entry->next = before;
	entry->prev = before->prev;
	before->prev->next = entry;
	before->prev = entry;
}

void list_del ( struct list *entry ) {
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	list_init ( entry );
}
