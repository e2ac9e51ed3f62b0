/** @file
 * Comparing an image with a SHA-256 digest. While the image is being downloaded a task of its own
 * follows what has come, so that little is left to do at the end.
 */
#include <stdio.h>
#include <string.h>
#include "core/error.h"
#include "core/settings.h"
#include "proto/verify.h"

/** Bytes before others may run: short of what fills a NIC's receive ring meanwhile. */
#define VERIFY_SLICE ( (size_t) 16 << 10 )

int verify_init ( struct verify *verify, const struct image *image, const char *sha256 ) {
	verify->image = image;
	verify->hashed = verify->there = 0;
	digest_begin ( &verify->digest, DIGEST_SHA256 );
	task_group_init ( &verify->group );
	event_init ( &verify->more );
	if ( setting_type_hexraw.parse ( sha256, verify->expected, SHA256_LEN ) == SHA256_LEN )
		return 0;
	return FAIL ( EINVAL_DIGEST, "\"%.64s\" is no SHA-256 digest (64 hex digits)", sha256 );
}

/* Until it is cancelled. The image's memory may move while others run. */
static TASK_FN int follow ( void *arg ) {
	struct verify *verify = arg;
	int rc = 0;

	while ( rc == 0 ) {
		size_t len = MIN ( verify->there - verify->hashed, VERIFY_SLICE );

		digest_add ( &verify->digest, verify->image->data + verify->hashed, len );
		verify->hashed += len;
		rc = ( verify->hashed == verify->there ) ? event_wait ( &verify->more, TIME_NEVER )
							 : task_yield ();
	}
	return 0;
}

void verify_progress ( struct verify *verify, size_t there ) {
	if ( there < verify->hashed ) {
		digest_begin ( &verify->digest, DIGEST_SHA256 );
		verify->hashed = 0;
	}
	verify->there = there;
	/* Without memory for a stack everything is hashed at the end. */
	if ( task_group_idle ( &verify->group ) )
		task_spawn ( &verify->group, "verify", follow, verify, TASK_STACK_NORMAL );
	event_signal ( &verify->more );
}

TASK_FN void verify_stop ( struct verify *verify ) {
	task_group_cancel ( &verify->group );
	task_group_join ( &verify->group );
}

TASK_FN int verify_finish ( struct verify *verify, struct job *job ) {
	const struct image *image = verify->image;
	char found[2 * SHA256_LEN + 1], expected[2 * SHA256_LEN + 1];
	uint8_t value[DIGEST_LEN_MAX];
	int rc;

	snprintf ( job->message, sizeof ( job->message ), "SHA-256" );
	job->done = verify->hashed;
	job->total = image->len;
	if ( ( rc = digest_add_all ( &verify->digest, image->data + verify->hashed,
				     image->len - verify->hashed, job ) ) != 0 )
		return rc;
	digest_end ( &verify->digest, value );
	if ( memcmp ( value, verify->expected, SHA256_LEN ) == 0 )
		return 0;
	setting_type_hexraw.format ( value, SHA256_LEN, found, sizeof ( found ) );
	setting_type_hexraw.format ( verify->expected, SHA256_LEN, expected, sizeof ( expected ) );
	return FAIL ( EACCES_DIGEST, "SHA-256  %s\n  expected %s", found, expected );
}
