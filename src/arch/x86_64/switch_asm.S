/** @file
 * Switch between stacks: saves what the System V ABI says a call preserves, nothing more.
 * Firmware images are built without vector registers, so there is no floating point state.
 */
	.section .note.GNU-stack,"",@progbits
	.text
	.code64

/* void stack_switch ( void **save_sp, void *load_sp )
 * Push the preserved registers, store the stack pointer to *save_sp, continue on load_sp. */
	.globl	stack_switch
	.hidden	stack_switch
stack_switch:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

/* First frame of a new stack, built by stack_prepare(): rbx = argument, r12 = function. */
	.globl	stack_first
	.hidden	stack_first
stack_first:
	xorl	%ebp, %ebp
	movq	%rbx, %rdi
	call	*%r12
	ud2
