/** @file
 * PE files: what is a UEFI program for this machine, and what is damaged.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "image/pe.h"

#define PE_OFFSET    0x40
#define OPTIONAL     ( PE_OFFSET + 24 )
#define OPTIONAL_LEN 240
#define SECTIONS     ( OPTIONAL + OPTIONAL_LEN )
#define SECTION_LEN  40
#define HEADERS_LEN  0x200
#define FILE_LEN     0x400

static uint8_t file[FILE_LEN];

static void put16 ( size_t offset, unsigned int value ) {
	file[offset] = (uint8_t) value;
	file[offset + 1] = (uint8_t) ( value >> 8 );
}

static void put32 ( size_t offset, uint32_t value ) {
	put16 ( offset, value & 0xffff );
	put16 ( offset + 2, value >> 16 );
}

static void put_section ( unsigned int index, const char *name, uint32_t raw_len,
			  uint32_t raw_pos ) {
	size_t at = SECTIONS + index * SECTION_LEN;

	memset ( file + at, 0, SECTION_LEN );
	memcpy ( file + at, name, strlen ( name ) );
	put32 ( at + 16, raw_len );
	put32 ( at + 20, raw_pos );
}

static int set_up ( void **state ) {
	memset ( file, 0, sizeof ( file ) );
	put16 ( 0, 0x5a4d );
	put32 ( 0x3c, PE_OFFSET );
	put32 ( PE_OFFSET, 0x4550 );
	put16 ( PE_OFFSET + 4, 0x8664 );
	put16 ( PE_OFFSET + 6, 2 );
	put16 ( PE_OFFSET + 20, OPTIONAL_LEN );
	put16 ( OPTIONAL, 0x20b );
	put32 ( OPTIONAL + 16, 0x1000 );
	put32 ( OPTIONAL + 56, 0x3000 );
	put32 ( OPTIONAL + 60, HEADERS_LEN );
	put16 ( OPTIONAL + 68, PE_SUBSYSTEM_APPLICATION );
	put_section ( 0, ".text", 0x100, HEADERS_LEN );
	put_section ( 1, ".data", 0x100, HEADERS_LEN + 0x100 );
	return 0;
}

/** What is refused is refused with words, and by its own place in memory only (ASan). */
static int parse ( size_t len, struct pe *ret_pe ) {
	uint8_t *copy = malloc ( len ? len : 1 );
	int rc;

	memcpy ( copy, file, len );
	rc = pe_parse ( copy, len, ret_pe );
	if ( rc != 0 ) {
		assert_int_equal ( rc, -ENOEXEC_IMAGE );
		assert_true ( *error_detail ( rc ) );
	}
	free ( copy );
	return rc;
}

static void application_is_recognised ( void **state ) {
	struct pe pe;

	assert_int_equal ( pe_probe ( file, sizeof ( file ) ), 0 );
	assert_int_equal ( parse ( sizeof ( file ), &pe ), 0 );
	assert_int_equal ( pe.subsystem, PE_SUBSYSTEM_APPLICATION );
	assert_false ( pe.unified );
}

static void other_machines_and_systems_are_not_ours ( void **state ) {
	static const struct {
		size_t offset;
		unsigned int value;
	} wrong[] = {
		{ 0, 0x5a4e },
		{ PE_OFFSET, 0x454e },
		{ PE_OFFSET + 4, 0xaa64 },
		{ PE_OFFSET + 4, 0x014c },
		{ OPTIONAL, 0x10b },
		{ OPTIONAL + 68, 3 },
		{ OPTIONAL + 68, 9 },
		{ OPTIONAL + 68, 13 },
	};
	struct pe pe;

	for ( size_t i = 0; i < ARRAY_SIZE ( wrong ); i++ ) {
		set_up ( NULL );
		put16 ( wrong[i].offset, wrong[i].value );
		assert_int_equal ( pe_probe ( file, sizeof ( file ) ), -ENOEXEC_IMAGE );
		assert_int_equal ( parse ( sizeof ( file ), &pe ), -ENOEXEC_IMAGE );
	}
}

static void drivers_are_recognised ( void **state ) {
	struct pe pe;

	put16 ( OPTIONAL + 68, PE_SUBSYSTEM_RUNTIME_DRIVER );
	assert_int_equal ( parse ( sizeof ( file ), &pe ), 0 );
	assert_int_equal ( pe.subsystem, PE_SUBSYSTEM_RUNTIME_DRIVER );
}

static void truncation_is_noticed_at_every_length ( void **state ) {
	struct pe pe;

	for ( size_t len = 0; len < sizeof ( file ); len++ )
		assert_int_not_equal ( parse ( len, &pe ), 0 );
}

static void truncated_file_is_still_called_a_program ( void **state ) {
	struct pe pe;

	assert_int_equal ( pe_probe ( file, HEADERS_LEN + 0x80 ), 0 );
	assert_int_not_equal ( parse ( HEADERS_LEN + 0x80, &pe ), 0 );
	assert_non_null ( strstr ( error_detail ( -ENOEXEC_IMAGE ),
				   "section .text ends at byte 768 of 640" ) );
}

static void section_beyond_the_file_is_refused ( void **state ) {
	static const struct {
		uint32_t len, pos;
	} wrong[] = {
		{ 1, FILE_LEN },
		{ FILE_LEN, 1 },
		{ 0xffffffff, 1 },
		{ 1, 0xffffffff },
		{ 0xffffffff, 0xffffffff },
	};
	struct pe pe;

	for ( size_t i = 0; i < ARRAY_SIZE ( wrong ); i++ ) {
		put_section ( 1, ".data", wrong[i].len, wrong[i].pos );
		assert_int_not_equal ( parse ( sizeof ( file ), &pe ), 0 );
	}
	/* What is all zeros has no place in the file. */
	put_section ( 1, ".bss", 0, 0xffffffff );
	assert_int_equal ( parse ( sizeof ( file ), &pe ), 0 );
}

static void name_of_a_damaged_section_is_printable ( void **state ) {
	struct pe pe;

	put_section ( 1, "\x1b[2J\xff\xff\xff\xff", 0xffffffff, 0 );
	assert_int_not_equal ( parse ( sizeof ( file ), &pe ), 0 );
	assert_non_null ( strstr ( error_detail ( -ENOEXEC_IMAGE ), "section ?[2J????" ) );
}

static void header_fields_at_their_limits_are_refused ( void **state ) {
	static const struct {
		size_t offset;
		uint32_t value;
	} wrong[] = {
		{ 0x3c, 0xffffffff },          { 0x3c, FILE_LEN },
		{ 0x3c, FILE_LEN - 4 },        { OPTIONAL + 16, 0x3000 },
		{ OPTIONAL + 16, 0xffffffff }, { OPTIONAL + 56, 0 },
		{ OPTIONAL + 60, 0xffffffff }, { OPTIONAL + 60, FILE_LEN + 1 },
	};
	struct pe pe;

	for ( size_t i = 0; i < ARRAY_SIZE ( wrong ); i++ ) {
		set_up ( NULL );
		put32 ( wrong[i].offset, wrong[i].value );
		assert_int_not_equal ( parse ( sizeof ( file ), &pe ), 0 );
	}
}

static void number_of_sections_is_limited ( void **state ) {
	struct pe pe;

	put16 ( PE_OFFSET + 6, 0xffff );
	assert_int_not_equal ( parse ( sizeof ( file ), &pe ), 0 );
	put16 ( PE_OFFSET + 6, 90 );
	assert_int_not_equal ( parse ( sizeof ( file ), &pe ), 0 );
}

static void optional_header_may_be_cut_short ( void **state ) {
	put16 ( PE_OFFSET + 20, 69 );
	assert_int_equal ( pe_probe ( file, sizeof ( file ) ), -ENOEXEC_IMAGE );
	put16 ( PE_OFFSET + 20, 70 );
	assert_int_equal ( pe_probe ( file, sizeof ( file ) ), 0 );
	put16 ( PE_OFFSET + 20, 0xffff );
	assert_int_equal ( pe_probe ( file, sizeof ( file ) ), -ENOEXEC_IMAGE );
}

static void unified_kernel_image_is_known_by_its_section ( void **state ) {
	struct pe pe;

	put_section ( 1, ".linux", 0x100, HEADERS_LEN + 0x100 );
	assert_int_equal ( parse ( sizeof ( file ), &pe ), 0 );
	assert_true ( pe.unified );
}

#define TEST( name ) cmocka_unit_test_setup ( name, set_up )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( application_is_recognised ),
		TEST ( other_machines_and_systems_are_not_ours ),
		TEST ( drivers_are_recognised ),
		TEST ( truncation_is_noticed_at_every_length ),
		TEST ( truncated_file_is_still_called_a_program ),
		TEST ( section_beyond_the_file_is_refused ),
		TEST ( name_of_a_damaged_section_is_printable ),
		TEST ( header_fields_at_their_limits_are_refused ),
		TEST ( number_of_sections_is_limited ),
		TEST ( optional_header_may_be_cut_short ),
		TEST ( unified_kernel_image_is_known_by_its_section ),
	};

	return cmocka_run_group_tests_name ( "image/pe", tests, NULL, NULL );
}
