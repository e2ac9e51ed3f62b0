/** @file
 * Naps: halt until a moment, with the local APIC's one-shot timer (Intel SDM volume 3, chapter
 * "APIC"). Without a usable APIC the processor halts in real mode until the BIOS's next tick.
 */
#include "core/platform.h"
#include "drivers/uart.h"
#include "net/netif.h"
#include "platform/bios/bios.h"
#include "arch/x86_64/io.h"

#define CPUID1_EDX_APIC       0x00000200
#define CPUID1_ECX_HYPERVISOR 0x80000000
#define CPUID_ECX_AMD         0x444d4163 /* "cAMD" */

#define MSR_APIC_BASE      0x1b
#define APIC_BASE_ENABLED  ( 1 << 11 )
#define APIC_BASE_X2APIC   ( 1 << 10 )
#define MSR_X2APIC         0x800
#define APIC_EOI           0x0b0
#define APIC_SPURIOUS      0x0f0
#define APIC_LVT_TIMER     0x320
#define APIC_LVT_LINT0     0x350
#define APIC_LVT_LINT1     0x360
#define APIC_INITIAL_COUNT 0x380
#define APIC_CURRENT_COUNT 0x390
#define APIC_DIVIDE        0x3e0
#define SPURIOUS_ENABLED   0x100
#define LVT_MASKED         0x10000
#define LVT_EXTINT         0x700
#define LVT_NMI            0x400
#define DIVIDE_BY_16       0x3

/** Longest nap: network cards are polled, so this is how long a packet may wait, and how many of a gigabit
 * line a NIC must be able to take in: 80 of 1500 bytes. */
#define NAP_BUSY_US ( (utime_t) 1000 )
/** The same when all is quiet. What a peer sends unasked after a pause is a few packets. */
#define NAP_QUIET_MAX_US ( (utime_t) 4000 )
/** With no interface open: only keys may come. */
#define NAP_CLOSED_MAX_US ( (utime_t) 10000 )
/** Not worth the trouble. */
#define NAP_MIN_US 20
/** A tick of the BIOS, if that is all there is. */
#define BIOS_TICK_US 55000

#pragma weak uart_is_present /* the serial console may not be built in */

static uintptr_t apic; /* 0: none */
static volatile bool fired;
static bool x2apic, is_virtual;
static uint64_t ticks_per_us_x256; /* 0: not calibrated */
static uint32_t saved_spurious, saved_lint0, saved_lint1, saved_timer;

static uint64_t rdmsr ( uint32_t msr ) {
	uint32_t low, high;

	__asm__ __volatile__( "rdmsr" : "=a"( low ), "=d"( high ) : "c"( msr ) );
	return ( (uint64_t) high << 32 ) | low;
}

static uint32_t apic_read ( unsigned int reg ) {
	return x2apic ? rdmsr ( MSR_X2APIC + reg / 16 ) : readl ( (void *) ( apic + reg ) );
}

static void apic_write ( unsigned int reg, uint32_t value ) {
	if ( x2apic )
		__asm__ __volatile__( "wrmsr"
				      :
				      : "c"( MSR_X2APIC + reg / 16 ), "a"( value ), "d"( 0 ) );
	else
		writel ( value, (void *) ( apic + reg ) );
}

/** AMD families 0Fh to 14h may stop the APIC's timer in HLT (C1E), and nothing would wake us. */
static bool timer_may_stop ( const uint32_t leaf1[4] ) {
	uint32_t vendor[4], family = ( leaf1[0] >> 8 ) & 0x0f;

	cpuid ( 0, 0, vendor );
	if ( family == 0x0f )
		family += ( leaf1[0] >> 20 ) & 0xff;
	return ( vendor[2] == CPUID_ECX_AMD ) && ( family >= 0x0f ) && ( family <= 0x14 ) &&
	       !( leaf1[2] & CPUID1_ECX_HYPERVISOR );
}

bool nap_init ( void ) {
	uint32_t regs[4];
	uint64_t base;

	cpuid ( 1, 0, regs );
	if ( !( regs[3] & CPUID1_EDX_APIC ) || timer_may_stop ( regs ) )
		return false;
	is_virtual = ( regs[2] & CPUID1_ECX_HYPERVISOR ) != 0;
	base = rdmsr ( MSR_APIC_BASE );
	if ( !( base & APIC_BASE_ENABLED ) )
		return false;
	x2apic = ( base & APIC_BASE_X2APIC ) != 0;
	apic = base & 0xffffff000ULL;
	saved_spurious = apic_read ( APIC_SPURIOUS );
	saved_lint0 = apic_read ( APIC_LVT_LINT0 );
	saved_lint1 = apic_read ( APIC_LVT_LINT1 );
	saved_timer = apic_read ( APIC_LVT_TIMER );
	apic_write ( APIC_SPURIOUS, SPURIOUS_ENABLED | VECTOR_SPURIOUS );
	if ( !( saved_spurious & SPURIOUS_ENABLED ) ) {
		/* It passed the 8259's interrupts through; now it must be told to. */
		apic_write ( APIC_LVT_LINT0, LVT_EXTINT );
		apic_write ( APIC_LVT_LINT1, LVT_NMI );
	}
	apic_write ( APIC_DIVIDE, DIVIDE_BY_16 );
	apic_write ( APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER );
	return true;
}

void nap_calibrate_start ( void ) {
	if ( apic )
		apic_write ( APIC_INITIAL_COUNT, UINT32_MAX );
}

uint32_t nap_calibrate_read ( void ) {
	return apic ? UINT32_MAX - apic_read ( APIC_CURRENT_COUNT ) : 0;
}

void nap_set_rate ( uint64_t ticks, uint64_t us ) {
	ticks_per_us_x256 = ticks * 256 / us;
	if ( apic )
		apic_write ( APIC_INITIAL_COUNT, 0 );
}

void nap_interrupt ( void ) {
	fired = true;
	apic_write ( APIC_EOI, 0 );
}

/** Let the BIOS's clock wake us; the network waits as long. */
static void nap_by_bios ( uint64_t us ) {
	struct bios_regs regs = { 0 };

	if ( us >= BIOS_TICK_US )
		bios_call_far ( low_helper ( boot_info.halt ), &regs );
	else
		cpu_pause ();
}

static utime_t longest_nap ( utime_t quiet_us ) {
	/* A real UART loses what does not fit its 16 bytes, 1.4 ms at full speed; an emulated one holds
	 * it back. Where waking costs most, in a virtual machine, there is no need to. */
	if ( ( quiet_us < NAP_QUIET_US ) ||
	     ( uart_is_present && uart_is_present () && !is_virtual ) )
		return NAP_BUSY_US;
	return netif_last_opened () ? NAP_QUIET_MAX_US : NAP_CLOSED_MAX_US;
}

void platform_nap ( utime_t until, utime_t quiet_us ) {
	utime_t now = platform_now ();
	uint64_t us = ( until > now ) ? until - now : 0;

	if ( us < NAP_MIN_US )
		return;
	if ( !apic || !ticks_per_us_x256 ) {
		nap_by_bios ( us );
		return;
	}
	us = MIN ( us, longest_nap ( quiet_us ) );
	apic_write ( APIC_LVT_TIMER, VECTOR_TIMER );
	apic_write ( APIC_INITIAL_COUNT, ( us * ticks_per_us_x256 >> 8 ) + 1 );
	/* STI takes effect after HLT has begun, so the interrupt cannot come in between. */
	__asm__ __volatile__( "sti; hlt; cli" : : : "memory" );
	apic_write ( APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER );
	apic_write ( APIC_INITIAL_COUNT, 0 );
}

void nap_shutdown ( void ) {
	if ( apic == 0 )
		return;
	apic_write ( APIC_INITIAL_COUNT, 0 );
	apic_write ( APIC_LVT_TIMER, saved_timer );
	apic_write ( APIC_LVT_LINT0, saved_lint0 );
	apic_write ( APIC_LVT_LINT1, saved_lint1 );
	apic_write ( APIC_SPURIOUS, saved_spurious );
	apic = 0;
}
