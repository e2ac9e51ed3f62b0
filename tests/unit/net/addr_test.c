/** @file
 * Text forms of addresses.
 */
#include "lib/test.h"
#include "net/addr.h"

static void ipv4_text_is_a_dotted_quad ( void **state ) {
	char text[IPV4_TEXT_LEN];

	assert_string_equal ( ipv4_text ( IPV4 ( 10, 0, 2, 15 ), text ), "10.0.2.15" );
	assert_string_equal ( ipv4_text ( IPV4_BROADCAST, text ), "255.255.255.255" );
	assert_string_equal ( ipv4_text ( IPV4_NONE, text ), "0.0.0.0" );
}

static void ipv4_parse_takes_dotted_quads_only ( void **state ) {
	static const char *const bad[] = { "",         "1",         "1.2.3",      "1.2.3.",
					   "1.2.3.4.", "256.1.1.1", "1.2.3.4 ",   " 1.2.3.4",
					   "1..2.3",   "a.b.c.d",   "1.2.3.0004", "-1.2.3.4",
					   "1.2.3.4x", "0x1.2.3.4" };
	ipv4_addr_t addr = 1;

	for ( size_t i = 0; i < ARRAY_SIZE ( bad ); i++ )
		assert_int_not_equal ( ipv4_parse ( bad[i], &addr ), 0 );
	assert_int_equal ( addr, 1 );
	assert_int_equal ( ipv4_parse ( "192.168.0.1", &addr ), 0 );
	assert_int_equal ( addr, IPV4 ( 192, 168, 0, 1 ) );
	assert_int_equal ( ipv4_parse ( "255.255.255.255", &addr ), 0 );
	assert_int_equal ( addr, IPV4_BROADCAST );
}

static void endpoint_text_shows_the_port_if_there_is_one ( void **state ) {
	struct endpoint endpoint = endpoint_ipv4 ( IPV4 ( 10, 0, 2, 2 ), 80 ), none = { 0 };
	char text[ENDPOINT_TEXT_LEN];

	assert_string_equal ( endpoint_text ( &endpoint, text ), "10.0.2.2:80" );
	endpoint.port = 0;
	assert_string_equal ( endpoint_text ( &endpoint, text ), "10.0.2.2" );
	assert_string_equal ( endpoint_text ( &none, text ), "<none>" );
}

static void mac_text_is_lower_case_with_colons ( void **state ) {
	static const uint8_t mac[ETH_ALEN] = { 0x52, 0x54, 0x00, 0xAB, 0xcd, 0x0f };
	char text[MAC_TEXT_LEN];

	assert_string_equal ( mac_text ( mac, text ), "52:54:00:ab:cd:0f" );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( ipv4_text_is_a_dotted_quad ),
		cmocka_unit_test ( ipv4_parse_takes_dotted_quads_only ),
		cmocka_unit_test ( endpoint_text_shows_the_port_if_there_is_one ),
		cmocka_unit_test ( mac_text_is_lower_case_with_colons ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
