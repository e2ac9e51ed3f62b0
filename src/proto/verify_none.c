/** @file
 * What takes the place of proto/verify.c in an image without FETCH_SHA256.
 */
#include "core/error.h"
#include "proto/verify.h"

int verify_parse ( const char *text __unused, uint8_t *ret_sha256 __unused ) {
	return FAIL ( ENOTSUP_DIGEST, "this image is built without FETCH_SHA256" );
}

TASK_FN int verify_image ( const struct image *image __unused, const uint8_t *sha256 __unused,
			   struct job *job __unused ) {
	return -ENOTSUP_DIGEST;
}
