/** @file
 * The stub between the boot loader and the core: set up low memory, ask the BIOS for the memory
 * map, unpack the core to the top of memory below 4 GiB, relocate it and jump there. Runs in long
 * mode with the first 4 GiB mapped one to one; afterwards its memory is free.
 */
#include "core/crc32.h"
#include "image/slot.h"
#include "platform/bios/stub/place.h"
#include "platform/bios/stub/stub.h"
#include "platform/codec/unpack.h"

#define SMAP     0x534d4150
#define LIMIT_4G 0x100000000ULL

extern uint8_t low_gdt[], low_gdtr[], low_fix_pointer64[], low_fix_segment[], low_teletype[],
	low_halt[], low_key_hook[], low_key_chain[];
extern const uint8_t stub_start[];
extern uint8_t stub_end[];
extern const uint8_t slot_start[], slot_max[];
extern const struct payload_header stub_payload;
/** CRC-32 of the stub as it was built, all that is before it; util/stubcrc. */
extern const uint32_t stub_crc;

void stub_main ( const uint8_t *left );

struct boot_info info;

/* The compiler may call these; speed does not matter, size does. */
void *memcpy ( void *dest, const void *src, size_t len ) {
	void *to = dest;

	__asm__ __volatile__( "rep movsb" : "+D"( to ), "+S"( src ), "+c"( len ) : : "memory" );
	return dest;
}

/* But megabytes are filled, and emulators do as much for a byte as for eight. */
void *memset ( void *dest, int value, size_t len ) {
	uint64_t bytes = (uint8_t) value * 0x0101010101010101ULL;
	size_t words = len / 8, rest = len % 8;
	void *to = dest;

	__asm__ __volatile__( "rep stosq\n\t"
			      "mov %2, %1\n\t"
			      "rep stosb"
			      : "+&D"( to ), "+&c"( words )
			      : "r"( rest ), "a"( bytes )
			      : "memory" );
	return dest;
}

/** Copy the low memory block to its place and fill in what depends on the place. */
void install_low ( void ) {
	uint32_t base_kb = *(uint16_t *) base_memory ( BDA_BASE_MEMORY_KB ), base;
	struct low_block *low;

	if ( ( base_kb < 128 ) || ( base_kb > 640 ) )
		base_kb = 512; /* nonsense in the BIOS data area */
	base = ROUND_DOWN ( base_kb * 1024 - LOW_SIZE, 4096 );
	low = (struct low_block *) (uintptr_t) base;
	memcpy ( low, low_start, low_end - low_start );
	low->call += base;
	low->buffer += base;
	low->base = base;
	low->segment = base >> 4;
	for ( unsigned int sel = SEL_LOW32; sel <= SEL_LOWDS; sel += 8 )
		low->gdt[sel / 8] |= (uint64_t) base << 16;
	*(uint64_t *) ( base + ( low_gdtr - low_start ) + 2 ) += base;
	*(uint32_t *) ( base + ( low_fix_pointer64 - low_start ) ) += base;
	*(uint16_t *) ( base + ( low_fix_segment - low_start ) ) = base >> 4;
	__asm__ __volatile__( "lgdt (%0)" : : "r"( base + (uintptr_t) ( low_gdtr - low_start ) ) );
	info.low = low;
	info.teletype = low_teletype - low_start;
	info.halt = low_halt - low_start;
	info.key_hook = low_key_hook - low_start;
	info.pxe_call = low_pxe_call - low_start;
	info.pxe_return = low_pxe_return - low_start;
	info.key_chain = low_key_chain - low_start;
}

/** Say why it ends here and let the BIOS try the next boot device. */
static void __noreturn refuse ( const char *text ) {
	print ( text );
	while ( 1 )
		interrupt ( 0x18 );
}

static void add_range ( uint64_t base, uint64_t len ) {
	info.ranges[info.range_count++] =
		( struct e820_range ){ .base = base, .len = len, .type = E820_RAM };
}

/** Memory map: E820, else E801, else 88 (INT 15h; ACPI specification, "System Address Map"). */
static void get_memory_map ( void ) {
	struct bios_regs *regs = &info.low->regs;
	struct e820_range *range = (struct e820_range *) (uintptr_t) info.low->buffer;
	uint32_t next = 0;

	do {
		*range = ( struct e820_range ){ .attributes = 1 };
		*regs = ( struct bios_regs ){ .eax = 0xe820,
					      .ebx = next,
					      .ecx = sizeof ( *range ),
					      .edx = SMAP,
					      .es = info.low->segment,
					      .edi = LOW_BUFFER };
		interrupt ( 0x15 );
		if ( ( regs->eflags & EFLAGS_CF ) || ( regs->eax != SMAP ) || ( regs->ecx < 20 ) )
			break;
		next = regs->ebx;
		/* ACPI 3.0 attributes: bit 0 clear means "ignore this range". */
		if ( range->len && ( ( regs->ecx < 24 ) || ( range->attributes & 1 ) ) )
			info.ranges[info.range_count++] = *range;
	} while ( next && ( info.range_count < E820_MAX ) );
	if ( info.range_count )
		return;

	*regs = ( struct bios_regs ){ .eax = 0xe801 };
	interrupt ( 0x15 );
	if ( !( regs->eflags & EFLAGS_CF ) ) {
		/* AX/BX "extended", CX/DX "configured"; some BIOSes fill only one pair. */
		uint32_t kb = ( regs->eax & 0xffff ) ? regs->eax : regs->ecx;
		uint32_t blocks = ( regs->ebx & 0xffff ) ? regs->ebx : regs->edx;

		add_range ( 0x100000, (uint64_t) ( kb & 0xffff ) * 1024 );
		if ( blocks & 0xffff )
			add_range ( 0x1000000, (uint64_t) ( blocks & 0xffff ) * 65536 );
		return;
	}
	*regs = ( struct bios_regs ){ .eax = 0x8800 };
	interrupt ( 0x15 );
	add_range ( 0x100000, (uint64_t) ( regs->eax & 0xffff ) * 1024 );
}

/** Where the data slot is and how long, as far as the room for it goes; the core checks it. */
static void find_slot ( void ) {
	uint32_t capacity = *(const uint32_t *) ( slot_start + SLOT_CAPACITY );

	info.slot = (uintptr_t) slot_start;
	if ( ( capacity < SLOT_HEADER ) || ( capacity > (uintptr_t) slot_max ) )
		capacity = SLOT_HEADER;
	if ( *(const uint32_t *) ( slot_start + SLOT_USED ) != 0 )
		info.slot_len = capacity;
}

void stub_main ( const uint8_t *left ) {
	const struct payload_header *payload = &stub_payload;
	const struct core_header *core;
	uint64_t place, len, work, work_len;

	loader_collect ( left );
	install_low ();
	/* Nothing has written to it yet, but to .bss. */
	if ( crc32 ( stub_start, (size_t) ( (const uint8_t *) &stub_crc - stub_start ) ) !=
	     stub_crc )
		refuse ( "\r\nThe image is damaged (CRC error).\r\n" );
	loader_release ();
	get_memory_map ();
	len = ROUND_UP ( (uint64_t) payload->mem_len, 4096 );
	work_len = ROUND_UP ( unpack_work_len ( &payload_codec ), 4096 );
	if ( ( work = place_find ( &info, work_len + len, STUB_ADDRESS, (uintptr_t) stub_end ) ) ==
	     0 )
		refuse ( "\r\nNot enough memory.\r\n" );
	place = work + work_len;
	info.image = place;
	info.image_len = len;
	info.build_id = payload->crc;
	find_slot ();

	memset ( (void *) work, 0, work_len );
	unpack ( &payload_codec, payload, (uint8_t *) place, (void *) work );
	core = (const struct core_header *) place;
	if ( core->magic != CORE_MAGIC )
		refuse ( "\r\nThe image is damaged (no core).\r\n" );
	memset ( (uint8_t *) place + payload->len, 0, len - payload->len );
	place_relocate ( place, (const uint64_t *) ( place + core->relr ), core->relr_len );
	( ( void ( * ) ( const struct boot_info * ) ) ( place + core->entry ) ) ( &info );
}
