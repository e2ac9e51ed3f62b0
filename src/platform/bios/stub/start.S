/** @file
 * 32-bit entry of the BIOS image, whose processor has long mode (enter.inc, linux_start.S): on to that with
 * the first 4 GiB mapped one to one, then to stub_main(). ESI is what the image format's part of
 * the stub wants to know (linux.c: the setup header's base, pxe.c: struct pxe_entry).
 */
#include "platform/bios/stub/layout.h"

	.section .text.start, "ax", @progbits
	.code32
	.globl	start32
start32:
	cli
	cld
	movl	$stub_stack_top, %esp

	lgdtl	start_gdtr
	ljmpl	$SEL_CODE32, $1f
1:	movl	$SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss

	movl	$stub_bss_start, %edi
	movl	$stub_bss_end, %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	xorl	%eax, %eax
	rep stosl

	/* PML4 -> PDPT -> four page directories of 2 MiB pages. */
	movl	$( stub_pdpt + 3 ), stub_pml4
	movl	$stub_pdpt, %edi
	movl	$( stub_pds + 3 ), %eax
	movl	$4, %ecx
2:	movl	%eax, (%edi)
	addl	$0x1000, %eax
	addl	$8, %edi
	loop	2b
	movl	$stub_pds, %edi
	movl	$0x83, %eax		/* present, writable, large */
	movl	$2048, %ecx
3:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	3b

	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$stub_pml4, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER.LME */
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	%cr0, %eax
	andl	$0x9fffffff, %eax	/* caches on */
	orl	$0x80010001, %eax	/* PG, WP, PE */
	movl	%eax, %cr0
	ljmpl	$SEL_CODE64, $4f

	.code64
4:	movl	%esi, %edi
	call	stub_main
5:	hlt
	jmp	5b

	.section .rodata.start, "a", @progbits
	.balign	8
start_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* SEL_CODE64 */
	.quad	0x00cf9b000000ffff	/* SEL_CODE32 */
	.quad	0x00cf93000000ffff	/* SEL_DATA */
start_gdt_end:
start_gdtr:
	.word	start_gdt_end - start_gdt - 1
	.long	start_gdt

	.section .bss.start, "aw", @nobits
	.balign	4096
stub_pml4:	.skip	4096
stub_pdpt:	.skip	4096
stub_pds:	.skip	4 * 4096
	.skip	16384
stub_stack_top:

	/* The end of the image: if the file is cut off, who says so is still there. */
	.section .payload, "a", @progbits
	.balign	4
	.globl	stub_payload, stub_crc
stub_payload:
	.incbin	PAYLOAD
	.balign	4
stub_crc:
	.long	0			/* of all of the stub that is before it: util/stubcrc */
