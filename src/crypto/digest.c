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

TASK_FN int digest_run ( enum digest digest, const void *data, size_t len, struct job *job,
			 uint8_t *ret_digest ) {
	enum wc_HashType type = digests[digest].type;
	wc_HashAlg hash;
	size_t slice;
	int rc;

	/* These functions fail on null pointers and unknown types only. */
	wc_HashInit_ex ( &hash, type, NULL, INVALID_DEVID );
	job->total = len;
	for ( size_t pos = 0; pos < len; pos += slice ) {
		job->done = pos;
		if ( ( rc = task_yield () ) != 0 )
			return rc;
		slice = MIN ( len - pos, DIGEST_SLICE );
		wc_HashUpdate ( &hash, type, (const uint8_t *) data + pos, slice );
	}
	wc_HashFinal ( &hash, type, ret_digest );
	return digests[digest].len;
}
