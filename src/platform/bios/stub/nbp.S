/** @file
 * Real-mode part of the network bootstrap program: a PXE ROM loads the whole file to 0000:7c00 and
 * calls it (PXE specification 2.1, "NBP entry"): ES:BX = PXENV+ structure, SS:SP + 4 = far pointer
 * to !PXE. Both are kept for stub/pxe.c; the stub is copied to 1 MiB and entered.
 *
 * The processor stays off the memory of the ROM: base memory above what the BIOS data area calls
 * free, and nothing that it hooked is touched before it has been asked to go. If all of it is kept, its
 * registers wait on its stack for low_pxe_return (low.S).
 */
#include "platform/bios/stub/layout.h"

#define NBP_SEGMENT 0x07c0
#ifndef KEEP
#define KEEP KEEP_NOTHING
#endif

	.section .setup, "awx", @progbits
	.code16
	.globl	setup_start
	.globl	base_memory_image
	.set	base_memory_image, 1
	/* The ROM loads all of the file, however long util/embed has made it. */
	.globl	slot_grows
	.set	slot_grows, 1
setup_start:
	ljmp	$NBP_SEGMENT, $( nbp_entry - setup_start )
	/* Marker of this image family: 64-bit, magic. */
	.byte	0x64
	.word	0x18ae

	/* struct pxe_entry (pxe.c). */
	.balign	4
pxe_entry:
pxenv:	.word	0, 0
pxe:	.word	0, 0
stack:	.word	0, 0
	.long	KEEP

nbp_entry:
	movw	%sp, %bp
	movl	4(%bp), %ecx
#if KEEP == KEEP_PXE
	pushfl
	pushal
	pushw	%ds
	pushw	%es
#endif
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	movw	%bx, pxenv - setup_start
	movw	%es, pxenv - setup_start + 2
	movl	%ecx, pxe - setup_start
	movw	%sp, stack - setup_start
	movw	%ss, stack - setup_start + 2

#define pass_on       pxe_entry
#define IMAGE_SEGMENT NBP_SEGMENT
#include "platform/bios/stub/copy.inc"
