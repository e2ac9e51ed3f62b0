/** @file
 * Option 175: what a request says about us, taken apart by hand.
 */
#include <string.h>
#include "core/version.h"
#include "lib/test.h"
#include "proto/dhcp.h"

#define BUS_ID  177
#define VERSION 235

/** Protocols and menus are in every image; image types are those of the platform, so not here. */
static const uint8_t expected_features[] = { 19 /* HTTP */, 21 /* TFTP */, 23 /* DNS */,
					     39 /* menu */ };

/** The sub-options of a request, by number; none may come twice. */
struct sent {
	struct dhcp_request request;
	const uint8_t *values[256];
	size_t lens[256];
	unsigned int count;
};

static void decode ( struct sent *sent, const uint8_t *data, size_t len ) {
	while ( len ) {
		assert_true ( len >= 2 );
		assert_true ( data[1] <= len - 2 );
		assert_null ( sent->values[data[0]] );
		sent->values[data[0]] = data + 2;
		sent->lens[data[0]] = data[1];
		sent->count++;
		len -= 2 + data[1];
		data += 2 + data[1];
	}
}

static void ask ( struct netif *netif, struct sent *sent ) {
	memset ( sent, 0, sizeof ( *sent ) );
	dhcp_request_init ( netif, 1, &sent->request );
	decode ( sent, sent->request.features, sent->request.features_len );
}

static void assert_sent ( const struct sent *sent, uint8_t tag, const void *value, size_t len ) {
	assert_non_null ( sent->values[tag] );
	assert_int_equal ( sent->lens[tag], len );
	assert_memory_equal ( sent->values[tag], value, len );
}

static void features_are_those_of_the_image_and_no_others ( void **state ) {
	struct netif netif = { .bus_id = { 1, 0x1a, 0xf4, 0x10, 0x41 } };
	struct sent sent;

	ask ( &netif, &sent );
	assert_sent ( &sent, BUS_ID, "\x01\x1a\xf4\x10\x41", 5 );
	assert_sent ( &sent, VERSION, version_numbers, 3 );
	for ( size_t i = 0; i < sizeof ( expected_features ); i++ )
		assert_sent ( &sent, expected_features[i], "\x01", 1 );
	assert_int_equal ( sent.count, 2 + sizeof ( expected_features ) );
}

static void nic_without_a_bus_has_no_bus_id ( void **state ) {
	struct netif netif = { 0 };
	struct sent sent;

	ask ( &netif, &sent );
	assert_null ( sent.values[BUS_ID] );
	assert_int_equal ( sent.count, 1 + sizeof ( expected_features ) );
}

static void packet_has_them_as_option_175 ( void **state ) {
	struct netif netif = { .bus_id = { 1, 0x1a, 0xf4, 0x10, 0x41 } };
	struct sent sent, options = { 0 };
	uint8_t packet[1024];
	ssize_t len;

	ask ( &netif, &sent );
	len = dhcp_build_request ( &sent.request, packet, sizeof ( packet ) );
	assert_true ( len > 241 );
	assert_int_equal ( packet[len - 1], 255 );
	decode ( &options, packet + 240, (size_t) len - 241 );
	assert_sent ( &options, 175, sent.request.features, sent.request.features_len );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( features_are_those_of_the_image_and_no_others ),
		cmocka_unit_test ( nic_without_a_bus_has_no_bus_id ),
		cmocka_unit_test ( packet_has_them_as_option_175 ),
	};
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
