/** @file
 * Real-mode part of the Linux kernel image (x86 boot protocol 2.07, Documentation "boot.rst").
 *
 * The loader puts these sectors somewhere in base memory and the rest of the image at 1 MiB, then
 * jumps here in real mode. All that happens here: the processor can do 64-bit mode, A20 is open,
 * protected mode on, and on to stub/start.S with ESI = the setup header. Loaders that use the
 * 32-bit protocol (GRUB's "linux") skip this file and enter there directly.
 */
#include "platform/bios/stub/layout.h"

	.section .setup, "awx", @progbits
	.code16
setup_start:
	/* Started as a boot sector: this is no boot sector, the BIOS shall try the next device. */
	int	$0x18
	jmp	setup_start

	/* Marker of this image family: magic, flags (bit 0: wants a disk log partition). */
	.org	0x24
	.word	0x18ae
	.word	0

	.org	0x1f1
setup_sects:		.byte	SETUP_SECTORS
root_flags:		.word	0
syssize:		.long	stub_paragraphs
ram_size:		.word	0
vid_mode:		.word	0xffff
root_dev:		.word	0
boot_flag:		.word	0xaa55
	.org	0x200
	jmp	setup_entry
header:			.ascii	"HdrS"
version:		.word	0x0207
realmode_swtch:		.long	0
start_sys:		.word	0
kernel_version:		.word	version_string - setup_start - 0x200
type_of_loader:		.byte	0
loadflags:		.byte	0x01		/* LOADED_HIGH */
setup_move_size:	.word	0
code32_start:		.long	STUB_ADDRESS
ramdisk_image:		.long	0
ramdisk_size:		.long	0
bootsect_kludge:	.long	0
heap_end_ptr:		.word	0
ext_loader_ver:		.byte	0
ext_loader_type:	.byte	0
cmd_line_ptr:		.long	0
initrd_addr_max:	.long	0xffffffff
kernel_alignment:	.long	0
relocatable_kernel:	.byte	0
min_alignment:		.byte	0
xloadflags:		.word	0
cmdline_size:		.long	CMDLINE_MAX
hardware_subarch:	.long	0
hardware_subarch_data:	.quad	0

	/* CS = setup segment + 0x20, the other segments = setup segment. Addresses below count
	 * from the setup segment, so bring CS there too. */
setup_entry:
	cld
	pushw	%ds
	pushw	$( entry - setup_start )
	lretw

entry:
	/* Long mode: CPUID exists (EFLAGS.ID can be changed), leaf 0x80000001 EDX bit 29. */
	pushfl
	popl	%eax
	movl	%eax, %ecx
	xorl	$0x200000, %eax
	pushl	%eax
	popfl
	pushfl
	popl	%eax
	cmpl	%eax, %ecx
	je	no_long_mode
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	btl	$29, %edx
	jnc	no_long_mode

	/* A20: open already under almost every loader. Else ask the BIOS, then port 0x92, then the
	 * keyboard controller, until it is. */
	call	a20_is_open
	jnz	a20_open
	movw	$0x2401, %ax
	int	$0x15
	call	a20_is_open
	jnz	a20_open
	inb	$0x92, %al
	orb	$0x02, %al
	andb	$0xfe, %al		/* bit 0 would reset the machine */
	outb	%al, $0x92
	call	a20_is_open
	jnz	a20_open
	call	kbc_wait
	movb	$0xd1, %al		/* write output port */
	outb	%al, $0x64
	call	kbc_wait
	movb	$0xdf, %al		/* A20 on */
	outb	%al, $0x60
	call	kbc_wait
	call	a20_is_open
	jnz	a20_open
	movw	$( no_a20_text - setup_start ), %si
	jmp	refuse

no_long_mode:
	movw	$( no_long_mode_text - setup_start ), %si
refuse:
	lodsb
	testb	%al, %al
	jz	1f
	movb	$0x0e, %ah
	movw	$0x0007, %bx
	int	$0x10
	jmp	refuse
1:	int	$0x18			/* next boot device */
	jmp	1b

	/** Wait until the keyboard controller takes a byte, or long enough. */
kbc_wait:
	xorw	%cx, %cx
1:	inb	$0x64, %al
	testb	$0x02, %al
	loopnz	1b
	ret

	/** ZF clear if A20 is open: 0000:0500 and ffff:0510 are different memory. Some gates are
	 * slow, so look for a while. Leaves memory as it was. */
a20_is_open:
	pushw	%ds
	pushw	%es
	xorw	%cx, %cx
	movw	%cx, %ds
	movw	$0xffff, %ax
	movw	%ax, %es
	movb	0x500, %bl
1:	incb	0x500			/* does the change show on the other side, twice? */
	movb	%es:0x510, %dl
	incb	0x500
	movb	%es:0x510, %dh
	cmpb	%dl, %dh
	loopne	1b			/* differ: an alias, so far */
	movb	%bl, 0x500
	movb	$0, %al
	jne	2f
	incw	%ax
2:	testb	%al, %al
	popw	%es
	popw	%ds
	ret

	.balign	8
gdt:
	.quad	0
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x10: flat code */
	.quad	0x00cf93000000ffff	/* 0x18: flat data */
gdt_end:
gdtr:
	.word	gdt_end - gdt - 1
	.long	gdt - setup_start

a20_open:
	cli
	xorl	%esi, %esi
	movw	%ds, %si
	shll	$4, %esi
	addl	%esi, gdtr - setup_start + 2
	lgdtl	gdtr - setup_start
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	movw	$0x18, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	ljmpl	$0x10, $STUB_ADDRESS

no_long_mode_text:
	.asciz	"\r\nThis firmware needs a 64-bit processor; this one has no long mode.\r\n"
no_a20_text:
	.asciz	"\r\nThe A20 gate of this machine does not open.\r\n"
version_string:
	.ascii	VERSION
	.asciz	" (" PRODUCT_SHORT_NAME ")"

	.org	512 * ( 1 + SETUP_SECTORS )
