/** @file
 * The header of a bzImage (The Linux/x86 Boot Protocol).
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/reader.h"
#include "image/bzimage.h"

#define SECTOR          512
#define BOOT_FLAG       0xaa55
#define OLD_SETUP_SECTS 4 /* what 0 means */
#define MAGIC           "HdrS"

#define DEFAULT_INITRD_MAX  0x37ffffff
#define DEFAULT_CMDLINE_MAX 2047
/** More than any kernel takes; the line must fit into base memory. */
#define CMDLINE_MAX_MAX 0xffff
/** A kernel at 64 KiB has to end below the real-mode part. */
#define LOW_KERNEL_MAX 0x80000
/** No kernel asks for this much, and sums of addresses stay far from overflowing. */
#define ADDRESS_MAX ( 1ULL << 52 )

#define VGA_NORMAL 0xffff
#define VGA_EXT    0xfffe
#define VGA_ASK    0xfffd

/** What the header of each version has at least: the end of the last field that is used here. */
static const struct {
	uint16_t version;
	uint16_t end;
} header_ends[] = {
	{ 0x0200, BZI_RAMDISK_SIZE + 4 }, { 0x0201, BZI_HEAP_END_PTR + 2 },
	{ 0x0202, BZI_CMD_LINE_PTR + 4 }, { 0x0203, BZI_INITRD_MAX + 4 },
	{ 0x0205, BZI_RELOCATABLE + 1 },  { 0x0206, BZI_CMDLINE_SIZE + 4 },
	{ 0x020a, BZI_INIT_SIZE + 4 },
};

/** The header's fields as a reader, from @c offset on. */
static struct reader field ( const uint8_t *data, size_t offset, size_t end ) {
	struct reader r = READER ( data, end );

	read_skip ( &r, offset );
	return r;
}

static uint32_t field8 ( const uint8_t *data, size_t offset, size_t end ) {
	struct reader r = field ( data, offset, end );
	return read_u8 ( &r );
}
static uint32_t field16 ( const uint8_t *data, size_t offset, size_t end ) {
	struct reader r = field ( data, offset, end );
	return read_le16 ( &r );
}
static uint32_t field32 ( const uint8_t *data, size_t offset, size_t end ) {
	struct reader r = field ( data, offset, end );
	return read_le32 ( &r );
}
static uint64_t field64 ( const uint8_t *data, size_t offset, size_t end ) {
	struct reader r = field ( data, offset, end );
	return read_le64 ( &r );
}

static size_t header_end_of ( unsigned int version ) {
	size_t end = 0;

	for ( unsigned int i = 0; i < ARRAY_SIZE ( header_ends ); i++ )
		if ( version >= header_ends[i].version )
			end = header_ends[i].end;
	return end;
}

/** Where the parts of the file end, and whether all of it is there. */
static int parse_lengths ( const uint8_t *data, size_t len, struct bzimage *bz ) {
	size_t sects = field8 ( data, BZI_SETUP_SECTS, len );
	uint64_t paragraphs = field32 ( data, BZI_SYSSIZE, len );

	bz->real_len = ( ( sects ? sects : OLD_SETUP_SECTS ) + 1 ) * SECTOR;
	if ( bz->real_len > BZI_REAL_MAX )
		return FAIL ( EBADMSG,
			      "kernel's real-mode part is said to have %zu bytes, more than %d",
			      bz->real_len, BZI_REAL_MAX );
	if ( bz->real_len >= len )
		return FAIL ( EBADMSG,
			      "kernel is truncated: %zu bytes, the real-mode part alone has %zu",
			      len, bz->real_len );
	bz->kernel_len = len - bz->real_len;
	/* Before 2.04 this field has two bytes, too few for a kernel at 1 MiB. */
	if ( bz->version < 0x0204 )
		paragraphs = bz->high ? 0 : paragraphs & 0xffff;
	if ( paragraphs * 16 > ROUND_UP ( (uint64_t) bz->kernel_len, 16 ) )
		return FAIL ( EBADMSG, "kernel is truncated: %zu bytes, should be %zu", len,
			      (size_t) ( bz->real_len + paragraphs * 16 ) );
	if ( !bz->high && ( bz->kernel_len > LOW_KERNEL_MAX ) )
		return FAIL ( EBADMSG, "kernel of %zu bytes is to be loaded below 640 KiB",
			      bz->kernel_len );
	return 0;
}

/** Fields that came with later versions. */
static int parse_placement ( const uint8_t *data, struct bzimage *bz ) {
	size_t end = bz->header_end;
	unsigned int xloadflags;

	if ( bz->version >= 0x0203 )
		bz->initrd_max = field32 ( data, BZI_INITRD_MAX, end ) + 1ULL;
	if ( bz->version >= 0x0205 ) {
		bz->relocatable = field8 ( data, BZI_RELOCATABLE, end ) && bz->high;
		bz->alignment = field32 ( data, BZI_ALIGNMENT, end );
	}
	if ( ( bz->version >= 0x0206 ) && field32 ( data, BZI_CMDLINE_SIZE, end ) )
		bz->cmdline_max =
			MIN ( field32 ( data, BZI_CMDLINE_SIZE, end ), (uint32_t) CMDLINE_MAX_MAX );
	if ( bz->version >= 0x020a ) {
		bz->pref_address = field64 ( data, BZI_PREF_ADDRESS, end );
		bz->init_size = field32 ( data, BZI_INIT_SIZE, end );
	}
	if ( bz->version >= 0x020c ) {
		xloadflags = field16 ( data, BZI_XLOADFLAGS, end );
		bz->entry_64 =
			bz->high && ( xloadflags & BZI_KERNEL_64 ) && ( xloadflags & BZI_ABOVE_4G );
	}
	if ( bz->relocatable && ( !bz->alignment || ( bz->alignment & ( bz->alignment - 1 ) ) ) )
		return FAIL ( EBADMSG, "kernel's alignment 0x%llx is no power of two",
			      (unsigned long long) bz->alignment );
	if ( bz->pref_address > ADDRESS_MAX )
		return FAIL ( EBADMSG, "kernel wants to run at 0x%llx",
			      (unsigned long long) bz->pref_address );
	return 0;
}

int bzimage_parse ( const void *file, size_t len, struct bzimage *ret_bz ) {
	struct bzimage bz = { .initrd_max = DEFAULT_INITRD_MAX + 1ULL,
			      .cmdline_max = DEFAULT_CMDLINE_MAX,
			      .header_end = BZI_MAGIC };
	const uint8_t *data = file;
	int rc;

	if ( ( len < SECTOR ) || ( field16 ( data, BZI_BOOT_FLAG, len ) != BOOT_FLAG ) )
		return -ENOEXEC_IMAGE;
	if ( ( len >= BZI_LOADER ) && ( memcmp ( data + BZI_MAGIC, MAGIC, 4 ) == 0 ) ) {
		bz.version = field16 ( data, BZI_VERSION, len );
		bz.header_end = BZI_MAGIC + field8 ( data, BZI_JUMP_OFFSET, len );
		bz.high = field8 ( data, BZI_LOADFLAGS, len ) & BZI_LOADED_HIGH;
		if ( ( bz.version < 0x0200 ) || ( bz.version > 0x02ff ) )
			return FAIL ( EBADMSG, "kernel has boot protocol version %u.%02u",
				      bz.version >> 8, bz.version & 0xff );
		if ( ( bz.header_end < header_end_of ( bz.version ) ) || ( bz.header_end > len ) )
			return FAIL (
				EBADMSG,
				"kernel's header ends at 0x%zx, too early for version %u.%02u",
				bz.header_end, bz.version >> 8, bz.version & 0xff );
		if ( ( rc = parse_placement ( data, &bz ) ) != 0 )
			return rc;
	}
	rc = parse_lengths ( data, len, &bz );
	if ( bz.version == 0 ) {
		/* Any boot sector looks like that; kernels tell their size. */
		uint32_t paragraphs = field16 ( data, BZI_SYSSIZE, len );

		if ( ( rc != 0 ) || !paragraphs || ( ( bz.kernel_len + 15 ) / 16 != paragraphs ) )
			return -ENOEXEC_IMAGE;
	}
	if ( rc == 0 )
		*ret_bz = bz;
	return rc;
}

/** The value of the first word `key=...`, or NULL. */
static const char *word ( const char *cmdline, const char *key ) {
	size_t len = strlen ( key );

	for ( ; *cmdline; cmdline += strcspn ( cmdline, " " ) ) {
		cmdline += strspn ( cmdline, " " );
		if ( strncmp ( cmdline, key, len ) == 0 )
			return cmdline + len;
	}
	return NULL;
}

/** True if a value is exactly this. */
static bool is ( const char *value, const char *text ) {
	size_t len = strlen ( text );

	return ( strncmp ( value, text, len ) == 0 ) && ( !value[len] || ( value[len] == ' ' ) );
}

void bzimage_parse_args ( const char *cmdline, struct bzimage_args *ret_args ) {
	const char *value;
	char *end;

	*ret_args = ( struct bzimage_args ){ .mem = UINT64_MAX };
	if ( !cmdline )
		return;
	if ( ( value = word ( cmdline, "vga=" ) ) != NULL ) {
		ret_args->has_vga = true;
		if ( is ( value, "normal" ) )
			ret_args->vid_mode = VGA_NORMAL;
		else if ( is ( value, "ext" ) )
			ret_args->vid_mode = VGA_EXT;
		else if ( is ( value, "ask" ) )
			ret_args->vid_mode = VGA_ASK;
		else
			ret_args->vid_mode = (uint16_t) strtoul ( value, NULL, 0 );
	}
	if ( ( value = word ( cmdline, "mem=" ) ) != NULL ) {
		unsigned long long mem = strtoull ( value, &end, 0 );
		unsigned int shift = 0;

		switch ( *end | 0x20 ) {
		case 'g':
			shift = 30;
			break;
		case 'm':
			shift = 20;
			break;
		case 'k':
			shift = 10;
			break;
		}
		/* What is no number, or beyond all memory, limits nothing. */
		if ( ( end != value ) && mem && ( mem < ( UINT64_MAX >> shift ) ) )
			ret_args->mem = mem << shift;
	}
}
