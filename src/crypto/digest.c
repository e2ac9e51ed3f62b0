/** @file
 * Digests of large data, by whichever algorithms are linked (digest_wolf.c, digest_small.c).
 */
#include "crypto/digest.h"

/** Bytes before others may run: about a millisecond's work. */
#define DIGEST_SLICE ( (size_t) 64 << 10 )

TASK_FN int digest_add_all ( struct digest_state *state, const void *data, size_t len,
			     struct job *job ) {
	size_t slice;
	int rc;

	for ( size_t pos = 0; pos < len; pos += slice ) {
		if ( ( rc = task_yield () ) != 0 )
			return rc;
		slice = MIN ( len - pos, DIGEST_SLICE );
		digest_add ( state, (const uint8_t *) data + pos, slice );
		job->done += slice;
	}
	return 0;
}

TASK_FN int digest_run ( enum digest digest, const void *data, size_t len, struct job *job,
			 uint8_t *ret_digest ) {
	struct digest_state state;
	int rc;

	digest_begin ( &state, digest );
	job->done = 0;
	job->total = len;
	if ( ( rc = digest_add_all ( &state, data, len, job ) ) != 0 )
		return rc;
	return (int) digest_end ( &state, ret_digest );
}
