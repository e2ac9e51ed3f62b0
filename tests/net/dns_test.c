/** @file
 * Name look-ups over the simulated network: chains, search lists, several servers, forged answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include "core/error.h"
#include "core/settings.h"
#include "lib/netsim.h"
#include "lib/test.h"
#include "proto/dns.h"

#define MS           US_PER_MS
#define IP_PROTO_UDP 17
#define SERVER_1     IPV4 ( 10, 0, 0, 1 )
#define SERVER_2     IPV4 ( 10, 0, 0, 2 )
#define ANSWER       IPV4 ( 192, 0, 2, 7 )

/** One entry of a server's zone. */
struct zone {
	const char *name;
	const char *cname; /**< or NULL */
	ipv4_addr_t addr;
	bool cname_only_if_asked;
};

/** A DNS server for tests. */
struct dns_server {
	const struct zone *zone;
	unsigned int rcode;  /**< instead of an answer */
	bool forge_id;       /**< answers with a wrong id first */
	bool forge_port;     /**< answers from a wrong port */
	bool forge_question; /**< answers to another question */
	bool truncate;       /**< cuts answers in the middle of a record, and says so */
	unsigned int count;
	char asked[64][72]; /**< "name/type" */
	utime_t times[64];
	uint16_t ports[64], ids[64];
	struct netsim_host *host;
};

static struct netsim *net;
static char detail[200];

/* ---- The server ---- */

static void text_of ( const uint8_t *name, char *text ) {
	char *p = text;

	while ( *name ) {
		memcpy ( p, name + 1, *name );
		p += *name;
		*p++ = '.';
		name += *name + 1;
	}
	p[( p > text ) ? -1 : 0] = '\0';
}

static uint8_t *put_name ( uint8_t *p, const char *text ) {
	while ( *text ) {
		size_t len = strcspn ( text, "." );

		*p++ = len;
		memcpy ( p, text, len );
		p += len;
		text += len + ( text[len] == '.' );
	}
	*p++ = 0;
	return p;
}

static uint8_t *put_record ( uint8_t *p, const char *name, uint8_t type, const void *data,
			     size_t len ) {
	p = put_name ( p, name );
	memcpy ( p, "\x00\x00\x00\x01\x00\x00\x00\x3c\x00", 9 );
	p[1] = type;
	p[9] = len;
	memcpy ( p + 10, data, len );
	return p + 10 + len;
}

static const struct zone *zone_find ( const struct dns_server *server, const char *name ) {
	for ( const struct zone *zone = server->zone; zone && zone->name; zone++ ) {
		if ( strcasecmp ( zone->name, name ) == 0 )
			return zone;
	}
	return NULL;
}

static void server_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
			const uint8_t *payload, size_t len, void *arg ) {
	struct dns_server *server = arg;
	uint8_t buf[512], addr[4], *p, cname[64];
	const struct zone *zone;
	uint16_t src_port, port;
	const uint8_t *data;
	char name[64];
	ssize_t data_len;
	uint8_t type;

	if ( ( proto != IP_PROTO_UDP ) ||
	     ( ( data_len = netsim_parse_udp ( src, dest, payload, len, &src_port, &port,
					       &data ) ) < 17 ) ||
	     ( port != 53 ) )
		return;
	text_of ( data + 12, name );
	type = data[data_len - 3];
	snprintf ( server->asked[server->count], 72, "%s/%u", name, type );
	server->ports[server->count] = src_port;
	server->ids[server->count] = ( data[0] << 8 ) | data[1];
	server->times[server->count++] = clock_now ();

	memcpy ( buf, data, data_len );
	buf[2] = 0x81;
	buf[3] = 0x80 | server->rcode;
	p = buf + data_len;
	zone = zone_find ( server, name );
	if ( !server->rcode && !zone )
		buf[3] |= 3;
	if ( zone && zone->addr && ( type == 1 ) ) {
		addr[0] = zone->addr >> 24;
		addr[1] = zone->addr >> 16;
		addr[2] = zone->addr >> 8;
		addr[3] = zone->addr;
		p = put_record ( p, name, 1, addr, 4 );
		buf[7]++;
	}
	if ( zone && zone->cname && ( ( type == 5 ) || !zone->cname_only_if_asked ) ) {
		p = put_record ( p, name, 5, cname, put_name ( cname, zone->cname ) - cname );
		buf[7]++;
	}
	if ( server->truncate ) {
		buf[2] |= 2;
		p -= 2;
	}
	if ( server->forge_id )
		buf[1]++;
	if ( server->forge_question )
		buf[13] ^= 1;
	netsim_host_send_udp ( host, server->forge_port ? 54 : 53, src, src_port, buf, p - buf );
}

static void server_add ( struct dns_server *server, ipv4_addr_t ip ) {
	server->host = netsim_host_add ( net, ip, server_rx, server );
}

/* ---- The test's side ---- */

static void set_servers ( const void *raw, size_t len ) {
	struct setting_ref ref;

	assert_int_equal ( setting_ref_parse ( "dns", false, &ref ), 0 );
	assert_int_equal ( setting_store ( &ref, raw, len, NULL ), 0 );
}

static int setup ( void **state ) {
	net = netsim_new ();
	netsim_configure ( net, IPV4 ( 10, 0, 0, 9 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	set_servers ( "\x0a\x00\x00\x01", 4 );
	detail[0] = '\0';
	return 0;
}

static int teardown ( void **state ) {
	set_servers ( NULL, 0 );
	settings_set_text ( NULL, "domain", "" );
	/* The cache forgets when the servers change. */
	netsim_free ( net );
	return 0;
}

struct look_up {
	const char *name;
	utime_t deadline;
	struct endpoint found;
};

static TASK_FN int look_up_task ( void *arg ) {
	struct look_up *look_up = arg;
	int rc = resolve ( look_up->name, 80, look_up->deadline, &look_up->found );

	strncpy ( detail, error_detail ( rc ), sizeof ( detail ) - 1 );
	return rc;
}

static int look_up_until ( const char *name, utime_t deadline, ipv4_addr_t *ret_addr ) {
	struct look_up look_up = { .name = name, .deadline = deadline };
	int rc;

	netsim_spawn ( net, look_up_task, &look_up );
	rc = netsim_join ( net, 300 * US_PER_S );
	*ret_addr = look_up.found.ipv4;
	if ( rc == 0 )
		assert_int_equal ( look_up.found.port, 80 );
	return rc;
}

static int look_up ( const char *name, ipv4_addr_t *ret_addr ) {
	return look_up_until ( name, TIME_NEVER, ret_addr );
}

/* A look-up that the cache cannot know, for each test has another name. */
#define ZONE( ... ) ( ( const struct zone[] ){ __VA_ARGS__, { 0 } } )

static void numeric_address_needs_no_server ( void **state ) {
	ipv4_addr_t addr;

	set_servers ( NULL, 0 );
	assert_int_equal ( look_up ( "192.0.2.1", &addr ), 0 );
	assert_int_equal ( addr, IPV4 ( 192, 0, 2, 1 ) );
}

static void address_is_found ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a1.example", .addr = ANSWER } ) };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( look_up ( "a1.example", &addr ), 0 );
	assert_int_equal ( addr, ANSWER );
	assert_int_equal ( s.count, 1 );
	assert_string_equal ( s.asked[0], "a1.example/1" );
}

static void without_servers_it_fails_at_once ( void **state ) {
	ipv4_addr_t addr;

	set_servers ( NULL, 0 );
	assert_int_equal ( -look_up ( "a2.example", &addr ), ENXIO_DNS_NO_SERVER );
	assert_string_equal ( detail,
			      "cannot look up a2.example: no DNS server known (setting dns)" );
}

static void unknown_name_is_told ( void **state ) {
	struct dns_server s = { 0 };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( -look_up ( "a3.example", &addr ), ENXIO_DNS_NO_NAME );
	assert_string_equal ( detail, "a3.example: no such host, says DNS server 10.0.0.1" );
	assert_int_equal ( s.count, 1 );
}

static void alias_is_asked_for_if_nothing_else_is_told ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a4.example", .cname = "b4.example",
						 .cname_only_if_asked = true },
					       { "b4.example", .cname = "c4.example" },
					       { "c4.example", .addr = ANSWER } ) };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( look_up ( "a4.example", &addr ), 0 );
	assert_int_equal ( addr, ANSWER );
	assert_int_equal ( s.count, 4 );
	assert_string_equal ( s.asked[1], "a4.example/5" );
	assert_string_equal ( s.asked[2], "b4.example/1" );
	assert_string_equal ( s.asked[3], "c4.example/1" );
}

static void aliases_in_a_circle_are_given_up ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a5.example", .cname = "b5.example" },
					       { "b5.example", .cname = "a5.example" } ) };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( err_of ( look_up ( "a5.example", &addr ) ), ELOOP );
	assert_in_range ( s.count, 30, 34 );
}

static void domain_is_added_to_names_without_dot ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a6.lab.example", .addr = ANSWER } ) };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	settings_set_text ( NULL, "domain", "lab.example" );
	assert_int_equal ( look_up ( "a6", &addr ), 0 );
	assert_string_equal ( s.asked[0], "a6.lab.example/1" );
	/* One with a dot is taken as it is, a final dot too. */
	assert_int_equal ( -look_up ( "a6.", &addr ), ENXIO_DNS_NO_NAME );
	assert_int_equal ( s.count, 2 );
	assert_string_equal ( s.asked[1], "a6/1" );
}

static void search_list_goes_before_the_bare_name ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a7", .addr = ANSWER } ) };
	struct setting_ref ref;
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	settings_set_text ( NULL, "domain", "not.this" );
	assert_int_equal ( setting_ref_parse ( "dnssl", false, &ref ), 0 );
	/* x.example, y.example (compressed) */
	assert_int_equal ( setting_store ( &ref,
					   "\x01x\x07"
					   "example\x00\x01y\xc0\x02",
					   15, NULL ),
			   0 );
	assert_int_equal ( look_up ( "a7", &addr ), 0 );
	setting_store ( &ref, NULL, 0, NULL );
	assert_int_equal ( s.count, 3 );
	assert_string_equal ( s.asked[0], "a7.x.example/1" );
	assert_string_equal ( s.asked[1], "a7.y.example/1" );
	assert_string_equal ( s.asked[2], "a7/1" );
}

static void dead_server_is_followed_by_the_next ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a8.example", .addr = ANSWER } ) };
	utime_t start = clock_now ();
	ipv4_addr_t addr;

	server_add ( &s, SERVER_2 );
	set_servers ( "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8 );
	assert_int_equal ( look_up ( "a8.example", &addr ), 0 );
	assert_in_range ( clock_now () - start, 250 * MS, 260 * MS );
}

static void failing_server_is_followed_by_the_next_at_once ( void **state ) {
	struct dns_server bad = { .rcode = 2 },
			  s = { .zone = ZONE ( { "a9.example", .addr = ANSWER } ) };
	utime_t start = clock_now ();
	ipv4_addr_t addr;

	server_add ( &bad, SERVER_1 );
	server_add ( &s, SERVER_2 );
	set_servers ( "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8 );
	assert_int_equal ( look_up ( "a9.example", &addr ), 0 );
	assert_true ( clock_now () - start < 50 * MS );
}

static void failing_server_alone_is_named ( void **state ) {
	struct dns_server bad = { .rcode = 5 };
	ipv4_addr_t addr;

	server_add ( &bad, SERVER_1 );
	assert_int_equal ( -look_up ( "a10.example", &addr ), ENXIO_DNS_NO_NAME );
	assert_string_equal ( detail,
			      "DNS server 10.0.0.1 failed to look up a10.example (code 5)" );
}

static void silence_ends_after_six_questions ( void **state ) {
	struct dns_server s = { 0 };
	utime_t start = clock_now ();
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	netsim_to_us ( net )->lose_first = 0;
	s.forge_id = true; /* as good as silence */
	assert_int_equal ( -look_up ( "a11.example", &addr ), ETIMEDOUT_DNS );
	assert_in_range ( clock_now () - start, 15750 * MS, 15760 * MS );
	assert_int_equal ( s.count, 6 );
	assert_string_equal ( detail,
			      "DNS server 10.0.0.1 did not answer 6 questions for a11.example" );
}

static void forged_answers_are_not_taken ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a12.example", .addr = ANSWER } ),
				.forge_port = true };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( -look_up_until ( "a12.example", deadline_in ( US_PER_S ), &addr ),
			   ETIMEDOUT_DNS );
	s.forge_port = false;
	s.forge_question = true;
	assert_int_equal ( -look_up_until ( "a12.example", deadline_in ( US_PER_S ), &addr ),
			   ETIMEDOUT_DNS );
	s.forge_question = false;
	assert_int_equal ( look_up ( "a12.example", &addr ), 0 );
}

static void ids_and_ports_are_not_predictable ( void **state ) {
	struct dns_server s = { 0 };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	look_up ( "a13.example", &addr );
	look_up ( "a13.example", &addr );
	look_up ( "a13.example", &addr );
	assert_int_equal ( s.count, 3 );
	assert_false ( ( s.ids[0] == s.ids[1] ) && ( s.ids[1] == s.ids[2] ) );
	assert_false ( ( s.ports[0] == s.ports[1] ) && ( s.ports[1] == s.ports[2] ) );
}

static void deadline_ends_it ( void **state ) {
	struct dns_server s = { .forge_id = true };
	utime_t start = clock_now ();
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( -look_up_until ( "a14.example", deadline_in ( 600 * MS ), &addr ),
			   ETIMEDOUT_DNS );
	assert_in_range ( clock_now () - start, 600 * MS, 610 * MS );
}

static void truncated_answer_leads_to_an_error_not_to_a_wrong_address ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a15.example", .addr = ANSWER } ),
				.truncate = true };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( -look_up ( "a15.example", &addr ), ENXIO_DNS_NO_NAME );
}

static void answer_is_remembered_for_its_time ( void **state ) {
	struct dns_server s = { .zone = ZONE ( { "a16.example", .addr = ANSWER } ) };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( look_up ( "a16.example", &addr ), 0 );
	assert_int_equal ( look_up ( "a16.example", &addr ), 0 );
	assert_int_equal ( s.count, 1 );
	netsim_run ( net, 61 * US_PER_S );
	assert_int_equal ( look_up ( "a16.example", &addr ), 0 );
	assert_int_equal ( s.count, 2 );
	/* Other servers may know better. */
	set_servers ( "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8 );
	assert_int_equal ( look_up ( "a16.example", &addr ), 0 );
	assert_int_equal ( s.count, 3 );
}

static void server_without_route_is_told ( void **state ) {
	ipv4_addr_t addr;

	set_servers ( "\xc0\x00\x02\x01", 4 );
	assert_int_equal ( err_of ( look_up ( "a17.example", &addr ) ), ENETUNREACH );
	assert_string_equal ( detail, "no route to DNS server 192.0.2.1" );
}

static void names_that_are_none_are_refused ( void **state ) {
	struct dns_server s = { 0 };
	ipv4_addr_t addr;

	server_add ( &s, SERVER_1 );
	assert_int_equal ( err_of ( look_up ( "a..b", &addr ) ), EINVAL );
	assert_int_equal ( err_of ( look_up ( "", &addr ) ), EINVAL );
	assert_int_equal ( s.count, 0 );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( numeric_address_needs_no_server ),
		TEST ( address_is_found ),
		TEST ( without_servers_it_fails_at_once ),
		TEST ( unknown_name_is_told ),
		TEST ( alias_is_asked_for_if_nothing_else_is_told ),
		TEST ( aliases_in_a_circle_are_given_up ),
		TEST ( domain_is_added_to_names_without_dot ),
		TEST ( search_list_goes_before_the_bare_name ),
		TEST ( dead_server_is_followed_by_the_next ),
		TEST ( failing_server_is_followed_by_the_next_at_once ),
		TEST ( failing_server_alone_is_named ),
		TEST ( silence_ends_after_six_questions ),
		TEST ( forged_answers_are_not_taken ),
		TEST ( ids_and_ports_are_not_predictable ),
		TEST ( deadline_ends_it ),
		TEST ( truncated_answer_leads_to_an_error_not_to_a_wrong_address ),
		TEST ( answer_is_remembered_for_its_time ),
		TEST ( server_without_route_is_told ),
		TEST ( names_that_are_none_are_refused ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
