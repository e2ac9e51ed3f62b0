/** @file
 * Exceptions and panics: say on every console what happened and where, wait for a key, reboot.
 */
#include <string.h>
#include "core/console.h"
#include "core/platform.h"
#include "core/version.h"
#include "platform/bios/bios.h"

#define IDT_SIZE        0x80 /* up to the slave 8259's vectors */
#define SPURIOUS_MASTER 0x0f /* IRQ 7 where BIOSes put the 8259's vectors */
#define GATE_INTERRUPT  0x8e00
#define VECTOR_DF       8
#define VECTOR_PF       14
#define IST_FAULT       1
#define FAULT_STACK     8192
#define BACKTRACE_MAX   12
#define STACK_SCAN      4096    /* bytes */
#define OUTPUT_US       1000000 /* a slow serial port has shown everything by then */

/** What vectors.S pushes. */
struct exception_frame {
	uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

struct idt_entry {
	uint16_t offset_low, selector, flags, offset_mid;
	uint32_t offset_high, reserved;
};

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, io_map;
} __packed;

TABLE ( console, console );

void exception_handler ( struct exception_frame *frame );
extern const char exception_entries[] __attribute__ ( ( visibility ( "hidden" ) ) );
extern const char timer_entry[] __attribute__ ( ( visibility ( "hidden" ) ) );
extern const char ignore_entry[] __attribute__ ( ( visibility ( "hidden" ) ) );
extern const char _etext[] __attribute__ ( ( visibility ( "hidden" ) ) );

static struct idt_entry idt[IDT_SIZE];
static struct tss tss;
static uint8_t fault_stack[FAULT_STACK] __aligned ( 16 );

static void set_gate ( unsigned int vector, const void *entry, unsigned int ist ) {
	uintptr_t addr = (uintptr_t) entry;

	idt[vector] = ( struct idt_entry ){ .offset_low = addr,
					    .selector = SEL_CODE64,
					    .flags = GATE_INTERRUPT | ist,
					    .offset_mid = addr >> 16,
					    .offset_high = addr >> 32 };
}

void exceptions_init ( void ) {
	struct {
		uint16_t limit;
		uint64_t base;
	} __packed idtr = { sizeof ( idt ) - 1, (uintptr_t) idt };
	uint64_t *gdt = boot_info.low->gdt, base = (uintptr_t) &tss;
	unsigned int i;

	/* Page and double faults get a stack of their own: the guard page below a task's stack may
	 * have been hit. */
	tss.ist[IST_FAULT - 1] = (uintptr_t) fault_stack + sizeof ( fault_stack );
	tss.io_map = sizeof ( tss );
	gdt[SEL_TSS / 8] = ( sizeof ( tss ) - 1 ) | ( base & 0xffffff ) << 16 | 0x89ULL << 40 |
			   ( base >> 24 & 0xff ) << 56;
	gdt[SEL_TSS / 8 + 1] = base >> 32;
	__asm__ __volatile__( "ltr %w0" : : "r"( SEL_TSS ) );

	for ( i = 0; i < IDT_SIZE; i++ )
		set_gate ( i, ignore_entry, 0 );
	for ( i = 0; i < 32; i++ )
		if ( i != SPURIOUS_MASTER )
			set_gate ( i, exception_entries + i * 16,
				   ( ( i == VECTOR_DF ) || ( i == VECTOR_PF ) ) ? IST_FAULT : 0 );
	set_gate ( VECTOR_TIMER, timer_entry, 0 );
	__asm__ __volatile__( "lidt %0" : : "m"( idtr ) );
}

static bool in_text ( uint64_t addr ) {
	return ( addr >= boot_info.image ) && ( addr < (uintptr_t) _etext );
}

/** True if reading 8 bytes there is safe: RAM, and no guard page. */
static bool readable ( uint64_t addr ) {
	return ( addr >= 0x100000 ) && ( ( addr & 7 ) == 0 ) && paging_is_present ( addr );
}

/**
 * Print what looks like return addresses on the stack, relative to the start of the image, as
 * `addr2line -e bin/ipxe.elf` wants them. The code has no frame pointers, so this is a scan: some
 * of the addresses may be left over from earlier calls.
 */
static void backtrace ( uint64_t rsp ) {
	unsigned int found = 0;
	uint64_t addr, end = rsp + STACK_SCAN;

	con_printf ( "Trace:" );
	for ( ; ( rsp < end ) && ( found < BACKTRACE_MAX ); rsp += 8 ) {
		if ( !readable ( rsp ) )
			continue; /* the guard page, after an overflow: the stack is above it */
		addr = *(uint64_t *) rsp;
		if ( !in_text ( addr ) )
			continue;
		con_printf ( " %05lx", (unsigned long) ( addr - boot_info.image ) );
		found++;
	}
	con_printf ( "\n" );
}

/** Let every console finish its output, and look for a key on any. */
static bool key_pressed ( void ) {
	const struct console *const *console;

	table_for_each ( console, console ) {
		( *console )->write ( "", 0 );
		if ( ( *console )->getchar && ( ( *console )->getchar () >= 0 ) )
			return true;
	}
	return false;
}

/** The end of every panic. */
static void __noreturn stop ( void ) {
	struct bios_regs regs = { 0 };
	utime_t output_end = platform_now () + OUTPUT_US;

	if ( task_current () )
		con_printf ( "Task %s\n", task_name ( task_current () ) );
	con_printf ( "%s, build %08x\nPress any key to reboot\n", version_text,
		     (unsigned int) boot_info.build_id );
	screen_flush ();
	while ( !key_pressed () )
		if ( platform_now () > output_end )
			bios_call_far ( low_helper ( boot_info.halt ), &regs );
	platform_reboot ( false, false );
}

/** A panic inside a panic: no more output, it is what may have failed. */
static void enter_panic ( void ) {
	static unsigned int depth;

	if ( depth++ == 0 )
		return;
	if ( depth > 2 )
		while ( 1 )
			__asm__ __volatile__( "cli; hlt" );
	platform_reboot ( false, false );
}

void platform_panic ( const char *message ) {
	enter_panic ();
	con_printf ( "\n*** PANIC: %s\n", message );
	backtrace ( (uintptr_t) __builtin_frame_address ( 0 ) );
	stop ();
}

void exception_handler ( struct exception_frame *frame ) {
	static const char *const names[32] = {
		[0] = "divide error",   [6] = "invalid opcode",      [8] = "double fault",
		[12] = "stack fault",   [13] = "general protection", [14] = "page fault",
		[18] = "machine check",
	};
	const char *name = names[frame->vector & 31];
	uint64_t cr2;

	__asm__( "mov %%cr2, %0" : "=r"( cr2 ) );
	if ( ( frame->vector == VECTOR_PF ) && paging_fault ( cr2, frame->error ) )
		return;
	enter_panic ();
	con_printf ( "\n*** EXCEPTION %u (%s) error %lx at %05lx\n", (unsigned int) frame->vector,
		     name ? name : "", (unsigned long) frame->error,
		     (unsigned long) ( frame->rip - boot_info.image ) );
	con_printf ( "RIP %016lx RSP %016lx RFL %08lx CR2 %016lx\n", frame->rip, frame->rsp,
		     frame->rflags, cr2 );
	con_printf ( "RAX %016lx RBX %016lx RCX %016lx RDX %016lx\n", frame->rax, frame->rbx,
		     frame->rcx, frame->rdx );
	con_printf ( "RSI %016lx RDI %016lx RBP %016lx R8  %016lx\n", frame->rsi, frame->rdi,
		     frame->rbp, frame->r8 );
	con_printf ( "R9  %016lx R10 %016lx R11 %016lx R12 %016lx\n", frame->r9, frame->r10,
		     frame->r11, frame->r12 );
	con_printf ( "R13 %016lx R14 %016lx R15 %016lx\n", frame->r13, frame->r14, frame->r15 );
	backtrace ( frame->rsp );
	stop ();
}
