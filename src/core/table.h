/** @file
 * Tables filled by the linker: commands, drivers, URI schemes, image types, consoles and so on are
 * declared in the file that implements them and found here, without a central list.
 *
 * A table is an array of pointers in a section whose name is a C identifier, so the linker itself
 * provides __start_ and __stop_ symbols on every platform. Each kind wraps TABLE_ENTRY in a typed
 * macro of its own (COMMAND, NET_DRIVER, ...) beside its struct. Order is link order; a kind whose
 * order matters has an explicit field for it.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

/** Put a pointer to @c object, a struct @c type, into table @c table. */
#define TABLE_ENTRY( type, table, object )                                    \
	static const struct type *const                                       \
		__attribute__ ( ( section ( "tbl_" #table ), used, retain ) ) \
		table##_entry_##object = &object

/** Declare a table for iteration; at file scope of the file that walks it. */
#define TABLE( type, table )                                                              \
	extern const struct type *const __start_tbl_##table[] __attribute__ ( ( weak ) ); \
	extern const struct type *const __stop_tbl_##table[] __attribute__ ( ( weak ) )

/** Walk a table: @c pos is a `const struct type * const *`. */
#define table_for_each( pos, table ) \
	for ( pos = __start_tbl_##table; pos < __stop_tbl_##table; pos++ )

#endif /* CORE_TABLE_H */
