/** @file
 * The last instructions before a kernel's first.
 */

	/** Copied to base memory and called as a BIOS service: DS = segment of the real-mode part,
	 * ECX = top of its stack. Never returns. */
	.section .rodata.linux_launch16, "a", @progbits
	.globl	linux_launch16, linux_launch16_end
	.hidden	linux_launch16, linux_launch16_end
	.code16
linux_launch16:
	cli
	cld
	movw	%ds, %ax
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movw	%ax, %ss
	movl	%ecx, %esp
	addw	$0x20, %ax		/* the entry is behind the boot sector */
	pushw	%ax
	pushw	$0
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%esi, %esi
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	lretw
linux_launch16_end:

	/** RDI = entry, RSI = struct boot_params, RDX = operand of lgdt, RCX = page tables. */
	.section .text.linux_launch64, "ax", @progbits
	.globl	linux_launch64
	.hidden	linux_launch64
	.code64
linux_launch64:
	cli
	cld
	movq	%rcx, %cr3
	lgdt	(%rdx)
	movl	$0x18, %eax		/* __BOOT_DS */
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	pushq	$0x10			/* __BOOT_CS */
	pushq	%rdi
	xorl	%edi, %edi
	lretq
