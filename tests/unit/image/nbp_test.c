/** @file
 * Telling network bootstrap programs and boot sectors from other files.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "image/nbp.h"

static uint8_t *sized ( const char *start, size_t start_len, size_t len ) {
	uint8_t *data = malloc ( len );

	memset ( data, 0xb8, len );
	memcpy ( data, start, start_len );
	return data;
}

/** What is said of a file of @c len bytes that begins so, and exactly as long, for ASan. */
#define PROBE( start, len ) probe ( start, sizeof ( start ) - 1, len )
static bool probe ( const char *start, size_t start_len, size_t len ) {
	uint8_t *data = sized ( start, MIN ( start_len, len ), len );
	int rc = nbp_probe ( data, len );

	free ( data );
	assert_true ( ( rc == 0 ) || ( rc == -ENOEXEC_IMAGE ) );
	return rc == 0;
}

static void code_is_taken ( void **state ) {
	assert_true ( PROBE ( "\xea\x05\0\xc0\x07", 512 ) );
	assert_true ( PROBE ( "\xcb", 1 ) );
	assert_true ( PROBE ( "\xfa\x31\xc0", 30000 ) );
	/* MZ is DEC BP, POP DX. */
	assert_true ( PROBE ( "MZ\xe8\0\0", 5 ) );
	assert_true ( PROBE ( "MZ\xe8\0\0", 40000 ) );
}

static void other_files_are_not ( void **state ) {
	assert_false ( PROBE ( "", 0 ) );
	assert_false ( PROBE (
		"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>    ", 500 ) );
	assert_false ( PROBE ( "hello\n", 6 ) );
	assert_false ( PROBE ( "\x1f\x8b\x08\0", 1000 ) );
	assert_false ( PROBE ( "\xfd"
			       "7zXZ\0",
			       1000 ) );
	assert_false ( PROBE ( "\x28\xb5\x2f\xfd", 1000 ) );
	assert_false ( PROBE ( "\x7f"
			       "ELF\x02",
			       1000 ) );
	assert_false ( PROBE ( "\0\0\0\0\0", 1000 ) );
}

static void length_is_what_base_memory_has ( void **state ) {
	assert_true ( PROBE ( "\xfa", NBP_MAX ) );
	assert_false ( PROBE ( "\xfa", NBP_MAX + 1 ) );
}

static void programs_for_uefi_are_not ( void **state ) {
	char header[0x84] = "MZ";

	header[0x3c] = (char) 0x80;
	memcpy ( header + 0x80, "PE\0\0", 4 );
	assert_false ( probe ( header, sizeof ( header ), 4096 ) );
	assert_false ( probe ( header, sizeof ( header ), sizeof ( header ) ) );
	/* Cut off at any place, or pointing outside: no PE then. */
	for ( size_t len = 1; len < sizeof ( header ); len++ )
		assert_true ( probe ( header, sizeof ( header ), len ) || ( len <= 2 ) );
	memset ( header + 0x3c, 0xff, 4 );
	assert_true ( probe ( header, sizeof ( header ), 4096 ) );
}

static bool is_boot_sector ( size_t len ) {
	uint8_t *data = malloc ( len );
	bool is;

	memset ( data, 0xb8, len );
	if ( len > 510 )
		data[510] = 0x55;
	if ( len > 511 )
		data[511] = 0xaa;
	is = nbp_is_boot_sector ( data, len );
	free ( data );
	return is;
}

static void boot_sector_has_its_signature ( void **state ) {
	assert_true ( is_boot_sector ( 512 ) );
	assert_true ( is_boot_sector ( 5000 ) );
	assert_false ( is_boot_sector ( 511 ) );
	assert_false ( is_boot_sector ( 510 ) );
	assert_false ( is_boot_sector ( 1 ) );
}

static bool needs_pxe ( const char *start, size_t start_len, size_t at, size_t len ) {
	uint8_t *data = sized ( "", 0, len );
	bool needs;

	memcpy ( data + at, start, start_len );
	needs = nbp_needs_pxe ( data, len );
	free ( data );
	return needs;
}

static void signatures_tell_who_needs_pxe ( void **state ) {
	assert_true ( needs_pxe ( "!PXE", 4, 0, 2000 ) );
	assert_true ( needs_pxe ( "!PXE", 4, 1996, 2000 ) );
	assert_true ( needs_pxe ( "PXENV+", 6, 777, 2000 ) );
	assert_false ( needs_pxe ( "!PX", 3, 1997, 2000 ) );
	assert_false ( needs_pxe ( "", 0, 0, 3 ) );
	/* Our own family. */
	assert_false ( needs_pxe ( "\xea\0\0\xc0\x07\x64\xae\x18!PXE", 12, 0, 2000 ) );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( code_is_taken ),
		cmocka_unit_test ( other_files_are_not ),
		cmocka_unit_test ( length_is_what_base_memory_has ),
		cmocka_unit_test ( programs_for_uefi_are_not ),
		cmocka_unit_test ( boot_sector_has_its_signature ),
		cmocka_unit_test ( signatures_tell_who_needs_pxe ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
