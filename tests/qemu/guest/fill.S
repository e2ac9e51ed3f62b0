/** @file
 * A boot program that takes everything it is told is free: it prints what INT 12h and INT 15h say of memory, fills all of
 * that with a pattern, and returns. Linked for 0000:7c00; output on the first serial port.
 */
#define SMAP 0x534d4150

	.code16
	.globl	_start
_start:
	pushw	%ds
	pushw	%es
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	cld
	movw	$msg_base, %si
	call	puts
	int	$0x12
	movzwl	%ax, %ebx
	movl	%ebx, kb
	call	hex
	movw	$msg_e801, %si
	call	puts
	movw	$0xe801, %ax
	int	$0x15
	pushw	%bx
	movzwl	%ax, %ebx
	call	hex
	popw	%bx
	movzwl	%bx, %ebx
	call	hex
	movw	$msg_88, %si
	call	puts
	movb	$0x88, %ah
	int	$0x15
	movzwl	%ax, %ebx
	call	hex

	/* Base memory above this program. */
	movl	$0x10000, %edx
1:	movl	kb, %eax
	shll	$10, %eax
	subl	%edx, %eax
	jbe	2f
	cmpl	$0x8000, %eax
	jbe	3f
	movl	$0x8000, %eax
3:	movl	%eax, %ecx
	movl	%edx, %eax
	shrl	$4, %eax
	movw	%ax, %es
	addl	%ecx, %edx
	shrw	$2, %cx
	xorw	%di, %di
	movl	$0x5a5a5a5a, %eax
	rep stosl
	jmp	1b
2:	xorw	%ax, %ax
	movw	%ax, %es

	/* The map. */
	movl	$0, next
range:	movl	next, %ebx
	movl	$0xe820, %eax
	movl	$SMAP, %edx
	movl	$24, %ecx
	movw	$entry, %di
	int	$0x15
	jc	done
	cmpl	$SMAP, %eax
	jne	done
	movl	%ebx, next
	movw	$msg_range, %si
	call	puts
	movl	entry + 4, %ebx
	call	hex
	movl	entry, %ebx
	call	hex
	movl	entry + 12, %ebx
	call	hex
	movl	entry + 8, %ebx
	call	hex
	movl	entry + 16, %ebx
	call	hex
	cmpl	$1, entry + 16
	jne	4f
	cmpl	$0, entry + 4
	jne	4f
	cmpl	$0x100000, entry
	jb	4f
	call	fill
4:	cmpl	$0, next
	jne	range
done:	movw	$msg_done, %si
	call	puts
	popw	%es
	popw	%ds
	xorw	%ax, %ax
	lretw

	/* [entry, entry + length) by INT 15h AH=87h, 64 KiB at a time, from 0x10000. */
fill:	movl	entry, %eax
	movl	%eax, to
	movl	entry + 8, %eax
	movl	%eax, left
5:	movl	left, %eax
	cmpl	$0x10000, %eax
	jb	6f
	movl	to, %eax
	movw	%ax, gdt + 0x1a
	shrl	$16, %eax
	movb	%al, gdt + 0x1c
	movb	%ah, gdt + 0x1f
	movw	$0x8000, %cx
	movw	$gdt, %si
	movb	$0x87, %ah
	int	$0x15
	jc	6f
	addl	$0x10000, to
	subl	$0x10000, left
	jmp	5b
6:	ret

puts:	lodsb
	testb	%al, %al
	jz	7f
	call	putc
	jmp	puts
7:	ret

	/* EBX as eight digits. */
hex:	movb	$' ', %al
	call	putc
	movw	$8, %cx
8:	roll	$4, %ebx
	movb	%bl, %al
	andb	$15, %al
	addb	$'0', %al
	cmpb	$'9', %al
	jbe	9f
	addb	$39, %al
9:	call	putc
	loop	8b
	ret

putc:	pushw	%dx
	pushw	%ax
	movw	$0x3fd, %dx
1:	inb	%dx, %al
	testb	$0x20, %al
	jz	1b
	popw	%ax
	movw	$0x3f8, %dx
	outb	%al, %dx
	popw	%dx
	ret

msg_base:	.asciz	"base"
msg_e801:	.asciz	"\r\ne801"
msg_88:		.asciz	"\r\n88"
msg_range:	.asciz	"\r\nrange"
msg_done:	.asciz	"\r\nfilled\r\n"
	.balign	4
kb:	.long	0
next:	.long	0
to:	.long	0
left:	.long	0
	/* INT 15h AH=87h: source at 0x10000, destination. */
gdt:	.quad	0, 0
	.quad	0x000093010000ffff
	.quad	0x000093000000ffff
	.quad	0, 0
entry:	.skip	24
