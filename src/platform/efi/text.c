/** @file
 * The firmware's text (UTF-16, UEFI specification 2.10 §2.3.1) and ours (UTF-8).
 */
#include "core/utf8.h"
#include "platform/efi/efi.h"

size_t efi_utf8 ( const CHAR16 *text, size_t chars, char *buf, size_t len ) {
	size_t i, pos = 0;

	for ( i = 0; ( i < chars ) && text[i]; i++ ) {
		uint32_t c = text[i];

		if ( ( ( c & 0xfc00 ) == 0xd800 ) && ( i + 1 < chars ) &&
		     ( ( text[i + 1] & 0xfc00 ) == 0xdc00 ) )
			c = 0x10000 + ( ( c & 0x3ff ) << 10 ) + ( text[++i] & 0x3ff );
		else if ( ( c & 0xf800 ) == 0xd800 )
			c = UTF8_REPLACEMENT; /* half of a pair */
		if ( pos + 5 > len )
			break;
		pos += utf8_encode ( c, (uint8_t *) buf + pos );
	}
	if ( len )
		buf[pos] = '\0';
	return pos;
}

size_t efi_utf16 ( const char *text, CHAR16 *buf, size_t chars ) {
	struct utf8_decoder decoder = { 0 };
	size_t pos = 0;
	uint32_t c;

	for ( ; *text && ( pos + 2 < chars ); text++ ) {
		if ( ( c = utf8_feed ( &decoder, (uint8_t) *text ) ) == 0 )
			continue;
		if ( c >= 0x10000 ) {
			buf[pos++] = (CHAR16) ( 0xd800 | ( ( c - 0x10000 ) >> 10 ) );
			c = 0xdc00 | ( c & 0x3ff );
		}
		buf[pos++] = (CHAR16) c;
	}
	if ( chars )
		buf[pos] = 0;
	return pos;
}
