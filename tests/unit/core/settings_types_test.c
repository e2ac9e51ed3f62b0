/** @file
 * Setting types: text to bytes, bytes to text, for good and bad input, into buffers of any size.
 */
#include "lib/test.h"
#include "core/settings.h"

struct vector {
	const struct setting_type *type;
	const char *text;
	const char *raw;
	size_t len;
};
#define RAW( bytes ) bytes, sizeof ( bytes ) - 1

/** Parse gives the bytes, format gives the text back. */
static const struct vector round_trips[] = {
	{ &setting_type_string, "a b/c", RAW ( "a b/c" ) },
	{ &setting_type_uristring, "a%20b%2Fc%3D", RAW ( "a b/c=" ) },
	{ &setting_type_ipv4, "10.0.2.255", RAW ( "\x0a\x00\x02\xff" ) },
	{ &setting_type_int8, "-1", RAW ( "\xff" ) },
	{ &setting_type_int8, "44", RAW ( "\x2c" ) },
	{ &setting_type_int16, "-300", RAW ( "\xfe\xd4" ) },
	{ &setting_type_int32, "65536", RAW ( "\x00\x01\x00\x00" ) },
	{ &setting_type_uint8, "0x0", RAW ( "\x00" ) },
	{ &setting_type_uint16, "0xfed4", RAW ( "\xfe\xd4" ) },
	{ &setting_type_uint32, "0x2e022001", RAW ( "\x2e\x02\x20\x01" ) },
	{ &setting_type_hex, "52:54:00:ab", RAW ( "\x52\x54\x00\xab" ) },
	{ &setting_type_hexhyp, "52-54-00-ab", RAW ( "\x52\x54\x00\xab" ) },
	{ &setting_type_hexraw, "525400ab", RAW ( "\x52\x54\x00\xab" ) },
	{ &setting_type_base64, "Zm9vYmFy", RAW ( "foobar" ) },
	{ &setting_type_base64, "Zm9vYmE=", RAW ( "fooba" ) },
	{ &setting_type_base64, "Zm9vYg==", RAW ( "foob" ) },
	{ &setting_type_base64, "//79", RAW ( "\xff\xfe\xfd" ) },
	{ &setting_type_uuid, "00112233-4455-6677-8899-aabbccddeeff",
	  RAW ( "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff" ) },
	{ &setting_type_guid, "00112233-4455-6677-8899-aabbccddeeff",
	  RAW ( "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff" ) },
	{ &setting_type_ipv6, "::", RAW ( "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" ) },
	{ &setting_type_ipv6, "::1", RAW ( "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" ) },
	{ &setting_type_ipv6, "fe80::", RAW ( "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0" ) },
	{ &setting_type_ipv6, "2001:db8:0:1:0:203:4:5",
	  RAW ( "\x20\x01\x0d\xb8\0\0\0\1\0\0\2\3\0\4\0\5" ) },
	{ &setting_type_ipv6, "2001:db8::1:0:0:1",
	  RAW ( "\x20\x01\x0d\xb8\0\0\0\0\0\1\0\0\0\0\0\1" ) },
	{ &setting_type_ipv6, "1:2:3:4:5:6:7:8", RAW ( "\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\10" ) },
	{ &setting_type_ipv6, "1:2:3:4:5:6::", RAW ( "\0\1\0\2\0\3\0\4\0\5\0\6\0\0\0\0" ) },
};

/** Parse only: another way to write it. */
static const struct vector parses[] = {
	{ &setting_type_int8, "0x2c", RAW ( "\x2c" ) },
	{ &setting_type_int8, "054", RAW ( "\x2c" ) },
	{ &setting_type_int8, "300", RAW ( "\x2c" ) },
	{ &setting_type_uint16, "-1", RAW ( "\xff\xff" ) },
	{ &setting_type_uint32, "4294967295", RAW ( "\xff\xff\xff\xff" ) },
	{ &setting_type_hex, "AB:cd", RAW ( "\xab\xcd" ) },
	{ &setting_type_hex, "", RAW ( "" ) },
	{ &setting_type_uuid, "00112233445566778899AABBCCDDEEFF",
	  RAW ( "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff" ) },
	{ &setting_type_ipv6, "::ffff:10.0.2.2", RAW ( "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\2\2" ) },
	{ &setting_type_ipv6, "FE80::1", RAW ( "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1" ) },
};

static const struct vector refused[] = {
	{ .type = &setting_type_int8, .text = "12x" },
	{ .type = &setting_type_int32, .text = "one" },
	{ .type = &setting_type_ipv4, .text = "10.0.2" },
	{ .type = &setting_type_ipv4, .text = "10.0.2.256" },
	{ .type = &setting_type_ipv4, .text = "10.0.2.2.1" },
	{ .type = &setting_type_ipv4, .text = "10.0.2.2 " },
	{ .type = &setting_type_ipv4, .text = "10..2.2" },
	{ .type = &setting_type_hex, .text = "1:23" },
	{ .type = &setting_type_hex, .text = "123" },
	{ .type = &setting_type_hex, .text = "12:" },
	{ .type = &setting_type_hex, .text = "12-34" },
	{ .type = &setting_type_hexhyp, .text = "12:34" },
	{ .type = &setting_type_hexraw, .text = "123" },
	{ .type = &setting_type_hexraw, .text = "1g" },
	{ .type = &setting_type_base64, .text = "Zm9" },
	{ .type = &setting_type_base64, .text = "Zm=v" },
	{ .type = &setting_type_base64, .text = "Z===" },
	{ .type = &setting_type_base64, .text = "Zm9v!mFy" },
	{ .type = &setting_type_uuid, .text = "00112233-4455-6677-8899-aabbccddee" },
	{ .type = &setting_type_uuid, .text = "00112233-4455-6677-8899-aabbccddeeff0" },
	{ .type = &setting_type_guid, .text = "xyz" },
	{ .type = &setting_type_ipv6, .text = "" },
	{ .type = &setting_type_ipv6, .text = ":" },
	{ .type = &setting_type_ipv6, .text = ":::" },
	{ .type = &setting_type_ipv6, .text = "1::2::3" },
	{ .type = &setting_type_ipv6, .text = "1:2:3:4:5:6:7" },
	{ .type = &setting_type_ipv6, .text = "1:2:3:4:5:6:7:8:9" },
	{ .type = &setting_type_ipv6, .text = "1:2:3:4:5:6:7:8::" },
	{ .type = &setting_type_ipv6, .text = "12345::" },
	{ .type = &setting_type_ipv6, .text = "1:2:3:4:5:6:7:10.0.0.1" },
	{ .type = &setting_type_ipv6, .text = "1:2:" },
};

/** Format only. */
static const struct vector formats[] = {
	{ &setting_type_string, "ab", RAW ( "ab\0cd" ) },
	{ &setting_type_ipv4, "10.0.2.3", RAW ( "\x0a\x00\x02\x03\x0a\x00\x02\x04" ) },
	{ &setting_type_int8, "-2", RAW ( "\xff\xff\xff\xfe" ) },
	{ &setting_type_int8, "258", RAW ( "\x01\x02" ) },
	{ &setting_type_int32, "0", RAW ( "" ) },
	{ &setting_type_int32, "-1", RAW ( "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" ) },
	{ &setting_type_uint8, "0x1", RAW ( "\0\0\0\0\0\0\0\0\0\0\0\x01" ) },
	{ &setting_type_uint8, "0xffffffffffffffff", RAW ( "\xff\xff\xff\xff\xff\xff\xff\xff" ) },
	{ &setting_type_hex, "", RAW ( "" ) },
	{ &setting_type_busdevfn, "0000:00:03.1", RAW ( "\x00\x19" ) },
	{ &setting_type_busdevfn, "0001:82:1f.7", RAW ( "\x00\x01\x82\xff" ) },
	{ &setting_type_dnssl, "a.example b.example", RAW ( "\1a\7example\0\1b\7example\0" ) },
	{ &setting_type_dnssl, "a.example b.example", RAW ( "\1a\7example\0\1b\xc0\x02" ) },
	{ &setting_type_dnssl, "", RAW ( "" ) },
};

static const struct vector unformattable[] = {
	{ &setting_type_int8, NULL, RAW ( "\x01\x00\x00\x00\x00\x00\x00\x00\x00" ) },
	{ &setting_type_uint8, NULL, RAW ( "\xff\xff\xff\xff\xff\xff\xff\xff\xff" ) },
	{ &setting_type_ipv4, NULL, RAW ( "\x0a\x00\x02" ) },
	{ &setting_type_uuid, NULL, RAW ( "\x0a\x00\x02" ) },
	{ &setting_type_guid, NULL, RAW ( "01234567890123456" ) },
	{ &setting_type_ipv6, NULL, RAW ( "0123" ) },
	{ &setting_type_dnssl, NULL, RAW ( "\5ab" ) },
	{ &setting_type_dnssl, NULL, RAW ( "\xc0" ) },
	{ &setting_type_dnssl, NULL, RAW ( "\xc0\x00" ) },    /* points to itself */
	{ &setting_type_dnssl, NULL, RAW ( "\1a\xc0\x40" ) }, /* points behind the end */
	{ &setting_type_dnssl, NULL, RAW ( "\1a\xc0\x00" ) }, /* a loop */
	{ &setting_type_dnssl, NULL,
	  RAW ( "\x80"
		"a\0" ) },
};

static void check_parse ( const struct vector *v ) {
	uint8_t raw[64];

	/* Every buffer size: the length is always the full one, nothing is written beyond. */
	for ( size_t room = 0; room <= sizeof ( raw ); room++ ) {
		memset ( raw, 0x5a, sizeof ( raw ) );
		assert_int_equal ( v->type->parse ( v->text, raw, room ), v->len );
		assert_memory_equal ( raw, v->raw, MIN ( room, v->len ) );
		for ( size_t i = MIN ( room, v->len ); i < sizeof ( raw ); i++ )
			assert_int_equal ( raw[i], 0x5a );
	}
	assert_int_equal ( v->type->parse ( v->text, NULL, 0 ), v->len );
}

static void check_format ( const struct vector *v ) {
	char text[64];
	ssize_t len = v->type->format ( v->raw, v->len, text, sizeof ( text ) );

	assert_int_equal ( len, strlen ( v->text ) );
	assert_string_equal ( text, v->text );
	assert_int_equal ( v->type->format ( v->raw, v->len, NULL, 0 ), len );
	for ( ssize_t room = 1; room <= len; room++ ) {
		assert_int_equal ( v->type->format ( v->raw, v->len, text, room ), len );
		assert_int_equal ( strlen ( text ), room - 1 );
		assert_memory_equal ( text, v->text, room - 1 );
	}
}

static void every_type_gives_back_what_it_read ( void **state ) {
	for ( unsigned int i = 0; i < ARRAY_SIZE ( round_trips ); i++ ) {
		check_parse ( &round_trips[i] );
		check_format ( &round_trips[i] );
	}
}

static void other_spellings_are_read ( void **state ) {
	for ( unsigned int i = 0; i < ARRAY_SIZE ( parses ); i++ )
		check_parse ( &parses[i] );
}

static void malformed_text_is_refused ( void **state ) {
	for ( unsigned int i = 0; i < ARRAY_SIZE ( refused ); i++ ) {
		if ( err_of ( refused[i].type->parse ( refused[i].text, NULL, 0 ) ) != EINVAL )
			fail_msg ( "%s accepted \"%s\"", refused[i].type->name, refused[i].text );
	}
}

static void bytes_of_any_length_are_shown ( void **state ) {
	for ( unsigned int i = 0; i < ARRAY_SIZE ( formats ); i++ )
		check_format ( &formats[i] );
}

static void bytes_that_make_no_sense_are_refused ( void **state ) {
	char text[64];

	for ( unsigned int i = 0; i < ARRAY_SIZE ( unformattable ); i++ ) {
		const struct vector *v = &unformattable[i];

		if ( v->type->format ( v->raw, v->len, text, sizeof ( text ) ) >= 0 )
			fail_msg ( "vector %u was shown as \"%s\"", i, text );
	}
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( every_type_gives_back_what_it_read ),
		cmocka_unit_test ( other_spellings_are_read ),
		cmocka_unit_test ( malformed_text_is_refused ),
		cmocka_unit_test ( bytes_of_any_length_are_shown ),
		cmocka_unit_test ( bytes_that_make_no_sense_are_refused ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
