/** @file
 * The other side of mix_decode.c, for the packer and the tests.
 */
#include <string.h>
#include "platform/codec/mix.h"
#include "platform/codec/unpack.h"

/** Pack filtered bytes. @return bytes of @c packed, 0 if @c max are not enough */
static size_t mix_encode ( const uint8_t *data, size_t len, const struct payload_layout *layout,
			   uint8_t *packed, size_t max ) {
	static struct mix mix;
	uint32_t low = 0, high = UINT32_MAX, middle;
	size_t packed_len = 0, i;
	unsigned int bit;

	memset ( &mix, 0, sizeof ( mix ) );
	mix.data = data;
	mix.layout = layout;
	mix_init ( &mix );
	for ( i = 0; i < 8 * len; i++ ) {
		bit = ( data[i / 8] >> ( 7 - i % 8 ) ) & 1;
		middle = mix_middle ( &mix, low, high );
		if ( bit )
			high = middle;
		else
			low = middle + 1;
		for ( ; ( ( low ^ high ) >> 24 ) == 0; low <<= 8, high = ( high << 8 ) | 0xff ) {
			if ( packed_len == max )
				return 0;
			packed[packed_len++] = high >> 24;
		}
		mix_update ( &mix, bit );
	}
	/* Enough of a number in the range that the bits behind it do not matter. */
	if ( packed_len + sizeof ( high ) > max )
		return 0;
	for ( i = 0; i < sizeof ( high ); i++, high <<= 8 )
		packed[packed_len++] = high >> 24;
	return packed_len;
}
