/** @file
 * The network bootstrap program that keeps all of the ROM, and returns to it (.kkpxe).
 */
#define KEEP KEEP_PXE
#include "platform/bios/stub/nbp.S"
