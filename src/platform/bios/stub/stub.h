/** @file
 * The stub's inner contract: what each image format brings (linux.c, pxe.c: one of them is linked),
 * and what stub.c and call.c do for it.
 */
#ifndef BIOS_STUB_H
#define BIOS_STUB_H

#include "platform/bios/bios.h"

/** What the stub hands to the core. */
extern struct boot_info info;

/* ---- The image format ---- */

/** Take over what the loader left in base memory, before the low block overwrites the top of it.
 * @param left  ESI of the 32-bit entry */
void loader_collect ( const uint8_t *left );

/** Take leave of the loader. BIOS services can be called; the memory map is read after this. */
void loader_release ( void );

/* ---- Services ---- */

/** The low block as it is linked (low.S), and its helpers for the PXE API. */
extern uint8_t low_start[], low_end[], low_pxe_call[], low_pxe_return[];

void *memcpy ( void *dest, const void *src, size_t len );
void *memset ( void *dest, int value, size_t len );

/** Base memory; never a constant address, or the compiler takes it for a null pointer. */
static inline uint8_t *base_memory ( uint32_t addr ) {
	uint8_t *p;

	__asm__( "" : "=r"( p ) : "0"( (uintptr_t) addr ) );
	return p;
}

/** Copy the low block to the top of free base memory; again, if that has grown. */
void install_low ( void );

/** Call real-mode code that ends with iret, @c target = segment << 16 | offset. Registers are in
 * and out in the low block, which is returned. */
struct bios_regs *real_call ( uint32_t target );

/** The same for a BIOS interrupt. */
struct bios_regs *interrupt ( unsigned int vector );

/** Print with the BIOS. */
void print ( const char *text );

#endif /* BIOS_STUB_H */
