/** @file
 * The predictor of mix.h. Probabilities are mixed as logarithms of odds, "stretched": ln ( p / ( 1 - p ) )
 * with 8 bits behind the point, from -2047 to 2047.
 */
#include <stdbool.h>
#include "core/compiler.h"
#include "platform/codec/mix.h"

#define STRETCH_MAX 2047

/* Tuned by trial with this firmware. */
#define WEIGHT_SHIFT 20
#define WEIGHT_INIT  ( ( 1 << WEIGHT_SHIFT ) / 4 )
#define CONSTANT     256 /* the input that says how much more 1s there are */
#define LEARN_SHIFT  18
#define LEARN_RATE   68     /* in the end */
#define LEARN_EXTRA  87040u /* that by the bytes known + 1024 more, at first */
#define HIT_RATE     2048
#define MAP_RATE     832
#define APM_SHIFT    6
#define MATCH_MAX    32
#define MATCH_HASHED 4 /* bytes */
#define P_MIN        32
#define P_ONE        65535
#define HALF         0x8000
#define SLOT_COUNT   15   /* of a slot's p: the count */
#define ERROR_MIN    1024 /* of what mixers learn from */
#define FORWARD_MAX  128

/** 65536 / ( 1 + e^-x ) for x = -8, -7.5, ... 8. */
static const uint16_t logistic[33] = {
	22,    36,    60,    98,    162,   267,   439,   723,   1179,  1921,  3108,
	4971,  7812,  11955, 17626, 24743, 32768, 40793, 47910, 53581, 57724, 60565,
	62428, 63615, 64357, 64813, 65097, 65269, 65374, 65438, 65476, 65500, 65514,
};

/** Inverse of stretch. @return 16 bits */
static int squash ( int value ) {
	unsigned int at = value + STRETCH_MAX + 1, part = at % 128;

	at /= 128;
	return ( logistic[at] * ( 128 - part ) + logistic[at + 1] * part ) / 128;
}

static int limit ( int64_t value ) {
	return ( value > STRETCH_MAX )    ? STRETCH_MAX
	       : ( value < -STRETCH_MAX ) ? -STRETCH_MAX
					  : value;
}

static uint32_t hash ( uint32_t a, uint32_t b ) {
	uint32_t value = ( a ^ ( b * 0x9e3779b1 ) ) * 0x85ebca6b;

	return value ^ ( value >> 15 );
}

/* ---- Contexts ---- */

/** Byte before the next one. */
static unsigned int before ( const struct mix *mix, unsigned int distance ) {
	return ( mix->pos >= distance ) ? mix->data[mix->pos - distance] : 0;
}

static bool in_code ( const struct mix *mix ) {
	return ( mix->pos >= mix->layout->code ) && ( mix->pos < mix->layout->code_end );
}

static void take_byte ( struct mix *mix, unsigned int byte ) {
	struct insn *insn = &mix->insn;
	unsigned int field = insn->field, i;
	bool ended;

	mix->word = ( ( byte | 0x20 ) - 'a' < 26u ) ? hash ( mix->word, byte ) : 0;
	if ( !in_code ( mix ) )
		return;
	mix->bytes = hash ( mix->bytes, byte + 1 );
	ended = insn_take ( insn, byte );
	mix->field_bytes = ( ( field < INSN_DISPLACEMENT ) || ( field != insn->field ) )
				   ? 0
				   : hash ( mix->field_bytes, byte + 1 );
	if ( !ended )
		return;
	mix->number++;
	if ( insn_jumps_short ( insn ) || insn_jumps_near ( insn ) ) {
		mix->forward = mix->number;
		if ( insn_jumps_short ( insn ) )
			mix->forward += (int8_t) byte;
		else
			for ( i = 1; i <= 4; i++ )
				mix->forward += before ( mix, i - 1 ) << ( 8 * ( i - 1 ) );
		mix->target[mix->forward % MIX_INSNS] = 1;
	}
	mix->opcode3 = mix->opcode2;
	mix->opcode2 = insn->opcode;
	mix->last2_bytes = mix->last_bytes;
	mix->last_bytes = mix->bytes;
	mix->bytes = 0;
	insn_end ( insn );
}

/** Where the next byte is: what weights and nearly all contexts depend on. */
static unsigned int place ( const struct mix *mix ) {
	if ( in_code ( mix ) )
		return ( mix->insn.field << 4 ) | mix->insn.index;
	if ( ( mix->pos >= mix->layout->code ) && ( mix->pos < mix->layout->tables ) )
		return MIX_STRINGS;
	return MIX_TABLES | ( mix->pos % 8 );
}

/**
 * What is known of jumps: 3 bits say which of the next instructions, from this one on, are targets of jumps
 * before; above them is the distance for a jump that goes where the last one went.
 */
static uint32_t jumps ( const struct mix *mix ) {
	const uint8_t *target = &mix->target[mix->number % MIX_INSNS];
	uint32_t known = target[0] | ( target[1] << 1 ) | ( target[2] << 2 ),
		 distance = mix->forward - mix->number;

	if ( ( mix->insn.field == INSN_IMMEDIATE ) && insn_jumps_short ( &mix->insn ) &&
	     ( distance < FORWARD_MAX ) )
		known |= distance << 3;
	return known;
}

static uint32_t hash3 ( uint32_t a, uint32_t b, uint32_t c ) {
	return hash ( hash ( a, b ), c );
}

/** Chosen by trial from many. */
static void set_contexts ( struct mix *mix ) {
	const struct insn *insn = &mix->insn;
	uint32_t last = before ( mix, 1 ), last2 = last | ( before ( mix, 2 ) << 8 ),
		 last3 = last2 | ( before ( mix, 3 ) << 16 ), at = mix->place = place ( mix ),
		 at_jumps = hash ( at, jumps ( mix ) ), opcode = insn->opcode, /* 0 before it */
		opcodes = opcode | ( mix->opcode2 << 16 ), *to = mix->hash, i;

	*to++ = hash ( at_jumps, opcode );
	*to++ = hash3 ( at, insn->rex, last );
	*to++ = hash ( at_jumps, last2 );
	*to++ = hash ( insn->modrm, last3 );
	*to++ = hash3 ( insn->immediate, insn->displacement, last2 >> 8 );
	*to++ = hash3 ( at, opcodes, mix->field_bytes );
	*to++ = hash3 ( mix->opcode3, opcodes, insn->modrm & 0x38 );
	*to++ = hash3 ( at, mix->word, last );
	*to++ = hash3 ( at_jumps, opcode, mix->bytes );
	*to++ = hash3 ( at, mix->bytes, mix->last_bytes );
	*to++ = hash3 ( at, mix->field_bytes,
			insn->rex | ( ( insn->modrm & 0xc7 ) << 8 ) | ( insn->sib << 16 ) );
	*to++ = hash3 ( at_jumps, mix->word, mix->last2_bytes );
	for ( i = 0; i < MIX_CONTEXTS; i++ )
		mix->hash[i] = hash ( mix->hash[i], i );
}

/** Follow the match that has just been right, or look for another. */
static void find_match ( struct mix *mix ) {
	const uint8_t *data = mix->data;
	size_t pos = mix->pos;
	uint32_t *last, key = 0;
	unsigned int i;

	if ( mix->match_len && ( data[mix->match] == data[pos - 1] ) ) {
		mix->match++;
		mix->match_len += ( mix->match_len < MATCH_MAX - 1 );
	} else {
		mix->match_len = 0;
	}
	if ( pos < MATCH_HASHED )
		return;
	for ( i = 1; i <= MATCH_HASHED; i++ )
		key = hash ( key, data[pos - i] );
	last = &mix->last[key >> ( 32 - MIX_MATCH_BITS )];
	if ( mix->match_len == 0 ) {
		mix->match = *last;
		while ( ( mix->match_len < mix->match ) && ( mix->match_len < MATCH_MAX - 1 ) &&
			( data[mix->match - 1 - mix->match_len] ==
			  data[pos - 1 - mix->match_len] ) )
			mix->match_len++;
		if ( mix->match_len < MATCH_HASHED )
			mix->match_len = 0;
	}
	*last = pos;
}

static void start_byte ( struct mix *mix ) {
	mix->partial = 1;
	set_contexts ( mix );
	find_match ( mix );
}

/** @return @c p moved towards @c target, 0 or P_ONE, by @c rate of 65536 */
static int adapt ( int p, int target, int rate ) {
	return p + ( ( target - p ) * rate >> 16 );
}

void mix_init ( struct mix *mix ) {
	unsigned int i, k, m;
	int value;

	for ( i = 0; i < ( 1 << MIX_SLOT_BITS ); i++ )
		mix->slots[i] = ( struct mix_slot ){ .p = HALF, .history = 1 };
	for ( i = 0; i < MIX_PLACES; i++ )
		for ( k = 0; k < MIX_INPUTS; k++ )
			mix->weight[0][i][k] = mix->weight[1][i][k] = WEIGHT_INIT;
	for ( i = 0; i < MATCH_MAX; i++ )
		mix->match_hits[i] = 0xc000;
	for ( i = 0, value = -STRETCH_MAX; value <= STRETCH_MAX; value++ )
		for ( ; i <= (unsigned int) squash ( value ) / 16; i++ )
			mix->stretch[i] = value;
	for ( ; i < 4096; i++ )
		mix->stretch[i] = STRETCH_MAX;
	for ( i = 0; i <= SLOT_COUNT; i++ )
		mix->rate[i] = 2 * 65536 / ( 2 * i + 3 );
	for ( i = 0; i < MIX_CONTEXTS; i++ )
		for ( k = 1; k < MIX_HISTORIES; k++ )
			mix->maps[i][k] =
				( k == 1 ) ? HALF
					   : adapt ( mix->maps[i][k / 2], ( k % 2 ) * P_ONE, HALF );
	for ( i = 0; i < MIX_PLACES; i++ )
		for ( k = 0; k < 256; k++ )
			for ( m = 0; m < MIX_APM_STEPS; m++ )
				mix->apms[i][k][m] = squash ( limit ( ( (int) m - 16 ) * 128 ) );
	start_byte ( mix );
}

/* ---- Bits ---- */

/** What a match says of the next bit: stretched, and nothing once the byte is another. */
static int match_input ( struct mix *mix ) {
	unsigned int byte = mix->data[mix->match] | 0x100,
		     known = 31 - __builtin_clz ( mix->partial );
	int value;

	mix->match_hit = NULL;
	if ( ( mix->match_len == 0 ) || ( ( byte >> ( 8 - known ) ) != mix->partial ) )
		return 0;
	mix->match_hit = &mix->match_hits[mix->match_len];
	mix->match_bit = ( byte >> ( 7 - known ) ) & 1;
	value = mix->stretch[*mix->match_hit / 16];
	return mix->match_bit ? value : -value;
}

/** The slot for a context and the known bits: one of two neighbours, else a new one in the place of the one that
 * has been seen less. */
static struct mix_slot *find_slot ( struct mix *mix, uint32_t key ) {
	uint32_t at = key >> ( 32 - MIX_SLOT_BITS );
	struct mix_slot *slot = &mix->slots[at], *other = &mix->slots[at ^ 1];
	uint8_t check = key;

	if ( slot->check == check )
		return slot;
	if ( other->check == check )
		return other;
	if ( ( other->p & SLOT_COUNT ) < ( slot->p & SLOT_COUNT ) )
		slot = other;
	*slot = ( struct mix_slot ){ .p = HALF, .history = 1, .check = check };
	return slot;
}

uint32_t mix_middle ( struct mix *mix, uint32_t low, uint32_t high ) {
	unsigned int i, known = 0;
	uint32_t key = mix->partial * 0x9e3779b1;
	struct mix_slot *slot;
	int64_t sum0 = 0, sum1 = 0;
	int p0, p1, p, refined;

	for ( i = 0; i < MIX_CONTEXTS; i++ ) {
		slot = find_slot ( mix, mix->hash[i] ^ key );
		mix->slot[i] = slot;
		mix->map[i] = &mix->maps[i][slot->history];
		known += ( slot->history > 1 );
		mix->input[i] =
			( mix->stretch[slot->p / 16] + mix->stretch[*mix->map[i] / 16] ) >> 1;
	}
	mix->input[i++] = match_input ( mix );
	mix->input[i] = CONSTANT;
	mix->weights[0] = mix->weight[0][mix->place];
	mix->weights[1] = mix->weight[1][known];
	for ( i = 0; i < MIX_INPUTS; i++ ) {
		sum0 += (int64_t) mix->input[i] * mix->weights[0][i];
		sum1 += (int64_t) mix->input[i] * mix->weights[1][i];
	}
	p0 = limit ( sum0 >> WEIGHT_SHIFT );
	p1 = limit ( sum1 >> WEIGHT_SHIFT );
	mix->mixed[0] = squash ( p0 );
	mix->mixed[1] = squash ( p1 );
	p = ( p0 + p1 ) / 2;
	mix->apm = &mix->apms[mix->place][mix->partial][( p + 2048 ) / 128];
	mix->apm_part = ( p + 2048 ) % 128;
	refined = ( mix->apm[0] * ( 128 - mix->apm_part ) + mix->apm[1] * mix->apm_part ) / 128;
	p = MAX ( P_MIN, MIN ( refined, 65536 - P_MIN ) );
	return low + ( ( (uint64_t) ( high - low ) * p ) >> 16 );
}

void mix_update ( struct mix *mix, unsigned int bit ) {
	int target = bit * P_ONE, rate, error;
	struct mix_slot *slot;
	unsigned int i, k, history, count;

	rate = LEARN_RATE + LEARN_EXTRA / ( mix->pos + 1024 );
	for ( k = 0; k < 2; k++ ) {
		error = target - mix->mixed[k];
		if ( ( error < ERROR_MIN ) && ( error > -ERROR_MIN ) )
			continue; /* as it is most of the time: saves time */
		error *= rate;
		for ( i = 0; i < MIX_INPUTS; i++ )
			mix->weights[k][i] += ( (int64_t) mix->input[i] * error ) >> LEARN_SHIFT;
	}
	for ( i = 0; i < MIX_CONTEXTS; i++ ) {
		slot = mix->slot[i];
		history = slot->history;
		count = slot->p & SLOT_COUNT;
		slot->p = ( adapt ( slot->p, target, mix->rate[count] ) & ~SLOT_COUNT ) +
			  ( count + ( count < SLOT_COUNT ) );
		*mix->map[i] = adapt ( *mix->map[i], target, MAP_RATE );
		history = 2 * history + bit;
		if ( history >= MIX_HISTORIES ) /* forget the oldest */
			history = ( history % ( MIX_HISTORIES / 2 ) ) | ( MIX_HISTORIES / 2 );
		slot->history = history;
	}
	if ( mix->match_hit ) {
		*mix->match_hit =
			adapt ( *mix->match_hit, ( mix->match_bit == bit ) * P_ONE, HIT_RATE );
		if ( mix->match_bit != bit )
			mix->match_len = 0;
	}
	mix->apm[0] += ( ( target - mix->apm[0] ) * ( 128 - mix->apm_part ) ) >> ( 7 + APM_SHIFT );
	mix->apm[1] += ( ( target - mix->apm[1] ) * mix->apm_part ) >> ( 7 + APM_SHIFT );
	mix->partial = ( mix->partial << 1 ) | bit;
	if ( mix->partial & 0x100 ) {
		take_byte ( mix, mix->partial & 0xff );
		mix->pos++;
		start_byte ( mix );
	}
}
