/** @file
 * Entry of the core: the root stack, then C. RDI = struct boot_info of the stub.
 */
	.section .text.bios_entry, "ax", @progbits
	.globl	bios_entry
	.hidden	bios_entry
bios_entry:
	leaq	root_stack_top(%rip), %rsp
	xorl	%ebp, %ebp		/* end of the backtrace */
	call	bios_main
	ud2

	.section .bss.root_stack, "aw", @nobits
	.balign	4096
	.globl	root_stack
	.hidden	root_stack
root_stack:
	.skip	65536
root_stack_top:
