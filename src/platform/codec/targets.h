/** @file
 * The filter in front of the codecs: what code refers to, in numbers that are small and repeat.
 *
 * A jump within a function gets the number of instructions that it skips (only where an instruction begins
 * can it go), a call the number of the function that it calls: functions are what begins behind a return or a
 * jump and is no jump's target. Other calls get the number of their target's instruction, and data that is
 * addressed relative to the instruction its place in the image. Numbers of four bytes are stored big endian,
 * so that what repeats comes first.
 *
 * What cannot be said so, a jump into the middle of what is read as an instruction, is an exception: the packer
 * leaves it alone and lists it.
 */
#ifndef CODEC_TARGETS_H
#define CODEC_TARGETS_H

#include <stddef.h>
#include <stdint.h>
#include "platform/codec/insn.h"

#define TARGETS_INSNS 0x40000    /* instructions of the largest code */
#define TARGETS_OTHER 0x40000000 /* added to the number of an instruction that begins no function */

/** What is at a place in code, for @c insn has taken all bytes before it. */
enum target_kind { TARGET_NONE, TARGET_DATA, TARGET_CALL, TARGET_NEAR, TARGET_SHORT };

/** The instructions of some code. All zeros at first. */
struct targets {
	uint32_t functions;
	uint32_t insn[TARGETS_INSNS];     /**< where each begins */
	uint32_t function[TARGETS_INSNS]; /**< where each function begins */
	uint8_t flags[TARGETS_INSNS];     /**< of each instruction */
};

enum target_kind target_kind ( const struct insn *insn );

/** Find instructions and functions. Jumps are filtered already, or still; all else does not matter.
 * @return instructions */
uint32_t targets_find ( struct targets *targets, const uint8_t *image, uint32_t start,
			uint32_t end );

/** Unfiltered value of a field. @param number  of the instruction
 * @param next  where the next one begins */
uint32_t target_value ( const struct targets *targets, enum target_kind kind, const uint8_t *field,
			uint32_t number, uint32_t next );

/**
 * Undo the filter.
 *
 * @param image       with code at @c start to @c end
 * @param exceptions  where the fields are that were left alone, in their order, then a number above all places
 */
void targets_restore ( struct targets *targets, uint8_t *image, uint32_t start, uint32_t end,
		       const uint8_t *exceptions );

#endif /* CODEC_TARGETS_H */
