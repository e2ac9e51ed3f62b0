/** @file
 * Unpacking: a codec, then the filter.
 */
#include "platform/codec/targets.h"
#include "platform/codec/unpack.h"

size_t unpack_work_len ( const struct codec *codec ) {
	return codec->work_len + sizeof ( struct targets );
}

void unpack ( const struct codec *codec, const struct payload_header *payload, uint8_t *dst,
	      void *work ) {
	const uint8_t *exceptions = (const uint8_t *) ( payload + 1 ), *packed = exceptions;
	struct targets *targets = (struct targets *) ( (uint8_t *) work + codec->work_len );

	while ( stream_word ( packed ) != UINT32_MAX )
		packed += 4;
	codec->decode ( packed + 4, dst, payload->len, &payload->layout, work );
	targets_restore ( targets, dst, payload->layout.code, payload->layout.code_end,
			  exceptions );
}
