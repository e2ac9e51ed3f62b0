/** @file
 * Reboot, and power off by APM (APM BIOS Specification 1.2) or ACPI (ACPI Specification 6.4, §5.2
 * tables, §7.4.2 \_S5, §4.8.3 fixed registers). The AML of the DSDT is not interpreted: \_S5 is a
 * package of constants, found by its name. All tables are read with bounds.
 */
#include <string.h>
#include "core/clock.h"
#include "core/error.h"
#include "core/platform.h"
#include "core/reader.h"
#include "platform/bios/bios.h"
#include "platform/bios/tables.h"
#include "arch/x86_64/io.h"

#define RESET_VECTOR  0xf000fff0U /* segment:offset */
#define RESET_WARM    0x1234
#define KBC_COMMAND   0x64
#define KBC_RESET     0xfe
#define RESET_CONTROL 0xcf9 /* chipset's reset register */

#define BIOS_AREA_START 0xe0000
#define BIOS_AREA_END   0x100000
#define EBDA_SEARCH_LEN 1024
#define RSDP_V1_LEN     20
#define RSDP_V2_LEN     36
#define SDT_HEADER_LEN  36
/** More is no table but a mistake. */
#define SDT_MAX ( 1 << 22 )

#define FADT_DSDT         40
#define FADT_SMI_CMD      48
#define FADT_ACPI_ENABLE  52
#define FADT_PM1A_CNT     64
#define FADT_PM1B_CNT     68
#define PM1_SCI_EN        0x0001
#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_EN        0x2000
#define ACPI_ENABLE_US    1000000

void platform_reboot ( bool warm, bool setup __unused ) {
	struct bios_regs regs = { 0 };
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __packed no_idt = { 0, 0 };

	*(volatile uint16_t *) low_memory ( BDA_RESET_FLAG ) = warm ? RESET_WARM : 0;
	screen_flush ();
	nap_shutdown ();
	bios_call_far ( RESET_VECTOR, &regs );
	/* It came back. */
	outb ( KBC_COMMAND, KBC_RESET );
	udelay ( 50000 );
	outb ( RESET_CONTROL, 0x02 );
	outb ( RESET_CONTROL, 0x06 );
	udelay ( 50000 );
	__asm__ __volatile__( "lidt %0; int3" : : "m"( no_idt ) );
	__builtin_unreachable ();
}

/* ---- APM ---- */

static bool apm ( uint32_t eax, uint32_t ebx, uint32_t ecx, struct bios_regs *regs ) {
	*regs = ( struct bios_regs ){ .eax = eax, .ebx = ebx, .ecx = ecx };
	bios_call ( 0x15, regs );
	return !( regs->eflags & EFLAGS_CF );
}

static void apm_poweroff ( void ) {
	struct bios_regs regs;

	/* Installation check, disconnect whoever is connected, connect, ask for version 1.2. */
	if ( !apm ( 0x5300, 0, 0, &regs ) || ( ( regs.ebx & 0xffff ) != 0x504d ) )
		return;
	apm ( 0x5304, 0, 0, &regs );
	if ( !apm ( 0x5301, 0, 0, &regs ) )
		return;
	apm ( 0x530e, 0, 0x0102, &regs );
	apm ( 0x530d, 1, 1, &regs ); /* power management on, for all devices */
	apm ( 0x5307, 1, 3, &regs ); /* all devices: off */
}

/* ---- ACPI ---- */

static bool rsdp_ok ( const uint8_t *table, size_t left ) {
	return ( left >= RSDP_V2_LEN ) && table_checksum_ok ( table, RSDP_V1_LEN );
}

/** A system description table at a physical address, checked. @return a failed reader if not */
static struct reader sdt_at ( uint64_t addr, const char *signature ) {
	struct reader r = READER ( NULL, 0 );
	const uint8_t *table = (const uint8_t *) (uintptr_t) addr;
	uint32_t len;

	r.failed = true;
	if ( ( addr < 4096 ) || ( addr > 0xffffffffULL - SDT_MAX ) ||
	     ( memcmp ( table, signature, 4 ) != 0 ) )
		return r;
	memcpy ( &len, table + 4, sizeof ( len ) );
	if ( ( len < SDT_HEADER_LEN ) || ( len > SDT_MAX ) || !table_checksum_ok ( table, len ) )
		return r;
	return READER ( table, len );
}

/** A table by its signature, through RSDP and RSDT. All of ACPI's tables that matter here are below
 * 4 GiB on a machine with a BIOS, so the RSDT knows them. */
static struct reader sdt_find ( const char *signature ) {
	uint32_t ebda = *(volatile uint16_t *) low_memory ( BDA_EBDA_SEGMENT ) << 4;
	struct reader rsdt, sdt = { .failed = true }, r;
	const uint8_t *rsdp = NULL;

	if ( ( ebda >= 0x1000 ) && ( ebda < 0xa0000 ) )
		rsdp = table_find ( ebda, ebda + EBDA_SEARCH_LEN, "RSD PTR ", rsdp_ok );
	if ( rsdp == NULL )
		rsdp = table_find ( BIOS_AREA_START, BIOS_AREA_END, "RSD PTR ", rsdp_ok );
	if ( rsdp == NULL )
		return sdt;
	r = READER ( rsdp + 16, 4 );
	rsdt = sdt_at ( read_le32 ( &r ), "RSDT" );
	read_skip ( &rsdt, SDT_HEADER_LEN );
	while ( reader_left ( &rsdt ) >= 4 ) {
		sdt = sdt_at ( read_le32 ( &rsdt ), signature );
		if ( !reader_failed ( &sdt ) )
			return sdt;
	}
	sdt.failed = true;
	return sdt;
}

/** An AML constant: zero, one, byte, word or double word. */
static uint32_t aml_constant ( struct reader *r ) {
	uint8_t op = read_u8 ( r );

	switch ( op ) {
	case 0x00:
	case 0x01:
		return op;
	case 0x0a:
		return read_u8 ( r );
	case 0x0b:
		return read_le16 ( r );
	case 0x0c:
		return read_le32 ( r );
	}
	r->failed = true;
	return 0;
}

/** Sleep types of \_S5: Name ( \_S5, Package { SLP_TYPa, SLP_TYPb, ... } ). @return true if found */
static bool find_s5 ( struct reader dsdt, uint32_t *ret_a, uint32_t *ret_b ) {
	struct reader r;
	uint8_t lead;

	read_skip ( &dsdt, SDT_HEADER_LEN );
	for ( ; reader_left ( &dsdt ) >= 5; read_skip ( &dsdt, 1 ) ) {
		r = dsdt;
		if ( memcmp ( r.pos, "_S5_\x12", 5 ) != 0 )
			continue;
		read_skip ( &r, 5 );
		lead = read_u8 ( &r ); /* PkgLength: bits 7-6 say how many bytes follow */
		read_skip ( &r, lead >> 6 );
		read_skip ( &r, 1 ); /* number of elements */
		*ret_a = aml_constant ( &r );
		*ret_b = aml_constant ( &r );
		if ( !reader_failed ( &r ) )
			return true;
	}
	return false;
}

static uint32_t fadt_field ( struct reader fadt, unsigned int offset ) {
	read_skip ( &fadt, offset );
	return read_le32 ( &fadt );
}

static void acpi_poweroff ( void ) {
	struct reader fadt = sdt_find ( "FACP" );
	uint32_t pm1a = fadt_field ( fadt, FADT_PM1A_CNT ),
		 pm1b = fadt_field ( fadt, FADT_PM1B_CNT );
	uint32_t smi_cmd = fadt_field ( fadt, FADT_SMI_CMD ), type_a, type_b;
	utime_t deadline = platform_now () + ACPI_ENABLE_US;

	if ( ( pm1a == 0 ) || ( pm1a > 0xffff ) ||
	     !find_s5 ( sdt_at ( fadt_field ( fadt, FADT_DSDT ), "DSDT" ), &type_a, &type_b ) )
		return;
	if ( smi_cmd && !( inw ( pm1a ) & PM1_SCI_EN ) ) {
		outb ( smi_cmd, fadt_field ( fadt, FADT_ACPI_ENABLE ) & 0xff );
		while ( !( inw ( pm1a ) & PM1_SCI_EN ) && ( platform_now () < deadline ) )
			cpu_pause ();
	}
	outw ( pm1a, ( type_a & 7 ) << PM1_SLP_TYP_SHIFT | PM1_SLP_EN );
	if ( pm1b && ( pm1b <= 0xffff ) )
		outw ( pm1b, ( type_b & 7 ) << PM1_SLP_TYP_SHIFT | PM1_SLP_EN );
	udelay ( 1000000 );
}

int platform_poweroff ( void ) {
	screen_flush ();
	apm_poweroff ();
	acpi_poweroff ();
	return FAIL ( ENOTSUP, "neither APM nor ACPI switches this machine off" );
}
