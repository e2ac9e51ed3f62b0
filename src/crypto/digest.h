/** @file
 * Digests: MD5 (RFC 1321), SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 (FIPS 180-4). The algorithms are
 * wolfCrypt's; which of them there are is in
 * crypto/user_settings.h.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "core/job.h"

enum digest {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA224,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

/** Bytes of the longest one. */
#define DIGEST_LEN_MAX 64

/** A digest on its way. Plain data: may be dropped at any time. */
struct digest_state {
	enum digest digest;
	uint64_t alg[40]; /**< the algorithm's own */
};

void digest_begin ( struct digest_state *state, enum digest digest );

/** More data, in order: a bounded amount, for nobody runs meanwhile. @param data  borrowed */
void digest_add ( struct digest_state *state, const void *data, size_t len );

/**
 * More data, of any length. Others run in between: it may take seconds.
 *
 * @param data  borrowed; must stay as it is meanwhile
 * @param len   bytes
 * @param job   `done` grows by @c len
 * @return 0 or -ECANCELED
 * Context: task; blocks.
 */
TASK_FN int digest_add_all ( struct digest_state *state, const void *data, size_t len,
			     struct job *job );

/** @param ret_digest  at most DIGEST_LEN_MAX bytes. @return its length in bytes */
size_t digest_end ( struct digest_state *state, uint8_t *ret_digest );

/**
 * The digest of data in memory. Others run in between: it may take seconds.
 *
 * @param data        borrowed; must stay as it is meanwhile
 * @param len         bytes
 * @param job         told how many bytes of how many are done
 * @param ret_digest  at most DIGEST_LEN_MAX bytes
 * @return its length in bytes, or -ECANCELED
 * Context: task; blocks.
 */
TASK_FN int digest_run ( enum digest digest, const void *data, size_t len, struct job *job,
			 uint8_t *ret_digest );

#endif /* CRYPTO_DIGEST_H */
