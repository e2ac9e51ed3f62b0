/** @file
 * Calling the BIOS while the stub's page tables are in effect.
 */
#include "platform/bios/stub/stub.h"

struct bios_regs *real_call ( uint32_t target ) {
	info.low->target = target;
	( ( void ( * ) ( void ) ) (uintptr_t) info.low->call ) ();
	return &info.low->regs;
}

struct bios_regs *interrupt ( unsigned int vector ) {
	return real_call ( *(uint32_t *) base_memory ( vector * 4 ) );
}

void print ( const char *text ) {
	struct bios_regs *regs = &info.low->regs;

	for ( ; *text; text++ ) {
		*regs = ( struct bios_regs ){ .eax = 0x0e00 | (uint8_t) *text, .ebx = 7 };
		interrupt ( 0x10 );
	}
}
