/** @file
 * Decoder of what is packed with the predictor of mix.h: a binary arithmetic coder with 32 bits, in which
 * the part of the range up to the middle is a 1.
 */
#include "platform/codec/mix.h"
#include "platform/codec/unpack.h"

static void mix_decode ( const uint8_t *src, uint8_t *dst, size_t len, void *work ) {
	struct mix *mix = work;
	uint32_t low = 0, high = UINT32_MAX, code = 0, middle;
	unsigned int i, byte, bit;

	for ( i = 0; i < sizeof ( code ); i++ )
		code = ( code << 8 ) | *src++;
	mix_init ( mix, dst );
	for ( ; len; len--, dst++ ) {
		for ( byte = 1; byte < 0x100; byte = ( byte << 1 ) | bit ) {
			middle = mix_middle ( mix, low, high );
			bit = ( code <= middle );
			if ( bit )
				high = middle;
			else
				low = middle + 1;
			for ( ; ( ( low ^ high ) >> 24 ) == 0;
			      low <<= 8, high = ( high << 8 ) | 0xff )
				code = ( code << 8 ) | *src++;
			/* Behind the last bit of a byte the predictor looks at it. */
			*dst = ( byte << 1 ) | bit;
			mix_update ( mix, bit );
		}
	}
}

const struct codec mix_codec = { .decode = mix_decode, .work_len = sizeof ( struct mix ) };
