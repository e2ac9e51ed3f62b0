/** @file
 * Reading the data slot (docs/data-slot.md).
 */
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/crc32.h"
#include "core/error.h"
#include "core/image.h"
#include "core/log.h"
#include "core/reader.h"
#include "core/settings.h"
#include "image/slot.h"

/** Images that are not run at start-up, by kind. */
static unsigned int image_flags ( unsigned int kind ) {
	switch ( kind ) {
	case SLOT_SCRIPT:
		return 0;
	case SLOT_CERTIFICATE:
		return IMAGE_ATTACHED | IMAGE_HIDDEN;
	}
	return IMAGE_ATTACHED;
}

static int add_image ( unsigned int kind, const char *name, const uint8_t *data, size_t len ) {
	struct image *image = image_new ( name, NULL );
	int rc = -ENOMEM;

	if ( image && ( ( rc = image_write ( image, 0, data, len ) ) == 0 ) ) {
		image->flags |= image_flags ( kind );
		rc = image_register ( image );
	}
	image_put ( image );
	return rc;
}

static int add_setting ( const char *name, const uint8_t *data, size_t len ) {
	char *value = malloc ( len + 1 );
	struct setting_ref ref;
	int rc;

	if ( value == NULL )
		return -ENOMEM;
	memcpy ( value, data, len );
	value[len] = '\0';
	if ( ( rc = setting_ref_parse ( name, true, &ref ) ) == 0 )
		rc = setting_store_text ( &ref, value );
	free ( value );
	return rc;
}

/** Take one entry: kind, length of the name, length of the data (LE32), name, data.
 * @return false if it is cut off */
static bool take_entry ( struct reader *r ) {
	unsigned int kind = read_u8 ( r );
	unsigned int name_len = read_u8 ( r );
	size_t len = read_le32 ( r );
	const uint8_t *text = read_bytes ( r, name_len );
	const uint8_t *data = read_bytes ( r, len );
	char name[UINT8_MAX + 1];
	int rc;

	if ( reader_failed ( r ) )
		return false;
	memcpy ( name, text, name_len );
	name[name_len] = '\0';
	LOG ( LOG_EVENT, "kind %u: %s, %zu bytes", kind, name, len );
	if ( kind == SLOT_SETTING )
		rc = add_setting ( name, data, len );
	else if ( ( kind >= SLOT_SCRIPT ) && ( kind <= SLOT_CERTIFICATE ) )
		rc = add_image ( kind, name, data, len );
	else
		rc = FAIL ( ENOTSUP, "entries of kind %u are not known", kind );
	if ( rc != 0 )
		error_report ( rc, "Data slot: %s", name );
	return true;
}

/** Check header and checksum. @return the entries; a failed reader if it is damaged */
static struct reader open_slot ( const uint8_t *slot, size_t len ) {
	struct reader r = READER ( slot, len ), entries;
	uint32_t crc, capacity, used;

	read_skip ( &r, SLOT_CRC );
	crc = read_le32 ( &r );
	capacity = read_le32 ( &r );
	used = read_le32 ( &r );
	read_skip ( &r, SLOT_HEADER - SLOT_USED - 4 );
	entries = read_sub ( &r, used );
	if ( !entries.failed )
		entries.failed = ( capacity != len ) ||
				 ( crc32 ( slot + SLOT_CAPACITY, len - SLOT_CAPACITY ) != crc );
	return entries;
}

void slot_load ( const void *slot, size_t len ) {
	struct reader entries = open_slot ( slot, len );
	bool good = !reader_failed ( &entries );

	LOG ( LOG_EVENT, "%zu of %zu bytes used", reader_left ( &entries ), len );
	while ( good && reader_left ( &entries ) )
		good = take_entry ( &entries );
	if ( !good )
		con_printf ( "The data slot is damaged, ignoring it\n" );
}
