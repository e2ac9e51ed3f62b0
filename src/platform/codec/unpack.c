/** @file
 * What unpacking the core takes besides a codec: the branch filter, and whether the bytes are sound.
 */
#include "core/crc32.h"
#include "platform/codec/unpack.h"

void branch_unfilter ( uint8_t *code, size_t code_len ) {
	int32_t value, pos, len = code_len;
	uint8_t *p;

	/* The inverse of branch_filter() in util/pack.c, which says how. */
	for ( pos = 0; pos + 5 <= len; pos++ ) {
		if ( ( code[pos] & 0xfe ) != 0xe8 )
			continue;
		p = &code[pos + 1];
		value = (int32_t) ( ( (uint32_t) p[0] << 24 ) | ( p[1] << 16 ) | ( p[2] << 8 ) |
				    p[3] );
		if ( ( value >= 0 ) && ( value < len ) )
			value -= pos;
		else if ( ( value < 0 ) && ( value >= -pos ) )
			value += len;
		p[0] = value;
		p[1] = value >> 8;
		p[2] = value >> 16;
		p[3] = value >> 24;
		pos += 4;
	}
}

bool payload_is_sound ( const struct payload_header *payload, const uint8_t *end ) {
	const uint8_t *start = (const uint8_t *) &payload->len;

	return crc32 ( start, (size_t) ( end - start ) ) == payload->crc;
}
