/** @file
 * DHCP packets: what is sent to the byte, what is understood of an answer, and of a broken one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/error.h"
#include "wire/dhcp.h"

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
static const uint8_t ndi[3] = { 1, 3, 10 };
static const uint8_t features[] = { 177, 5, 1, 0x80, 0x86, 0x10, 0x0e, 235, 3, 0, 1, 0, 19, 1, 1 };
static const uint8_t uuid[16] = { 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static struct dhcp_request discover ( void ) {
	return ( struct dhcp_request ){
		.type = DHCP_DISCOVER,
		.xid = 0x11223344,
		.secs = 4,
		.htype = 1,
		.hlen = 6,
		.hw_addr = mac,
		.arch = 7,
		.ndi = ndi,
		.vendor_class = "PXEClient:Arch:00007:UNDI:003010",
		.user_class = "iPXE",
		.user_class_len = 4,
		.features = features,
		.features_len = sizeof ( features ),
		.uuid = uuid,
	};
}

/* An answer with these options behind the cookie; exact length, so that ASan sees each overrun. */
static uint8_t *answer ( const uint8_t *options, size_t options_len, size_t *ret_len ) {
	size_t len = DHCP_HEADER_LEN + 4 + options_len;
	uint8_t *packet = calloc ( 1, len );

	packet[0] = DHCP_OP_REPLY;
	packet[1] = 1;
	packet[2] = 6;
	memcpy ( &packet[4], "\x11\x22\x33\x44", 4 );
	memcpy ( &packet[16], "\x0a\x00\x02\x0f", 4 );
	memcpy ( &packet[20], "\x0a\x00\x02\x02", 4 );
	memcpy ( &packet[28], mac, sizeof ( mac ) );
	strcpy ( (char *) &packet[108], "boot.ipxe" );
	memcpy ( &packet[236], "\x63\x82\x53\x63", 4 );
	if ( options_len )
		memcpy ( &packet[240], options, options_len );
	*ret_len = len;
	return packet;
}

static void discover_has_the_options_in_the_documented_order ( void **state ) {
	static const uint8_t order[] = { 53, 57, 93, 94, 60, 77, 55, 175, 61, 97, 255 };
	struct dhcp_request request = discover ();
	uint8_t buf[DHCP_REQUEST_MAX];
	ssize_t len = dhcp_build_request ( &request, buf, sizeof ( buf ) );
	size_t pos = DHCP_HEADER_LEN + 4;

	for ( size_t i = 0; i < sizeof ( order ); i++ ) {
		assert_int_equal ( buf[pos], order[i] );
		pos += ( order[i] == 255 ) ? 1 : 2 + buf[pos + 1];
	}
	assert_int_equal ( len, pos ); /* no padding behind the end mark */
}

static void discover_is_equal_to_the_byte ( void **state ) {
	static const uint8_t options[] =
		"\x63\x82\x53\x63"
		"\x35\x01\x01"
		"\x39\x02\x05\xc0"
		"\x5d\x02\x00\x07"
		"\x5e\x03\x01\x03\x0a"
		"\x3c\x20PXEClient:Arch:00007:UNDI:003010"
		"\x4d\x04iPXE"
		"\x37\x19\x01\x03\x06\x07\x0c\x0f\x11\x1a\x2a\x2b\x3c\x42\x43"
		"\x77\x79\x80\x81\x82\x83\x84\x85\x86\x87\xaf\xcb"
		"\xaf\x0f\xb1\x05\x01\x80\x86\x10\x0e\xeb\x03\x00\x01\x00"
		"\x13\x01\x01"
		"\x3d\x07\x01\x52\x54\x00\x12\x34\x56"
		"\x61\x11\x00\xde\xad\xbe\xef\x01\x02\x03\x04\x05\x06\x07\x08"
		"\x09\x0a\x0b\x0c"
		"\xff";
	struct dhcp_request request = discover ();
	uint8_t buf[DHCP_REQUEST_MAX], head[DHCP_HEADER_LEN] = {
		1, 1, 6, 0, 0x11, 0x22, 0x33, 0x44, 0, 4,
	};
	ssize_t len = dhcp_build_request ( &request, buf, sizeof ( buf ) );

	memcpy ( &head[28], mac, sizeof ( mac ) );
	assert_memory_equal ( buf, head, sizeof ( head ) );
	assert_int_equal ( len, sizeof ( head ) + sizeof ( options ) - 1 );
	assert_memory_equal ( &buf[sizeof ( head )], options, sizeof ( options ) - 1 );
}

static void request_ends_with_server_and_address ( void **state ) {
	struct dhcp_request request = discover ();
	uint8_t buf[DHCP_REQUEST_MAX];
	ssize_t len;

	request.type = DHCP_REQUEST;
	request.server_id = 0x0a000202;
	request.requested_ip = 0x0a00020f;
	len = dhcp_build_request ( &request, buf, sizeof ( buf ) );
	assert_memory_equal ( &buf[len - 13],
			      "\x36\x04\x0a\x00\x02\x02\x32\x04\x0a\x00\x02\x0f\xff", 13 );
}

static void boot_server_request_ends_with_item ( void **state ) {
	struct dhcp_request request = discover ();
	uint8_t buf[DHCP_REQUEST_MAX];
	static const uint8_t item[4] = { 0x0f, 0x80, 0, 0 };
	ssize_t len;

	request.boot_item = item;
	request.ciaddr = 0x0a00020f;
	request.broadcast = true;
	len = dhcp_build_request ( &request, buf, sizeof ( buf ) );
	assert_memory_equal ( &buf[len - 10], "\x2b\x07\x47\x04\x0f\x80\x00\x00\xff\xff", 10 );
	assert_memory_equal ( &buf[10], "\x80\x00\x0a\x00\x02\x0f", 6 );
}

static void request_that_does_not_fit_is_an_error_at_each_length ( void **state ) {
	struct dhcp_request request = discover ();
	uint8_t full[DHCP_REQUEST_MAX];
	ssize_t len = dhcp_build_request ( &request, full, sizeof ( full ) );

	for ( ssize_t room = 0; room < len; room++ ) {
		uint8_t *buf = malloc ( room + 1 );

		assert_true ( err_is ( dhcp_build_request ( &request, buf, room ), EMSGSIZE ) );
		free ( buf );
	}
}

static void answer_fields_are_read ( void **state ) {
	static const uint8_t options[] = {
		0, 53, 1, 2, 54, 4, 10, 0, 2, 2, 175, 3, 176, 1, 1, 255
	};
	struct dhcp_packet p;
	size_t len, value_len;
	uint8_t *packet = answer ( options, sizeof ( options ), &len );
	uint32_t value;

	assert_int_equal ( dhcp_parse ( packet, len, &p ), 0 );
	assert_int_equal ( p.op, DHCP_OP_REPLY );
	assert_int_equal ( p.xid, 0x11223344 );
	assert_int_equal ( p.yiaddr, 0x0a00020f );
	assert_int_equal ( p.siaddr, 0x0a000202 );
	assert_memory_equal ( p.chaddr, mac, 6 );
	assert_string_equal ( (const char *) p.file, "boot.ipxe" );
	assert_int_equal ( dhcp_packet_type ( &p ), DHCP_OFFER );
	assert_true ( dhcp_packet_number ( &p, DHCP_OPTION_SERVER_ID, &value ) );
	assert_int_equal ( value, 0x0a000202 );
	assert_true ( dhcp_packet_number ( &p, DHCP_IPXE_NO_PROXY, &value ) );
	assert_int_equal ( value, 1 );
	assert_null ( dhcp_packet_option ( &p, 67, &value_len ) );
	assert_null ( dhcp_packet_option ( &p, DHCP_IPXE_PRIORITY, &value_len ) );
	free ( packet );
}

static void header_truncated_anywhere_is_refused ( void **state ) {
	struct dhcp_packet p;
	size_t len;
	uint8_t *packet = answer ( NULL, 0, &len );

	for ( size_t cut = 0; cut < DHCP_HEADER_LEN; cut++ ) {
		uint8_t *part = malloc ( cut + 1 );

		memcpy ( part, packet, cut );
		assert_true ( err_is ( dhcp_parse ( part, cut, &p ), EBADMSG ) );
		free ( part );
	}
	free ( packet );
}

static void options_truncated_anywhere_never_overrun ( void **state ) {
	static const uint8_t options[] = { 53, 1, 2,  43, 6,   6,   1,   8,  71,
					   1,  9, 67, 3,  'a', 'b', 'c', 255 };
	size_t full_len, value_len;
	uint8_t *packet = answer ( options, sizeof ( options ), &full_len );

	for ( size_t len = DHCP_HEADER_LEN; len < full_len; len++ ) {
		uint8_t *part = malloc ( len );
		uint8_t collected[512];
		struct dhcp_packet p;
		const uint8_t *value;

		memcpy ( part, packet, len );
		assert_int_equal ( dhcp_parse ( part, len, &p ), 0 );
		value = dhcp_packet_option ( &p, 67, &value_len );
		assert_int_equal ( value != NULL, len >= full_len - 1 );
		dhcp_packet_option ( &p, DHCP_PXE_ITEM, &value_len );
		assert_in_range ( dhcp_collect_options ( &p, collected, sizeof ( collected ) ), 0,
				  p.options_len );
		free ( part );
	}
	free ( packet );
}

static void packet_without_cookie_has_no_options ( void **state ) {
	static const uint8_t options[] = { 53, 1, 2, 255 };
	struct dhcp_packet p;
	size_t len;
	uint8_t *packet = answer ( options, sizeof ( options ), &len );

	packet[236] = 0;
	assert_int_equal ( dhcp_parse ( packet, len, &p ), 0 );
	assert_int_equal ( p.options_len, 0 );
	assert_int_equal ( dhcp_packet_type ( &p ), DHCP_NONE );
	free ( packet );
}

static void first_of_equal_options_counts ( void **state ) {
	static const uint8_t options[] = { 67, 1, 'a', 67, 1, 'b', 255, 66, 1, 'c' };
	size_t len;
	const uint8_t *value = dhcp_option ( options, sizeof ( options ), 67, &len );

	assert_non_null ( value );
	assert_int_equal ( len, 1 );
	assert_int_equal ( *value, 'a' );
	/* Behind the end mark is nothing. */
	assert_null ( dhcp_option ( options, sizeof ( options ), 66, &len ) );
}

static void encapsulation_goes_as_deep_as_the_tag ( void **state ) {
	static const uint8_t options[] = { 43, 6, 9, 4, 7, 2, 0xab, 0xcd };
	size_t len;
	const uint8_t *value =
		dhcp_option ( options, sizeof ( options ), ( 43 << 16 ) | ( 9 << 8 ) | 7, &len );

	assert_non_null ( value );
	assert_int_equal ( len, 2 );
	assert_int_equal ( value[0], 0xab );
	assert_null ( dhcp_option ( options, sizeof ( options ), ( 43 << 8 ) | 7, &len ) );
}

static void number_of_wrong_size_is_none ( void **state ) {
	static const uint8_t options[] = { 54, 5, 1, 2, 3, 4, 5, 53, 0, 255 };
	struct dhcp_packet p = { .options = options, .options_len = sizeof ( options ) };
	uint32_t value;

	assert_false ( dhcp_packet_number ( &p, DHCP_OPTION_SERVER_ID, &value ) );
	assert_int_equal ( dhcp_packet_type ( &p ), DHCP_NONE );
}

static void overloaded_fields_are_collected ( void **state ) {
	static const uint8_t options[] = { 52, 1, 3, 53, 1, 2, 255 };
	struct dhcp_packet p;
	size_t len, value_len;
	uint8_t *packet = answer ( options, sizeof ( options ), &len ), buf[512];
	const uint8_t *value;

	memcpy ( &packet[108], "\x43\x01x\xff", 4 ); /* file: 67 */
	memcpy ( &packet[44], "\x11\x01r\xff", 4 );  /* sname: 17 */
	assert_int_equal ( dhcp_parse ( packet, len, &p ), 0 );
	assert_true ( dhcp_overloaded ( &p, DHCP_OVERLOAD_FILE ) );
	len = dhcp_collect_options ( &p, buf, sizeof ( buf ) );
	assert_int_equal ( len, 3 + 3 + 3 + 3 );
	value = dhcp_option ( buf, len, 67, &value_len );
	assert_int_equal ( *value, 'x' );
	value = dhcp_option ( buf, len, 17, &value_len );
	assert_int_equal ( *value, 'r' );
	/* With less room only whole options are taken. */
	for ( size_t room = 0; room < len; room++ )
		assert_int_equal ( dhcp_collect_options ( &p, buf, room ), room - room % 3 );
	free ( packet );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( discover_has_the_options_in_the_documented_order ),
		cmocka_unit_test ( discover_is_equal_to_the_byte ),
		cmocka_unit_test ( request_ends_with_server_and_address ),
		cmocka_unit_test ( boot_server_request_ends_with_item ),
		cmocka_unit_test ( request_that_does_not_fit_is_an_error_at_each_length ),
		cmocka_unit_test ( answer_fields_are_read ),
		cmocka_unit_test ( header_truncated_anywhere_is_refused ),
		cmocka_unit_test ( options_truncated_anywhere_never_overrun ),
		cmocka_unit_test ( packet_without_cookie_has_no_options ),
		cmocka_unit_test ( first_of_equal_options_counts ),
		cmocka_unit_test ( encapsulation_goes_as_deep_as_the_tag ),
		cmocka_unit_test ( number_of_wrong_size_is_none ),
		cmocka_unit_test ( overloaded_fields_are_collected ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
