/** @file
 * Consoles: which are linked in, and how keys are read.
 */
#ifndef CONFIG_CONSOLE_H
#define CONFIG_CONSOLE_H

#ifdef PLATFORM_BIOS
#define CONSOLE_PCBIOS /* BIOS text screen and keyboard */
#define CONSOLE_SERIAL /* 16550 serial port, see serial.h */
#endif
#ifdef PLATFORM_EFI
#define CONSOLE_EFI /* The firmware's ConOut and ConIn */
#endif
#ifdef PLATFORM_HOST
#define CONSOLE_LINUX /* Standard input and output */
#endif

/* Keyboard layout: us, de (one file in src/keymap for each) */
#define KEYBOARD_MAP us

#include "config/overrides/console.h"

#endif /* CONFIG_CONSOLE_H */
