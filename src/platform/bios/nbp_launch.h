/** @file
 * What nbp.c and nbp_launch.S share: the block that is in base memory while a program runs.
 */
#ifndef BIOS_NBP_LAUNCH_H
#define BIOS_NBP_LAUNCH_H

/* Offsets in the block, which lies in the low block's buffer. */
#define NBP_PXE        0x00 /* far pointer to !PXE, or 0 */
#define NBP_PXENV      0x04 /* far pointer to PXENV+, or 0 */
#define NBP_CHAIN15    0x08 /* INT 15h before us */
#define NBP_RANGES     0x0c /* of the memory map, 16 bits like all that follow */
#define NBP_KB         0x0e /* memory from 1 MiB to 16 MiB, KiB */
#define NBP_64KB       0x10 /* memory above 16 MiB, 64 KiB */
#define NBP_KB_88      0x12 /* memory above 1 MiB as INT 15h AH=88h has it, KiB */
#define NBP_GAVE_UP    0x14 /* out: INT 18h has ended the program */
#define NBP_STACK      0x16
#define NBP_ENTRY      0x18 /* offsets of code in the block */
#define NBP_INT15      0x1a
#define NBP_INT18      0x1c
#define NBP_MAP_OFFSET 0x180 /* the memory map begins there */

#endif /* BIOS_NBP_LAUNCH_H */
