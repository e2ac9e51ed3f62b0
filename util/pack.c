/** @file
 * Pack the flat core of the BIOS image for the stub in src/platform/bios/stub, or the UEFI application
 * for the driver in src/platform/efi/stub.
 *
 *     pack lzma|mix INPUT OUTPUT
 *
 * Output: a payload (platform/codec/unpack.h), the input through the filter and a codec. The header of a core, struct
 * core_header, says how much memory it wants, and where code is; so do the section headers of a PE file. The decoder
 * that is in the images then proves that the original comes out again.
 */
#include <errno.h>
#include <inttypes.h>
#include <lzma.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/crc32.h"
#include "platform/codec/insn.c"
#include "platform/codec/lzma.c"
#include "platform/codec/mix.c"
#include "platform/codec/mix_decode.c"
#include "platform/codec/targets.c"
#include "platform/codec/targets_encode.c"
#include "platform/codec/mix_encode.c"
#include "platform/codec/unpack.c"

#define CORE_MAGIC           "lnard-01"
#define CORE_FILE_LEN_OFFSET 32
#define CORE_MEM_LEN_OFFSET  40
#define CORE_TEXT_END_OFFSET 48
#define CORE_TABLES_OFFSET   56
#define CORE_HEADER_LEN      64
#define PE_OFFSET            0x3c /* Microsoft PE format: where "PE" is, and from there on: */
#define PE_SECTION_COUNT     6
#define PE_OPTIONAL_LEN      20
#define PE_OPTIONAL          24
#define PE_SECTION_LEN       40 /* section headers: */
#define PE_RAW_LEN           16
#define PE_RAW_START         20
#define PE_FLAGS             36
#define PE_EXECUTE           0x20000000
#define PE_WRITE             0x80000000
#define INPUT_MAX            ( 16 << 20 )
#define HEADER_LEN           sizeof ( struct payload_header )

static void __attribute__ ( ( noreturn ) ) die ( const char *what, const char *why ) {
	fprintf ( stderr, "pack: %s: %s\n", what, why );
	exit ( 1 );
}

static uint64_t get_le ( const uint8_t *p, unsigned int bytes ) {
	uint64_t value = 0;

	while ( bytes-- )
		value = ( value << 8 ) | p[bytes];
	return value;
}

static size_t lzma_encode ( const uint8_t *data, size_t len,
			    const struct payload_layout *layout __attribute__ ( ( unused ) ),
			    uint8_t *packed, size_t max ) {
	lzma_options_lzma options;
	lzma_filter filters[2] = { { .id = LZMA_FILTER_LZMA1, .options = &options },
				   { .id = LZMA_VLI_UNKNOWN } };
	size_t packed_len = 0;

	if ( lzma_lzma_preset ( &options, 9 | LZMA_PRESET_EXTREME ) )
		die ( "liblzma", "preset not supported" );
	options.lc = PAYLOAD_LC;
	options.lp = PAYLOAD_LP;
	options.pb = PAYLOAD_PB;
	options.nice_len = 273;
	options.depth = 1000;
	return ( lzma_raw_buffer_encode ( filters, NULL, data, len, packed, &packed_len, max ) ==
		 LZMA_OK )
		       ? packed_len
		       : 0;
}

/** Codecs with their encoders, which return how many bytes of @c packed they have filled, 0 if @c max is not enough. */
static const struct packing {
	const char *name;
	const struct codec *codec;
	size_t ( *encode ) ( const uint8_t *data, size_t len, const struct payload_layout *layout,
			     uint8_t *packed, size_t max );
} packings[] = {
	{ "lzma", &lzma_codec, lzma_encode },
	{ "mix", &mix_codec, mix_encode },
};

static const struct packing *find_packing ( const char *name ) {
	for ( size_t i = 0; i < sizeof ( packings ) / sizeof ( packings[0] ); i++ )
		if ( strcmp ( packings[i].name, name ) == 0 )
			return &packings[i];
	die ( name, "no such codec" );
}

/** Lengths of a core: in the file, with the zeros that alignment has added, and in memory. */
static size_t core_len ( const char *name, const uint8_t *core, size_t len,
			 uint64_t *ret_mem_len ) {
	uint64_t file_len = get_le ( core + CORE_FILE_LEN_OFFSET, 8 );

	*ret_mem_len = get_le ( core + CORE_MEM_LEN_OFFSET, 8 );
	if ( ( file_len < len ) || ( file_len >= INPUT_MAX ) || ( *ret_mem_len < file_len ) ||
	     ( *ret_mem_len > UINT32_MAX ) )
		die ( name, "bad memory size" );
	return file_len;
}

/** What is where in a PE file, or nothing if it is none. */
static struct payload_layout pe_layout ( const uint8_t *file, size_t len ) {
	struct payload_layout layout = { 0 };
	uint64_t header = get_le ( file + PE_OFFSET, 4 ), section;

	if ( ( memcmp ( file, "MZ", 2 ) != 0 ) || ( header + PE_OPTIONAL > len ) )
		return layout;
	section = header + PE_OPTIONAL + get_le ( file + header + PE_OPTIONAL_LEN, 2 );
	for ( uint64_t i = get_le ( file + header + PE_SECTION_COUNT, 2 ); i; i-- ) {
		uint64_t start, flags;

		if ( section + PE_SECTION_LEN > len )
			break;
		start = get_le ( file + section + PE_RAW_START, 4 );
		flags = get_le ( file + section + PE_FLAGS, 4 );
		if ( flags & PE_EXECUTE ) {
			layout.code = start;
			layout.code_end = start + get_le ( file + section + PE_RAW_LEN, 4 );
		} else if ( ( flags & PE_WRITE ) && ( layout.tables == 0 ) ) {
			layout.tables = start;
		}
		section += PE_SECTION_LEN;
	}
	return layout;
}

/** Where code is in a core or another file; in vain is no error, only not as small. */
static struct payload_layout find_layout ( const uint8_t *file, size_t len ) {
	struct payload_layout layout = pe_layout ( file, len );

	if ( memcmp ( file, CORE_MAGIC, strlen ( CORE_MAGIC ) ) == 0 ) {
		layout.code = CORE_HEADER_LEN;
		layout.code_end = get_le ( file + CORE_TEXT_END_OFFSET, 8 );
		layout.tables = get_le ( file + CORE_TABLES_OFFSET, 8 );
	}
	if ( ( layout.code > layout.code_end ) || ( layout.code_end > len ) )
		layout = ( struct payload_layout ){ 0 };
	return layout;
}

/** Read a core or another file. @return its length */
static size_t read_input ( const char *name, uint8_t *input, uint64_t *ret_mem_len ) {
	FILE *file = fopen ( name, "rb" );
	size_t len;

	if ( file == NULL )
		die ( name, strerror ( errno ) );
	len = fread ( input, 1, INPUT_MAX, file );
	fclose ( file );
	if ( ( len < CORE_HEADER_LEN ) || ( len == INPUT_MAX ) )
		die ( name, "too short or too long" );
	*ret_mem_len = len;
	return ( memcmp ( input, CORE_MAGIC, strlen ( CORE_MAGIC ) ) == 0 )
		       ? core_len ( name, input, len, ret_mem_len )
		       : len;
}

int main ( int argc, char **argv ) {
	static uint8_t input[INPUT_MAX], filtered[INPUT_MAX],
		out[HEADER_LEN + INPUT_MAX + 65536] __attribute__ ( ( aligned ( 4 ) ) );
	struct payload_header *header = (struct payload_header *) out;
	const struct packing *packing;
	struct payload_layout layout;
	size_t file_len, out_len = HEADER_LEN, len;
	uint64_t mem_len;
	void *work;
	FILE *file;

	if ( argc != 4 )
		die ( "usage", "pack lzma|mix INPUT OUTPUT" );
	packing = find_packing ( argv[1] );
	file_len = read_input ( argv[2], input, &mem_len );
	memcpy ( filtered, input, file_len );
	layout = find_layout ( input, file_len );
	if ( ( len = targets_filter ( filtered, layout.code, layout.code_end, out + out_len,
				      sizeof ( out ) - out_len ) ) == 0 )
		die ( argv[2], "too much code" );
	out_len += len;
	if ( ( len = packing->encode ( filtered, file_len, &layout, out + out_len,
				       sizeof ( out ) - out_len ) ) == 0 )
		die ( argv[2], "encoding failed" );
	out_len += len;
	*header =
		( struct payload_header ){ .len = file_len, .mem_len = mem_len, .layout = layout };
	header->crc = crc32 ( out + sizeof ( header->crc ), out_len - sizeof ( header->crc ) );

	memset ( filtered, 0, file_len );
	if ( ( work = calloc ( 1, unpack_work_len ( packing->codec ) ) ) == NULL )
		die ( argv[2], strerror ( errno ) );
	unpack ( packing->codec, header, filtered, work );
	free ( work );
	if ( memcmp ( filtered, input, file_len ) != 0 )
		die ( argv[2], "this would not be unpacked" );

	if ( ( file = fopen ( argv[3], "wb" ) ) == NULL )
		die ( argv[3], strerror ( errno ) );
	if ( ( fwrite ( out, out_len, 1, file ) != 1 ) || ( fclose ( file ) != 0 ) )
		die ( argv[3], strerror ( errno ) );
	return 0;
}
