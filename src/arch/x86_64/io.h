/** @file
 * Port and device memory access.
 */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <stdint.h>

static inline void outb ( uint16_t port, uint8_t value ) {
	__asm__ __volatile__( "outb %0, %1" : : "a"( value ), "Nd"( port ) );
}
static inline void outw ( uint16_t port, uint16_t value ) {
	__asm__ __volatile__( "outw %0, %1" : : "a"( value ), "Nd"( port ) );
}
static inline void outl ( uint16_t port, uint32_t value ) {
	__asm__ __volatile__( "outl %0, %1" : : "a"( value ), "Nd"( port ) );
}
static inline uint8_t inb ( uint16_t port ) {
	uint8_t value;
	__asm__ __volatile__( "inb %1, %0" : "=a"( value ) : "Nd"( port ) );
	return value;
}
static inline uint16_t inw ( uint16_t port ) {
	uint16_t value;
	__asm__ __volatile__( "inw %1, %0" : "=a"( value ) : "Nd"( port ) );
	return value;
}
static inline uint32_t inl ( uint16_t port ) {
	uint32_t value;
	__asm__ __volatile__( "inl %1, %0" : "=a"( value ) : "Nd"( port ) );
	return value;
}

static inline uint8_t readb ( const volatile void *addr ) {
	return *(const volatile uint8_t *) addr;
}
static inline uint16_t readw ( const volatile void *addr ) {
	return *(const volatile uint16_t *) addr;
}
static inline uint32_t readl ( const volatile void *addr ) {
	return *(const volatile uint32_t *) addr;
}
static inline void writeb ( uint8_t value, volatile void *addr ) {
	*(volatile uint8_t *) addr = value;
}
static inline void writew ( uint16_t value, volatile void *addr ) {
	*(volatile uint16_t *) addr = value;
}
static inline void writel ( uint32_t value, volatile void *addr ) {
	*(volatile uint32_t *) addr = value;
}
static inline void writeq ( uint64_t value, volatile void *addr ) {
	*(volatile uint64_t *) addr = value;
}

/** Time stamp counter. */
static inline uint64_t rdtsc ( void ) {
	uint32_t low, high;
	__asm__ __volatile__( "rdtsc" : "=a"( low ), "=d"( high ) );
	return ( (uint64_t) high << 32 ) | low;
}

static inline void cpuid ( uint32_t leaf, uint32_t subleaf, uint32_t regs[4] ) {
	__asm__ __volatile__( "cpuid"
			      : "=a"( regs[0] ), "=b"( regs[1] ), "=c"( regs[2] ), "=d"( regs[3] )
			      : "a"( leaf ), "c"( subleaf ) );
}

static inline void cpu_pause ( void ) {
	__asm__ __volatile__( "pause" );
}

#endif /* ARCH_IO_H */
