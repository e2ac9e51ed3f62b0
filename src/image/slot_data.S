/** @file
 * The empty data slot (docs/data-slot.md), made by util/embed: one for each format of images, linked into the BIOS
 * image's stub or the UEFI program.
 */
	.section .note.GNU-stack, "", @progbits
	.section .slot, "a", @progbits
	.balign	16
	.globl	data_slot, data_slot_end
	.hidden	data_slot, data_slot_end
data_slot:
	.incbin	SLOT
data_slot_end:
