/** @file
 * What takes the place of proto/verify.c in an image without FETCH_SHA256.
 */
#include "core/error.h"
#include "proto/verify.h"

int verify_init ( struct verify *verify __unused, const struct image *image __unused,
		  const char *sha256 __unused ) {
	return FAIL ( ENOTSUP_DIGEST, "this image is built without FETCH_SHA256" );
}

void verify_progress ( struct verify *verify __unused, size_t there __unused ) {
}

TASK_FN void verify_stop ( struct verify *verify __unused ) {
}

TASK_FN int verify_finish ( struct verify *verify __unused, struct job *job __unused ) {
	return -ENOTSUP_DIGEST;
}
