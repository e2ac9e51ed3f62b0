/** @file
 * LZMA decoder (after the public description of the format, "LZMA specification" by Igor Pavlov), for a
 * raw stream with the parameters PAYLOAD_LC, _LP and _PB.
 */
#include <stdbool.h>
#include "platform/codec/unpack.h"

#define STATES      12
#define POS_STATES  ( 1 << PAYLOAD_PB )
#define LEN_LOW     8
#define LEN_MID     8
#define LEN_HIGH    256
#define PROB_INIT   1024
#define MATCH_MIN   2
#define END_POS     14 /* distances from this slot on have direct bits */
#define FULL_DISTS  128
#define ALIGN_SLOTS 16

typedef uint16_t prob_t;

struct len_probs {
	prob_t choice, choice2;
	prob_t low[POS_STATES][LEN_LOW];
	prob_t mid[POS_STATES][LEN_MID];
	prob_t high[LEN_HIGH];
};

/** All probabilities, so that one loop sets them. */
static struct {
	prob_t is_match[STATES][POS_STATES];
	prob_t is_rep[STATES];
	prob_t is_rep0[STATES];
	prob_t is_rep1[STATES];
	prob_t is_rep2[STATES];
	prob_t is_rep0_long[STATES][POS_STATES];
	prob_t slot[4][64];
	prob_t special[FULL_DISTS - END_POS + 1];
	prob_t align[ALIGN_SLOTS];
	struct len_probs match_len, rep_len;
	prob_t literal[1 << ( PAYLOAD_LC + PAYLOAD_LP )][0x300];
} probs;

struct range {
	uint32_t range, code;
	const uint8_t *src;
};

static inline __attribute__ ( ( always_inline ) ) void normalise ( struct range *rc ) {
	if ( rc->range < ( 1u << 24 ) ) {
		rc->range <<= 8;
		rc->code = ( rc->code << 8 ) | *rc->src++;
	}
}

static inline __attribute__ ( ( always_inline ) ) unsigned int bit ( struct range *rc,
								     prob_t *prob ) {
	uint32_t p = *prob, bound;

	normalise ( rc );
	bound = ( rc->range >> 11 ) * p;
	if ( rc->code < bound ) {
		rc->range = bound;
		*prob = p + ( ( 2048 - p ) >> 5 );
		return 0;
	}
	rc->range -= bound;
	rc->code -= bound;
	*prob = p - ( p >> 5 );
	return 1;
}

static inline unsigned int tree ( struct range *rc, prob_t *table, unsigned int bits ) {
	unsigned int symbol = 1, i;

	for ( i = 0; i < bits; i++ )
		symbol = ( symbol << 1 ) | bit ( rc, &table[symbol] );
	return symbol - ( 1u << bits );
}

static inline unsigned int reverse_tree ( struct range *rc, prob_t *table, unsigned int bits ) {
	unsigned int symbol = 1, result = 0, i, b;

	for ( i = 0; i < bits; i++ ) {
		b = bit ( rc, &table[symbol] );
		symbol = ( symbol << 1 ) | b;
		result |= b << i;
	}
	return result;
}

static unsigned int length ( struct range *rc, struct len_probs *len, unsigned int pos_state ) {
	if ( bit ( rc, &len->choice ) == 0 )
		return tree ( rc, len->low[pos_state], 3 );
	if ( bit ( rc, &len->choice2 ) == 0 )
		return 8 + tree ( rc, len->mid[pos_state], 3 );
	return 16 + tree ( rc, len->high, 8 );
}

static unsigned int distance ( struct range *rc, unsigned int len ) {
	unsigned int slot = tree ( rc, probs.slot[len < 4 ? len : 3], 6 ), bits, dist, i;

	if ( slot < 4 )
		return slot;
	bits = ( slot >> 1 ) - 1;
	dist = ( 2 | ( slot & 1 ) ) << bits;
	if ( slot < END_POS )
		return dist + reverse_tree ( rc, probs.special + dist - slot, bits );
	for ( i = bits - 4; i; i-- ) {
		normalise ( rc );
		rc->range >>= 1;
		if ( rc->code >= rc->range ) {
			rc->code -= rc->range;
			dist += 1u << ( i + 3 );
		}
	}
	return dist + reverse_tree ( rc, probs.align, 4 );
}

static inline uint8_t literal ( struct range *rc, prob_t *table, unsigned int match,
				bool after_match ) {
	unsigned int symbol = 1, match_bit, b;

	if ( after_match ) {
		do {
			match <<= 1;
			match_bit = match & 0x100;
			b = bit ( rc, &table[0x100 + match_bit + symbol] );
			symbol = ( symbol << 1 ) | b;
			if ( ( match_bit != 0 ) != b )
				break;
		} while ( symbol < 0x100 );
	}
	while ( symbol < 0x100 )
		symbol = ( symbol << 1 ) | bit ( rc, &table[symbol] );
	return symbol;
}

static void lzma_decode ( const uint8_t *src, uint8_t *dst, size_t out_len,
			  const struct payload_layout *layout __attribute__ ( ( unused ) ),
			  void *work __attribute__ ( ( unused ) ) ) {
	struct range rc = { .range = 0xffffffff };
	uint8_t *start = dst, *end = dst + out_len;
	uint32_t rep0 = 0, rep1 = 0, rep2 = 0, rep3 = 0, swap;
	unsigned int state = 0, len, pos_state, i;
	prob_t *prob;

	for ( i = 0; i < sizeof ( probs ) / sizeof ( prob_t ); i++ )
		( (prob_t *) &probs )[i] = PROB_INIT;
	for ( i = 1; i < 5; i++ )
		rc.code = ( rc.code << 8 ) | src[i];
	rc.src = src + 5;

	while ( dst < end ) {
		pos_state = ( dst - start ) & ( POS_STATES - 1 );
		if ( bit ( &rc, &probs.is_match[state][pos_state] ) == 0 ) {
			i = ( dst == start ) ? 0 : dst[-1];
			i = ( ( ( dst - start ) & ( ( 1 << PAYLOAD_LP ) - 1 ) ) << PAYLOAD_LC ) +
			    ( i >> ( 8 - PAYLOAD_LC ) );
			prob = probs.literal[i];
			*dst = literal ( &rc, prob, ( state >= 7 ) ? *( dst - rep0 - 1 ) : 0,
					 state >= 7 );
			dst++;
			state = ( state < 4 ) ? 0 : ( state < 10 ) ? ( state - 3 ) : ( state - 6 );
			continue;
		}
		if ( bit ( &rc, &probs.is_rep[state] ) == 0 ) {
			rep3 = rep2;
			rep2 = rep1;
			rep1 = rep0;
			len = length ( &rc, &probs.match_len, pos_state );
			state = ( state < 7 ) ? 7 : 10;
			rep0 = distance ( &rc, len );
		} else if ( bit ( &rc, &probs.is_rep0[state] ) == 0 ) {
			if ( bit ( &rc, &probs.is_rep0_long[state][pos_state] ) == 0 ) {
				*dst = *( dst - rep0 - 1 );
				dst++;
				state = ( state < 7 ) ? 9 : 11;
				continue;
			}
			len = length ( &rc, &probs.rep_len, pos_state );
			state = ( state < 7 ) ? 8 : 11;
		} else {
			if ( bit ( &rc, &probs.is_rep1[state] ) == 0 ) {
				swap = rep1;
			} else {
				if ( bit ( &rc, &probs.is_rep2[state] ) == 0 ) {
					swap = rep2;
				} else {
					swap = rep3;
					rep3 = rep2;
				}
				rep2 = rep1;
			}
			rep1 = rep0;
			rep0 = swap;
			len = length ( &rc, &probs.rep_len, pos_state );
			state = ( state < 7 ) ? 8 : 11;
		}
		for ( len += MATCH_MIN; len && ( dst < end ); len--, dst++ )
			*dst = *( dst - rep0 - 1 );
	}
}

const struct codec lzma_codec = { .decode = lzma_decode };
