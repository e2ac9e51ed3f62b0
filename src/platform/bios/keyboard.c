/** @file
 * Keyboard by INT 16h, keys that have no character as ANSI sequences. Asking the BIOS costs a
 * real-mode call, so it is asked only if an interrupt has come in for it (the keyboard's, or the
 * timer's, in which BIOSes poll USB keyboards), and a few times a second anyway.
 */
#include <string.h>
#include "core/clock.h"
#include "core/init.h"
#include "core/keymap.h"
#include "core/platform.h"
#include "platform/bios/bios.h"

#define POLL_US     10000
#define POLL_ANY_US 200000 /* keyboards that raise no interrupt that we see */
#define KEYS_CHECK  0x1100 /* AH=11h: is there a key? (101/102-key keyboards) */
#define KEYS_READ   0x1000

#define SCAN_KEY102     0x56
#define SCAN_ALT_KEY102 LOW_KEY_CODE

static char queue[8]; /* rest of a sequence */
static unsigned int queued;

/** Sequence of a key by its scan code, after ESC [; or NULL. */
static const char *sequence ( uint8_t scan_code ) {
	static const struct {
		uint8_t scan_code;
		char text[4];
	} keys[] = {
		{ 0x48, "A" },   { 0x50, "B" },   { 0x4d, "C" },   { 0x4b, "D" },   { 0x4f, "F" },
		{ 0x47, "H" },   { 0x52, "2~" },  { 0x53, "3~" },  { 0x49, "5~" },  { 0x51, "6~" },
		{ 0x3b, "11~" }, { 0x3c, "12~" }, { 0x3d, "13~" }, { 0x3e, "14~" }, { 0x3f, "15~" },
		{ 0x40, "17~" }, { 0x41, "18~" }, { 0x42, "19~" }, { 0x43, "20~" }, { 0x44, "21~" },
		{ 0x85, "23~" }, { 0x86, "24~" },
	};

	for ( unsigned int i = 0; i < ARRAY_SIZE ( keys ); i++ )
		if ( keys[i].scan_code == scan_code )
			return keys[i].text;
	return NULL;
}

/** Character of a key that is pressed with Alt, on a US keyboard; 0 if it has none. The BIOS then
 * gives its scan code only (IBM AT: the digits have codes of their own). */
static uint8_t alt_character ( uint8_t scan_code ) {
	static const char plain[] = "qwertyuiop[]\0\0asdfghjkl;'`\0\\zxcvbnm,./"; /* from 10h */
	static const char digits[] = "1234567890-=";                              /* from 78h */

	if ( ( scan_code >= 0x10 ) && ( scan_code < 0x10 + sizeof ( plain ) - 1 ) )
		return plain[scan_code - 0x10];
	if ( ( scan_code >= 0x78 ) && ( scan_code < 0x78 + sizeof ( digits ) - 1 ) )
		return digits[scan_code - 0x78];
	return ( scan_code == SCAN_ALT_KEY102 ) ? '\\' : 0;
}

/**
 * One key, as INT 16h gives it. Both Alt keys count as AltGr: which one it was is not known any more,
 * and the left one has no other meaning here.
 * @return its first byte, or -1
 */
static int take_key ( uint8_t c, uint8_t scan_code ) {
	uint8_t alt = alt_character ( scan_code );
	const char *text;

	if ( c && ( c != 0xe0 ) )
		c = keymap_translate ( c | ( ( scan_code == SCAN_KEY102 ) ? KEYMAP_KEY102 : 0 ) );
	else if ( alt )
		c = keymap_translate ( alt | KEYMAP_ALTGR |
				       ( ( scan_code == SCAN_ALT_KEY102 ) ? KEYMAP_KEY102 : 0 ) );
	else
		c = 0;
	if ( c )
		return c;
	if ( ( text = sequence ( scan_code ) ) == NULL )
		return -1;
	queued = strlen ( text ) + 1;
	queue[0] = '[';
	memcpy ( queue + 1, text, queued - 1 );
	return 0x1b;
}

int bios_getchar ( void ) {
	static utime_t next, next_any;
	utime_t now = platform_now ();
	struct bios_regs regs = { .eax = KEYS_CHECK };
	uint8_t c;

	if ( queued ) {
		c = queue[0];
		memmove ( queue, queue + 1, --queued );
		return c;
	}
	if ( now < next )
		return -1;
	next = now + POLL_US;
	if ( ( now < next_any ) && !bios_irqs_pending () )
		return -1;
	next_any = now + POLL_ANY_US;
	bios_call ( 0x16, &regs );
	if ( regs.eflags & EFLAGS_ZF )
		return -1;
	regs = ( struct bios_regs ){ .eax = KEYS_READ };
	bios_call ( 0x16, &regs );
	next = next_any = 0; /* there may be more */
	return take_key ( regs.eax, regs.eax >> 8 );
}

static volatile uint32_t *previous_vector ( void ) {
	return (volatile uint32_t *) (uintptr_t) ( boot_info.low->base + boot_info.key_chain );
}

static void keyboard_init ( void ) {
	*previous_vector () = *bios_vector ( INT_SYSTEM );
	*bios_vector ( INT_SYSTEM ) = low_helper ( boot_info.key_hook );
}

static void keyboard_shutdown ( void ) {
	if ( *bios_vector ( INT_SYSTEM ) == low_helper ( boot_info.key_hook ) )
		*bios_vector ( INT_SYSTEM ) = *previous_vector ();
}

static const struct init_fn keyboard_init_fn = {
	.phase = INIT_EARLY,
	.name = "keyboard",
	.startup = keyboard_init,
	.shutdown = keyboard_shutdown,
	.suspend = keyboard_shutdown,
	.resume = keyboard_init,
};
INIT_FN ( keyboard_init_fn );
