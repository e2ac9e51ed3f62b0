/** @file
 * Comparing an image with a SHA-256 digest.
 */
#include <stdio.h>
#include <string.h>
#include "core/error.h"
#include "core/settings.h"
#include "crypto/digest.h"
#include "proto/verify.h"

int verify_parse ( const char *text, uint8_t *ret_sha256 ) {
	if ( setting_type_hexraw.parse ( text, ret_sha256, SHA256_LEN ) == SHA256_LEN )
		return 0;
	return FAIL ( EINVAL_DIGEST, "\"%.64s\" is no SHA-256 digest (64 hex digits)", text );
}

TASK_FN int verify_image ( const struct image *image, const uint8_t *sha256, struct job *job ) {
	char found[2 * SHA256_LEN + 1], expected[2 * SHA256_LEN + 1];
	uint8_t value[DIGEST_LEN_MAX];
	int rc;

	snprintf ( job->message, sizeof ( job->message ), "SHA-256" );
	if ( ( rc = digest_run ( DIGEST_SHA256, image->data, image->len, job, value ) ) < 0 )
		return rc;
	if ( memcmp ( value, sha256, SHA256_LEN ) == 0 )
		return 0;
	setting_type_hexraw.format ( value, SHA256_LEN, found, sizeof ( found ) );
	setting_type_hexraw.format ( sha256, SHA256_LEN, expected, sizeof ( expected ) );
	return FAIL ( EACCES_DIGEST, "SHA-256  %s\n  expected %s", found, expected );
}
