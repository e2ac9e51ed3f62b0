/** @file
 * The network bootstrap program that keeps the ROM's UNDI for its own use (.kpxe).
 */
#define KEEP_UNDI 1
#include "platform/bios/stub/nbp.S"
