/** @file
 * Digests where each byte of the image counts: crypto/digest.h without wolfCrypt, in a quarter of its room. What
 * the algorithms have in common is there once, and their tables of constants are computed, as the
 * specifications define them.
 *
 * Each round makes a new first word of the state, and the last one goes away: the state is a window that
 * moves down through an array.
 */
#include <stdbool.h>
#include <string.h>
#include "crypto/digest.h"

#define BLOCK_MAX  128
#define ROUNDS_MAX 80

/** What is in struct digest_state. */
struct hash {
	union {
		uint32_t narrow[8];
		uint64_t wide[8];
	} state;
	uint64_t constants[ROUNDS_MAX]; /**< of each round */
	uint64_t len;                   /**< bytes so far */
	uint8_t block[BLOCK_MAX];       /**< those that are no block yet */
};

_Static_assert( sizeof ( struct hash ) <= sizeof ( ( (struct digest_state *) 0 )->alg ),
		"room for each algorithm's state" );

struct algorithm {
	void ( *init ) ( struct hash *hash, enum digest digest );
	void ( *block ) ( struct hash *hash, const uint8_t *block );
	uint8_t len;   /**< bytes of the digest */
	uint8_t width; /**< bytes of a word; a block has 16 */
};

/* ---- Words ---- */

static uint32_t rotate_left ( uint32_t word, unsigned int bits ) {
	return word << bits | word >> ( 32 - bits );
}

static uint32_t rotate ( uint32_t word, unsigned int bits ) {
	return word >> bits | word << ( 32 - bits );
}

static uint64_t rotate64 ( uint64_t word, unsigned int bits ) {
	return word >> bits | word << ( 64 - bits );
}

/** Big endian words of a block. */
static uint32_t word32 ( const uint8_t *block, unsigned int i ) {
	uint32_t word;

	memcpy ( &word, block + 4 * i, sizeof ( word ) );
	return __builtin_bswap32 ( word );
}

static uint64_t word64 ( const uint8_t *block, unsigned int i ) {
	return (uint64_t) word32 ( block, 2 * i ) << 32 | word32 ( block, 2 * i + 1 );
}

/* The functions that FIPS 180-4 calls Ch, Parity and Maj: bits of b where a is 1, else of c; ... */

static uint64_t choose ( uint64_t a, uint64_t b, uint64_t c ) {
	return c ^ ( a & ( b ^ c ) );
}

static uint64_t majority ( uint64_t a, uint64_t b, uint64_t c ) {
	return ( a & b ) | ( c & ( a | b ) );
}

/* ---- Constants ---- */

/** Is x to the power of @c power less than n? x has 64 bits behind the point, its lowest 32 first. It is never
 * equal: no root of a prime is rational. */
static bool power_is_less ( const uint32_t x[3], unsigned int power, unsigned int n ) {
	uint32_t product[9] = { [6] = 1 }; /* 192 bits behind the point; two words of zeros */
	unsigned __int128 sum;
	unsigned int i;

	for ( ; power; power-- ) {
		for ( i = 0, sum = 0; i <= 6; i++ ) {
			sum += (uint64_t) product[i] * x[2];
			sum += (uint64_t) product[i + 1] * x[1];
			sum += (uint64_t) product[i + 2] * x[0];
			product[i] = (uint32_t) sum;
			sum >>= 32;
		}
	}
	return product[6] < n;
}

/** @return the first 64 bits behind the point of the square root (2) or cube root (3) of @c prime */
static uint64_t root ( unsigned int prime, unsigned int power ) {
	uint32_t x[3] = { 0 };
	int bit;

	for ( bit = 66; bit >= 0; bit-- ) {
		x[bit / 32] ^= 1U << ( bit % 32 );
		if ( !power_is_less ( x, power, prime ) )
			x[bit / 32] ^= 1U << ( bit % 32 );
	}
	return (uint64_t) x[1] << 32 | x[0];
}

static unsigned int next_prime ( unsigned int n ) {
	unsigned int divisor;

	do {
		n++;
		for ( divisor = 2; n % divisor; divisor++ )
			;
	} while ( divisor != n );
	return n;
}

/* ---- MD5 and SHA-1 ---- */

static void init_old ( struct hash *hash, enum digest digest ) {
	static const uint32_t start[] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
					  0xc3d2e1f0 };
	/* | sin i |, 62 bits behind the point: sin ( i + 1 ) = 2 cos 1 sin i - sin ( i - 1 ) */
	const int64_t two_cos = 0x4528a03ed41a2e48;
	int64_t sine = 0x35daa91e1219dc08, last = 0, next;
	unsigned int i;

	memcpy ( hash->state.narrow, start, sizeof ( start ) );
	for ( i = 0; i < 64; i++ ) {
		hash->constants[i] = (uint64_t) ( ( sine < 0 ) ? -sine : sine ) >> 30;
		next = (int64_t) ( ( (__int128) two_cos * sine ) >> 62 ) - last;
		last = sine;
		sine = next;
	}
}

/** The state is kept as a, b, c, d; the window is b, c, d, a. */
static void md5_block ( struct hash *hash, const uint8_t *block ) {
	static const uint8_t shifts[4][4] = {
		{ 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
	};
	static const uint8_t steps[4] = { 1, 5, 3, 7 }, starts[4] = { 0, 1, 5, 0 };
	uint32_t window[64 + 4], *s = window + 64, sum;
	unsigned int i, turn;

	for ( i = 0; i < 4; i++ )
		s[i] = hash->state.narrow[( i + 1 ) % 4];
	for ( i = 0; i < 64; i++, s-- ) {
		turn = i / 16;
		sum = ( turn == 0 )   ? choose ( s[0], s[1], s[2] )
		      : ( turn == 1 ) ? choose ( s[2], s[0], s[1] )
		      : ( turn == 2 ) ? s[0] ^ s[1] ^ s[2]
				      : s[1] ^ ( s[0] | ~s[2] );
		sum += s[3] + hash->constants[i] +
		       __builtin_bswap32 (
			       word32 ( block, ( steps[turn] * i + starts[turn] ) % 16 ) );
		s[-1] = s[0] + rotate_left ( sum, shifts[turn][i % 4] );
	}
	for ( i = 0; i < 4; i++ )
		hash->state.narrow[( i + 1 ) % 4] += s[i];
}

static void sha1_block ( struct hash *hash, const uint8_t *block ) {
	static const uint32_t constants[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
	uint32_t w[80], window[80 + 5], *s = window + 80, sum;
	unsigned int i;

	memcpy ( s, hash->state.narrow, 20 );
	for ( i = 0; i < 80; i++, s-- ) {
		w[i] = ( i < 16 ) ? word32 ( block, i )
				  : rotate_left ( w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1 );
		sum = ( i < 20 )                  ? choose ( s[1], s[2], s[3] )
		      : ( i >= 40 ) && ( i < 60 ) ? majority ( s[1], s[2], s[3] )
						  : s[1] ^ s[2] ^ s[3];
		s[-1] = rotate_left ( s[0], 5 ) + sum + s[4] + constants[i / 20] + w[i];
		s[1] = rotate_left ( s[1], 30 );
	}
	for ( i = 0; i < 5; i++ )
		hash->state.narrow[i] += s[i];
}

/* ---- SHA-2 ---- */

/** SHA-512 starts with square roots of the first eight primes, SHA-384 of the next eight. The 32 bit ones take
 * half of each: SHA-256 the upper half, SHA-224 the lower. */
static void init_sha2 ( struct hash *hash, enum digest digest ) {
	unsigned int first = ( digest == DIGEST_SHA224 ) || ( digest == DIGEST_SHA384 ) ? 8 : 0;
	unsigned int i, prime = 2;
	uint64_t value;

	for ( i = 0; i < ROUNDS_MAX; i++, prime = next_prime ( prime ) ) {
		value = root ( prime, 3 );
		hash->constants[i] = ( digest <= DIGEST_SHA256 ) ? value >> 32 : value;
		if ( i - first >= 8 )
			continue;
		value = root ( prime, 2 );
		if ( digest <= DIGEST_SHA256 )
			hash->state.narrow[i - first] = first ? value : value >> 32;
		else
			hash->state.wide[i - first] = value;
	}
}

static void sha256_block ( struct hash *hash, const uint8_t *block ) {
	uint32_t w[64], window[64 + 8], *s = window + 64, sum, *p;
	unsigned int i;

	memcpy ( s, hash->state.narrow, 32 );
	for ( i = 0; i < 64; i++, s-- ) {
		p = w + i;
		*p = ( i < 16 ) ? word32 ( block, i )
				: p[-16] + p[-7] +
					  ( rotate ( p[-15], 7 ) ^ rotate ( p[-15], 18 ) ^
					    p[-15] >> 3 ) +
					  ( rotate ( p[-2], 17 ) ^ rotate ( p[-2], 19 ) ^
					    p[-2] >> 10 );
		sum = s[7] + choose ( s[4], s[5], s[6] ) + hash->constants[i] + *p +
		      ( rotate ( s[4], 6 ) ^ rotate ( s[4], 11 ) ^ rotate ( s[4], 25 ) );
		s[3] += sum;
		s[-1] = sum + majority ( s[0], s[1], s[2] ) +
			( rotate ( s[0], 2 ) ^ rotate ( s[0], 13 ) ^ rotate ( s[0], 22 ) );
	}
	for ( i = 0; i < 8; i++ )
		hash->state.narrow[i] += s[i];
}

/** The same with 64 bits, other rotations and 80 rounds. */
static void sha512_block ( struct hash *hash, const uint8_t *block ) {
	uint64_t w[80], window[80 + 8], *s = window + 80, sum, *p;
	unsigned int i;

	memcpy ( s, hash->state.wide, 64 );
	for ( i = 0; i < 80; i++, s-- ) {
		p = w + i;
		*p = ( i < 16 ) ? word64 ( block, i )
				: p[-16] + p[-7] +
					  ( rotate64 ( p[-15], 1 ) ^ rotate64 ( p[-15], 8 ) ^
					    p[-15] >> 7 ) +
					  ( rotate64 ( p[-2], 19 ) ^ rotate64 ( p[-2], 61 ) ^
					    p[-2] >> 6 );
		sum = s[7] + choose ( s[4], s[5], s[6] ) + hash->constants[i] + *p +
		      ( rotate64 ( s[4], 14 ) ^ rotate64 ( s[4], 18 ) ^ rotate64 ( s[4], 41 ) );
		s[3] += sum;
		s[-1] = sum + majority ( s[0], s[1], s[2] ) +
			( rotate64 ( s[0], 28 ) ^ rotate64 ( s[0], 34 ) ^ rotate64 ( s[0], 39 ) );
	}
	for ( i = 0; i < 8; i++ )
		hash->state.wide[i] += s[i];
}

/* ---- All ---- */

static const struct algorithm algorithms[] = {
	[DIGEST_MD5] = { init_old, md5_block, 16, 4 },
	[DIGEST_SHA1] = { init_old, sha1_block, 20, 4 },
	[DIGEST_SHA224] = { init_sha2, sha256_block, 28, 4 },
	[DIGEST_SHA256] = { init_sha2, sha256_block, 32, 4 },
	[DIGEST_SHA384] = { init_sha2, sha512_block, 48, 8 },
	[DIGEST_SHA512] = { init_sha2, sha512_block, 64, 8 },
};

void digest_begin ( struct digest_state *state, enum digest digest ) {
	struct hash *hash = (struct hash *) state->alg;

	state->digest = digest;
	hash->len = 0;
	algorithms[digest].init ( hash, digest );
}

void digest_add ( struct digest_state *state, const void *data, size_t len ) {
	const struct algorithm *algorithm = &algorithms[state->digest];
	size_t block_len = 16 * algorithm->width, there, part;
	struct hash *hash = (struct hash *) state->alg;

	for ( ; len; data = (const uint8_t *) data + part, len -= part ) {
		there = hash->len % block_len;
		part = MIN ( len, block_len - there );
		memcpy ( hash->block + there, data, part );
		hash->len += part;
		if ( there + part == block_len )
			algorithm->block ( hash, hash->block );
	}
}

/** Behind the data come a 1, zeros up to the end of a block, and there the length in bits: two words. */
size_t digest_end ( struct digest_state *state, uint8_t *ret_digest ) {
	const struct algorithm *algorithm = &algorithms[state->digest];
	size_t block_len = 16 * algorithm->width, i;
	struct hash *hash = (struct hash *) state->alg;
	bool little_endian = ( state->digest == DIGEST_MD5 );
	uint64_t bits = 8 * hash->len;

	if ( !little_endian )
		bits = __builtin_bswap64 ( bits );
	digest_add ( state, "\x80", 1 );
	while ( ( hash->len + 2 * algorithm->width ) % block_len )
		digest_add ( state, "", 1 );
	if ( algorithm->width == 8 )
		digest_add ( state, "\0\0\0\0\0\0\0", 8 );
	digest_add ( state, &bits, sizeof ( bits ) );

	for ( i = 0; i < algorithm->len; i++ )
		ret_digest[i] =
			( (const uint8_t *) &hash
				  ->state )[little_endian ? i : i ^ ( algorithm->width - 1 )];
	return algorithm->len;
}
