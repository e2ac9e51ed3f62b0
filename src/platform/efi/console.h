/** @file
 * The two halves of the UEFI console.
 */
#ifndef PLATFORM_EFI_CONSOLE_H
#define PLATFORM_EFI_CONSOLE_H

/** Next input byte, or -1. Special keys arrive as ANSI sequences. Root stack. */
int efi_keyboard_getchar ( void );

#endif /* PLATFORM_EFI_CONSOLE_H */
