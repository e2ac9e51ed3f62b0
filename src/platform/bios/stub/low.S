/** @file
 * The block that lives in base memory: the GDT and the way from 64-bit code to a real-mode BIOS
 * service and back. The stub copies it to the top of base memory and fills in the places that
 * depend on the address (stub.c); 32-bit and 16-bit code here runs with segment bases at the
 * block's start, so everything else is position independent.
 *
 * Long mode -> compatibility mode -> paging off -> 16-bit protected mode -> real mode, and back.
 * Interrupts are on only between rm_entry and rm_return. In real mode nothing is left of long mode,
 * for whoever is booted from there may switch to a paging mode of its own.
 *
 * struct low_block in bios.h is the start of this block.
 */
#include "platform/bios/stub/layout.h"

#define CR0_PG   0x80000000
#define CR0_WP   0x00010000
#define CR4_PAE  0x00000020
#define MSR_EFER 0xc0000080
#define EFER_LME 0x00000100

#define OFFSET( label ) ( ( label ) - low_start )

	.section .lowmem, "awx", @progbits
	.globl	low_start
low_start:
	/* struct low_block */
call_address:	.quad	OFFSET ( low_call )	/* + base */
buffer_address:	.quad	LOW_BUFFER		/* + base */
base:		.long	0			/* = base */
segment:	.word	0			/* = base / 16 */
		.word	0
target:		.long	0			/* seg:off to call */
regs_eax:	.long	0
regs_ebx:	.long	0
regs_ecx:	.long	0
regs_edx:	.long	0
regs_esi:	.long	0
regs_edi:	.long	0
regs_ebp:	.long	0
regs_flags:	.long	0
regs_ds:	.word	0
regs_es:	.word	0
	.balign	8
	.globl	low_gdt
low_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* SEL_CODE64 */
	.quad	0x00cf9b000000ffff	/* SEL_CODE32 */
	.quad	0x00cf93000000ffff	/* SEL_DATA */
	.quad	0x00cf9b000000ffff	/* SEL_LOW32: + base */
	.quad	0x00009b000000ffff	/* SEL_LOW16: + base */
	.quad	0x000093000000ffff	/* SEL_LOWDS: + base */
	.quad	0, 0			/* SEL_TSS */
gdt_end:
	.globl	low_gdtr
low_gdtr:
	.word	gdt_end - low_gdt - 1
	.quad	OFFSET ( low_gdt )	/* + base */
	/* Fixed up by the stub: the three places that need the address inside an instruction. */
	.globl	low_fix_pointer64, low_fix_segment
real_idtr:
	.word	0x3ff
	.long	0
long_idtr:
	.word	0
	.quad	0
long_rsp:
	.quad	0
long_cr3:
	.long	0
long_cr4:
	.long	0
pointer32:
	.long	OFFSET ( to_protected )
	.word	SEL_LOW32
low_fix_pointer64:
	.long	OFFSET ( to_long )	/* + base */
	.word	SEL_CODE64

	.code64
	/** Entered by a 64-bit call with interrupts off; keeps what the ABI says a callee keeps. */
low_call:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	sidt	long_idtr(%rip)
	movq	%rsp, long_rsp(%rip)
	ljmp	*pointer32(%rip)

	.code32
to_protected:
	movl	%cr0, %eax
	andl	$~( CR0_PG | CR0_WP ), %eax
	movl	%eax, %cr0
	movl	$MSR_EFER, %ecx
	rdmsr
	andl	$~EFER_LME, %eax
	wrmsr
	movl	$SEL_LOWDS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	movl	%cr3, %eax
	movl	%eax, OFFSET ( long_cr3 )
	movl	%cr4, %eax
	movl	%eax, OFFSET ( long_cr4 )
	andl	$~CR4_PAE, %eax
	movl	%eax, %cr4
	ljmp	$SEL_LOW16, $OFFSET ( to_real )

	.code16
to_real:
	lidtl	OFFSET ( real_idtr )
	movl	%cr0, %eax
	andb	$0xfe, %al
	movl	%eax, %cr0
	.byte	0xea			/* ljmp segment:rm_entry */
	.word	OFFSET ( rm_entry )
low_fix_segment:
	.word	0

rm_entry:
	movw	%cs, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movl	$LOW_STACK_TOP, %esp
	xorw	%ax, %ax
	movw	%ax, %fs
	movw	%ax, %gs
	/* Interrupts that came while we were in long mode are served now. */
	sti
	nop
	nop
	cli
	/* As INT would do: flags, return address; then "return" into the service. */
	pushw	$0x0202
	pushw	%cs
	pushw	$OFFSET ( rm_return )
	pushl	OFFSET ( target )
	movl	OFFSET ( regs_eax ), %eax
	movl	OFFSET ( regs_ebx ), %ebx
	movl	OFFSET ( regs_ecx ), %ecx
	movl	OFFSET ( regs_edx ), %edx
	movl	OFFSET ( regs_esi ), %esi
	movl	OFFSET ( regs_edi ), %edi
	movl	OFFSET ( regs_ebp ), %ebp
	movw	OFFSET ( regs_es ), %es
	movw	OFFSET ( regs_ds ), %ds
	lretw
rm_return:
	pushfl
	cli
	cld
	popl	%cs:OFFSET ( regs_flags )
	movl	%eax, %cs:OFFSET ( regs_eax )
	movl	%ebx, %cs:OFFSET ( regs_ebx )
	movl	%ecx, %cs:OFFSET ( regs_ecx )
	movl	%edx, %cs:OFFSET ( regs_edx )
	movl	%esi, %cs:OFFSET ( regs_esi )
	movl	%edi, %cs:OFFSET ( regs_edi )
	movl	%ebp, %cs:OFFSET ( regs_ebp )
	movw	%ds, %cs:OFFSET ( regs_ds )
	movw	%es, %cs:OFFSET ( regs_es )
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	OFFSET ( low_gdtr )	/* the service may have used one of its own */
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpw	$SEL_LOW32, $OFFSET ( to_compat )

	.code32
to_compat:
	movl	$SEL_LOWDS, %eax
	movl	%eax, %ds
	movl	OFFSET ( long_cr4 ), %eax
	movl	%eax, %cr4
	movl	OFFSET ( long_cr3 ), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$( CR0_PG | CR0_WP ), %eax
	movl	%eax, %cr0
	ljmp	*OFFSET ( low_fix_pointer64 )

	.code64
to_long:
	movl	$SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	movq	long_rsp(%rip), %rsp
	lidt	long_idtr(%rip)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	/* Real-mode helpers, called as services: they end with iret. */
	.code16
	/** Write CX characters at DS:SI by INT 10h teletype, colour BL in graphics modes. With DI
	 * not 0, give each printable one attribute DL first (AH=09h). */
	.globl	low_teletype
low_teletype:
	sti
	jcxz	3f
1:	lodsb
	pushw	%cx
	pushw	%si
	pushw	%di
	pushw	%dx
	pushw	%ds
	cmpb	$0x20, %al
	jb	2f
	testw	%di, %di
	jz	2f
	pushw	%ax
	movb	$0x09, %ah
	movb	%dl, %bl
	xorb	%bh, %bh
	movw	$1, %cx
	int	$0x10
	popw	%ax
2:	movb	$0x0e, %ah
	movw	$0x0007, %bx
	int	$0x10
	popw	%ds
	popw	%dx
	popw	%di
	popw	%si
	popw	%cx
	loop	1b
3:	iretw

	/** Call the PXE entry point CX:DX: opcode BX, parameter block ES:DI. Serves both
	 * conventions, registers (PXENV+) and stack (!PXE, which leaves the stack to the caller).
	 * AX = exit code. */
	.globl	low_pxe_call
low_pxe_call:
	sti
	pushw	%cx
	pushw	%dx
	movw	%sp, %bp
	pushw	%es
	pushw	%di
	pushw	%bx
	lcallw	*(%bp)
	addw	$10, %sp
	iretw

	/** Return to the PXE ROM with status AX. CX:DX = its stack as stub/nbp.S left it. */
	.globl	low_pxe_return
low_pxe_return:
	movw	%cx, %ss
	movw	%dx, %sp
	popw	%es
	popw	%ds
	movw	%sp, %bp
	movw	%ax, 28(%bp)		/* where popal finds EAX */
	popal
	popfl
	lretw

	/** Serve pending interrupts, wait for the next one. */
	.globl	low_halt
low_halt:
	sti
	hlt
	iretw

	/** INT 15h AH=4Fh, keyboard intercept: AL = scan code. BIOSes have no key code for the key
	 * that US keyboards lack together with Alt, and drop it; it is where many layouts have the
	 * vertical bar. So put it into the keyboard buffer here, without a character. keyboard.c
	 * hooks this. */
	.globl	low_key_hook, low_key_chain
low_key_hook:
	cmpw	$0x4f56, %ax
	jne	2f
	pushw	%ax
	pushw	%cx
	pushw	%ds
	xorw	%cx, %cx
	movw	%cx, %ds
	testb	$0x08, 0x496		/* right Alt is down (BIOS data area) */
	popw	%ds
	jz	1f
	movw	$( LOW_KEY_CODE << 8 ), %cx
	movb	$0x05, %ah		/* INT 16h AH=05h: put CX into the buffer */
	int	$0x16
	movw	%sp, %cx
	xchgw	%cx, %bp
	andb	$0xfe, 8(%bp)		/* CF clear in the caller's flags: the key is used up */
	xchgw	%cx, %bp
	popw	%cx
	popw	%ax
	iretw
1:	popw	%cx
	popw	%ax
2:	.byte	0xea			/* ljmp to the previous handler */
low_key_chain:
	.word	0, 0

	.balign	4
	.globl	low_end
low_end:
