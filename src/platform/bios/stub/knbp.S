/** @file
 * The network bootstrap program that keeps the ROM's UNDI (.kpxe).
 */
#define KEEP KEEP_UNDI
#include "platform/bios/stub/nbp.S"
