/** @file
 * Interrupt entries: one for each exception, which ends in exception_handler(); the nap timer; and
 * one that does nothing.
 */
	.text
	/* Exceptions with an error code: 8, 10-14, 17, 21, 29, 30 (Intel SDM, AMD APM). */
	.set	with_code, ( 1 << 8 ) | ( 0x1f << 10 ) | ( 1 << 17 ) | ( 1 << 21 ) | ( 3 << 29 )

	.balign	16
	.globl	exception_entries
	.hidden	exception_entries
exception_entries:
	.set	vector, 0
	.rept	32
	.balign	16
	.if	( ( with_code >> vector ) & 1 ) == 0
	pushq	$0
	.endif
	pushq	$vector
	jmp	exception_common
	.set	vector, vector + 1
	.endr

exception_common:
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%r11
	pushq	%r10
	pushq	%r9
	pushq	%r8
	pushq	%rdi
	pushq	%rsi
	pushq	%rbp
	pushq	%rbx
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	cld
	movq	%rsp, %rdi		/* struct exception_frame */
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	exception_handler
	movq	%rbx, %rsp
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rbx
	popq	%rbp
	popq	%rsi
	popq	%rdi
	popq	%r8
	popq	%r9
	popq	%r10
	popq	%r11
	popq	%r12
	popq	%r13
	popq	%r14
	popq	%r15
	addq	$16, %rsp
	iretq

	.globl	timer_entry
	.hidden	timer_entry
timer_entry:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	cld
	call	nap_interrupt		/* no vector registers in this firmware: alignment is free */
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	iretq

	.globl	ignore_entry
	.hidden	ignore_entry
ignore_entry:
	iretq
