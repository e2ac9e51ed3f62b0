/** @file
 * Turn the linked UEFI firmware (ELF64, position independent, base 0) into a PE32+ application, or
 * a boot-service driver (Microsoft PE/COFF specification; UEFI specification 2.10 §2.1.1).
 *
 * Usage: elf2efi [--driver] INPUT.elf OUTPUT.efi
 *
 * Allocated ELF sections with the same access rights become one PE section each: .text (execute),
 * .rodata, .data (write), and .sbat and .slot as they are. Relocations become .reloc. A sum of them all is in
 * the DOS header (src/platform/efi/sum.h). Sections start on pages, none is both writable and executable, and
 * nothing depends on time or place of the build.
 */
#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "platform/efi/sum.h"

#define PAGE_LEN         0x1000
#define FILE_ALIGN       0x200
#define PE_OFFSET        0x40
#define HEADERS_LEN      0x400
#define MACHINE_X86_64   0x8664
#define PE32PLUS         0x20b
#define SUBSYSTEM_APP    10
#define SUBSYSTEM_DRIVER 11
#define DIR_BASERELOC    5
#define REL_DIR64        10

/* COFF characteristics: executable, line numbers and symbols stripped, large addresses. */
#define FILE_FLAGS 0x002e
/* DLL characteristics: high entropy address, dynamic base, no execution of data. */
#define DLL_FLAGS 0x0160

#define SCN_CODE  0x60000020u
#define SCN_RDATA 0x40000040u
#define SCN_DATA  0xc0000040u
#define SCN_RELOC 0x42000040u

struct section {
	char name[8];
	uint32_t flags;
	uint32_t addr, end; /* in memory */
	uint32_t data_end;  /* memory address where file contents end; the rest is zero */
	uint32_t file_pos, file_len;
};

#define SECTIONS_MAX 8
static struct section sections[SECTIONS_MAX];
static unsigned int section_count;

static uint8_t *elf;
static size_t elf_len;
static uint8_t *image; /* memory image, from address 0 */
static uint32_t image_len;
static uint32_t *relocs; /* addresses of 64-bit words to be moved */
static size_t reloc_count;

__attribute__ ( ( noreturn, format ( printf, 1, 2 ) ) ) static void die ( const char *fmt, ... ) {
	va_list args;

	va_start ( args, fmt );
	fputs ( "elf2efi: ", stderr );
	vfprintf ( stderr, fmt, args );
	fputc ( '\n', stderr );
	va_end ( args );
	exit ( 1 );
}

static void *allocate ( size_t len ) {
	void *mem = calloc ( 1, len ? len : 1 );

	if ( !mem )
		die ( "out of memory" );
	return mem;
}

static uint32_t round_up ( uint32_t value, uint32_t to ) {
	return ( value + to - 1 ) & ~( to - 1 );
}

static void put16 ( uint8_t *at, unsigned int value ) {
	at[0] = value;
	at[1] = value >> 8;
}

static void put32 ( uint8_t *at, uint32_t value ) {
	put16 ( at, value );
	put16 ( at + 2, value >> 16 );
}

static void put64 ( uint8_t *at, uint64_t value ) {
	put32 ( at, value );
	put32 ( at + 4, value >> 32 );
}

/** A part of the input file, checked. */
static const void *elf_at ( uint64_t pos, uint64_t len ) {
	if ( ( pos > elf_len ) || ( len > elf_len - pos ) )
		die ( "truncated ELF file" );
	return elf + pos;
}

static void read_elf ( const char *name ) {
	FILE *file = fopen ( name, "rb" );
	long len;

	if ( !file || fseek ( file, 0, SEEK_END ) || ( ( len = ftell ( file ) ) < 0 ) ||
	     fseek ( file, 0, SEEK_SET ) )
		die ( "%s: cannot be read", name );
	elf_len = len;
	elf = allocate ( elf_len );
	if ( fread ( elf, 1, elf_len, file ) != elf_len )
		die ( "%s: cannot be read", name );
	fclose ( file );
}

/** What an ELF section becomes: flags of its PE section, or 0 if it is for the linker only. */
static uint32_t section_flags ( const Elf64_Shdr *shdr ) {
	if ( !( shdr->sh_flags & SHF_ALLOC ) )
		return 0;
	switch ( shdr->sh_type ) {
	case SHT_PROGBITS:
	case SHT_NOBITS:
	case SHT_INIT_ARRAY:
	case SHT_FINI_ARRAY:
		break;
	default:
		return 0; /* dynamic linking tables, notes */
	}
	if ( ( shdr->sh_flags & SHF_EXECINSTR ) && ( shdr->sh_flags & SHF_WRITE ) )
		die ( "section that is both writable and executable" );
	if ( shdr->sh_flags & SHF_EXECINSTR )
		return SCN_CODE;
	return ( shdr->sh_flags & SHF_WRITE ) ? SCN_DATA : SCN_RDATA;
}

/** The PE section for an ELF section at @c addr: the last one if it fits, or a new one. */
static struct section *section_for ( const char *name, uint32_t flags, uint32_t addr ) {
	struct section *last = section_count ? &sections[section_count - 1] : NULL;
	const char *pe_name = ( ( strcmp ( name, ".sbat" ) == 0 )   ? ".sbat"
				: ( strcmp ( name, ".slot" ) == 0 ) ? ".slot"
				: ( flags == SCN_CODE )             ? ".text"
				: ( flags == SCN_DATA )             ? ".data"
								    : ".rodata" );

	if ( last && ( strncmp ( last->name, pe_name, sizeof ( last->name ) ) == 0 ) )
		return last;
	if ( ( addr % PAGE_LEN ) || ( last && ( addr < last->end ) ) || ( addr < HEADERS_LEN ) )
		die ( "%s: not at the start of a page of its own (0x%x)", name, addr );
	if ( section_count == SECTIONS_MAX - 1 )
		die ( "too many sections" );
	last = &sections[section_count++];
	memcpy ( last->name, pe_name, strlen ( pe_name ) );
	last->flags = flags;
	last->addr = last->end = last->data_end = addr;
	return last;
}

/** Copy all sections into the memory image. Their order in the file is that of addresses. */
static void load_sections ( const Elf64_Ehdr *ehdr, const Elf64_Shdr *shdrs, const char *names,
			    size_t names_len ) {
	unsigned int i;

	for ( i = 0; i < ehdr->e_shnum; i++ ) {
		const Elf64_Shdr *shdr = &shdrs[i];
		uint32_t flags = section_flags ( shdr );
		struct section *section;

		if ( !flags || !shdr->sh_size )
			continue;
		if ( ( shdr->sh_name >= names_len ) || ( shdr->sh_addr > 0x40000000 ) ||
		     ( shdr->sh_size > 0x40000000 ) )
			die ( "bad section header" );
		section = section_for ( names + shdr->sh_name, flags, shdr->sh_addr );
		if ( shdr->sh_addr < section->end )
			die ( "%s: sections overlap", names + shdr->sh_name );
		section->end = shdr->sh_addr + shdr->sh_size;
		if ( section->end > image_len ) {
			image = realloc ( image, section->end );
			if ( !image )
				die ( "out of memory" );
			memset ( image + image_len, 0, section->end - image_len );
			image_len = section->end;
		}
		if ( shdr->sh_type == SHT_NOBITS )
			continue;
		memcpy ( image + shdr->sh_addr, elf_at ( shdr->sh_offset, shdr->sh_size ),
			 shdr->sh_size );
		section->data_end = section->end;
	}
}

static int compare_relocs ( const void *a, const void *b ) {
	uint32_t first = *(const uint32_t *) a, second = *(const uint32_t *) b;

	return ( first > second ) - ( first < second );
}

/** Put addresses in place, as if loaded at 0, and note where they are. */
static void load_relocs ( const Elf64_Ehdr *ehdr, const Elf64_Shdr *shdrs ) {
	unsigned int i;
	size_t j;

	for ( i = 0; i < ehdr->e_shnum; i++ ) {
		const Elf64_Shdr *shdr = &shdrs[i];
		size_t count = shdr->sh_size / sizeof ( Elf64_Rela );
		const Elf64_Rela *relas;

		if ( ( shdr->sh_type != SHT_RELA ) || !( shdr->sh_flags & SHF_ALLOC ) )
			continue;
		relas = elf_at ( shdr->sh_offset, shdr->sh_size );
		relocs = realloc ( relocs, ( reloc_count + count + 1 ) * sizeof ( *relocs ) );
		if ( !relocs )
			die ( "out of memory" );
		for ( j = 0; j < count; j++ ) {
			unsigned int type = ELF64_R_TYPE ( relas[j].r_info );

			if ( type == R_X86_64_NONE )
				continue;
			if ( ( type != R_X86_64_RELATIVE ) || ( image_len < 8 ) ||
			     ( relas[j].r_offset > image_len - 8 ) || ( relas[j].r_offset % 8 ) )
				die ( "relocation type %u at 0x%llx cannot be kept", type,
				      (unsigned long long) relas[j].r_offset );
			put64 ( image + relas[j].r_offset, relas[j].r_addend );
			relocs[reloc_count++] = relas[j].r_offset;
		}
	}
	qsort ( relocs, reloc_count, sizeof ( *relocs ), compare_relocs );
}

/** Whole words for the sum; behind each section is room, up to a page. */
static void round_sections ( void ) {
	uint32_t len = round_up ( image_len, 8 );
	unsigned int i;

	for ( i = 0; i < section_count; i++ )
		sections[i].end = round_up ( sections[i].end, 8 );
	image = realloc ( image, len );
	if ( !image )
		die ( "out of memory" );
	memset ( image + image_len, 0, len - image_len );
	image_len = len;
}

/** Append .reloc: a block of 12-bit offsets for each page. */
static void make_reloc_section ( void ) {
	struct section *section = &sections[section_count++];
	uint8_t *table = allocate ( reloc_count * 12 + 12 );
	size_t len = 0, i = 0, block;
	uint32_t page;

	while ( i < reloc_count ) {
		page = relocs[i] & ~( PAGE_LEN - 1 );
		block = len;
		len += 8;
		for ( ; ( i < reloc_count ) && ( ( relocs[i] & ~( PAGE_LEN - 1 ) ) == page );
		      i++ ) {
			put16 ( table + len, ( REL_DIR64 << 12 ) | ( relocs[i] - page ) );
			len += 2;
		}
		len = round_up ( len, 4 ); /* the table is zero: "absolute", nothing to do */
		put32 ( table + block, page );
		put32 ( table + block + 4, len - block );
	}
	if ( !len ) { /* an empty block: some loaders refuse an empty table */
		put32 ( table + 4, 8 );
		len = 8;
	}
	memcpy ( section->name, ".reloc", 6 );
	section->flags = SCN_RELOC;
	section->addr = round_up ( image_len, PAGE_LEN );
	section->end = section->data_end = section->addr + len;
	image = realloc ( image, section->end );
	if ( !image )
		die ( "out of memory" );
	memset ( image + image_len, 0, section->addr - image_len );
	memcpy ( image + section->addr, table, len );
	image_len = section->end;
	free ( table );
}

/** Place sections in the file. @return its length */
static uint32_t place_sections ( void ) {
	uint32_t pos = HEADERS_LEN;
	unsigned int i;

	for ( i = 0; i < section_count; i++ ) {
		struct section *section = &sections[i];

		section->file_len = round_up ( section->data_end - section->addr, FILE_ALIGN );
		section->file_pos = section->file_len ? pos : 0;
		pos += section->file_len;
	}
	return pos;
}

static void make_headers ( uint8_t *file, uint32_t entry, unsigned int subsystem ) {
	const struct section *reloc = &sections[section_count - 1];
	uint8_t *coff = file + PE_OFFSET + 4, *opt = coff + 20, *header = opt + 240;
	uint32_t code = 0, data = 0;
	unsigned int i;

	for ( i = 0; i < section_count; i++, header += 40 ) {
		const struct section *section = &sections[i];

		memcpy ( header, section->name, 8 );
		put32 ( header + 8, section->end - section->addr );
		put32 ( header + 12, section->addr );
		put32 ( header + 16, section->file_len );
		put32 ( header + 20, section->file_pos );
		put32 ( header + 36, section->flags );
		*( ( section->flags == SCN_CODE ) ? &code : &data ) += section->file_len;
	}
	if ( header > file + HEADERS_LEN )
		die ( "headers do not fit" );

	memcpy ( file, "MZ", 2 );
	put32 ( file + 0x3c, PE_OFFSET );
	memcpy ( file + PE_OFFSET, "PE\0\0", 4 );
	put16 ( coff, MACHINE_X86_64 );
	put16 ( coff + 2, section_count );
	put16 ( coff + 16, 240 ); /* length of the optional header; time stamp stays 0 */
	put16 ( coff + 18, FILE_FLAGS );

	put16 ( opt, PE32PLUS );
	put32 ( opt + 4, code );
	put32 ( opt + 8, data );
	put32 ( opt + 16, entry );
	put32 ( opt + 20, sections[0].addr );
	put32 ( opt + 32, PAGE_LEN );
	put32 ( opt + 36, FILE_ALIGN );
	put32 ( opt + 56, round_up ( image_len, PAGE_LEN ) );
	put32 ( opt + 60, HEADERS_LEN );
	put16 ( opt + 68, subsystem );
	put16 ( opt + 70, DLL_FLAGS );
	put32 ( opt + 108, 16 ); /* data directories */
	put32 ( opt + 112 + 8 * DIR_BASERELOC, reloc->addr );
	put32 ( opt + 112 + 8 * DIR_BASERELOC + 4, reloc->end - reloc->addr );
}

/** The sum that the program checks, of the image with these headers. */
static void put_sum ( uint8_t *headers ) {
	struct sum sum;
	size_t i;

	memcpy ( image, headers, HEADERS_LEN );
	sum.contents = sum_of ( image );
	memset ( image + HEADERS_LEN, 0, image_len - HEADERS_LEN );
	for ( i = 0; i < reloc_count; i++ )
		put64 ( image + relocs[i], 1 );
	sum.moved = sum_of ( image );
	put64 ( headers + SUM_OFFSET, sum.contents );
	put64 ( headers + SUM_OFFSET + 8, sum.moved );
}

/** The file's checksum: its 16-bit words with the carry added, and its length. */
static void put_checksum ( uint8_t *file, uint32_t len ) {
	uint32_t sum = 0;

	for ( uint32_t i = 0; i < len; i += 2 ) {
		sum += file[i] | ( file[i + 1] << 8 );
		sum = ( sum & 0xffff ) + ( sum >> 16 );
	}
	put32 ( file + PE_OFFSET + 24 + 64, sum + len );
}

static void write_file ( const char *name, uint32_t entry, unsigned int subsystem ) {
	uint32_t len = place_sections ();
	uint8_t *data = allocate ( len );
	unsigned int i;
	FILE *file;

	make_headers ( data, entry, subsystem );
	for ( i = 0; i < section_count; i++ ) {
		memcpy ( data + sections[i].file_pos, image + sections[i].addr,
			 sections[i].data_end - sections[i].addr );
	}
	put_sum ( data );
	put_checksum ( data, len );
	file = fopen ( name, "wb" );
	if ( !file || ( fwrite ( data, 1, len, file ) != len ) || fclose ( file ) )
		die ( "%s: cannot be written", name );
	free ( data );
}

int main ( int argc, char **argv ) {
	const Elf64_Ehdr *ehdr;
	const Elf64_Shdr *shdrs, *names;
	bool driver = ( argc > 1 ) && ( strcmp ( argv[1], "--driver" ) == 0 );

	argc -= driver;
	argv += driver;
	if ( argc != 3 ) {
		fprintf ( stderr, "Usage: elf2efi [--driver] INPUT.elf OUTPUT.efi\n" );
		return 2;
	}
	read_elf ( argv[1] );
	ehdr = elf_at ( 0, sizeof ( *ehdr ) );
	if ( memcmp ( ehdr->e_ident, ELFMAG "\2\1", 6 ) || ( ehdr->e_machine != EM_X86_64 ) ||
	     ( ehdr->e_shentsize != sizeof ( *shdrs ) ) )
		die ( "%s: not an x86-64 ELF file", argv[1] );
	shdrs = elf_at ( ehdr->e_shoff, (uint64_t) ehdr->e_shnum * sizeof ( *shdrs ) );
	if ( ehdr->e_shstrndx >= ehdr->e_shnum )
		die ( "no section names" );
	names = &shdrs[ehdr->e_shstrndx];

	load_sections ( ehdr, shdrs, elf_at ( names->sh_offset, names->sh_size ), names->sh_size );
	if ( !section_count )
		die ( "%s: empty", argv[1] );
	load_relocs ( ehdr, shdrs );
	round_sections ();
	make_reloc_section ();
	write_file ( argv[2], ehdr->e_entry, driver ? SUBSYSTEM_DRIVER : SUBSYSTEM_APP );
	return 0;
}
