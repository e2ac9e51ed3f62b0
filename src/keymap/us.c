/** @file
 * Keyboard layout "us". Generated: util/genkeymap.py us qwerty/us
 */
#include "core/keymap.h"

static const struct keymap_pair pairs[] = {
	{ 0x12d, 0x5c }, { 0x130, 0x7d }, { 0x132, 0x40 }, { 0x134, 0x24 },
	{ 0x137, 0x7b }, { 0x138, 0x5b }, { 0x139, 0x5d }, { 0x15d, 0x7e },
	{ 0x25c, 0x3c }, { 0x27c, 0x3e }, { 0x35c, 0x7c },
};

static const struct keymap keymap_us = {
	.name = "us", .pairs = pairs, .count = ARRAY_SIZE ( pairs )
};
KEYMAP ( keymap_us );
