/** @file
 * Time: the TSC, calibrated once against the ACPI power management timer (ACPI specification 6.5
 * §4.8.3.3), or the firmware's Stall() where that is not a port; and naps until the next timer
 * interrupt. The firmware's timer events are not used: they stop when time matters most.
 */
#include <string.h>
#include "arch/x86_64/io.h"
#include "core/init.h"
#include "core/platform.h"
#include "core/task.h"
#include "platform/efi/efi.h"

#define PM_TIMER_MASK 0xffffff /* it may have 24 bits only */
#define READINGS      5
#define PM_TIMER_HZ   3579545
#define CALIBRATE_US  4000
#define STALL_US      10000
/** The firmware's timer interrupt if it does not say, and what we want while busy. */
#define DEFAULT_TICK_US 10000
#define BUSY_TICK_US    ( (utime_t) 1000 )
/** The firmware counts timer periods in 100 ns. */
#define PERIODS_PER_US 10
/** How long to spin before the root loop looks at the network again. */
#define SPIN_US 20

static uint64_t tsc_base;
/** Microseconds a TSC cycle, 32.32 fixed point. */
static uint64_t us_per_cycle;

static int64_t wall_base_us;
static utime_t wall_base_at;

static uint32_t get_le32 ( const uint8_t *from ) {
	uint32_t value;

	memcpy ( &value, from, sizeof ( value ) );
	return value;
}

/** Find the fixed ACPI description table. @return it, or NULL */
static const uint8_t *find_fadt ( void ) {
	static const EFI_GUID acpi20_guid = ACPI_20_TABLE_GUID;
	const uint8_t *rsdp = efi_config_table ( &acpi20_guid );
	const uint8_t *xsdt, *table;
	uint64_t addr;
	uint32_t len, pos;

	if ( !rsdp || ( memcmp ( rsdp, "RSD PTR ", 8 ) != 0 ) )
		return NULL;
	memcpy ( &addr, rsdp + 24, sizeof ( addr ) );
	xsdt = (const uint8_t *) (uintptr_t) addr;
	if ( !xsdt || ( memcmp ( xsdt, "XSDT", 4 ) != 0 ) )
		return NULL;
	len = get_le32 ( xsdt + 4 );
	for ( pos = 36; ( pos + 8 <= len ) && ( pos < 4096 ); pos += 8 ) {
		memcpy ( &addr, xsdt + pos, sizeof ( addr ) );
		table = (const uint8_t *) (uintptr_t) addr;
		if ( table && ( memcmp ( table, "FACP", 4 ) == 0 ) )
			return table;
	}
	return NULL;
}

/** Port of the ACPI power management timer, or 0. */
static uint16_t pm_timer_port ( void ) {
	const uint8_t *fadt = find_fadt ();
	uint32_t port;

	if ( !fadt || ( get_le32 ( fadt + 4 ) < 80 ) )
		return 0;
	port = get_le32 ( fadt + 76 );
	return ( ( port <= 0xfffc ) ? port : 0 );
}

/** Both timers at one moment: the least disturbed of some readings, for a virtual machine may be
 * put aside between any two instructions. */
static void read_timers ( uint16_t port, uint32_t *ret_pm, uint64_t *ret_tsc ) {
	uint64_t before, after, best = UINT64_MAX;
	uint32_t pm;
	int i;

	for ( i = 0; i < READINGS; i++ ) {
		before = rdtsc ();
		pm = inl ( port );
		after = rdtsc ();
		if ( after - before < best ) {
			best = after - before;
			*ret_pm = pm;
			*ret_tsc = before + best / 2;
		}
	}
}

/** TSC cycles a second by the power management timer. @return 0 if it does not run */
static uint64_t calibrate_pm_timer ( uint16_t port ) {
	const uint32_t wanted = (uint64_t) PM_TIMER_HZ * CALIBRATE_US / US_PER_S;
	uint32_t pm_start, pm_end, tries = 0;
	uint64_t tsc_start, tsc_end;

	read_timers ( port, &pm_start, &tsc_start );
	/* A dead timer must not hang us: a read takes about a microsecond. */
	while ( ( ( ( inl ( port ) - pm_start ) & PM_TIMER_MASK ) < wanted ) &&
		( ++tries < 20 * CALIBRATE_US ) )
		;
	read_timers ( port, &pm_end, &tsc_end );
	pm_end = ( pm_end - pm_start ) & PM_TIMER_MASK;
	return ( pm_end < wanted ) ? 0 : ( tsc_end - tsc_start ) * PM_TIMER_HZ / pm_end;
}

void efi_clock_init ( void ) {
	uint16_t port = pm_timer_port ();
	uint64_t hz = port ? calibrate_pm_timer ( port ) : 0;

	tsc_base = rdtsc ();
	if ( !hz ) {
		efi_bs->Stall ( STALL_US );
		hz = ( rdtsc () - tsc_base ) * ( US_PER_S / STALL_US );
	}
	us_per_cycle = ( US_PER_S << 32 ) / ( hz ? hz : 1000000000 );
}

utime_t platform_now ( void ) {
	/* Not 0 at start-up, so that "a minute ago" is not negative. */
	return 60 * US_PER_S +
	       (utime_t) ( ( (unsigned __int128) ( rdtsc () - tsc_base ) * us_per_cycle ) >> 32 );
}

/** Days from 1970-01-01 to a date of the Gregorian calendar, by counting from 1 March. */
static int64_t days_since_1970 ( int64_t year, unsigned int month, unsigned int day ) {
	if ( month < 3 ) {
		year--;
		month += 12;
	}
	return 365 * year + year / 4 - year / 100 + year / 400 + ( 153 * ( month - 3 ) + 2 ) / 5 +
	       day - 719469;
}

/** Read the real-time clock; it is slow, so once only. */
static void read_wall_clock ( void *arg __unused ) {
	EFI_TIME time;
	int64_t minutes;

	wall_base_at = platform_now ();
	if ( ( efi_rt->GetTime ( &time, NULL ) != 0 ) || ( time.Month < 1 ) || ( time.Month > 12 ) )
		return;
	minutes = ( days_since_1970 ( time.Year, time.Month, time.Day ) * 24 + time.Hour ) * 60 +
		  time.Minute;
	if ( time.TimeZone != EFI_UNSPECIFIED_TIMEZONE )
		minutes += time.TimeZone;
	wall_base_us = ( minutes * 60 + time.Second ) * (int64_t) US_PER_S + time.Nanosecond / 1000;
}

int64_t platform_wall_us ( void ) {
	if ( !wall_base_at )
		on_root ( read_wall_clock, NULL );
	return wall_base_us ? wall_base_us + (int64_t) ( platform_now () - wall_base_at ) : 0;
}

/* ---- Naps ---- */

/**
 * The firmware's timer (PI specification 1.8 §II-12.2), which gnu-efi does not declare. Its
 * interrupt is what ends a nap. At its usual 10 ms a gigabit line would overrun a receive ring
 * that nobody looks at, so the period is shortened for as long as something happens.
 */
struct timer_protocol {
	void *register_handler;
	EFI_STATUS ( EFIAPI *set_period ) ( struct timer_protocol *this, UINT64 period );
	EFI_STATUS ( EFIAPI *get_period ) ( struct timer_protocol *this, UINT64 *ret_period );
	void *soft_interrupt;
};
#define TIMER_PROTOCOL_GUID                                            \
	{                                                              \
		0x26baccb3, 0x6f42, 0x11d4, {                          \
			0xbc, 0xe7, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 \
		}                                                      \
	}

static struct timer_protocol *timer;
/** The firmware's own tick, and the current one. */
static utime_t firmware_tick_us = DEFAULT_TICK_US, tick_us = DEFAULT_TICK_US;

static void find_timer ( void ) {
	static EFI_GUID timer_guid = TIMER_PROTOCOL_GUID;
	UINT64 period;

	if ( efi_bs->LocateProtocol ( &timer_guid, NULL, (void **) &timer ) != 0 ) {
		timer = NULL;
		return;
	}
	/* A period of 0 is a timer that is off: leave it alone. */
	if ( ( timer->get_period ( timer, &period ) == 0 ) && period )
		firmware_tick_us = tick_us = period / PERIODS_PER_US;
	else
		timer = NULL;
}

static void set_tick ( utime_t wanted_us ) {
	if ( timer && ( tick_us != wanted_us ) &&
	     ( timer->set_period ( timer, wanted_us * PERIODS_PER_US ) == 0 ) )
		tick_us = wanted_us;
}

static void restore_tick ( void ) {
	set_tick ( firmware_tick_us );
}

static const struct init_fn tick_init = {
	.phase = INIT_EARLY,
	.name = "timer",
	.startup = find_timer,
	.shutdown = restore_tick,
	.suspend = restore_tick,
};
INIT_FN ( tick_init );

static bool interrupts_enabled ( void ) {
	uint64_t flags;

	__asm__ __volatile__( "pushfq ; popq %0" : "=r"( flags ) );
	return flags & 0x200;
}

void platform_nap ( utime_t until, utime_t quiet_us ) {
	utime_t now = platform_now ();
	utime_t spin_end = now + SPIN_US;
	bool busy, close;

	if ( until <= now )
		return;

	/* When all is quiet, the firmware's own tick is enough. */
	busy = ( quiet_us < NAP_QUIET_US );
	close = ( until - now < firmware_tick_us );
	set_tick ( ( busy || close ) ? MIN ( firmware_tick_us, BUSY_TICK_US ) : firmware_tick_us );

	/* The processor wakes at the next tick. Where that may be too late spin for a moment. */
	if ( ( until - now >= tick_us ) && interrupts_enabled () ) {
		__asm__ __volatile__( "hlt" ::: "memory" );
	} else {
		while ( platform_now () < ( ( until < spin_end ) ? until : spin_end ) )
			cpu_pause ();
	}
}
