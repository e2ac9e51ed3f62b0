/** @file
 * Are these the contents that were meant? By a SHA-256 digest that the user got in some other way.
 */
#ifndef PROTO_VERIFY_H
#define PROTO_VERIFY_H

#include "core/image.h"
#include "core/job.h"
#include "crypto/digest.h"

#define SHA256_LEN 32

/** An image whose digest is being computed. */
struct verify {
	const struct image *image;
	uint8_t expected[SHA256_LEN];
	struct digest_state digest;
	size_t hashed; /**< so many of the first bytes */
	size_t there;  /**< so many are there and stay as they are */
	struct event more;
	struct task_group group; /**< the task that follows the download */
};

/**
 * Begin.
 *
 * @param image   borrowed until verify_finish(); may be empty yet
 * @param sha256  64 hex digits of any case and nothing else, or it is an error
 * @return 0, -EINVAL_DIGEST it is none, -ENOTSUP_DIGEST it could not be compared, because that is not
 *         built in; each with words
 */
int verify_init ( struct verify *verify, const struct image *image, const char *sha256 );

/**
 * The first @c there bytes of the image have arrived and will stay. Less than before: it begins
 * anew. What has come is hashed from now on while the caller waits for more, until verify_stop().
 */
void verify_progress ( struct verify *verify, size_t there );

/** No more comes for now: nothing follows the image any more. Context: task; blocks. */
TASK_FN void verify_stop ( struct verify *verify );

/**
 * Hash what is left of the image, and compare. Others run in between, it may be large.
 *
 * @param verify  without a task (verify_stop())
 * @param job     told of the progress
 * @return 0, -EACCES_DIGEST it differs (with words), -ECANCELED
 * Context: task; blocks.
 */
TASK_FN int verify_finish ( struct verify *verify, struct job *job );

#endif /* PROTO_VERIFY_H */
