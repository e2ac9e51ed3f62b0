/** @file
 * The screen around a program that we start: which mode it has, and that text can be read again afterwards.
 */
#include "core/init.h"
#include "platform/efi/efi.h"

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

static struct {
	INT32 text_mode;
	UINT32 graphics_mode;
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop; /* NULL: none */
} screen;

static void note_screen ( void ) {
	screen.gop = efi_protocol ( efi_st->ConsoleOutHandle, &gop_guid );
	if ( screen.gop )
		screen.graphics_mode = screen.gop->Mode->Mode;
	if ( efi_st->ConOut )
		screen.text_mode = efi_st->ConOut->Mode->Mode;
}

/** Text may be invisible now: another resolution, black on black, no cursor. */
static void restore_screen ( void ) {
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = efi_protocol ( efi_st->ConsoleOutHandle, &gop_guid );
	SIMPLE_TEXT_OUTPUT_INTERFACE *out = efi_st->ConOut;
	bool changed = false;

	if ( gop && ( gop == screen.gop ) && ( gop->Mode->Mode != screen.graphics_mode ) )
		changed = ( gop->SetMode ( gop, screen.graphics_mode ) == 0 );
	if ( !out )
		return;
	out->SetAttribute ( out, EFI_TEXT_ATTR ( EFI_LIGHTGRAY, EFI_BLACK ) );
	if ( changed || ( out->Mode->Mode != screen.text_mode ) )
		out->SetMode ( out, (UINTN) screen.text_mode );
	out->EnableCursor ( out, true );
	if ( out->Mode->CursorColumn )
		out->OutputString ( out, (CHAR16 *) L"\r\n" );
}

static const struct init_fn screen_init = {
	.phase = INIT_EARLY, .name = "screen", .suspend = note_screen, .resume = restore_screen
};
INIT_FN ( screen_init );
