/** @file
 * What the driver of a UEFI option ROM carries: the PCI ids that it is for, and the packed application.
 */
	.section .rodata.payload, "a", @progbits
	.balign	4
	.globl	driver_ids
	.hidden	driver_ids
driver_ids:				/* vendor << 16 | device; 0: no more */
#include DRIVER_IDS
	.long	0
	.globl	driver_payload, driver_payload_end
	.hidden	driver_payload, driver_payload_end
driver_payload:				/* struct payload_header */
	.incbin	PAYLOAD
driver_payload_end:
