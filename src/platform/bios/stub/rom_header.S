/** @file
 * Real-mode part of the PCI option ROM (PCI Firmware Specification 3.0 chapter 5, Plug and Play BIOS
 * Specification 1.0a §3, BIOS Boot Specification 1.01, POST Memory Manager Specification 1.01).
 * docs/rom.md tells the story; util/romtool fills in lengths, sums and PCI ids.
 *
 * In power-on self-test: the program (everything behind `setup_end`) is copied above 1 MiB, or found
 * in the card's ROM, and only what is in this file stays in the option ROM's memory. When the BIOS
 * boots from us, the program is brought to 1 MiB and entered.
 *
 * In a .mrom the program is a second image (romtool), which the BIOS does not copy: the card's ROM is
 * the one place to get it from.
 *
 * Until then everything here runs at the ROM's segment, which may be read-only; from there on at
 * ROM_SEGMENT in base memory. CS is the segment of `setup_start` at all times.
 */
#include "platform/bios/stub/layout.h"

#define A( label ) ( ( label ) - setup_start )

#define ROM_SEGMENT 0x07c0
#define SECTOR_SHIFT 9
#define SETUP_LEN    ( ( setup_end - setup_start ) >> SECTOR_SHIFT )

#define ROM_SIGNATURE 0xaa55
#define LROM          0x4d4f524c	/* "LROM" */
#define ROM_PCIR      0x18
#define PCIR_LAST     0x80		/* no image behind this one */

#define PNP_SIGNATURE 0x506e5024	/* "$PnP" */
#define PMM_SIGNATURE 0x4d4d5024	/* "$PMM" */
#define PMM_ENTRY     7
#define PMM_MIN       12
#define PMM_ALLOCATE  0
#define PMM_FIND      1
#define PMM_EXTENDED  2			/* flag: above 1 MiB */

#define PCI_ROM_BAR     0x30
#define PCI_COMMAND     0x04
#define PCI_CONFIG_ADDR 0xcf8
#define PCI_CONFIG_DATA 0xfc		/* low byte of the port */

#define INIT_AX      32			/* caller's AX on init's stack */
#define IPL_ATTACHED 0x20		/* what init returns: a device to boot from is there */
#define FLAT         0x08
#define CTRL_B       0x02
#define CTRL_B_KEY   0x3002
#define TICKS        ( ( ROM_BANNER_TIMEOUT ) * 182 / 100 )

	.section .setup, "awx", @progbits
	.code16
	.globl	setup_start
setup_start:
	.word	ROM_SIGNATURE
rom_len:
	.byte	0			/* sectors: romtool; init makes it less */
	jmp	init
	.org	6
rom_checksum:
	.byte	0			/* romtool, init */
	.org	ROM_PCIR
	.word	A ( pcir )		/* ROM_PCIR */
	.word	A ( pnp )

	/* What romtool reads, and bar_open from the card. */
	.org	0x1c
mark:
	.long	LROM
program_start:
	.long	A ( setup_end )		/* in a .mrom it is farther behind: romtool */
program_len:
	.long	stub_len
program_sum:
	.long	0			/* sum of its 32-bit words: romtool */

	/* struct rom_entry (rom.c). */
	.org	ROM_ENTRY
boot_device:
	.long	0			/* init: BOOT_DEVICE_PCI | bus:dev.fn; 0: not known */
restart:
	.long	0			/* 1: started within the self-test */

	.balign	4
pcir:
	.ascii	"PCIR"
	.word	0, 0			/* vendor and device: romtool */
	.word	devices - pcir
	.word	pcir_end - pcir
	.byte	3			/* revision: init may run elsewhere than where the ROM stays */
	.byte	0x00, 0x00, 0x02	/* class: Ethernet */
pcir_len:
	.word	0			/* sectors: romtool */
	.word	0x0001			/* revision of the code */
	.byte	0			/* code type: PC-AT */
pcir_last:
	.byte	PCIR_LAST
	.word	0			/* sectors that may stay: romtool */
	.word	0, 0			/* no code for configuration, none for remote management */
pcir_end:

	.balign	16
pnp:
	.ascii	"$PnP"
	.byte	0x01			/* revision */
	.byte	2			/* 16-byte units */
	.word	0			/* last header */
	.byte	0
	.byte	0			/* checksum: romtool */
	.long	0			/* device identifier: not Plug and Play ISA */
	.word	A ( manufacturer )
	.word	A ( product )
	.byte	0x02, 0x00, 0x00	/* device type: Ethernet */
	.byte	0xe4			/* writable at init, shadowable, cacheable, boots */
	.word	0			/* no boot connection vector: nothing like a disk */
	.word	0
	.word	A ( bev )
	.word	0, 0

manufacturer:
	.asciz	PRODUCT_SHORT_NAME
product:
	.ascii	PRODUCT_SHORT_NAME
product_bus:
	.ascii	" (PCI "
product_device:
	.asciz	"00:00.0)"

	.balign	4
pmm_block:	.long	0		/* where init put the program, linear; 0: nowhere */
pmm_entry:	.long	0
rom_segment:	.word	0		/* where the ROM is; by init, and for the copy in base memory */
bar_before:	.long	0

	.balign	8
flat_gdt:
	.quad	0
	.quad	0x00cf93000000ffff	/* FLAT */

/* ---- Power-on self-test ---- */

	/** AX = bus:dev.fn. All other registers stay. @return AX = what is there to boot from */
init:
	pushfl
	pushal
	pushw	%ds
	pushw	%es
	cld
	pushw	%cs
	popw	%ds
	pushw	%cs
	popw	%es
	movw	%cs, %bx
	movw	%bx, A ( rom_segment )
	cmpw	%bx, A ( rom_segment )
	jne	read_only

	movb	$0, A ( product_bus )
	movzwl	%ax, %ebx
	testw	%ax, %ax		/* the host bridge: we are on no card (qemu -option-rom) */
	jz	1f
	movb	$' ', A ( product_bus )
	orl	$BOOT_DEVICE_PCI, %ebx
	movl	%ebx, A ( boot_device )
	movw	$A ( product_device ), %di
	movb	%bh, %al
	call	put_byte
	incw	%di
	movb	%bl, %al
	shrb	$3, %al
	call	put_byte
	incw	%di
	movb	%bl, %al
	andb	$7, %al
	call	put_digit

1:	call	print_product
	cmpb	$SETUP_LEN, A ( rom_len )
	je	small
	call	to_pmm
	jz	shrink
	call	bar_open
	jz	stay
	call	flat
	call	same
	pushfw
	call	bar_close
	popfw
	jnz	stay
shrink:
	movb	$SETUP_LEN, A ( rom_len )
	jmp	1f
small:
	call	bar_open
	jz	hidden
	call	bar_close
	jmp	1f
stay:
	movw	$A ( stay_text ), %si
	call	print_not_shown
1:	call	fix_checksum
	movw	$A ( newline ), %si
	call	print
#if TICKS
	call	offer
#endif
init_done:
	movw	$IPL_ATTACHED, %dx
init_return:
	movw	%sp, %bp
	movw	%dx, INIT_AX(%bp)
	popw	%es
	popw	%ds
	popal
	popfl
	lretw

	/* A .mrom that cannot get at its program is of no use: its length becomes 0, and the BIOS
	 * drops it. */
hidden:
	movb	$0, A ( rom_len )
	movw	$A ( hidden_text ), %si
	call	print_not_shown
	movw	$A ( newline ), %si
	call	print
	xorw	%dx, %dx
	jmp	init_return

	/* The BIOS did not make our memory writable: everything stays as it is. */
read_only:
	movw	$A ( read_only_text ), %si
	call	print
	movw	$A ( stays_text ), %si
	cmpb	$SETUP_LEN, A ( rom_len )
	jne	1f
	movw	$A ( useless_text ), %si
1:	call	print
	jmp	init_done

	/** AL as digits at DI. */
put_byte:
	pushw	%ax
	shrb	$4, %al
	call	put_digit
	popw	%ax
put_digit:
	andb	$0x0f, %al
	addb	$'0', %al
	cmpb	$'9', %al
	jbe	1f
	addb	$( 'a' - '9' - 1 ), %al
1:	stosb
	ret

	/** Text at DS:SI, and what is wrong with the device. */
print_not_shown:
	call	print
	movw	$A ( not_shown_text ), %si
	jmp	print

	/** On a line of its own. */
print_product:
	movw	$A ( newline ), %si
	call	print
	movw	$A ( product ), %si

	/** Text at DS:SI. */
print:
	lodsb
	testb	%al, %al
	jz	1f
	movb	$0x0e, %ah
	movw	$0x0007, %bx
	int	$0x10
	jmp	print
1:	ret

	/** Make the first bytes of the ROM that now count add up to 0. */
fix_checksum:
	call	flat
	movzbl	%cs:A ( rom_len ), %ecx
	shll	$SECTOR_SHIFT, %ecx
	xorl	%esi, %esi
	movw	%cs, %si
	shll	$4, %esi
	xorb	%bl, %bl
1:	addb	%ds:(%esi), %bl
	incl	%esi
	decl	%ecx
	jnz	1b
	pushw	%cs
	popw	%ds
	subb	%bl, A ( rom_checksum )
	ret

	/** Copy the program into a block of the POST Memory Manager; one that another ROM of the same
	 * build has got will do. @return ZF set if it is there */
to_pmm:
	movw	$0xe000, %dx
1:	movw	%dx, %es
	cmpl	$PMM_SIGNATURE, %es:0
	jne	3f
	movzbw	%es:5, %cx
	cmpw	$PMM_MIN, %cx
	jb	3f
	xorw	%si, %si
	xorb	%al, %al
2:	addb	%es:(%si), %al
	incw	%si
	cmpw	%cx, %si
	jb	2b
	testb	%al, %al
	jz	4f
3:	incw	%dx
	jnz	1b
	incw	%dx			/* ZF clear */
	ret

4:	movl	%es:PMM_ENTRY, %eax
	movl	%eax, A ( pmm_entry )
	pushl	A ( program_sum )	/* handle */
	pushw	$PMM_FIND
	lcallw	*%cs:A ( pmm_entry )
	addw	$6, %sp
	call	pmm_result
	jnz	5f
	pushw	$PMM_EXTENDED
	pushl	%cs:A ( program_sum )
	movl	%cs:A ( program_len ), %eax
	shrl	$4, %eax
	pushl	%eax
	pushw	$PMM_ALLOCATE
	lcallw	*%cs:A ( pmm_entry )
	addw	$12, %sp
	call	pmm_result
	jz	6f
5:	call	flat
	call	here
	movl	%eax, %edi
	addr32 rep movsl
	call	same
	jnz	7f
	pushw	%cs
	popw	%ds
	movl	%eax, A ( pmm_block )
	cmpl	%eax, %eax
	ret
6:	incw	%cx			/* ZF clear */
	jnz	7f
	incw	%cx
7:	pushw	%cs
	popw	%ds
	ret

	/** DX:AX of a PMM call -> EAX = address. @return ZF set if there is none */
pmm_result:
	cld
	pushw	%cs
	popw	%ds
	pushw	%dx
	pushw	%ax
	popl	%eax
	cmpl	$-1, %eax		/* function not supported */
	jne	1f
	xorl	%eax, %eax
1:	testl	%eax, %eax
	ret

	/** ESI = the program in the ROM's memory, ECX = its 32-bit words. */
here:
	xorl	%esi, %esi
	movw	%cs, %si
	shll	$4, %esi
	addl	$A ( setup_end ), %esi
	movl	%cs:A ( program_len ), %ecx
	shrl	$2, %ecx
	ret

	/** Is the program at EAX, too? DS and ES flat. @return ZF set if so; DS = CS */
same:
	call	here
	movl	%eax, %edi
	addr32 repe cmpsl
	pushw	%cs
	popw	%ds
	ret

#if TICKS
	/** Ctrl-B now: start at once, with the same key again for the command line. The self-test never
	 * ends then, so the machine restarts afterwards. (A hook of INT 19h, which would wait for its
	 * end, is what BIOSes with a boot order undo.) Any other key is meant for the BIOS and ends the
	 * wait. Asked for once a card. */
offer:
	testb	$7, A ( boot_device )
	jnz	4f
	sti
	movw	$A ( offer_text ), %si
	call	print
	movw	$A ( product ), %si
	call	print
	movw	$A ( dots ), %si
	call	print
	xorw	%ax, %ax
	movw	%ax, %es
	movl	%es:0x46c, %ecx		/* BIOS data area: ticks */
1:	movb	$0x01, %ah
	int	$0x16
	jnz	2f
	hlt
	movl	%es:0x46c, %eax
	subl	%ecx, %eax		/* at midnight it ends early */
	cmpl	$TICKS, %eax
	jb	1b
	jmp	3f
2:	cmpb	$CTRL_B, %al
	jne	3f
	xorb	%ah, %ah
	int	$0x16
	movb	$0x05, %ah
	movw	$CTRL_B_KEY, %cx
	int	$0x16
	movl	$1, %ebx
	jmp	start
3:	movw	$A ( erase_start ), %si
	call	print
	movw	$( offer_end - offer_text + product_end - product + 4 ), %cx
5:	movw	$0x0e20, %ax
	movw	$0x0007, %bx
	int	$0x10
	loop	5b
	movw	$A ( erase_start ), %si
	call	print
4:	ret
#endif

/* ---- Boot ---- */

	/** Boot entry vector. Never returns: INT 18h is how it ends. */
bev:
	cld
	xorl	%ebx, %ebx
start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ss
	movw	$( ROM_SEGMENT << 4 ), %sp
	sti
	pushw	%cs
	popw	%ds
	movw	$ROM_SEGMENT, %ax
	movw	%ax, %es
	xorw	%si, %si
	xorw	%di, %di
	movw	$( ( setup_end - setup_start ) / 2 ), %cx
	rep movsw
	movw	%cs, %es:A ( rom_segment )
	movl	%ebx, %es:A ( restart )
	ljmpw	$ROM_SEGMENT, $A ( 1f )
1:	movw	%cs, %ax
	movw	%ax, %ds
	call	print_product
	movw	$A ( starting_text ), %si
	call	print
	jmp	entry

	/** Bring the program to its place. Nobody promises that a block of the POST Memory Manager
	 * outlives the self-test, so the sum decides which copy it is. */
bring:
	movl	A ( pmm_block ), %eax
	testl	%eax, %eax
	jz	1f
	call	bring_from
	je	3f
1:	xorl	%eax, %eax
	movw	A ( rom_segment ), %ax
	shll	$4, %eax
	addl	$A ( setup_end ), %eax
	call	bring_from
	je	3f
	call	bar_open
	jz	2f
	call	bring_from
	pushfw
	call	bar_close
	popfw
	je	3f
2:	movw	$A ( gone_text ), %si
	call	print_not_shown
	movw	$A ( newline ), %si
	jmp	refuse
3:	ret

	/** Copy the program from EAX, linear. @return ZF set if its sum is right */
bring_from:
	call	flat
	movl	%eax, %esi
	movl	$STUB_ADDRESS, %edi
	movl	%cs:A ( program_len ), %ecx
	shrl	$2, %ecx
	pushl	%ecx
	addr32 rep movsl
	popl	%ecx
	movl	$STUB_ADDRESS, %esi
	xorl	%ebx, %ebx
1:	addr32 lodsl
	addl	%eax, %ebx
	decl	%ecx
	jnz	1b
	sti
	pushw	%cs
	popw	%ds
	cmpl	%ebx, A ( program_sum )
	ret

/* ---- Both ---- */

	/** DS and ES reach all of the first 4 GiB. Interrupts are off, or a service might shorten
	 * them again. Keeps EAX. */
flat:
	cli
	pushl	%eax
	xorl	%eax, %eax
	movw	%cs, %ax
	shll	$4, %eax
	addl	$A ( flat_gdt ), %eax
	pushl	%eax
	pushw	$15
	movw	%sp, %bp
	lgdtl	(%bp)
	addw	$6, %sp
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	movw	$FLAT, %bp
	movw	%bp, %ds
	movw	%bp, %es
	andb	$0xfe, %al
	movl	%eax, %cr0
	jmp	1f
1:	xorw	%bp, %bp
	movw	%bp, %ds
	movw	%bp, %es
	popl	%eax
	ret

	/** Let the device show its ROM, and look through its images for this one: a combined ROM may
	 * have others in front. DS = CS. @return ZF set if there is none, else EAX = the program there,
	 * linear */
bar_open:
	movl	A ( boot_device ), %ebx
	shll	$8, %ebx
	jz	4f			/* not known */
	orl	$( 0x80000000 | PCI_COMMAND ), %ebx
	call	pci_select
	inl	%dx, %eax
	orb	$0x02, %al		/* memory */
	outw	%ax, %dx
	movb	$PCI_ROM_BAR, %bl
	call	pci_select
	inl	%dx, %eax
	movl	%eax, A ( bar_before )
	andl	$0xfffff800, %eax
	jz	4f
	movl	%eax, %esi
	incl	%eax
	outl	%eax, %dx
	call	flat
1:	cmpw	$ROM_SIGNATURE, (%esi)
	jne	3f
	cmpl	$LROM, A ( mark )(%esi)
	jne	2f
	movl	%cs:A ( program_sum ), %eax
	cmpl	%eax, A ( program_sum )(%esi)
	movl	A ( program_start )(%esi), %eax
	je	3f
2:	movzwl	ROM_PCIR(%esi), %ebx
	addl	%esi, %ebx
	testb	$PCIR_LAST, ( pcir_last - pcir )(%ebx)
	jnz	3f
	movzwl	( pcir_len - pcir )(%ebx), %ebx
	shll	$SECTOR_SHIFT, %ebx
	addl	%ebx, %esi
	cmpl	$1, %ebx		/* a length of 0 is nonsense; ZF is clear */
	jae	1b
3:	pushw	%cs			/* ZF is set if it is this one */
	popw	%ds
	jne	bar_close
	addl	%esi, %eax		/* never 0 */
4:	ret

	/** As it was. @return ZF set */
bar_close:
	movl	A ( bar_before ), %eax
	outl	%eax, %dx
	cmpl	%eax, %eax
	ret

	/** Configuration mechanism 1: EBX = address. @return DX = data port */
pci_select:
	movl	%ebx, %eax
	movw	$PCI_CONFIG_ADDR, %dx
	outl	%eax, %dx
	movb	$PCI_CONFIG_DATA, %dl
	ret

#define BEFORE_PROTECTED call bring
#define PROTECTED_ENTRY  STUB_ADDRESS
#include "platform/bios/stub/enter.inc"

newline:
	.asciz	"\r\n"
stay_text:
	.asciz	": all of the ROM stays in memory: no PMM, and "
hidden_text:
	.asciz	": switched off, for "
not_shown_text:
	.asciz	"the device does not show its ROM"
read_only_text:
	.asciz	"\r\n" PRODUCT_SHORT_NAME ": the BIOS has made its memory read-only: "
stays_text:
	.asciz	"all of it stays\r\n"
useless_text:
	.asciz	"a .mrom cannot boot then\r\n"
starting_text:
	.asciz	" starting execution..."
gone_text:
	.asciz	"\r\nThe rest of the ROM is gone: not whole in memory, and "
#if TICKS
offer_text:
	.asciz	"Press Ctrl-B to configure "
offer_end:
dots:
	.asciz	"..."
erase_start:
	.asciz	"\r"
	.set	product_end, product_device + 9
#endif

	/* The device ids that the ROM is for, a 0 behind the last: romtool, which takes what room is left. */
	.balign	2
devices:
	.word	0
	.balign	512, 0
setup_end:
