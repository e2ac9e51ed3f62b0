/** @file
 * UTF-8 (RFC 3629 §3, §4): overlong forms, surrogates and values past U+10FFFF are malformed.
 */
#include "core/utf8.h"

static uint32_t start ( struct utf8_decoder *decoder, uint8_t byte ) {
	if ( byte < 0x80 )
		return byte;
	if ( ( byte & 0xe0 ) == 0xc0 )
		*decoder = ( struct utf8_decoder ){ byte & 0x1f, 0x80, 1 };
	else if ( ( byte & 0xf0 ) == 0xe0 )
		*decoder = ( struct utf8_decoder ){ byte & 0x0f, 0x800, 2 };
	else if ( ( byte & 0xf8 ) == 0xf0 )
		*decoder = ( struct utf8_decoder ){ byte & 0x07, 0x10000, 3 };
	else
		return UTF8_REPLACEMENT;
	return 0;
}

uint32_t utf8_feed ( struct utf8_decoder *decoder, uint8_t byte ) {
	if ( !decoder->expected )
		return start ( decoder, byte );
	if ( ( byte & 0xc0 ) != 0x80 ) {
		decoder->expected = 0;
		return UTF8_REPLACEMENT;
	}
	decoder->value = ( decoder->value << 6 ) | ( byte & 0x3f );
	if ( --decoder->expected )
		return 0;
	if ( ( decoder->value < decoder->minimum ) || ( decoder->value > 0x10ffff ) ||
	     ( ( decoder->value & ~0x7ffU ) == 0xd800 ) )
		return UTF8_REPLACEMENT;
	return decoder->value;
}

size_t utf8_encode ( uint32_t value, uint8_t buf[4] ) {
	if ( value < 0x80 ) {
		buf[0] = (uint8_t) value;
		return 1;
	}
	if ( value < 0x800 ) {
		buf[0] = (uint8_t) ( 0xc0 | ( value >> 6 ) );
		buf[1] = (uint8_t) ( 0x80 | ( value & 0x3f ) );
		return 2;
	}
	if ( value < 0x10000 ) {
		buf[0] = (uint8_t) ( 0xe0 | ( value >> 12 ) );
		buf[1] = (uint8_t) ( 0x80 | ( ( value >> 6 ) & 0x3f ) );
		buf[2] = (uint8_t) ( 0x80 | ( value & 0x3f ) );
		return 3;
	}
	buf[0] = (uint8_t) ( 0xf0 | ( value >> 18 ) );
	buf[1] = (uint8_t) ( 0x80 | ( ( value >> 12 ) & 0x3f ) );
	buf[2] = (uint8_t) ( 0x80 | ( ( value >> 6 ) & 0x3f ) );
	buf[3] = (uint8_t) ( 0x80 | ( value & 0x3f ) );
	return 4;
}
