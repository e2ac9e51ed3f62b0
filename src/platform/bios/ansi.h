/** @file
 * ANSI sequences of the text screen (ECMA-48): text and the few functions that scripts use. The
 * parser knows no hardware; screen.c draws.
 */
#ifndef BIOS_ANSI_H
#define BIOS_ANSI_H

#include "core/compiler.h"

#define ANSI_PARAMS 5

/** CGA attribute: light grey on black. */
#define ATTR_NORMAL 0x07

struct ansi {
	enum { ANSI_TEXT, ANSI_ESCAPE, ANSI_CSI } state;
	bool private;
	unsigned int count; /* of params begun */
	unsigned int params[ANSI_PARAMS];
	uint8_t attribute;
};

/** What a complete sequence asks for. Rows and columns count from 0. */
struct ansi_action {
	enum {
		ANSI_NONE, /**< nothing (yet) */
		ANSI_CHAR, /**< draw the character in the current attribute */
		ANSI_MOVE,
		ANSI_ERASE_SCREEN, /**< how: 0 from the cursor, 1 to the cursor, 2 all */
		ANSI_ERASE_LINE,   /**< likewise */
		ANSI_CURSOR,       /**< how: 0 hide, 1 show */
	} what;
	unsigned int row, column, how;
};

/** Feed one byte. The attribute changes in @c ansi; start it as ATTR_NORMAL. */
struct ansi_action ansi_feed ( struct ansi *ansi, uint8_t byte );

#endif /* BIOS_ANSI_H */
