/** @file
 * What unpacking the core takes besides a codec: whether the bytes are sound.
 */
#include "core/crc32.h"
#include "platform/codec/unpack.h"

bool payload_is_sound ( const struct payload_header *payload, const uint8_t *end ) {
	const uint8_t *start = (const uint8_t *) &payload->len;

	return crc32 ( start, (size_t) ( end - start ) ) == payload->crc;
}
