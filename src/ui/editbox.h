/** @file
 * A line that is edited in a box of the screen, with the line editor's keys.
 */
#ifndef UI_EDITBOX_H
#define UI_EDITBOX_H

#include "ui/lineedit.h"

struct editbox {
	unsigned int row, col, width; /**< on the screen */
	bool secret;                  /**< shows stars */
	unsigned int first;           /**< character at the left edge */
	struct lineedit line;
};

/** Draw it, scrolled so that the cursor is in it. @param focus the cursor shows here */
void editbox_draw ( struct editbox *box, bool focus );

#endif /* UI_EDITBOX_H */
