/** @file
 * Are these the contents that were meant? By a SHA-256 digest that the user got in some other way.
 */
#ifndef PROTO_VERIFY_H
#define PROTO_VERIFY_H

#include "core/image.h"
#include "core/job.h"

#define SHA256_LEN 32

/**
 * Read a SHA-256 digest.
 *
 * @param text        64 hex digits of any case and nothing else, or it is an error
 * @param ret_sha256  SHA256_LEN bytes
 * @return 0, -EINVAL_DIGEST it is none, -ENOTSUP_DIGEST it could not be compared, because that is not
 *         built in; each with words
 */
int verify_parse ( const char *text, uint8_t *ret_sha256 );

/**
 * Compare an image with a SHA-256 digest. Others run in between, it may be large.
 *
 * @param image   borrowed
 * @param sha256  what verify_parse() read
 * @param job     told of the progress
 * @return 0, -EACCES_DIGEST it differs (with words), -ECANCELED
 * Context: task; blocks.
 */
TASK_FN int verify_image ( const struct image *image, const uint8_t *sha256, struct job *job );

#endif /* PROTO_VERIFY_H */
