/** @file
 * Digests of large data, by wolfCrypt.
 */
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/hash.h>
#include "crypto/digest.h"

/** Bytes before others may run: about a millisecond's work. */
#define DIGEST_SLICE ( (size_t) 64 << 10 )

static const struct {
	uint8_t type, len;
} digests[] = {
	[DIGEST_MD5] = { WC_HASH_TYPE_MD5, 16 },
	[DIGEST_SHA1] = { WC_HASH_TYPE_SHA, 20 },
	[DIGEST_SHA224] = { WC_HASH_TYPE_SHA224, 28 },
	[DIGEST_SHA256] = { WC_HASH_TYPE_SHA256, 32 },
	[DIGEST_SHA384] = { WC_HASH_TYPE_SHA384, 48 },
	[DIGEST_SHA512] = { WC_HASH_TYPE_SHA512, 64 },
};

_Static_assert( sizeof ( wc_HashAlg ) <= sizeof ( ( (struct digest_state *) 0 )->alg ),
		"room for each algorithm's state" );

/* wolfCrypt's functions fail on null pointers and unknown types only. */

void digest_begin ( struct digest_state *state, enum digest digest ) {
	state->digest = digest;
	wc_HashInit_ex ( (wc_HashAlg *) state->alg, digests[digest].type, NULL, INVALID_DEVID );
}

void digest_add ( struct digest_state *state, const void *data, size_t len ) {
	wc_HashUpdate ( (wc_HashAlg *) state->alg, digests[state->digest].type, data, len );
}

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

size_t digest_end ( struct digest_state *state, uint8_t *ret_digest ) {
	wc_HashFinal ( (wc_HashAlg *) state->alg, digests[state->digest].type, ret_digest );
	return digests[state->digest].len;
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
