/** @file
 * Loaded by a PXE ROM: find its API, fetch the DHCPACK that it got, send it away ("Preboot
 * Execution Environment (PXE) Specification", version 2.1, chapters 3 and 4). The drivers of the
 * core take the NIC then.
 *
 * Structures in base memory are read at their offsets; a segment and an offset cannot reach past
 * what is mapped.
 */
#include <stdbool.h>
#include <stddef.h>
#include "platform/bios/stub/stub.h"

/** What stub/nbp.S keeps of the registers at entry: segment << 16 | offset. */
struct pxe_entry {
	uint32_t pxenv; /**< PXENV+ */
	uint32_t pxe;   /**< !PXE */
	uint32_t stack; /**< the ROM's */
	uint32_t keep;  /**< KEEP_... */
};

/* API functions. */
#define UNDI_SHUTDOWN       0x0005
#define UNDI_CLOSE          0x0007
#define UNDI_GET_NIC_TYPE   0x0012
#define UNDI_GET_IFACE_INFO 0x0013
#define STOP_UNDI           0x0015
#define UNLOAD_STACK        0x0070
#define GET_CACHED_INFO     0x0071

#define PACKET_DHCP_ACK 2
#define NIC_PCI         2
#define EXIT_SUCCESS    0

/* Structure !PXE. */
#define PXE_LENGTH    0x04
#define PXE_ENTRY     0x10
#define PXE_UNDI_DATA 0x28 /* segment descriptors: selector, physical address, size */
#define PXE_UNDI_CODE 0x30
#define PXE_MIN       0x58
#define DESC_SEGMENT  0
#define DESC_SIZE     6

/* Structure PXENV+. */
#define PXENV_VERSION   0x06
#define PXENV_LENGTH    0x08
#define PXENV_ENTRY     0x0a
#define PXENV_UNDI_DATA 0x20 /* segment, size */
#define PXENV_UNDI_CODE 0x24
#define PXENV_PXE       0x28
#define PXENV_MIN       0x28
#define PXENV_HAS_PXE   0x0201 /* first version with a pointer to !PXE */

#define INT_PXE         0x1a
#define PXE_CHECK       0x5650
#define PXE_CHECK_REPLY 0x564e

#define BASE_MEMORY_END 0xa0000
#define INDENT          "         "

static struct pxe_entry entry;

/** What was found. 0: nothing. */
static uint32_t pxe, pxenv, api;
static struct { uint16_t code, code_len, data, data_len; } undi;

static uint8_t *at ( uint32_t far ) {
	return base_memory ( ( far >> 16 << 4 ) + ( far & 0xffff ) );
}

static uint16_t word ( const uint8_t *p ) {
	return (uint16_t) ( p[0] | p[1] << 8 );
}

static uint32_t dword ( const uint8_t *p ) {
	return word ( p ) | (uint32_t) word ( p + 2 ) << 16;
}

/* ---- Output ---- */

static void print_hex ( uint32_t value, unsigned int digits ) {
	char text[9];
	unsigned int i;

	for ( i = digits; i--; value >>= 4 )
		text[i] = "0123456789abcdef"[value & 15];
	text[digits] = '\0';
	print ( text );
}

static void print_far ( uint32_t far ) {
	print_hex ( far >> 16, 4 );
	print ( ":" );
	print_hex ( far & 0xffff, 4 );
}

static void print_decimal ( uint32_t value ) {
	char text[11], *p = text + sizeof ( text ) - 1;

	*p = '\0';
	do {
		*--p = (char) ( '0' + value % 10 );
	} while ( ( value /= 10 ) != 0 );
	print ( p );
}

/* ---- Finding the API ---- */

static bool sound ( const uint8_t *table, const char *signature, unsigned int length_at,
		    unsigned int min ) {
	unsigned int len = table[length_at], i;
	uint8_t sum = 0;

	for ( i = 0; signature[i]; i++ )
		if ( table[i] != (uint8_t) signature[i] )
			return false;
	for ( i = 0; i < len; i++ )
		sum += table[i];
	return ( len >= min ) && ( sum == 0 );
}

static bool is_pxe ( uint32_t far ) {
	return sound ( at ( far ), "!PXE", PXE_LENGTH, PXE_MIN );
}

static bool is_pxenv ( uint32_t far ) {
	return sound ( at ( far ), "PXENV+", PXENV_LENGTH, PXENV_MIN );
}

/** Where INT 1Ah says that PXENV+ is. */
static uint32_t ask_int1a ( void ) {
	struct bios_regs *regs = &info.low->regs;

	*regs = ( struct bios_regs ){ .eax = PXE_CHECK };
	real_call ( dword ( base_memory ( INT_PXE * 4 ) ) );
	if ( ( regs->eflags & EFLAGS_CF ) || ( ( regs->eax & 0xffff ) != PXE_CHECK_REPLY ) )
		return 0;
	return (uint32_t) regs->es << 16 | ( regs->ebx & 0xffff );
}

/** !PXE somewhere in the base memory that is not free. */
static uint32_t scan ( void ) {
	uint32_t addr = *(uint16_t *) base_memory ( BDA_BASE_MEMORY_KB ) * 1024;

	for ( ; addr && ( addr < BASE_MEMORY_END ); addr += 16 )
		if ( is_pxe ( addr << 12 ) )
			return addr << 12;
	return 0;
}

/** Pointers at entry first, then INT 1Ah, then a search. */
static void find_api ( void ) {
	const uint8_t *table;

	if ( is_pxe ( entry.pxe ) )
		pxe = entry.pxe;
	if ( is_pxenv ( entry.pxenv ) )
		pxenv = entry.pxenv;
	else if ( !pxe && is_pxenv ( ask_int1a () ) )
		pxenv = (uint32_t) info.low->regs.es << 16 | ( info.low->regs.ebx & 0xffff );
	if ( !pxe && pxenv ) {
		table = at ( pxenv );
		if ( ( word ( table + PXENV_VERSION ) >= PXENV_HAS_PXE ) &&
		     is_pxe ( dword ( table + PXENV_PXE ) ) )
			pxe = dword ( table + PXENV_PXE );
	}
	if ( !pxe && !pxenv )
		pxe = scan ();

	if ( pxe ) {
		table = at ( pxe );
		api = dword ( table + PXE_ENTRY );
		undi.code = word ( table + PXE_UNDI_CODE + DESC_SEGMENT );
		undi.code_len = word ( table + PXE_UNDI_CODE + DESC_SIZE );
		undi.data = word ( table + PXE_UNDI_DATA + DESC_SEGMENT );
		undi.data_len = word ( table + PXE_UNDI_DATA + DESC_SIZE );
	} else if ( pxenv ) {
		table = at ( pxenv );
		api = dword ( table + PXENV_ENTRY );
		undi.code = word ( table + PXENV_UNDI_CODE );
		undi.code_len = word ( table + PXENV_UNDI_CODE + 2 );
		undi.data = word ( table + PXENV_UNDI_DATA );
		undi.data_len = word ( table + PXENV_UNDI_DATA + 2 );
	}
}

/* ---- Calling it ---- */

/** The parameter block, in base memory; the packet comes behind it. */
#define PACKET_OFFSET 64
static uint8_t *params ( void ) {
	return (uint8_t *) (uintptr_t) info.low->buffer;
}

/** Call with the parameter block as the caller has filled it in. @return true if it succeeded */
static bool call ( uint16_t opcode ) {
	struct bios_regs *regs = &info.low->regs;

	*regs = ( struct bios_regs ){ .ebx = opcode,
				      .ecx = api >> 16,
				      .edx = api & 0xffff,
				      .es = info.low->segment,
				      .edi = LOW_BUFFER };
	real_call ( (uint32_t) info.low->segment << 16 | info.pxe_call );
	return ( ( regs->eax & 0xffff ) == EXIT_SUCCESS ) && ( word ( params () ) == 0 );
}

static bool call_plain ( uint16_t opcode ) {
	memset ( params (), 0, PACKET_OFFSET );
	return call ( opcode );
}

/** PXENV_GET_CACHED_INFO: status, packet type, buffer size, offset, segment, limit. */
static void get_ack ( void ) {
	uint16_t *block = (uint16_t *) params ();
	uint32_t len;

	memset ( block, 0, PACKET_OFFSET + PXE_PACKET_MAX );
	block[1] = PACKET_DHCP_ACK;
	block[2] = PXE_PACKET_MAX;
	block[3] = LOW_BUFFER + PACKET_OFFSET;
	block[4] = info.low->segment;
	if ( !call ( GET_CACHED_INFO ) )
		return;
	len = MIN ( block[2], PXE_PACKET_MAX );
	memcpy ( info.dhcp_ack, params () + PACKET_OFFSET, len );
	info.dhcp_ack_len = len;
}

/* ---- What the user reads ---- */

static void show_api ( void ) {
	if ( pxe ) {
		print ( " !PXE at " );
		print_far ( pxe );
		print ( "," );
	}
	if ( pxenv ) {
		print ( " PXENV+ at " );
		print_far ( pxenv );
		print ( "," );
	}
	print ( " entry point at " );
	print_far ( api );
}

/** Base memory that UNDI takes, bytes. */
static uint32_t undi_start ( void ) {
	return (uint32_t) MIN ( undi.code, undi.data ) << 4;
}

static uint32_t undi_end ( void ) {
	return MAX ( ( (uint32_t) undi.code << 4 ) + undi.code_len,
		     ( (uint32_t) undi.data << 4 ) + undi.data_len );
}

static void show_undi ( void ) {
	print ( "\r\n" INDENT "UNDI code segment " );
	print_far ( (uint32_t) undi.code << 16 | undi.code_len );
	print ( ", data segment " );
	print_far ( (uint32_t) undi.data << 16 | undi.data_len );
	print ( " (" );
	print_decimal ( undi_start () / 1024 );
	print ( "-" );
	print_decimal ( ( undi_end () + 1023 ) / 1024 );
	print ( "kB)\r\n" );
}

/** PXENV_UNDI_GET_NIC_TYPE: status, type, ..., bus << 8 | device << 3 | function at 11.
 * PXENV_UNDI_GET_IFACE_INFO: status, name of the interface type (16 bytes). */
static void show_device ( void ) {
	uint16_t busdevfn;

	print ( INDENT "UNDI device is " );
	if ( call_plain ( UNDI_GET_NIC_TYPE ) && ( params ()[2] == NIC_PCI ) ) {
		busdevfn = word ( params () + 11 );
		info.undi_device = BOOT_DEVICE_PCI | busdevfn;
		print ( "PCI " );
		print_hex ( busdevfn >> 8, 2 );
		print ( ":" );
		print_hex ( ( busdevfn >> 3 ) & 0x1f, 2 );
		print ( "." );
		print_hex ( busdevfn & 7, 1 );
	} else {
		print ( "not PCI" );
	}
	if ( call_plain ( UNDI_GET_IFACE_INFO ) ) {
		params ()[2 + 16] = '\0';
		print ( ", type " );
		print ( (const char *) params () + 2 );
	}
	print ( "\r\n" );
}

/* ---- The image format ---- */

void loader_collect ( const uint8_t *left ) {
	memcpy ( &entry, left, sizeof ( entry ) );
}

/** Does an interrupt still lead into this base memory? */
static bool is_hooked ( uint32_t start, uint32_t end ) {
	uint32_t vector, handler;

	for ( vector = 0; vector < 256; vector++ ) {
		handler = dword ( base_memory ( vector * 4 ) );
		handler = ( handler >> 16 << 4 ) + ( handler & 0xffff );
		if ( ( handler >= start ) && ( handler < end ) )
			return true;
	}
	return false;
}

/** Give the ROM's base memory back, if it is the lowest of what is in use. ROMs leave that to us. */
static void free_base_memory ( void ) {
	uint16_t *base_kb = (uint16_t *) base_memory ( BDA_BASE_MEMORY_KB );
	uint32_t end_kb = ( undi_end () + 1023 ) / 1024;

	if ( ( undi_start () / 1024 == *base_kb ) && ( end_kb * 1024 <= BASE_MEMORY_END ) &&
	     !is_hooked ( undi_start (), undi_end () ) )
		*base_kb = (uint16_t) end_kb;
}

/** Stop the NIC, remove base code and UNDI, as far as they are not kept. A ROM that refuses keeps its
 * base memory. */
static void unload ( void ) {
	bool gone;

	if ( entry.keep != KEEP_NOTHING ) {
		if ( entry.keep == KEEP_UNDI )
			call_plain ( UNLOAD_STACK );
		else
			info.pxe_stack = entry.stack;
		/* A driver of ours may take the NIC: no more frames into the ROM's memory. */
		call_plain ( UNDI_CLOSE );
		info.undi_api = api;
		info.pxe = pxe;
		info.pxenv = pxenv;
	} else {
		call_plain ( UNDI_SHUTDOWN );
		gone = call_plain ( UNLOAD_STACK );
		gone &= call_plain ( STOP_UNDI );
		if ( gone )
			free_base_memory ();
		else
			print ( INDENT "The PXE ROM did not go away; its memory stays in use\r\n" );
	}
	print ( INDENT );
	print_decimal ( *(uint16_t *) base_memory ( BDA_BASE_MEMORY_KB ) );
	print ( ( entry.keep == KEEP_PXE ) ? "kB free base memory; PXE stays\r\n"
					   : "kB free base memory after PXE unload\r\n" );
}

void loader_release ( void ) {
	print ( "\r\nPXE->EB:" );
	find_api ();
	if ( !api ) {
		print ( " No PXE stack found!\r\n" );
		return;
	}
	get_ack ();
	show_api ();
	show_undi ();
	show_device ();
	unload ();
	install_low ();
}
