/** @file
 * UEFI console: what text becomes on the firmware's console, and keys in bytes.
 */
#include <stdio.h>
#include "lib/test.h"
#include "core/settings.h"

#include "platform/efi/console.c"
#include "platform/efi/keyboard.c"

/* ---- A firmware that writes down what is asked of it ---- */

#define COLUMNS 80
#define ROWS    25

static char calls[8192];
static unsigned int output_calls;
static SIMPLE_TEXT_OUTPUT_MODE mode;

static void note ( const char *fmt, ... ) {
	size_t len = strlen ( calls );
	va_list args;

	va_start ( args, fmt );
	vsnprintf ( calls + len, sizeof ( calls ) - len, fmt, args );
	va_end ( args );
}

static EFI_STATUS EFIAPI fake_output ( SIMPLE_TEXT_OUTPUT_INTERFACE *this, CHAR16 *text ) {
	output_calls++;
	for ( ; *text; text++ ) {
		if ( *text < 0x7f )
			note ( "%c", *text );
		else
			note ( "{%x}", *text );
		mode.CursorColumn = ( *text == '\r' ) ? 0 : ( mode.CursorColumn + 1 ) % COLUMNS;
	}
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_query ( SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN number,
				      UINTN *columns, UINTN *rows ) {
	*columns = COLUMNS;
	*rows = ROWS;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_attribute ( SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN attribute ) {
	note ( "<colour %02x>", (unsigned int) attribute );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_clear ( SIMPLE_TEXT_OUTPUT_INTERFACE *this ) {
	note ( "<clear>" );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_position ( SIMPLE_TEXT_OUTPUT_INTERFACE *this, UINTN column,
					 UINTN row ) {
	note ( "<at %u,%u>", (unsigned int) column, (unsigned int) row );
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI fake_cursor ( SIMPLE_TEXT_OUTPUT_INTERFACE *this, BOOLEAN on ) {
	note ( "<cursor %d>", on );
	return EFI_SUCCESS;
}

static SIMPLE_TEXT_OUTPUT_INTERFACE output = {
	.OutputString = fake_output,
	.QueryMode = fake_query,
	.SetAttribute = fake_attribute,
	.ClearScreen = fake_clear,
	.SetCursorPosition = fake_position,
	.EnableCursor = fake_cursor,
	.Mode = &mode,
};

/** Keys that wait in a device. */
struct fake_input {
	EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL proto;
	EFI_KEY_DATA keys[8];
	unsigned int count, looks;
};

static EFI_STATUS EFIAPI fake_read ( EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL *this, EFI_KEY_DATA *key ) {
	struct fake_input *input = container_of ( this, struct fake_input, proto );

	input->looks++;
	if ( !input->count )
		return EFI_NOT_READY;
	*key = input->keys[0];
	memmove ( input->keys, input->keys + 1, --input->count * sizeof ( *key ) );
	return EFI_SUCCESS;
}

static struct fake_input keyboard = { .proto = { .ReadKeyStrokeEx = fake_read } };
static struct fake_input terminal = { .proto = { .ReadKeyStrokeEx = fake_read } };

/* PCI root, then a UART: a serial terminal. */
static uint8_t terminal_path[] = { 2,    1,    12, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* ACPI */
				   3,    14,   5,  0, 0,                      /* UART */
				   0x7f, 0xff, 4,  0 };
static uint8_t broken_path[] = { 2, 1, 0, 0 };

static EFI_STATUS EFIAPI fake_free ( void *memory ) {
	return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = { .FreePool = fake_free };
static EFI_SYSTEM_TABLE system_table = { .ConOut = &output, .ConsoleInHandle = &keyboard };
EFI_SYSTEM_TABLE *efi_st = &system_table;
EFI_BOOT_SERVICES *efi_bs = &services;

void *efi_protocol ( EFI_HANDLE handle, const EFI_GUID *guid ) {
	if ( memcmp ( guid, &input_ex_guid, sizeof ( *guid ) ) == 0 )
		return &( (struct fake_input *) handle )->proto;
	return ( handle == &terminal )   ? terminal_path
	       : ( handle == &keyboard ) ? broken_path
					 : NULL;
}

EFI_HANDLE *efi_handles ( const EFI_GUID *guid, UINTN *ret_count ) {
	static EFI_HANDLE handles[] = { &keyboard, &terminal };

	*ret_count = 2;
	return handles;
}

static int set_up ( void **state_unused ) {
	calls[0] = '\0';
	output_calls = 0;
	mode = ( SIMPLE_TEXT_OUTPUT_MODE ){ 0 };
	state = STATE_TEXT;
	keyboard.count = terminal.count = 0;
	next_look = 0;
	pending = "";
	settings_set_text ( NULL, "keymap", "" );
	return 0;
}

static void write_text ( const char *text ) {
	efi_console_write ( text, strlen ( text ) );
}

/* ---- Output ---- */

static void one_write_is_one_call ( void **state ) {
	write_text ( "one\ntwo\b!\n" );
	assert_string_equal ( calls, "one\r\ntwo\b!\r\n" );
	assert_int_equal ( output_calls, 1 );
}

static void long_text_is_complete ( void **state ) {
	char text[1001];

	memset ( text, 'x', 1000 );
	text[1000] = '\0';
	write_text ( text );
	assert_string_equal ( calls, text );
	assert_in_range ( output_calls, 4, 5 );
}

static void colours_are_the_firmwares ( void **state ) {
	write_text ( "a\033[31mb\033[1;36;44mc\033[0md" );
	assert_string_equal ( calls, "a<colour 04>b<colour 1b>c<colour 07>d" );
}

static void default_and_true_colours ( void **state ) {
	write_text ( "\033[33;42m\033[39;49m\033[38;2;255;10;200m\033[m" );
	assert_string_equal ( calls, "<colour 26><colour 07><colour 05><colour 07>" );
}

static void cursor_moves_within_the_screen ( void **state ) {
	write_text ( "\033[3;5H\033[H\033[999;999H\033[0;0H" );
	assert_string_equal ( calls, "<at 4,2><at 0,0><at 79,24><at 0,0>" );
}

static void screen_is_cleared ( void **state ) {
	write_text ( "\033[2J" );
	assert_string_equal ( calls, "<clear>" );
}

static void erasing_to_the_end_spares_the_last_cell ( void **state ) {
	mode.CursorRow = 24;
	mode.CursorColumn = 70;
	write_text ( "\033[J" );
	assert_string_equal ( calls, "         <at 70,24>" );
}

static void cursor_is_switched ( void **state ) {
	write_text ( "\033[?25l\033[?25h" );
	assert_string_equal ( calls, "<cursor 0><cursor 1>" );
}

static void sequence_may_come_in_pieces ( void **state ) {
	write_text ( "a\033" );
	write_text ( "[3" );
	write_text ( "2m" );
	write_text ( "b" );
	assert_string_equal ( calls, "a<colour 02>b" );
}

static void unknown_sequences_are_dropped ( void **state ) {
	write_text (
		"a\033[6pb\033[<3pc\033[1;2;3;4;5;6;7;8;9zd\033[99999999999999999999Ke\033Qf" );
	assert_string_equal ( calls, "abcdef" );
}

static void utf8_becomes_utf16 ( void **state ) {
	write_text ( "\xc3\xa9\xe2\x94\x80" );
	assert_string_equal ( calls, "{e9}{2500}" );
}

static void broken_utf8_is_a_question_mark ( void **state ) {
	write_text ( "\xa9\xff\xc3z\xf0\x9f\x98\x80\xc0\x80" );
	assert_string_equal ( calls, "??z??" );
}

static void tab_goes_to_the_next_stop ( void **state ) {
	write_text ( "abc\tx" );
	assert_string_equal ( calls, "abc     x" );
}

static void control_characters_are_dropped ( void **state ) {
	efi_console_write ( "a\0\a\x0e"
			    "b",
			    5 );
	assert_string_equal ( calls, "ab" );
}

/* ---- Input ---- */

static void press ( struct fake_input *input, CHAR16 c, UINT16 scan, UINT32 shift ) {
	input->keys[input->count++] = ( EFI_KEY_DATA ){
		.Key = { .UnicodeChar = c, .ScanCode = scan },
		.KeyState = { .KeyShiftState = shift },
	};
}

/** All bytes that wait, as text. */
static const char *typed ( void ) {
	static char text[64];
	size_t len = 0;
	int c;

	while ( ( len < sizeof ( text ) - 1 ) && ( ( c = efi_keyboard_getchar () ) >= 0 ) )
		text[len++] = c;
	text[len] = '\0';
	return text;
}

static void keys_become_bytes ( void **state ) {
	press ( &keyboard, 'a', 0, EFI_SHIFT_STATE_VALID );
	press ( &keyboard, '\r', 0, EFI_SHIFT_STATE_VALID );
	press ( &keyboard, '\b', 0, EFI_SHIFT_STATE_VALID );
	assert_string_equal ( typed (), "a\r\b" );
}

static void control_keys_become_control_characters ( void **state ) {
	press ( &keyboard, 'b', 0, EFI_SHIFT_STATE_VALID | EFI_LEFT_CONTROL_PRESSED );
	press ( &keyboard, 'C', 0, EFI_SHIFT_STATE_VALID | EFI_RIGHT_CONTROL_PRESSED );
	press ( &keyboard, '1', 0, EFI_SHIFT_STATE_VALID | EFI_RIGHT_CONTROL_PRESSED );
	press ( &keyboard, 0x04, 0, EFI_SHIFT_STATE_VALID );
	assert_string_equal ( typed (), "\002\0031\004" );
}

static void special_keys_become_sequences ( void **state ) {
	press ( &keyboard, 0, SCAN_UP, 0 );
	press ( &keyboard, 0, SCAN_DELETE, 0 );
	press ( &keyboard, 0, SCAN_F12, 0 );
	press ( &keyboard, 0, SCAN_ESC, 0 );
	assert_string_equal ( typed (), "\033[A\033[3~\033[24~\033" );
}

static void meaningless_keys_hide_nothing ( void **state ) {
	press ( &keyboard, 0, 0, 0 );
	press ( &keyboard, 0, 0x102, 0 );
	press ( &keyboard, 0x20ac, 0, 0 );
	press ( &keyboard, 'x', 0, 0 );
	assert_string_equal ( typed (), "x" );
}

static void layout_is_for_keyboards_only ( void **state ) {
	settings_set_text ( NULL, "keymap", "de" );
	press ( &keyboard, 'y', 0, EFI_SHIFT_STATE_VALID );
	press ( &keyboard, 'q', 0, EFI_SHIFT_STATE_VALID | EFI_RIGHT_ALT_PRESSED );
	press ( &keyboard, 'y', 0, EFI_SHIFT_STATE_VALID | EFI_LEFT_CONTROL_PRESSED );
	press ( &terminal, 'y', 0, EFI_SHIFT_STATE_VALID );
	press ( &terminal, '@', 0, EFI_SHIFT_STATE_VALID );
	assert_string_equal ( typed (), "y@z@\032" );
}

static void firmware_is_not_asked_all_the_time ( void **state ) {
	unsigned int before = keyboard.looks;

	for ( int i = 0; i < 100; i++ )
		assert_int_equal ( efi_keyboard_getchar (), -1 );
	assert_in_range ( keyboard.looks - before, 1, 3 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup ( one_write_is_one_call, set_up ),
		cmocka_unit_test_setup ( long_text_is_complete, set_up ),
		cmocka_unit_test_setup ( colours_are_the_firmwares, set_up ),
		cmocka_unit_test_setup ( default_and_true_colours, set_up ),
		cmocka_unit_test_setup ( cursor_moves_within_the_screen, set_up ),
		cmocka_unit_test_setup ( screen_is_cleared, set_up ),
		cmocka_unit_test_setup ( erasing_to_the_end_spares_the_last_cell, set_up ),
		cmocka_unit_test_setup ( cursor_is_switched, set_up ),
		cmocka_unit_test_setup ( sequence_may_come_in_pieces, set_up ),
		cmocka_unit_test_setup ( unknown_sequences_are_dropped, set_up ),
		cmocka_unit_test_setup ( utf8_becomes_utf16, set_up ),
		cmocka_unit_test_setup ( broken_utf8_is_a_question_mark, set_up ),
		cmocka_unit_test_setup ( tab_goes_to_the_next_stop, set_up ),
		cmocka_unit_test_setup ( control_characters_are_dropped, set_up ),
		cmocka_unit_test_setup ( keys_become_bytes, set_up ),
		cmocka_unit_test_setup ( control_keys_become_control_characters, set_up ),
		cmocka_unit_test_setup ( special_keys_become_sequences, set_up ),
		cmocka_unit_test_setup ( meaningless_keys_hide_nothing, set_up ),
		cmocka_unit_test_setup ( layout_is_for_keyboards_only, set_up ),
		cmocka_unit_test_setup ( firmware_is_not_asked_all_the_time, set_up ),
	};

	return cmocka_run_group_tests_name ( "platform/efi_console", tests, NULL, NULL );
}
