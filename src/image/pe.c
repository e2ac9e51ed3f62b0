/** @file
 * PE files: headers and section table, read through the bounded reader. Nothing is loaded here.
 */
#include <string.h>
#include "core/error.h"
#include "core/reader.h"
#include "image/pe.h"

#define DOS_MAGIC        0x5a4d /* "MZ" */
#define DOS_PE_OFFSET    0x3c
#define PE_MAGIC         0x00004550 /* "PE\0\0" */
#define MACHINE_X86_64   0x8664
#define MAGIC_PE32_PLUS  0x020b
#define SECTION_NAME_LEN 8
/** Windows' own limit; firmware has none that is written down. */
#define SECTIONS_MAX 96

struct headers {
	struct reader sections; /* from the section table on */
	uint16_t section_count;
	uint16_t subsystem;
	uint32_t entry;
	uint32_t image_len;
	uint32_t headers_len;
};

/** Find the PE header behind a DOS header. @return a reader behind its signature, or a failed one */
static struct reader find_header ( const void *data, size_t len ) {
	struct reader r = READER ( data, len );
	bool is_dos = ( read_le16 ( &r ) == DOS_MAGIC );
	uint32_t offset;

	read_skip ( &r, DOS_PE_OFFSET - 2 );
	offset = read_le32 ( &r );
	r = READER ( data, len );
	read_skip ( &r, offset );
	if ( ( read_le32 ( &r ) != PE_MAGIC ) || !is_dos )
		r.failed = true;
	return r;
}

bool pe_is_pe ( const void *data, size_t len ) {
	struct reader r = find_header ( data, len );

	return !reader_failed ( &r );
}

/** Read the headers up to the section table. @return false: not a UEFI program for this machine */
static bool read_headers ( const void *data, size_t len, struct headers *ret ) {
	struct reader r = find_header ( data, len ), optional;
	uint16_t machine, optional_len, magic;

	machine = read_le16 ( &r );
	ret->section_count = read_le16 ( &r );
	read_skip ( &r, 12 ); /* time stamp, symbols */
	optional_len = read_le16 ( &r );
	read_skip ( &r, 2 ); /* characteristics */
	optional = read_sub ( &r, optional_len );
	ret->sections = r;
	magic = read_le16 ( &optional );
	read_skip ( &optional, 14 ); /* linker version, sizes */
	ret->entry = read_le32 ( &optional );
	read_skip ( &optional, 36 ); /* base of code, image base, alignments, versions */
	ret->image_len = read_le32 ( &optional );
	ret->headers_len = read_le32 ( &optional );
	read_skip ( &optional, 4 ); /* checksum */
	ret->subsystem = read_le16 ( &optional );
	return !reader_failed ( &optional ) && ( machine == MACHINE_X86_64 ) &&
	       ( magic == MAGIC_PE32_PLUS ) && ( ret->subsystem >= PE_SUBSYSTEM_APPLICATION ) &&
	       ( ret->subsystem <= PE_SUBSYSTEM_RUNTIME_DRIVER );
}

int pe_probe ( const void *data, size_t len ) {
	struct headers headers;

	return read_headers ( data, len, &headers ) ? 0 : -ENOEXEC_IMAGE;
}

/** One entry of the section table. */
static int read_section ( struct reader *r, size_t file_len, struct pe *pe ) {
	char name[SECTION_NAME_LEN + 1] = "";
	uint32_t raw_len, raw_pos;

	read_copy ( r, name, SECTION_NAME_LEN );
	read_skip ( r, 8 ); /* size in memory, address */
	raw_len = read_le32 ( r );
	raw_pos = read_le32 ( r );
	read_skip ( r, 16 ); /* relocations, line numbers, characteristics */
	if ( reader_failed ( r ) )
		return FAIL ( ENOEXEC_IMAGE, "the file is cut off within its section table" );
	if ( raw_len && ( ( raw_pos > file_len ) || ( raw_len > file_len - raw_pos ) ) ) {
		for ( char *c = name; *c; c++ )
			*c = ( ( *c > ' ' ) && ( *c < 0x7f ) ) ? *c : '?';
		return FAIL ( ENOEXEC_IMAGE,
			      "the file is cut off or damaged: section %s ends at byte %llu of %zu",
			      name, (unsigned long long) raw_pos + raw_len, file_len );
	}
	if ( strcmp ( name, ".linux" ) == 0 )
		pe->unified = true;
	return 0;
}

int pe_parse ( const void *data, size_t len, struct pe *ret_pe ) {
	struct headers headers;
	unsigned int i;
	int rc;

	memset ( ret_pe, 0, sizeof ( *ret_pe ) );
	if ( !read_headers ( data, len, &headers ) )
		return FAIL ( ENOEXEC_IMAGE, "not a UEFI program for x86-64" );
	if ( headers.headers_len > len )
		return FAIL ( ENOEXEC_IMAGE, "the file is cut off: %u bytes of headers in %zu",
			      (unsigned int) headers.headers_len, len );
	if ( headers.entry >= headers.image_len )
		return FAIL ( ENOEXEC_IMAGE, "the file is damaged: it starts outside of itself" );
	if ( headers.section_count > SECTIONS_MAX )
		return FAIL ( ENOEXEC_IMAGE, "the file is damaged: %u sections",
			      headers.section_count );
	for ( i = 0; i < headers.section_count; i++ ) {
		if ( ( rc = read_section ( &headers.sections, len, ret_pe ) ) != 0 )
			return rc;
	}
	ret_pe->subsystem = headers.subsystem;
	return 0;
}
