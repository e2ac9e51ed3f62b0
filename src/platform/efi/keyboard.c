/** @file
 * Keys from the firmware (UEFI specification 2.10 §12.2 to 12.3) as bytes and ANSI sequences.
 */
#include "core/clock.h"
#include "platform/efi/console.h"
#include "platform/efi/efi.h"

/** A look at the keyboard costs the firmware a walk over all input devices. */
#define LOOK_INTERVAL_US 4000

static EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *input_ex;
static bool started;
static utime_t next_look;

/** Rest of an ANSI sequence that a special key has started. */
static const char *pending = "";

/** Sequences after ESC, by scan code; F1 to F4 as a VT220 has them. */
static const char *const sequences[] = {
	[SCAN_UP] = "[A",         [SCAN_DOWN] = "[B",    [SCAN_RIGHT] = "[C",
	[SCAN_LEFT] = "[D",       [SCAN_HOME] = "[H",    [SCAN_END] = "[F",
	[SCAN_INSERT] = "[2~",    [SCAN_DELETE] = "[3~", [SCAN_PAGE_UP] = "[5~",
	[SCAN_PAGE_DOWN] = "[6~", [SCAN_F1] = "[11~",    [SCAN_F2] = "[12~",
	[SCAN_F3] = "[13~",       [SCAN_F4] = "[14~",    [SCAN_F5] = "[15~",
	[SCAN_F6] = "[17~",       [SCAN_F7] = "[18~",    [SCAN_F8] = "[19~",
	[SCAN_F9] = "[20~",       [SCAN_F10] = "[21~",   [SCAN_F11] = "[23~",
	[SCAN_F12] = "[24~",      [SCAN_ESC] = "",
};

/** Take a key from the firmware. @return true if there was one */
static bool read_key ( EFI_KEY_DATA *key ) {
	static const EFI_GUID input_ex_guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;

	if ( !started ) {
		started = true;
		input_ex = efi_protocol ( efi_st->ConsoleInHandle, &input_ex_guid );
	}
	if ( input_ex )
		return input_ex->ReadKeyStrokeEx ( input_ex, key ) == 0;
	key->KeyState.KeyShiftState = 0;
	return efi_st->ConIn && ( efi_st->ConIn->ReadKeyStroke ( efi_st->ConIn, &key->Key ) == 0 );
}

/** @return the first byte of what a key stands for, or -1; the rest is left in `pending` */
static int translate ( const EFI_KEY_DATA *key ) {
	unsigned int c = key->Key.UnicodeChar, scan = key->Key.ScanCode;
	UINT32 shift = key->KeyState.KeyShiftState;

	if ( c ) {
		/* The extended protocol reports Ctrl-B as "b" with Ctrl held. */
		if ( ( shift & EFI_SHIFT_STATE_VALID ) &&
		     ( shift & ( EFI_LEFT_CONTROL_PRESSED | EFI_RIGHT_CONTROL_PRESSED ) ) &&
		     ( ( ( c >= '@' ) && ( c <= '_' ) ) || ( ( c >= 'a' ) && ( c <= 'z' ) ) ) )
			c &= 0x1f;
		return ( c <= 0xff ) ? (int) c : -1;
	}
	if ( ( scan < ARRAY_SIZE ( sequences ) ) && sequences[scan] ) {
		pending = sequences[scan];
		return '\x1b';
	}
	return -1;
}

int efi_keyboard_getchar ( void ) {
	EFI_KEY_DATA key;
	utime_t now;
	int c;

	if ( *pending )
		return *pending++;
	now = clock_now ();
	if ( now < next_look )
		return -1;
	/* A key that stands for nothing (Shift alone) must not hide one behind it. */
	while ( read_key ( &key ) ) {
		if ( ( c = translate ( &key ) ) >= 0 )
			return c;
	}
	next_look = now + LOOK_INTERVAL_US;
	return -1;
}
