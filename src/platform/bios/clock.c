/** @file
 * Time: the time stamp counter, calibrated against the PIT, and the real-time clock in CMOS.
 */
#include "core/platform.h"
#include "platform/bios/bios.h"
#include "arch/x86_64/io.h"

/* 8254 programmable interval timer, channel 2, and its gate in port 61h. */
#define PIT_HZ        1193182ULL
#define PIT_CHANNEL2  0x42
#define PIT_COMMAND   0x43
#define PIT_COUNTDOWN 0xb0 /* channel 2, both bytes, mode 0, binary */
#define PIT_LATCH2    0x80
#define PORT_GATE     0x61
#define GATE_COUNT    0x01
#define GATE_SPEAKER  0x02
#define GATE_OUT      0x20 /* the counter reached 0 */

/** Length of the measurement: long enough for 0.05 %, short enough to go unnoticed. */
#define CALIBRATION_US 5000
#define MAX_ROUNDS     10000
#define MAX_TRIES      4

#define CMOS_INDEX    0x70
#define CMOS_DATA     0x71
#define CMOS_STATUS_A 0x0a
#define CMOS_STATUS_B 0x0b
#define RTC_UPDATING  0x80
#define RTC_24H       0x02
#define RTC_BINARY    0x04

static uint64_t tsc_start;
static uint64_t us_per_tsc; /* as a fraction of 2^64 */

/** One simultaneous reading of the PIT and the time stamp counter. */
struct sample {
	uint64_t tsc;
	uint32_t lapic;
	uint16_t pit; /* counts down */
};

/** Read both; of a few tries the one that was disturbed least (by SMM, or by the host). */
static struct sample take_sample ( void ) {
	struct sample best = { 0 };
	uint64_t before, after, shortest = UINT64_MAX;
	uint32_t lapic;
	uint16_t pit;

	for ( unsigned int i = 0; i < 5; i++ ) {
		before = rdtsc ();
		lapic = nap_calibrate_read ();
		outb ( PIT_COMMAND, PIT_LATCH2 );
		after = rdtsc ();
		pit = inb ( PIT_CHANNEL2 );
		pit |= (uint16_t) ( inb ( PIT_CHANNEL2 ) << 8 );
		if ( after - before >= shortest )
			continue;
		shortest = after - before;
		best = ( struct sample ){ .tsc = after, .lapic = lapic, .pit = pit };
	}
	return best;
}

/** TSC frequency from CPUID leaf 15h (Intel SDM), for machines without a PIT; or a guess. */
static uint64_t tsc_hz_by_cpuid ( void ) {
	uint32_t regs[4];

	cpuid ( 0, 0, regs );
	if ( regs[0] >= 0x15 ) {
		cpuid ( 0x15, 0, regs );
		if ( regs[0] && regs[1] && regs[2] )
			return (uint64_t) regs[2] * regs[1] / regs[0];
	}
	return 2000000000; /* times are off, but nothing stops */
}

void bios_clock_init ( void ) {
	uint8_t gate = inb ( PORT_GATE );
	struct sample first, last;
	uint64_t ticks, hz, us, rest;
	unsigned int tries = 0, rounds;

	/* The counter wraps after 55 ms; if something held us up so long, measure again. */
	do {
		nap_calibrate_start ();
		outb ( PORT_GATE, ( gate & ~GATE_SPEAKER ) | GATE_COUNT );
		outb ( PIT_COMMAND, PIT_COUNTDOWN );
		outb ( PIT_CHANNEL2, 0xff );
		outb ( PIT_CHANNEL2, 0xff );
		first = take_sample ();
		rounds = 0;
		/* Each round reads ports, so takes microseconds: the bound means a dead PIT. */
		do {
			last = take_sample ();
			ticks = (uint16_t) ( first.pit - last.pit );
		} while ( ( ticks < CALIBRATION_US * PIT_HZ / US_PER_S ) &&
			  ( ++rounds < MAX_ROUNDS ) );
	} while ( ( inb ( PORT_GATE ) & GATE_OUT ) && ( ++tries < MAX_TRIES ) );
	outb ( PORT_GATE, gate );

	us = ticks * US_PER_S / PIT_HZ;
	hz = us ? ( last.tsc - first.tsc ) * PIT_HZ / ticks : 0;
	if ( hz < 10 * US_PER_S )
		hz = tsc_hz_by_cpuid ();
	if ( us )
		nap_set_rate ( last.lapic - first.lapic, us );
	/* 10^6 * 2^64 / hz; fits because hz > 10^6. */
	__asm__( "divq %2"
		 : "=a"( us_per_tsc ), "=d"( rest )
		 : "r"( hz ), "0"( 0ULL ), "1"( US_PER_S ) );
	tsc_start = first.tsc;
}

utime_t platform_now ( void ) {
	uint64_t low, high;

	__asm__( "mulq %2"
		 : "=a"( low ), "=d"( high )
		 : "r"( us_per_tsc ), "0"( rdtsc () - tsc_start ) );
	return high;
}

static uint8_t cmos_read ( uint8_t reg ) {
	outb ( CMOS_INDEX, reg );
	return inb ( CMOS_DATA );
}

/** Seconds, minutes, hours, day, month, year: registers as they are. */
static void rtc_read ( uint8_t raw[6] ) {
	static const uint8_t regs[6] = { 0, 2, 4, 7, 8, 9 };
	unsigned int i;

	/* An update takes 2 ms at most (MC146818 data sheet). */
	for ( i = 0; ( i < 10000 ) && ( cmos_read ( CMOS_STATUS_A ) & RTC_UPDATING ); i++ )
		cpu_pause ();
	for ( i = 0; i < 6; i++ )
		raw[i] = cmos_read ( regs[i] );
}

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_to ( int year, unsigned int month, unsigned int day ) {
	int64_t y = ( month <= 2 ) ? year - 1 : year;
	unsigned int shifted = ( month + 9 ) % 12; /* March = 0, so the leap day is the last */

	return y * 365 + y / 4 - y / 100 + y / 400 + ( shifted * 153 + 2 ) / 5 + ( day - 1 ) -
	       719468;
}

/** The real-time clock, seconds since 1970; 0 if it makes no sense. */
static int64_t rtc_seconds ( void ) {
	uint8_t raw[6], again[6], status, pm;
	unsigned int i, tries = 0;

	/* Twice the same: no update came in between. */
	rtc_read ( again );
	do {
		__builtin_memcpy ( raw, again, sizeof ( raw ) );
		rtc_read ( again );
	} while ( __builtin_memcmp ( raw, again, sizeof ( raw ) ) && ( ++tries < 5 ) );
	status = cmos_read ( CMOS_STATUS_B );
	pm = raw[2] & 0x80;
	if ( !( status & RTC_24H ) )
		raw[2] &= 0x7f;
	for ( i = 0; ( i < 6 ) && !( status & RTC_BINARY ); i++ )
		raw[i] = ( raw[i] >> 4 ) * 10 + ( raw[i] & 0x0f );
	if ( !( status & RTC_24H ) )
		raw[2] = ( raw[2] % 12 ) + ( pm ? 12 : 0 );
	if ( ( raw[0] > 59 ) || ( raw[1] > 59 ) || ( raw[2] > 23 ) || ( raw[3] < 1 ) ||
	     ( raw[3] > 31 ) || ( raw[4] < 1 ) || ( raw[4] > 12 ) || ( raw[5] > 99 ) )
		return 0;
	return days_to ( 2000 + raw[5], raw[4], raw[3] ) * 86400 + raw[2] * 3600 + raw[1] * 60 +
	       raw[0];
}

int64_t platform_wall_us ( void ) {
	static int64_t at_start;

	/* Read once: it is slow, has whole seconds only, and the TSC is as good afterwards. */
	if ( at_start == 0 ) {
		int64_t seconds = rtc_seconds ();

		if ( seconds == 0 )
			return 0;
		at_start = seconds * (int64_t) US_PER_S - (int64_t) platform_now ();
	}
	return at_start + (int64_t) platform_now ();
}
