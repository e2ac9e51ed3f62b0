/** @file
 * Circular doubly linked lists. An element embeds a struct list; an empty list points to itself.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include "core/compiler.h"

struct list {
	struct list *next;
	struct list *prev;
};

/** Static initialiser of an empty list. */
#define LIST_INIT( name ) \
	{ &( name ), &( name ) }

static inline void list_init ( struct list *list ) {
	list->next = list->prev = list;
}

static inline bool list_empty ( const struct list *list ) {
	return list->next == list;
}

/** Insert @c entry right before @c before; before the head means at the end. */
void list_insert ( struct list *entry, struct list *before );

static inline void list_add_tail ( struct list *entry, struct list *head ) {
	list_insert ( entry, head );
}

static inline void list_add ( struct list *entry, struct list *head ) {
	list_insert ( entry, head->next );
}

/** Remove; the entry is left as an empty list, so removing it again is harmless. */
void list_del ( struct list *entry );

#define list_entry( ptr, type, member ) container_of ( ptr, type, member )

/** First or last entry, or NULL if the list is empty. */
#define list_first( head, type, member ) \
	( list_empty ( head ) ? (type *) NULL : list_entry ( ( head )->next, type, member ) )
#define list_last( head, type, member ) \
	( list_empty ( head ) ? (type *) NULL : list_entry ( ( head )->prev, type, member ) )

#define list_for_each( pos, head, member )                                      \
	for ( pos = list_entry ( ( head )->next, __typeof__ ( *pos ), member ); \
	      &pos->member != ( head );                                         \
	      pos = list_entry ( pos->member.next, __typeof__ ( *pos ), member ) )

/** As list_for_each, but the current entry may be removed or freed. */
#define list_for_each_safe( pos, tmp, head, member )                              \
	for ( pos = list_entry ( ( head )->next, __typeof__ ( *pos ), member ),   \
	      tmp = list_entry ( pos->member.next, __typeof__ ( *pos ), member ); \
	      &pos->member != ( head );                                           \
	      pos = tmp, tmp = list_entry ( tmp->member.next, __typeof__ ( *tmp ), member ) )

#endif /* CORE_LIST_H */
