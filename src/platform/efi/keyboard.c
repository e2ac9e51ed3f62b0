/** @file
 * Keys from the firmware (UEFI specification 2.10 §12.2 to 12.3) as bytes and ANSI sequences. The
 * firmware's console input merges all devices; serial terminals are read by themselves first, for
 * their characters must not go through the keyboard layout.
 */
#include "core/clock.h"
#include "core/init.h"
#include "core/keymap.h"
#include "platform/efi/console.h"
#include "platform/efi/efi.h"

/** A look at the keyboard costs the firmware a walk over all input devices. */
#define LOOK_INTERVAL_US 4000

/** Serial terminals that are read by themselves; machines have one or two. */
#define TERMINALS_MAX 4

static EFI_GUID input_ex_guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;

static EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL
	*input_ex; /* all devices; NULL: firmware before UEFI 2.1 */
static EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *terminals[TERMINALS_MAX];
static unsigned int terminal_count;
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

/** Is there a serial port on the way to this device? */
static bool is_terminal ( EFI_HANDLE handle ) {
	static const EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
	const uint8_t *node = efi_protocol ( handle, &path_guid );
	size_t len;

	for ( ; node && ( node[0] != END_DEVICE_PATH_TYPE ); node += len ) {
		if ( ( node[0] == MESSAGING_DEVICE_PATH ) && ( node[1] == MSG_UART_DP ) )
			return true;
		len = node[2] | ( node[3] << 8 );
		if ( len < 4 )
			break;
	}
	return false;
}

static void find_devices ( void ) {
	EFI_HANDLE *handles;
	UINTN count, i;

	input_ex = efi_protocol ( efi_st->ConsoleInHandle, &input_ex_guid );
	handles = efi_handles ( &input_ex_guid, &count );
	for ( i = 0; ( i < count ) && ( terminal_count < TERMINALS_MAX ); i++ ) {
		if ( is_terminal ( handles[i] ) )
			terminals[terminal_count++] = efi_protocol ( handles[i], &input_ex_guid );
	}
	if ( handles )
		efi_bs->FreePool ( handles );
}

/** Take a key of a terminal. @return true if there was one */
static bool read_terminal_key ( EFI_KEY_DATA *key ) {
	unsigned int i;

	for ( i = 0; i < terminal_count; i++ ) {
		if ( terminals[i]->ReadKeyStrokeEx ( terminals[i], key ) == 0 )
			return true;
	}
	return false;
}

/** Take a key of any device. @return true if there was one */
static bool read_key ( EFI_KEY_DATA *key ) {
	if ( input_ex )
		return input_ex->ReadKeyStrokeEx ( input_ex, key ) == 0;
	key->KeyState.KeyShiftState = 0;
	return efi_st->ConIn && ( efi_st->ConIn->ReadKeyStroke ( efi_st->ConIn, &key->Key ) == 0 );
}

/** @return the first byte of what a key stands for, or -1; the rest is left in `pending` */
static int key_byte ( const EFI_KEY_DATA *key, bool use_layout ) {
	unsigned int c = key->Key.UnicodeChar, scan = key->Key.ScanCode;
	UINT32 shift = key->KeyState.KeyShiftState;

	if ( !c ) {
		if ( ( scan >= ARRAY_SIZE ( sequences ) ) || !sequences[scan] )
			return -1;
		pending = sequences[scan];
		return '\x1b';
	}
	if ( c > 0xff )
		return -1;
	if ( !( shift & EFI_SHIFT_STATE_VALID ) )
		shift = 0;
	if ( use_layout )
		c = keymap_translate ( c |
				       ( ( shift & EFI_RIGHT_ALT_PRESSED ) ? KEYMAP_ALTGR : 0 ) );
	/* The extended protocol reports Ctrl-B as "b" with Ctrl held. */
	if ( ( shift & ( EFI_LEFT_CONTROL_PRESSED | EFI_RIGHT_CONTROL_PRESSED ) ) &&
	     ( ( ( c >= '@' ) && ( c <= '_' ) ) || ( ( c >= 'a' ) && ( c <= 'z' ) ) ) )
		c &= 0x1f;
	return c ? (int) c : -1;
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
	if ( !started ) {
		started = true;
		find_devices ();
	}
	/* A key that stands for nothing (Shift alone) must not hide one behind it. */
	while ( read_terminal_key ( &key ) ) {
		if ( ( c = key_byte ( &key, false ) ) >= 0 )
			return c;
	}
	while ( read_key ( &key ) ) {
		if ( ( c = key_byte ( &key, true ) ) >= 0 )
			return c;
	}
	next_look = now + LOOK_INTERVAL_US;
	return -1;
}

/* A program that we started may have restarted the drivers: look for terminals anew. */
static void forget_devices ( void ) {
	started = false;
	terminal_count = 0;
}

static const struct init_fn keyboard_init = { .phase = INIT_EARLY,
					      .name = "keyboard",
					      .resume = forget_devices };
INIT_FN ( keyboard_init );
