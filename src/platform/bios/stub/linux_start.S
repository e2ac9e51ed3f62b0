/** @file
 * First instruction of the Linux kernel image behind its setup sectors (code32_start of the Linux boot
 * protocol). Loaders that enter here did not ask about long mode.
 */
	.section .text.first, "ax", @progbits
	.code32
	.globl	linux_start
linux_start:
	cli
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	btl	$29, %edx
	jc	start32

	/* No BIOS services here, so straight to the text screen. */
no_long_mode:
	movl	$no_long_mode_text, %esi
	movl	$0xb8000, %edi
	movb	$0x07, %ah
	cld
1:	lodsb
	testb	%al, %al
	jz	2f
	stosw
	jmp	1b
2:	hlt
	jmp	2b

	.section .rodata.start, "a", @progbits
no_long_mode_text:
	.asciz	"This firmware needs a 64-bit processor; this one has no long mode. "
