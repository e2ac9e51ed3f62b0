/** @file
 * Real-mode part of the disk images (.dsk, .hd): a boot sector that reads the rest of the image and
 * enters it. It may be the first sector of a floppy, of a disk or of a partition. INT 13h: extended read
 * where there is one (Enhanced Disk Drive specification 3.0), else by cylinder, head and sector; what
 * fails is tried again, one sector at a time.
 *
 * All of the image goes to base memory, 0000:7c00 and up; from there copy.inc copies the stub to 1 MiB.
 */
#include "platform/bios/stub/layout.h"

#define A( label ) ( ( label ) - setup_start )

#define BOOT_SEGMENT  0x07c0
#define SECTOR_SHIFT  5			/* paragraphs in a sector */
#define TRIES         5
#define FIRST_DISK    0x80
#define ACTIVE        0x80
#define EXTENDED_READ 0x01
#define SECOND_SECTOR 0x6b736964	/* "disk": how the second sector of an image starts */

	.section .setup, "awx", @progbits
	.code16
	.globl	setup_start
	.globl	base_memory_image
	.set	base_memory_image, 1
setup_start:
	jmp	boot
	nop

	/* Some BIOSes write to what would be the parameters of a FAT file system. */
	.org	0x3e
	/* DL = drive. In a partition DS:SI = its entry in the partition table. */
boot:
	movb	(%si), %bl
	movl	8(%si), %eax
	xorw	%cx, %cx
	cli
	movw	%cx, %ss
	movw	$( BOOT_SEGMENT << 4 ), %sp
	sti
	cld
	movw	$BOOT_SEGMENT, %cx
	movw	%cx, %ds
	ljmpw	$BOOT_SEGMENT, $A ( 1f )
1:	movb	%dl, A ( drive )
	cmpb	$FIRST_DISK, %dl
	jb	2f
	cmpb	$ACTIVE, %bl
	je	3f
2:	xorl	%eax, %eax
3:	incl	%eax
	movl	%eax, A ( packet_lba )
	movb	$0x41, %ah		/* are there extensions? */
	movw	$0x55aa, %bx
	int	$0x13
	jc	4f
	cmpw	$0xaa55, %bx
	jne	4f
	movb	%cl, A ( extended )
4:	movb	$0x08, %ah		/* geometry */
	movb	A ( drive ), %dl
	int	$0x13
	jc	5f
	andb	$0x3f, %cl
	jz	5f
	movb	%cl, A ( track_len )
	movzbw	%dh, %dx
	incw	%dx
	movw	%dx, A ( heads )

	/* Is our second sector there? If not, this is no partition but the start of the disk. */
5:	movw	$( BOOT_SEGMENT + ( 1 << SECTOR_SHIFT ) ), %ax
	movw	%ax, %es
	movw	$1, %di
	call	read
	cmpl	$SECOND_SECTOR, A ( second )
	je	6f
	movl	$1, %eax
	cmpl	%eax, A ( packet_lba )
	je	failed
	movl	%eax, A ( packet_lba )
	jmp	5b

6:	movw	$disk_sectors, %di
7:	call	read
	movw	$( 0x0e << 8 | '.' ), %ax
	call	print
	movzwl	A ( packet_count ), %eax
	addl	%eax, A ( packet_lba )
	subw	%ax, %di
	shlw	$SECTOR_SHIFT, %ax
	movw	%es, %cx
	addw	%ax, %cx
	movw	%cx, %es
	testw	%di, %di
	jnz	7b
	jmp	entry

	/** Read DI sectors, or as many as go at once, from packet_lba to ES:0000. Sets packet_count. */
read:
	movb	$TRIES, A ( tries )
	/* Not across a 64 KiB boundary, and at most 127. */
	movw	%es, %cx
	notw	%cx
	andw	$0xfff, %cx
	shrw	$SECTOR_SHIFT, %cx
	incw	%cx
	testb	%cl, %cl
	jns	1f
	decw	%cx
1:	cmpw	%di, %cx
	jbe	2f
	movw	%di, %cx
2:	movw	%cx, A ( packet_count )
	movw	%es, A ( packet_segment )
	pushaw
	movw	$A ( packet ), %si
	movb	$0x42, %ah
	testb	$EXTENDED_READ, A ( extended )
	jnz	4f
	movl	A ( packet_lba ), %eax
	xorl	%edx, %edx
	movzbl	A ( track_len ), %ebx
	divl	%ebx			/* EAX = track, DL = sector in it */
	subb	%dl, %bl
	cmpw	%bx, %cx
	jbe	3f
	movw	%bx, A ( packet_count )
3:	leaw	1(%edx), %cx
	xorl	%edx, %edx
	divl	A ( heads )		/* EAX = cylinder, DL = head */
	movb	%dl, %dh
	movb	%al, %ch
	shlb	$6, %ah
	orb	%ah, %cl
	movb	A ( packet_count ), %al
	movb	$0x02, %ah
	xorw	%bx, %bx
4:	movb	A ( drive ), %dl
	int	$0x13
	popaw
	jnc	5f
	xorw	%ax, %ax		/* reset */
	movb	A ( drive ), %dl
	int	$0x13
	movw	$1, %cx
	decb	A ( tries )
	jnz	2b

failed:
	movw	$A ( failed_text ), %si
1:	lodsb
	movb	$0x0e, %ah
	call	print
	testb	%al, %al
	jnz	1b
	int	$0x18			/* next boot device */
2:	jmp	2b

	/** AL, with AH = 0x0e. */
print:
	pushaw
	movw	$0x0007, %bx
	int	$0x10
	popaw
5:	ret

	/* Extended read: disk address packet. */
packet:
	.byte	16, 0
packet_count:
	.word	0
	.word	0
packet_segment:
	.word	0
packet_lba:
	.long	0, 0

	/* Of a floppy, if the BIOS does not know. */
heads:	.long	2
track_len:
	.byte	18

drive:	.byte	0
extended:
	.byte	0
tries:	.byte	0
failed_text:
	.asciz	"\r\nDisk error\r\n"

	/* Signature of the disk and partition table, which is empty. */
	.org	0x1b8
	.org	510
	.word	0xaa55

second:
	.long	SECOND_SECTOR
	.long	0			/* what copy.inc hands on: nothing */
pass_on = . - 4

#define IMAGE_SEGMENT BOOT_SEGMENT
#include "platform/bios/stub/copy.inc"
