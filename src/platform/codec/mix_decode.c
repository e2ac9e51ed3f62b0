/** @file
 * Decoder of what is packed with the predictor of mix.h: a binary arithmetic coder with 32 bits, in which
 * the part of the range up to the middle is a 1.
 */
#include "platform/codec/mix.h"
#include "platform/codec/unpack.h"

static void mix_decode ( const uint8_t *src, uint8_t *dst, size_t len,
			 const struct payload_layout *layout, void *work ) {
	struct mix *mix = work;
	uint32_t low = 0, high = UINT32_MAX, code = stream_word ( src ), middle;
	unsigned int byte, bit;
	uint8_t *to;

	src += 4;
	mix->data = dst;
	mix->layout = layout;
	mix_init ( mix );
	for ( to = dst; to < dst + len; to++ ) {
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
			*to = ( byte << 1 ) | bit;
			mix_update ( mix, bit );
		}
	}
}

const struct codec mix_codec = { .decode = mix_decode, .work_len = sizeof ( struct mix ) };
