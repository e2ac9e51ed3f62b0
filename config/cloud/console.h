/** @file
 * CONFIG=cloud: the serial line is all that there is to see. UEFI firmware has it as its console.
 */
#ifdef PLATFORM_BIOS
#define CONSOLE_SERIAL
#endif
