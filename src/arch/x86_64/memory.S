/** @file
 * memcpy, memmove, memset. Eight bytes an instruction: what counts under emulation and on
 * processors without fast byte strings; the few bytes left over go one by one.
 */
	.section .note.GNU-stack,"",@progbits
	.text
	.code64

	.globl	memcpy
	.hidden	memcpy
memcpy:
	movq	%rdi, %rax
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep movsq
	movl	%edx, %ecx
	andl	$7, %ecx
	rep movsb
	ret

	.globl	memmove
	.hidden	memmove
memmove:
	movq	%rdi, %rax
	subq	%rsi, %rax
	cmpq	%rdx, %rax		/* destination inside the source: copy backwards */
	jae	memcpy
	movq	%rdi, %rax
	leaq	-1(%rdi,%rdx), %rdi
	leaq	-1(%rsi,%rdx), %rsi
	std
	movl	%edx, %ecx
	andl	$7, %ecx
	rep movsb
	subq	$7, %rdi
	subq	$7, %rsi
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep movsq
	cld
	ret

	.globl	memset
	.hidden	memset
memset:
	movq	%rdi, %r8
	movzbl	%sil, %eax
	movabsq	$0x0101010101010101, %rcx
	imulq	%rcx, %rax
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep stosq
	movl	%edx, %ecx
	andl	$7, %ecx
	rep stosb
	movq	%r8, %rax
	ret
