/** @file
 * Real-mode calls: the C side of the thunk in stub/low.S, and the 8259 interrupt controllers.
 *
 * In long mode interrupts are off and all lines are masked, so that the nap timer is the only thing
 * that can wake the processor. Requests wait in the controllers until the next real-mode call, for
 * which the BIOS's own masks are put back.
 */
#include "platform/bios/bios.h"
#include "arch/x86_64/io.h"

#define PIC1_COMMAND 0x20
#define PIC1_MASK    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_MASK    0xa1
#define PIC_READ_IRR 0x0a /* OCW3 (8259A data sheet) */
#define IRQ_CASCADE  0x0004

static uint16_t bios_mask; /* the BIOS's masks: slave << 8 | master */

void bios_irqs_init ( void ) {
	bios_mask = (uint16_t) ( inb ( PIC2_MASK ) << 8 | inb ( PIC1_MASK ) );
	outb ( PIC1_MASK, 0xff );
	outb ( PIC2_MASK, 0xff );
}

bool bios_irq_mask ( unsigned int irq ) {
	uint16_t bit = (uint16_t) ( ( irq < 16 ) ? 1 << irq : 0 );
	bool was_open = ( bit & ~bios_mask ) != 0;

	bios_mask |= bit;
	return was_open;
}

void bios_irq_unmask ( unsigned int irq ) {
	bios_mask &= ( uint16_t ) ~( 1 << irq );
}

uint16_t bios_irqs_pending ( void ) {
	uint16_t requests;

	outb ( PIC1_COMMAND, PIC_READ_IRR );
	outb ( PIC2_COMMAND, PIC_READ_IRR );
	requests = (uint16_t) ( inb ( PIC2_COMMAND ) << 8 | inb ( PIC1_COMMAND ) );
	return requests & ~bios_mask & ~IRQ_CASCADE;
}

void bios_call_far ( uint32_t target, struct bios_regs *regs ) {
	struct low_block *low = boot_info.low;

	outb ( PIC1_MASK, bios_mask & 0xff );
	outb ( PIC2_MASK, bios_mask >> 8 );
	low->target = target;
	low->regs = *regs;
	( ( void ( * ) ( void ) ) (uintptr_t) low->call ) ();
	*regs = low->regs;
	bios_irqs_init ();
}

void bios_call ( unsigned int vector, struct bios_regs *regs ) {
	bios_call_far ( *bios_vector ( vector ), regs );
}
