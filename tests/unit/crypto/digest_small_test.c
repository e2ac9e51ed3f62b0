/** @file
 * The small digests of BIOS images agree with wolfCrypt's, which are tested against the specifications'
 * examples (digest_test.c).
 */
#define digest_begin small_digest_begin
#define digest_add   small_digest_add
#define digest_end   small_digest_end
#include "crypto/digest_small.c"
#undef digest_begin
#undef digest_add
#undef digest_end
#include <stdlib.h>
#include "lib/test.h"

#define SHORT_MAX ( 3 * BLOCK_MAX )
#define LONG_LEN  100000

void digest_begin ( struct digest_state *state, enum digest digest );
void digest_add ( struct digest_state *state, const void *data, size_t len );
size_t digest_end ( struct digest_state *state, uint8_t *ret_digest );

static uint8_t data[LONG_LEN];

/** In pieces of @c piece bytes. */
static void assert_agree ( size_t len, size_t piece ) {
	for ( enum digest digest = 0; digest <= DIGEST_SHA512; digest++ ) {
		uint8_t small[DIGEST_LEN_MAX], expected[DIGEST_LEN_MAX];
		struct digest_state state;
		size_t digest_len;

		digest_begin ( &state, digest );
		digest_add ( &state, data, len );
		digest_len = digest_end ( &state, expected );

		small_digest_begin ( &state, digest );
		for ( size_t pos = 0; pos < len; pos += piece )
			small_digest_add ( &state, data + pos, MIN ( piece, len - pos ) );
		assert_int_equal ( small_digest_end ( &state, small ), digest_len );
		assert_memory_equal ( small, expected, digest_len );
	}
}

static void every_length_agrees ( void **state ) {
	for ( size_t len = 0; len <= SHORT_MAX; len++ )
		assert_agree ( len, SHORT_MAX );
}

static void pieces_of_any_length_agree ( void **state ) {
	for ( size_t piece = 1; piece <= SHORT_MAX; piece += 7 )
		assert_agree ( LONG_LEN / 10, piece );
	assert_agree ( LONG_LEN, LONG_LEN );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( every_length_agrees ),
		cmocka_unit_test ( pieces_of_any_length_agree ),
	};

	srand ( 1 );
	for ( size_t i = 0; i < LONG_LEN; i++ )
		data[i] = (uint8_t) rand ();
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
