/** @file
 * Block `builtin` and those of its settings that belong to the core itself.
 */
#include <string.h>
#include "core/clock.h"
#include "core/error.h"
#include "core/init.h"
#include "core/platform.h"
#include "core/settings_builtin.h"
#include "core/version.h"

TABLE ( builtin_setting, builtin_setting );

static const struct builtin_setting *builtin_find ( const struct setting *setting ) {
	const struct builtin_setting *const *pos;

	table_for_each ( pos, builtin_setting ) {
		if ( strcmp ( ( *pos )->setting->name, setting->name ) == 0 )
			return *pos;
	}
	return NULL;
}

static ssize_t builtin_fetch ( struct settings *settings, const struct setting *setting, void *raw,
			       size_t len, const struct setting_type **ret_type ) {
	const struct builtin_setting *builtin = builtin_find ( setting );

	return builtin ? builtin->fetch ( raw, len ) : -ENOENT_SETTING;
}

static int builtin_store ( struct settings *settings, const struct setting *setting,
			   const void *raw, size_t len ) {
	const struct builtin_setting *builtin = builtin_find ( setting );

	if ( !builtin || !builtin->store )
		return -ENOTSUP_SETTING;
	return builtin->store ( raw, len );
}

static bool builtin_applies ( struct settings *settings, const struct setting *setting ) {
	return setting->scope == &settings_scope_builtin;
}

static const struct settings_ops builtin_ops = { .applies = builtin_applies,
						 .fetch = builtin_fetch,
						 .store = builtin_store };
static struct settings builtin_settings;

static void builtin_init ( void ) {
	settings_init ( &builtin_settings, &builtin_ops, &settings_scope_builtin );
	settings_register ( &builtin_settings, NULL, "builtin" );
}

static void builtin_fini ( void ) {
	settings_unregister ( &builtin_settings );
}

/* Before devices: the first of root's children, as people expect from listings. */
static const struct init_fn builtin_init_fn = { .phase = INIT_EARLY,
						.name = "builtin settings",
						.startup = builtin_init,
						.shutdown = builtin_fini };
INIT_FN ( builtin_init_fn );

ssize_t builtin_copy ( const void *value, size_t value_len, void *raw, size_t len ) {
	if ( len > 0 )
		memcpy ( raw, value, MIN ( len, value_len ) );
	return value_len;
}

static ssize_t copy_be32 ( uint32_t value, void *raw, size_t len ) {
	uint8_t bytes[4] = { value >> 24, value >> 16, value >> 8, value };

	return builtin_copy ( bytes, sizeof ( bytes ), raw, len );
}

#define BUILTIN( id, kind, words, store_fn )                                             \
	static const struct setting id##_setting = { .name = #id,                        \
						     .description = words,               \
						     .type = &setting_type_##kind,       \
						     .scope = &settings_scope_builtin }; \
	SETTING ( id##_setting );                                                        \
	static const struct builtin_setting id##_builtin = { .setting = &id##_setting,   \
							     .fetch = id##_fetch,        \
							     .store = store_fn };        \
	BUILTIN_SETTING ( id##_builtin )

/* ---- errno: status of the last command that failed ---- */

static uint32_t last_error;

void builtin_set_errno ( int rc ) {
	last_error = error_code ( rc );
}

static ssize_t errno_fetch ( void *raw, size_t len ) {
	return copy_be32 ( last_error, raw, len );
}
BUILTIN ( errno, uint32, "Last error", NULL );

/* ---- What we are ---- */

static ssize_t buildarch_fetch ( void *raw, size_t len ) {
	return builtin_copy ( "x86_64", 6, raw, len );
}
BUILTIN ( buildarch, string, "Build architecture", NULL );

static ssize_t platform_fetch ( void *raw, size_t len ) {
	return builtin_copy ( platform_info.name, strlen ( platform_info.name ), raw, len );
}
BUILTIN ( platform, string, "Platform", NULL );

static ssize_t version_fetch ( void *raw, size_t len ) {
	return builtin_copy ( version_text, strlen ( version_text ), raw, len );
}
BUILTIN ( version, string, "Version", NULL );

/* ---- unixtime: storing moves the clock, clearing gives it back to the platform ---- */

static ssize_t unixtime_fetch ( void *raw, size_t len ) {
	return copy_be32 ( clock_wall_us () / (int64_t) US_PER_S, raw, len );
}

static int unixtime_store ( const void *raw, size_t len ) {
	const uint8_t *bytes = raw;
	uint32_t seconds = 0;

	if ( len == 0 ) {
		clock_set_wall_offset ( 0 );
		return 0;
	}
	for ( size_t i = 0; i < len; i++ )
		seconds = ( seconds << 8 ) | bytes[i];
	clock_set_wall_offset ( clock_wall_offset () + (int64_t) ( seconds * US_PER_S ) -
				clock_wall_us () );
	return 0;
}
BUILTIN ( unixtime, uint32, "Seconds since 1970", unixtime_store );
