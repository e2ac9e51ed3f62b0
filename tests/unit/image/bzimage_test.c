/** @file
 * Kernel headers: every version, every field at its limits, truncation anywhere.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "image/bzimage.h"

#define SECTS  4
#define REAL   ( ( SECTS + 1 ) * 512 )
#define KERNEL 4096

static uint8_t *file;
static struct bzimage bz;

static void put ( size_t offset, uint64_t value, size_t len ) {
	memcpy ( file + offset, &value, len );
}

/* A kernel as the newest protocol describes it. */
static int set_up ( void **state ) {
	file = calloc ( 1, REAL + KERNEL );
	put ( BZI_SETUP_SECTS, SECTS, 1 );
	put ( BZI_SYSSIZE, KERNEL / 16, 4 );
	put ( BZI_BOOT_FLAG, 0xaa55, 2 );
	put ( BZI_JUMP_OFFSET - 1, 0x6aeb, 2 );
	memcpy ( file + BZI_MAGIC, "HdrS", 4 );
	put ( BZI_VERSION, 0x020f, 2 );
	put ( BZI_LOADFLAGS, BZI_LOADED_HIGH, 1 );
	put ( BZI_INITRD_MAX, 0x7fffffff, 4 );
	put ( BZI_ALIGNMENT, 0x200000, 4 );
	put ( BZI_RELOCATABLE, 1, 1 );
	put ( BZI_XLOADFLAGS, 0x7f, 2 );
	put ( BZI_CMDLINE_SIZE, 2047, 4 );
	put ( BZI_PREF_ADDRESS, 0x1000000, 8 );
	put ( BZI_INIT_SIZE, 0x3f98000, 4 );
	return 0;
}

static int tear_down ( void **state ) {
	free ( file );
	return 0;
}

/* Parse a copy that ends where the memory ends. */
static int parse ( size_t len ) {
	uint8_t *copy = malloc ( len ? len : 1 );
	int rc;

	memset ( &bz, 0, sizeof ( bz ) );
	memcpy ( copy, file, len );
	rc = bzimage_parse ( copy, len, &bz );
	free ( copy );
	return rc;
}

static int parse_all ( void ) {
	return parse ( REAL + KERNEL );
}

static void newest_header_is_read ( void **state ) {
	assert_int_equal ( parse_all (), 0 );
	assert_int_equal ( bz.version, 0x020f );
	assert_int_equal ( bz.real_len, REAL );
	assert_int_equal ( bz.kernel_len, KERNEL );
	assert_true ( bz.high );
	assert_true ( bz.relocatable );
	assert_true ( bz.entry_64 );
	assert_int_equal ( bz.alignment, 0x200000 );
	assert_int_equal ( bz.pref_address, 0x1000000 );
	assert_int_equal ( bz.init_size, 0x3f98000 );
	assert_int_equal ( bz.initrd_max, 0x80000000 );
	assert_int_equal ( bz.cmdline_max, 2047 );
	assert_int_equal ( bz.header_end, 0x26c );
}

static void truncated_anywhere_is_refused ( void **state ) {
	size_t len;

	for ( len = 0; len < 512; len++ )
		assert_int_equal ( err_of ( parse ( len ) ), ENOEXEC );
	for ( ; len < REAL + KERNEL - 15; len++ )
		assert_true ( parse ( len ) < 0 );
	/* The size is told in paragraphs of 16 bytes. */
	for ( ; len <= REAL + KERNEL; len++ )
		assert_int_equal ( parse ( len ), 0 );
}

static void fields_of_later_versions_are_not_read ( void **state ) {
	static const unsigned int versions[] = { 0x0200, 0x0201, 0x0202, 0x0203, 0x0204, 0x0205,
						 0x0206, 0x0209, 0x020a, 0x020b, 0x020c, 0x020f };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( versions ); i++ ) {
		unsigned int version = versions[i];

		put ( BZI_VERSION, version, 2 );
		put ( BZI_CMDLINE_SIZE, 1234, 4 );
		assert_int_equal ( parse_all (), 0 );
		assert_int_equal ( bz.initrd_max, ( version < 0x0203 ) ? 0x38000000 : 0x80000000 );
		assert_int_equal ( bz.relocatable, version >= 0x0205 );
		assert_int_equal ( bz.cmdline_max, ( version < 0x0206 ) ? 2047 : 1234 );
		assert_int_equal ( bz.init_size, ( version < 0x020a ) ? 0 : 0x3f98000 );
		assert_int_equal ( bz.entry_64, version >= 0x020c );
	}
}

static void header_too_short_for_its_version_is_refused ( void **state ) {
	static const struct {
		unsigned int version, end;
	} ends[] = { { 0x0200, 0x220 }, { 0x0201, 0x226 }, { 0x0202, 0x22c }, { 0x0203, 0x230 },
		     { 0x0205, 0x235 }, { 0x0206, 0x23c }, { 0x020a, 0x264 }, { 0x020f, 0x264 } };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( ends ); i++ ) {
		put ( BZI_VERSION, ends[i].version, 2 );
		put ( BZI_JUMP_OFFSET, ends[i].end - 0x202, 1 );
		assert_int_equal ( parse_all (), 0 );
		put ( BZI_JUMP_OFFSET, ends[i].end - 0x203, 1 );
		assert_int_equal ( err_of ( parse_all () ), EBADMSG );
		put ( BZI_JUMP_OFFSET, 0, 1 );
		assert_int_equal ( err_of ( parse_all () ), EBADMSG );
	}
}

static void unknown_versions_are_refused ( void **state ) {
	static const unsigned int versions[] = { 0, 0x01ff, 0x0300, 0xffff };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( versions ); i++ ) {
		put ( BZI_VERSION, versions[i], 2 );
		assert_int_equal ( err_of ( parse_all () ), EBADMSG );
	}
}

static void setup_sectors_at_their_limits ( void **state ) {
	put ( BZI_SYSSIZE, 0, 4 );
	for ( unsigned int sects = 0; sects < 256; sects++ ) {
		size_t real = ( ( sects ? sects : 4 ) + 1 ) * 512;

		put ( BZI_SETUP_SECTS, sects, 1 );
		if ( real < REAL + KERNEL ) {
			assert_int_equal ( parse_all (), 0 );
			assert_int_equal ( bz.real_len, real );
			assert_int_equal ( bz.kernel_len, REAL + KERNEL - real );
		} else {
			assert_int_equal ( err_of ( parse_all () ), EBADMSG );
		}
	}
}

static void real_mode_part_that_leaves_no_heap_is_refused ( void **state ) {
	file = realloc ( file, 1 << 18 );
	put ( BZI_SYSSIZE, 0, 4 );
	put ( BZI_SETUP_SECTS, BZI_REAL_MAX / 512 - 1, 1 );
	assert_int_equal ( parse ( 1 << 18 ), 0 );
	put ( BZI_SETUP_SECTS, BZI_REAL_MAX / 512, 1 );
	assert_int_equal ( err_of ( parse ( 1 << 18 ) ), EBADMSG );
	put ( BZI_SETUP_SECTS, 255, 1 );
	assert_int_equal ( err_of ( parse ( 1 << 18 ) ), EBADMSG );
}

static void size_beyond_the_file_is_refused ( void **state ) {
	static const uint32_t sizes[] = { KERNEL / 16 + 1, 0x10000000, 0x10000001, 0xffffffff };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( sizes ); i++ ) {
		put ( BZI_SYSSIZE, sizes[i], 4 );
		assert_int_equal ( err_of ( parse_all () ), EBADMSG );
	}
	/* Before 2.04 the upper half is something else, and the lower too small to mean anything. */
	put ( BZI_VERSION, 0x0203, 2 );
	assert_int_equal ( parse_all (), 0 );
}

static void alignment_must_be_a_power_of_two ( void **state ) {
	static const uint32_t bad[] = { 0, 3, 0x200001, 0xffffffff };

	for ( unsigned int i = 0; i < ARRAY_SIZE ( bad ); i++ ) {
		put ( BZI_ALIGNMENT, bad[i], 4 );
		put ( BZI_RELOCATABLE, 1, 1 );
		assert_int_equal ( err_of ( parse_all () ), EBADMSG );
		put ( BZI_RELOCATABLE, 0, 1 );
		assert_int_equal ( parse_all (), 0 );
	}
	put ( BZI_RELOCATABLE, 1, 1 );
	put ( BZI_ALIGNMENT, 0x80000000, 4 );
	assert_int_equal ( parse_all (), 0 );
}

static void addresses_at_their_limits ( void **state ) {
	put ( BZI_PREF_ADDRESS, 1ULL << 52, 8 );
	assert_int_equal ( parse_all (), 0 );
	put ( BZI_PREF_ADDRESS, UINT64_MAX, 8 );
	assert_int_equal ( err_of ( parse_all () ), EBADMSG );
	put ( BZI_PREF_ADDRESS, 0, 8 );
	put ( BZI_INIT_SIZE, 0xffffffff, 4 );
	put ( BZI_INITRD_MAX, 0xffffffff, 4 );
	assert_int_equal ( parse_all (), 0 );
	assert_int_equal ( bz.init_size, 0xffffffff );
	assert_int_equal ( bz.initrd_max, 0x100000000 );
	put ( BZI_INITRD_MAX, 0, 4 );
	assert_int_equal ( parse_all (), 0 );
	assert_int_equal ( bz.initrd_max, 1 );
}

static void command_line_sizes ( void **state ) {
	put ( BZI_CMDLINE_SIZE, 0, 4 );
	assert_int_equal ( parse_all (), 0 );
	assert_int_equal ( bz.cmdline_max, 2047 );
	put ( BZI_CMDLINE_SIZE, 0xffffffff, 4 );
	assert_int_equal ( parse_all (), 0 );
	assert_int_equal ( bz.cmdline_max, 65535 );
}

static void kernel_for_low_memory ( void **state ) {
	put ( BZI_LOADFLAGS, 0, 1 );
	assert_int_equal ( parse_all (), 0 );
	assert_false ( bz.high );
	assert_false ( bz.relocatable );
	assert_false ( bz.entry_64 );
	file = realloc ( file, REAL + 0x80001 );
	assert_int_equal ( parse ( REAL + 0x80000 ), 0 );
	assert_int_equal ( err_of ( parse ( REAL + 0x80001 ) ), EBADMSG );
}

static void kernel_without_header_is_known_by_its_size ( void **state ) {
	memset ( file + BZI_MAGIC, 0, 4 );
	assert_int_equal ( parse_all (), 0 );
	assert_int_equal ( bz.version, 0 );
	assert_false ( bz.high );
	assert_int_equal ( err_of ( parse ( REAL + KERNEL - 16 ) ), ENOEXEC );
	put ( BZI_SYSSIZE, 0, 2 );
	assert_int_equal ( err_of ( parse_all () ), ENOEXEC );
}

static void other_files_are_none ( void **state ) {
	put ( BZI_BOOT_FLAG, 0xaa54, 2 );
	assert_int_equal ( err_of ( parse_all () ), ENOEXEC );
	/* A boot sector of a disk. */
	memset ( file, 0, REAL + KERNEL );
	put ( BZI_BOOT_FLAG, 0xaa55, 2 );
	assert_int_equal ( err_of ( parse ( 512 ) ), ENOEXEC );
	assert_int_equal ( err_of ( parse_all () ), ENOEXEC );
}

/* ---- The command line ---- */

static struct bzimage_args args;

static void check_mem ( const char *cmdline, uint64_t mem ) {
	bzimage_parse_args ( cmdline, &args );
	assert_true ( args.mem == mem );
}

static void mem_limits_memory ( void **state ) {
	check_mem ( NULL, UINT64_MAX );
	check_mem ( "", UINT64_MAX );
	check_mem ( "quiet mem=512M", 512 << 20 );
	check_mem ( "mem=0x1000000 quiet", 0x1000000 );
	check_mem ( "mem=1g", 1 << 30 );
	check_mem ( "a mem=64k", 65536 );
	check_mem ( "xmem=64k memmap=1M", UINT64_MAX );
	check_mem ( "mem=", UINT64_MAX );
	check_mem ( "mem=nopentium", UINT64_MAX );
	check_mem ( "mem=99999999999999999999999G", UINT64_MAX );
	check_mem ( "mem=18446744073709551615G", UINT64_MAX );
}

static void check_vga ( const char *cmdline, bool has, unsigned int mode ) {
	bzimage_parse_args ( cmdline, &args );
	assert_int_equal ( args.has_vga, has );
	assert_int_equal ( args.vid_mode, mode );
}

static void vga_sets_the_video_mode ( void **state ) {
	check_vga ( "quiet", false, 0 );
	check_vga ( "vga=normal", true, 0xffff );
	check_vga ( "x vga=ext y", true, 0xfffe );
	check_vga ( "vga=ask", true, 0xfffd );
	check_vga ( "vga=791", true, 791 );
	check_vga ( "vga=0x317 quiet", true, 0x317 );
	check_vga ( "nvga=791", false, 0 );
}

int main ( void ) {
#define TEST( name ) cmocka_unit_test_setup_teardown ( name, set_up, tear_down )
	const struct CMUnitTest tests[] = {
		TEST ( newest_header_is_read ),
		TEST ( truncated_anywhere_is_refused ),
		TEST ( fields_of_later_versions_are_not_read ),
		TEST ( header_too_short_for_its_version_is_refused ),
		TEST ( unknown_versions_are_refused ),
		TEST ( setup_sectors_at_their_limits ),
		TEST ( real_mode_part_that_leaves_no_heap_is_refused ),
		TEST ( size_beyond_the_file_is_refused ),
		TEST ( alignment_must_be_a_power_of_two ),
		TEST ( addresses_at_their_limits ),
		TEST ( command_line_sizes ),
		TEST ( kernel_for_low_memory ),
		TEST ( kernel_without_header_is_known_by_its_size ),
		TEST ( other_files_are_none ),
		cmocka_unit_test ( mem_limits_memory ),
		cmocka_unit_test ( vga_sets_the_video_mode ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
