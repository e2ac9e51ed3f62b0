/** @file
 * NICs and screen around a program that we start: the firmware gets the NICs back, so that the program finds
 * its network; and afterwards we take them again, with addresses and routes as they were.
 */
#include "bus/pci.h"
#include "net/netif.h"
#include "platform/efi/efi.h"

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

static struct {
	INT32 text_mode;
	UINT32 graphics_mode;
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop; /* NULL: none */
} screen;

TABLE ( efi_handover, efi_handover );

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

void efi_hand_over ( void ) {
	const struct efi_handover *const *pos;

	netif_suspend_all ();
	table_for_each ( pos, efi_handover ) {
		if ( ( *pos )->give )
			( *pos )->give ();
	}
	pci_suspend_all ();
	note_screen ();
}

void efi_take_back ( void ) {
	const struct efi_handover *const *pos;

	restore_screen ();
	pci_resume_all ();
	table_for_each ( pos, efi_handover ) {
		if ( ( *pos )->take )
			( *pos )->take ();
	}
	netif_resume_all ();
}
