/** @file
 * A predictor of the bits of x86-64 code and its data, by context mixing: what has followed in several
 * contexts, weighted by how well each has done so far (logistic mixing, as published for the PAQ family).
 * With an arithmetic coder it packs a quarter smaller than LZMA, and takes a hundred times as long. The
 * decoder (mix_decode.c) and the packer (util/pack.c) run the same predictor.
 *
 * In each context, a slot holds for each bit the probability of a 1 and the last bits seen there; what
 * followed upon such bits in other slots of this context is a second opinion. The two are averaged. Two sets
 * of weights, chosen by the place in the instruction and by how many contexts know the bit, mix the contexts'
 * opinions and that of the longest match; their average is corrected by what became of such predictions at
 * this place (an adaptive probability map).
 */
#ifndef CODEC_MIX_H
#define CODEC_MIX_H

#include <stddef.h>
#include <stdint.h>
#include "platform/codec/insn.h"
#include "platform/codec/unpack.h"

#define MIX_SLOT_BITS  21
#define MIX_MATCH_BITS 16
#define MIX_CONTEXTS   12
#define MIX_INPUTS     ( MIX_CONTEXTS + 2 ) /* the match, and a constant */
#define MIX_PLACES     128
#define MIX_HISTORIES  64
#define MIX_APM_STEPS  33
#define MIX_INSNS      0x40000
#define MIX_STRINGS    0x60 /* places that are not in code; tables have one for each byte of eight */
#define MIX_TABLES     0x68

/** What has followed in a context, for one bit. */
struct mix_slot {
	uint16_t p;      /**< 12 bits probability of a 1, 4 bits how often seen */
	uint8_t history; /**< last bits behind a 1 */
	uint8_t check;   /**< of the context's hash */
};

/** The predictor. Large: in memory of its own, zeros at first. */
struct mix {
	const uint8_t *data; /**< the bytes before @c pos are known */
	const struct payload_layout *layout;
	size_t pos;
	unsigned int partial; /**< known bits of the next byte, behind a 1 */

	struct insn insn;
	uint16_t opcode2, opcode3; /**< of the last instructions */
	uint32_t bytes, last_bytes,
		last2_bytes;      /**< hashes: of this instruction, of the last ones */
	uint32_t field_bytes;     /**< of this displacement or immediate operand */
	uint32_t word;            /**< of these letters */
	uint32_t number, forward; /**< of this instruction; where the last jump went */
	unsigned int place;

	uint32_t hash[MIX_CONTEXTS]; /**< of the contexts of this byte */
	size_t match;                /**< where the last bytes have been before; 0: nowhere */
	unsigned int match_len;

	struct mix_slot *slot[MIX_CONTEXTS]; /**< of this bit */
	uint16_t *map[MIX_CONTEXTS];
	uint16_t *match_hit; /**< NULL: the match says nothing */
	unsigned int match_bit;
	int32_t *weights[2];
	int input[MIX_INPUTS];
	int mixed[2]; /**< probabilities that came out of each mixer, 16 bits */
	uint16_t *apm;
	int apm_part;

	struct mix_slot slots[1 << MIX_SLOT_BITS];
	uint32_t last[1 << MIX_MATCH_BITS]; /**< where some bytes have been last, by their hash */
	uint16_t match_hits[32];            /**< probability that a match goes on, by its length */
	uint16_t maps[MIX_CONTEXTS][MIX_HISTORIES];
	uint16_t apms[MIX_PLACES][256][MIX_APM_STEPS];
	int32_t weight[2][MIX_PLACES][MIX_INPUTS];
	uint8_t target[MIX_INSNS + 2]; /**< does a known jump go to that instruction? */
	int16_t stretch[4096];
	uint16_t rate
		[16]; /**< how much of an error a slot learns, of 65536, by how often it was seen */
};

/**
 * Start to predict bytes.
 *
 * @param mix   all zeros, but for @c data and @c layout, borrowed: the bytes, as far as they are known
 */
void mix_init ( struct mix *mix );

/**
 * Predict the next bit.
 *
 * @param low,high  range of the arithmetic coder, low < high
 * @return the last number of the range that stands for a 1, below @c high
 */
uint32_t mix_middle ( struct mix *mix, uint32_t low, uint32_t high );

/**
 * Learn what the next bit was. With the last bit of a byte the byte must stand in @c data.
 *
 * @param bit  0 or 1
 */
void mix_update ( struct mix *mix, unsigned int bit );

#endif /* CODEC_MIX_H */
