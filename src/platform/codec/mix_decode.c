/** @file
 * Decoder of what is packed with the predictor of mix.h: a binary arithmetic coder with 32 bits, in which
 * the part of the range up to the middle is a 1. What comes out goes back through the filter of targets.h.
 *
 * Before the coder's bits: three numbers of 32 bits, struct mix_layout, and what the filter has left alone, places
 * up to UINT32_MAX; all big endian.
 */
#include "platform/codec/mix.h"
#include "platform/codec/targets.h"
#include "platform/codec/unpack.h"

/** Memory to work in, zeros at first. */
struct mix_work {
	struct mix mix;
	struct targets targets;
};

static void mix_decode ( const uint8_t *src, uint8_t *dst, size_t len, void *work ) {
	struct mix_work *in = work;
	struct mix *mix = &in->mix;
	uint32_t low = 0, high = UINT32_MAX, code, middle;
	const uint8_t *exceptions = src + sizeof ( mix->layout );
	unsigned int byte, bit;
	uint8_t *to;

	mix->layout.code = stream_word ( src );
	mix->layout.code_end = stream_word ( src + 4 );
	mix->layout.tables = stream_word ( src + 8 );
	for ( src = exceptions; stream_word ( src ) != UINT32_MAX; src += 4 )
		;
	code = stream_word ( src + 4 );
	src += 8;
	mix->data = dst;
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
	targets_restore ( &in->targets, dst, mix->layout.code, mix->layout.code_end, exceptions );
}

const struct codec mix_codec = { .decode = mix_decode, .work_len = sizeof ( struct mix_work ) };
