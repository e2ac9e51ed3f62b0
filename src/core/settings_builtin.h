/** @file
 * Block `builtin`: settings whose values are made when they are read. Each is declared where its
 * value lives.
 */
#ifndef CORE_SETTINGS_BUILTIN_H
#define CORE_SETTINGS_BUILTIN_H

#include "core/settings.h"

struct builtin_setting {
	const struct setting *setting; /**< predefined, scope settings_scope_builtin */
	/** @return full length (may exceed @c len), or -ENOENT_SETTING */
	ssize_t ( *fetch ) ( void *raw, size_t len );
	/** Len 0 = clear. NULL: read-only. */
	int ( *store ) ( const void *raw, size_t len );
};
#define BUILTIN_SETTING( object ) TABLE_ENTRY ( builtin_setting, builtin_setting, object )

/** For fetch functions: copy what fits. @return @c value_len */
ssize_t builtin_copy ( const void *value, size_t value_len, void *raw, size_t len );

/** Remember a failed command's status for setting `errno`. */
void builtin_set_errno ( int rc );

#endif /* CORE_SETTINGS_BUILTIN_H */
