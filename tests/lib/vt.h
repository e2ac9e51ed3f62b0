/** @file
 * A terminal of 80x25 that the console prints to, so that tests compare what is seen, not how it was
 * drawn. It knows the sequences that docs/scripting.md lists and fails the test on any other, and
 * on printing into the last column, after which real terminals differ.
 */
#ifndef LIB_VT_H
#define LIB_VT_H

#include "lib/test.h"

#define VT_ROWS 25
#define VT_COLS 80

/* Keys, as terminals send them. */
#define UP      "\033[A"
#define DOWN    "\033[B"
#define HOME    "\033[H"
#define END     "\033[F"
#define PGUP    "\033[5~"
#define PGDN    "\033[6~"
#define BACKTAB "\033[Z"
#define CTRL_X  "\030"
#define CTRL_D  "\004"

/** ANSI colour numbers, 9 = default. */
struct vt_attribute {
	unsigned int foreground, background;
	bool bold;
};

/** Show console output here from now on, on a blank screen. */
void vt_start ( void );
void vt_stop ( void );

/** Text of a row, blanks at its end cut; UTF-8; valid until the next call. Rows count from 0. */
const char *vt_row ( unsigned int row );
struct vt_attribute vt_attribute ( unsigned int row, unsigned int col );

/** Is the cursor shown, and where? */
bool vt_cursor ( unsigned int *ret_row, unsigned int *ret_col );

/** Bytes printed since the last call. */
size_t vt_bytes ( void );

/** Print the screen, for whoever writes a test. */
void vt_dump ( void );

#define assert_vt_row( row, text ) assert_string_equal ( vt_row ( row ), text )
/** Where row and column look like this. */
#define assert_vt_style( row, col, fg, bg, is_bold )                        \
	do {                                                                \
		struct vt_attribute _attribute = vt_attribute ( row, col ); \
		assert_int_equal ( _attribute.foreground, fg );             \
		assert_int_equal ( _attribute.background, bg );             \
		assert_int_equal ( _attribute.bold, is_bold );              \
	} while ( 0 )

/** Type @c keys, and let half a second pass. Context: task. */
TASK_FN void vt_type ( const char *keys );
/** Let time pass. Context: task. */
TASK_FN void vt_wait ( unsigned int ms );

/**
 * Run the shell line @c line with the terminal as console, and beside it the task @c user, who looks
 * and types. @return status of the line
 */
int vt_session ( const char *line, TASK_FN int ( *user ) ( void *arg ), void *arg );

/**
 * Run the shell line @c line again and again with @c keys typed, the n-th allocation failing for each
 * n, until none fails any more. @return how many runs that took
 */
unsigned int vt_without_memory ( const char *line, const char *keys );

#endif /* LIB_VT_H */
