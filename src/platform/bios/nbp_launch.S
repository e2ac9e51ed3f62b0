/** @file
 * Around a network bootstrap program or boot sector: the call, and what the BIOS says meanwhile. nbp.c
 * copies this block into the buffer of the low block, whose segment is CS, and fills in its start; the memory
 * map follows it.
 */
#include "platform/bios/stub/layout.h"

#define AT( label )      ( LOW_BUFFER + ( label ) - nbp_launch )
#define SMAP             0x534d4150
#define RANGE_LEN        24
#define RANGE_LEN_OLD    20
#define FIRST_HARD_DISK  0x80
#define PORT_A20         0x92

	.section .rodata.nbp_launch, "a", @progbits
	.globl	nbp_launch, nbp_launch_end
	.hidden	nbp_launch, nbp_launch_end
	.code16
nbp_launch:
	/* struct launch_block (nbp.c) */
pxe:		.long	0
pxenv:		.long	0
int15_chain:	.long	0
range_count:	.word	0
kb:		.word	0
blocks:		.word	0
kb_88:		.word	0
gave_up:	.word	0
stack:		.word	0
	.word	AT ( enter ), AT ( int15 ), AT ( int18 )

	/* Called as a BIOS service. To the program: ES:BX = PXENV+, SS:SP + 4 = !PXE (PXE
	 * specification 2.1, "NBP entry"); DL = drive, for boot sectors. AX = its status. */
enter:
	movw	%sp, %cs:AT ( stack )
	pushl	%cs:AT ( pxe )
	lesw	%cs:AT ( pxenv ), %bx
	movw	$FIRST_HARD_DISK, %dx
	sti
	lcallw	$0x0000, $0x7c00
	/* Here too after INT 18h. It may have left anything. */
leave:
	cli
	cld
	movw	%cs, %cx
	movw	%cx, %ss
	movw	%cs:AT ( stack ), %sp
	movw	%ax, %cx
	inb	$PORT_A20, %al
	orb	$0x02, %al
	andb	$0xfe, %al		/* a reset otherwise */
	outb	%al, $PORT_A20
	movw	%cx, %ax
	iretw

	/* The program has nothing to boot. */
int18:
	movw	$1, %cs:AT ( gave_up )
	jmp	leave

	/* The memory map. */
int15:
	cmpw	$0xe820, %ax
	je	e820
	cmpw	$0xe801, %ax
	je	e801
	cmpb	$0x88, %ah
	je	ext88
chain:	ljmpw	*%cs:AT ( int15_chain )

e801:	movw	%cs:AT ( kb ), %ax
	movw	%cs:AT ( blocks ), %bx
	movw	%ax, %cx
	movw	%bx, %dx
	jmp	success

ext88:	movw	%cs:AT ( kb_88 ), %ax
success:
	pushw	%bp
	movw	%sp, %bp
	andb	$0xfe, 6(%bp)		/* the caller's carry flag */
	popw	%bp
	iretw

	/* EBX = number of the range, ES:DI = where to, ECX = room there. */
e820:	cmpl	$SMAP, %edx
	jne	chain
	cmpl	$RANGE_LEN_OLD, %ecx
	jb	failure
	movzwl	%cs:AT ( range_count ), %eax
	cmpl	%eax, %ebx
	jae	failure
	cmpl	$RANGE_LEN, %ecx
	movl	$RANGE_LEN, %ecx
	jae	1f
	movb	$RANGE_LEN_OLD, %cl
1:	pushw	%cx
	pushw	%si
	pushw	%di
	imulw	$RANGE_LEN, %bx, %si
	addw	$AT ( nbp_launch_end ), %si
	cld
	rep movsb %cs:(%si), %es:(%di)
	popw	%di
	popw	%si
	popw	%cx
	incw	%bx
	cmpw	%ax, %bx
	jne	2f
	xorl	%ebx, %ebx		/* that was the last */
2:	movl	$SMAP, %eax
	jmp	success

failure:
	movb	$0x86, %ah		/* function not supported */
	pushw	%bp
	movw	%sp, %bp
	orb	$0x01, 6(%bp)
	popw	%bp
	iretw

	.balign	8
nbp_launch_end:
