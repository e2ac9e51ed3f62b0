/** @file
 * Block `smbios`: fields of the firmware's SMBIOS structures (DSP0134), by number
 * ([<instance>.]<type>.<offset>.<length>) and by the predefined names below.
 */
#include <string.h>
#include "core/error.h"
#include "core/init.h"
#include "core/platform.h"
#include "core/reader.h"
#include "core/settings.h"

/** UUIDs are stored with little-endian fields from this version on (DSP0134 §7.2.1). */
#define SMBIOS_MIXED_ENDIAN_UUID 0x0206
#define SMBIOS_TYPE_END          127

/** A structure: its formatted area, and the strings behind it. */
struct smbios_structure {
	uint8_t type;
	const uint8_t *data;
	size_t len;
	struct reader strings;
};

/** Take the next structure from the table. @return false at its end */
static bool smbios_next ( struct reader *table, struct smbios_structure *ret ) {
	struct reader header = *table;

	ret->type = read_u8 ( &header );
	ret->len = read_u8 ( &header );
	ret->data = read_bytes ( table, ret->len );
	if ( !ret->data || ( ret->len < 4 ) )
		return false;
	ret->strings = *table;
	/* Strings end with an empty one; without any there are still two NULs. */
	for ( uint8_t last = 1, c;; last = c ) {
		c = read_u8 ( table );
		if ( reader_failed ( table ) )
			return false;
		if ( !c && !last )
			break;
		if ( !c && ( table->pos == ret->strings.pos + 1 ) ) {
			read_skip ( table, 1 );
			break;
		}
	}
	ret->strings.end = table->pos;
	return true;
}

static bool smbios_find ( struct reader *table, unsigned int type, unsigned int instance,
			  struct smbios_structure *ret ) {
	while ( smbios_next ( table, ret ) ) {
		if ( ( ret->type == type ) && ( instance-- == 0 ) )
			return true;
		if ( ret->type == SMBIOS_TYPE_END )
			break;
	}
	return false;
}

/** String number @c index (from 1) of a structure. @return its length, or -ENOENT_SETTING */
static ssize_t smbios_string ( struct smbios_structure *structure, unsigned int index,
			       const uint8_t **ret_text ) {
	const uint8_t *pos = structure->strings.pos, *nul;

	while ( index > 0 ) {
		nul = memchr ( pos, '\0', structure->strings.end - pos );
		if ( !nul || ( nul == pos ) )
			break;
		*ret_text = pos;
		if ( --index == 0 )
			return nul - pos;
		pos = nul + 1;
	}
	return -ENOENT_SETTING;
}

/** Find what a tag names. @return length, or -ENOENT_SETTING */
static ssize_t smbios_locate ( uint64_t tag, const uint8_t **ret_data, bool *ret_is_string ) {
	unsigned int instance = ( tag >> 24 ) & 0xff, type = ( tag >> 16 ) & 0xff;
	unsigned int offset = ( tag >> 8 ) & 0xff, len = tag & 0xff, version;
	struct smbios_structure structure;
	size_t table_len;
	const void *data = platform_smbios ( &table_len, &version );
	struct reader table;

	if ( !data )
		return -ENOENT_SETTING;
	table = READER ( data, table_len );
	if ( !smbios_find ( &table, type, instance, &structure ) )
		return -ENOENT_SETTING;
	*ret_is_string = ( ( len == 0 ) != ( offset == 0 ) );
	if ( ( len == 0 ) && ( offset == 0 ) ) {
		*ret_data = structure.data;
		return structure.len;
	}
	if ( offset == 0 )
		return smbios_string ( &structure, len, ret_data );
	if ( ( offset >= structure.len ) || ( len > structure.len - offset ) )
		return -ENOENT_SETTING;
	*ret_data = structure.data + offset;
	if ( len == 0 )
		return smbios_string ( &structure, structure.data[offset], ret_data );
	return len;
}

static bool smbios_uuid_swapped ( const struct setting *setting, ssize_t len ) {
	unsigned int version = 0;
	size_t table_len;

	if ( ( setting->type != &setting_type_uuid ) && ( setting->type != &setting_type_guid ) )
		return false;
	platform_smbios ( &table_len, &version );
	return ( len == 16 ) && ( version >= SMBIOS_MIXED_ENDIAN_UUID );
}

static ssize_t smbios_fetch ( struct settings *settings, const struct setting *setting, void *raw,
			      size_t len, const struct setting_type **ret_type ) {
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	const uint8_t *data;
	uint8_t uuid[16];
	bool is_string;
	ssize_t ret = smbios_locate ( setting->tag, &data, &is_string );

	if ( ret < 0 )
		return ret;
	if ( smbios_uuid_swapped ( setting, ret ) ) {
		for ( unsigned int i = 0; i < sizeof ( uuid ); i++ )
			uuid[i] = data[order[i]];
		data = uuid;
	}
	if ( len > 0 )
		memcpy ( raw, data, MIN ( len, (size_t) ret ) );
	if ( ret_type )
		*ret_type = is_string ? &setting_type_string : &setting_type_hex;
	return ret;
}

static bool smbios_applies ( struct settings *settings, const struct setting *setting ) {
	return ( setting->scope == &settings_scope_smbios ) && setting->tag;
}

static const struct settings_ops smbios_ops = { .applies = smbios_applies, .fetch = smbios_fetch };
static struct settings smbios_settings;

static void smbios_init ( void ) {
	settings_init ( &smbios_settings, &smbios_ops, &settings_scope_smbios );
	settings_register ( &smbios_settings, NULL, "smbios" );
}

static void smbios_fini ( void ) {
	settings_unregister ( &smbios_settings );
}

static const struct init_fn smbios_init_fn = { .phase = INIT_EARLY,
					       .name = "smbios settings",
					       .startup = smbios_init,
					       .shutdown = smbios_fini };
INIT_FN ( smbios_init_fn );

#define SMBIOS_TAG( type, offset, len ) ( ( ( type ) << 16 ) | ( ( offset ) << 8 ) | ( len ) )
#define SMBIOS_SETTING( id, text, number, kind, words )                                 \
	static const struct setting id##_setting = { .name = text,                      \
						     .description = words,              \
						     .type = &setting_type_##kind,      \
						     .tag = number,                     \
						     .scope = &settings_scope_smbios }; \
	SETTING ( id##_setting )

SMBIOS_SETTING ( uuid, "uuid", SMBIOS_TAG ( 1, 8, 16 ), uuid, "UUID" );
SMBIOS_SETTING ( manufacturer, "manufacturer", SMBIOS_TAG ( 1, 4, 0 ), string, "Manufacturer" );
SMBIOS_SETTING ( product, "product", SMBIOS_TAG ( 1, 5, 0 ), string, "Product name" );
SMBIOS_SETTING ( serial, "serial", SMBIOS_TAG ( 1, 7, 0 ), string, "Serial number" );
SMBIOS_SETTING ( asset, "asset", SMBIOS_TAG ( 3, 8, 0 ), string, "Asset tag" );
SMBIOS_SETTING ( board_serial, "board-serial", SMBIOS_TAG ( 2, 7, 0 ), string, "Board serial" );
