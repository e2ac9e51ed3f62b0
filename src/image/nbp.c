/** @file
 * What can be told of 16-bit code without a header.
 */
#include <string.h>
#include "core/error.h"
#include "core/reader.h"
#include "image/nbp.h"
#include "image/pe.h"

#define TEXT_LOOKED_AT   64
#define SIGNATURE_OFFSET 510
#define SIGNATURE        0xaa55
#define MARKER_OFFSET    6 /* behind a far jump and the machine */
#define MARKER           0x18ae

/** How files begin that people give to a boot loader and that are no code. */
static const struct {
	uint8_t len;
	char start[6];
} others[] = {
	{ 2, "\x1f\x8b" }, /* gzip */
	{ 6, "\xfd"
	     "7zXZ" },             /* xz, with its NUL */
	{ 4, "\x28\xb5\x2f\xfd" }, /* zstd */
	{ 3, "BZh" },              /* bzip2 */
	{ 4, "\x7f"
	     "ELF" },
	{ 4, "\x89"
	     "PNG" },
	{ 2, "\x30\x82" }, /* a certificate (DER) */
	{ 4, "hsqs" },     /* SquashFS */
	{ 4, "\0\0\0\0" },
};

static bool is_text ( const uint8_t *data, size_t len ) {
	for ( size_t i = 0; ( i < len ) && ( i < TEXT_LOOKED_AT ); i++ )
		if ( ( data[i] > '~' ) || ( ( data[i] < ' ' ) && ( data[i] != '\n' ) &&
					    ( data[i] != '\r' ) && ( data[i] != '\t' ) ) )
			return false;
	return true;
}

/* MZ alone is code that does nothing, and programs begin with it; a PE file is for UEFI or Windows. */
int nbp_probe ( const void *data, size_t len ) {
	if ( ( len == 0 ) || ( len > NBP_MAX ) || is_text ( data, len ) || pe_is_pe ( data, len ) )
		return -ENOEXEC_IMAGE;
	for ( size_t i = 0; i < ARRAY_SIZE ( others ); i++ )
		if ( ( len >= others[i].len ) &&
		     ( memcmp ( data, others[i].start, others[i].len ) == 0 ) )
			return -ENOEXEC_IMAGE;
	return 0;
}

static bool has_le16 ( const void *data, size_t len, size_t offset, uint16_t value ) {
	struct reader r = READER ( data, len );

	read_skip ( &r, offset );
	return ( read_le16 ( &r ) == value ) && !reader_failed ( &r );
}

bool nbp_is_boot_sector ( const void *data, size_t len ) {
	return has_le16 ( data, len, SIGNATURE_OFFSET, SIGNATURE );
}

bool nbp_needs_pxe ( const void *data, size_t len ) {
	const uint8_t *bytes = data;

	if ( has_le16 ( data, len, MARKER_OFFSET, MARKER ) )
		return false;
	for ( size_t i = 0; i + 4 <= len; i++ )
		if ( ( memcmp ( bytes + i, "!PXE", 4 ) == 0 ) ||
		     ( memcmp ( bytes + i, "PXEN", 4 ) == 0 ) )
			return true;
	return false;
}
