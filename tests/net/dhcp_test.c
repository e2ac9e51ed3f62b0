/** @file
 * DHCP conversations over the simulated network: which server is taken, when, and what is asked
 * for again; ProxyDHCP in the background.
 */
#include <stdlib.h>
#include "core/error.h"
#include "core/settings.h"
#include "lib/dhcp_server.h"
#include "lib/test.h"
#include "platform/host/host.h"
#include "proto/dhcp.h"
#include "proto/dhcp_settings.h"

#define MS US_PER_MS

static struct netsim *net;
static char detail[200];

static int setup ( void **state ) {
	net = netsim_new ();
	detail[0] = '\0';
	return 0;
}

static int teardown ( void **state ) {
	netif_close ( netsim_netif ( net ) );
	netsim_settle ( net );
	dhcp_settings_drop ( NULL, "proxydhcp" );
	dhcp_settings_drop ( NULL, "pxebs" );
	netsim_free ( net );
	return 0;
}

static TASK_FN int configure_task ( void *arg ) {
	int rc = dhcp_configure ( netsim_netif ( net ) );

	strncpy ( detail, error_detail ( rc ), sizeof ( detail ) - 1 );
	return rc;
}

/* Run DHCP. @return its status; how long it took goes to *ret_us */
static int configure ( utime_t *ret_us ) {
	utime_t start = clock_now ();
	int rc;

	netsim_spawn ( net, configure_task, NULL );
	rc = netsim_join ( net, 300 * US_PER_S );
	*ret_us = clock_now () - start;
	return rc;
}

/* A setting as text, "" if unset. */
static const char *get ( const char *name ) {
	static char text[256];
	struct setting_ref ref;

	text[0] = '\0';
	if ( ( setting_ref_parse ( name, false, &ref ) != 0 ) ||
	     ( setting_fetch_text ( &ref, text, sizeof ( text ) ) < 0 ) )
		text[0] = '\0';
	return text;
}

struct wait {
	const char *name;
	utime_t took;
};

static TASK_FN int wait_task ( void *arg ) {
	struct wait *wait = arg;
	utime_t start = clock_now ();
	struct setting_ref ref;
	int rc = setting_ref_parse ( wait->name, false, &ref );

	if ( rc == 0 )
		rc = settings_wait ( &ref.setting );
	wait->took = clock_now () - start;
	return rc;
}

/* How long does somebody wait who needs this setting? */
static utime_t wait_for ( const char *name ) {
	struct wait wait = { .name = name };

	netsim_spawn ( net, wait_task, &wait );
	assert_int_equal ( netsim_join ( net, 60 * US_PER_S ), 0 );
	return wait.took;
}

#define SERVER_A .ip = IPV4 ( 10, 0, 0, 1 ), .yiaddr = IPV4 ( 10, 0, 0, 100 )
#define SERVER_B .ip = IPV4 ( 10, 0, 0, 2 ), .yiaddr = IPV4 ( 10, 0, 0, 200 )
#define NETMASK  "\x01\x04\xff\xff\xff\x00"
#define ROUTER   "\x03\x04\x0a\x00\x00\x01"
#define PXE      "\x3c\x09PXEClient"

static void lease_is_taken_at_once ( void **state ) {
	struct dhcp_server a = { SERVER_A, .delay_us = 5 * MS,
				 OPTIONS ( NETMASK ROUTER "\x43\x0ahttp://a/b\x0c\x03pc1" ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_in_range ( took, 10 * MS, 20 * MS );
	assert_int_equal ( a.count, 2 );
	assert_int_equal ( a.seen[0].type, DHCP_DISCOVER );
	assert_int_equal ( a.seen[0].secs, 4 );
	assert_int_equal ( a.seen[0].flags, 0 );
	assert_int_equal ( a.seen[1].type, DHCP_REQUEST );
	assert_int_equal ( a.seen[1].secs, ( 2 << 2 ) | 2 );
	assert_int_equal ( a.seen[1].server_id, a.ip );
	assert_int_equal ( a.seen[1].requested_ip, a.yiaddr );
	assert_int_equal ( a.seen[1].ciaddr, 0 );
	assert_int_equal ( a.seen[1].xid, a.seen[0].xid );
	assert_string_equal ( get ( "net0.dhcp/ip" ), "10.0.0.100" );
	assert_string_equal ( get ( "net0/gateway" ), "10.0.0.1" );
	assert_string_equal ( get ( "filename" ), "http://a/b" );
	assert_string_equal ( get ( "hostname" ), "pc1" );
	assert_string_equal ( get ( "dhcp-server" ), "10.0.0.1" );
	assert_string_equal ( get ( "next-server" ), "" );
	/* A boot file is there: nobody waits for a better one. */
	assert_int_equal ( wait_for ( "filename" ), 0 );
}

static void second_dhcp_replaces_the_lease_and_asks_for_broadcast ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK "\x0c\x03one" ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	a.yiaddr = IPV4 ( 10, 0, 0, 101 );
	a.options = NETMASK;
	a.options_len = 6;
	/* The service of the first still listens; it must give way. */
	assert_int_equal ( configure ( &took ), 0 );
	assert_true ( took < 50 * MS );
	assert_int_equal ( a.seen[2].flags, 0x8000 );
	assert_true ( a.seen[2].xid != a.seen[0].xid );
	assert_string_equal ( get ( "ip" ), "10.0.0.101" );
	assert_string_equal ( get ( "hostname" ), "" );
}

static void no_server_fails_after_fifteen_seconds ( void **state ) {
	struct dhcp_server a = { SERVER_A, .ignore = 100 };
	static const utime_t times[] = { 0, 1, 3, 7 };
	utime_t took, start = clock_now ();

	dhcp_server_add ( net, &a );
	assert_int_equal ( -configure ( &took ), ETIMEDOUT_DHCP );
	assert_in_range ( took, 15000 * MS, 15010 * MS );
	assert_int_equal ( a.count, 4 );
	for ( int i = 0; i < 4; i++ ) {
		assert_in_range ( a.seen[i].time - start, times[i] * US_PER_S,
				  times[i] * US_PER_S + 5 * MS );
		assert_int_equal ( a.seen[i].secs, ( i + 1 ) << 2 );
	}
	assert_string_equal ( detail, "net0: no DHCP server answered 4 DISCOVERs" );
	assert_string_equal ( get ( "ip" ), "" );
}

static void late_server_is_taken_when_it_answers ( void **state ) {
	struct dhcp_server a = { SERVER_A, .ignore = 2, .delay_us = 100 * MS };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_in_range ( took, 3200 * MS, 3210 * MS );
	assert_string_equal ( get ( "ip" ), "10.0.0.100" );
	/* The window for ProxyDHCP is over long ago. */
	assert_int_equal ( wait_for ( "filename" ), 0 );
}

static void first_of_two_servers_is_taken ( void **state ) {
	struct dhcp_server a = { SERVER_A, .delay_us = 30 * MS },
			   b = { SERVER_B, .delay_us = 5 * MS };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &b );
	assert_int_equal ( configure ( &took ), 0 );
	assert_string_equal ( get ( "ip" ), "10.0.0.200" );
	/* Both see who was chosen. */
	assert_int_equal ( a.seen[1].server_id, b.ip );
	netsim_run ( net, 100 * MS );
	assert_string_equal ( get ( "ip" ), "10.0.0.200" );
}

static void among_offers_of_one_burst_priority_decides ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( "\xaf\x03\x01\x01\x05" ) },
			   b = { SERVER_B, OPTIONS ( "\xaf\x03\x01\x01\xff" ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &b );
	netsim_to_us ( net )->delay_us = 1 * MS;
	assert_int_equal ( configure ( &took ), 0 );
	assert_string_equal ( get ( "ip" ), "10.0.0.100" );
}

static void among_equal_offers_of_one_burst_the_later_is_taken ( void **state ) {
	struct dhcp_server a = { SERVER_A }, b = { SERVER_B };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &b );
	netsim_to_us ( net )->delay_us = 1 * MS;
	assert_int_equal ( configure ( &took ), 0 );
	assert_string_equal ( get ( "ip" ), "10.0.0.200" );
}

static void lost_packets_are_sent_again ( void **state ) {
	struct dhcp_server a = { SERVER_A };
	utime_t took;

	dhcp_server_add ( net, &a );
	netsim_to_us ( net )->lose_first = 1; /* the first offer */
	assert_int_equal ( configure ( &took ), 0 );
	assert_in_range ( took, 1000 * MS, 1010 * MS );
}

static void request_without_answer_fails_after_six ( void **state ) {
	struct dhcp_server a = { SERVER_A, .mute_requests = true };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( -configure ( &took ), ETIMEDOUT_DHCP );
	assert_in_range ( took, 15750 * MS, 15760 * MS );
	assert_int_equal ( dhcp_server_saw ( &a, DHCP_REQUEST, 67 ), 6 );
	assert_string_equal ( detail,
			      "net0: server 10.0.0.1 offered 10.0.0.100 but did not answer 6 "
			      "REQUESTs" );
}

static void refusal_leads_back_to_discovery ( void **state ) {
	struct dhcp_server a = { SERVER_A, .naks = 1 };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_in_range ( took, 1000 * MS, 1020 * MS );
	assert_int_equal ( a.count, 4 );
	assert_int_equal ( a.seen[2].type, DHCP_DISCOVER );
	assert_int_equal ( a.seen[2].secs, 3 << 2 );
}

static void server_that_always_refuses_is_believed ( void **state ) {
	struct dhcp_server a = { SERVER_A, .naks = 100 };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( err_of ( configure ( &took ) ), EPERM );
	assert_string_equal ( detail, "net0: server 10.0.0.1 refused (NAK: no lease?left)" );
	assert_int_equal ( dhcp_server_saw ( &a, DHCP_REQUEST, 67 ), DHCP_NAK_MAX );
}

static void bootp_reply_is_a_lease ( void **state ) {
	struct dhcp_server a = { SERVER_A, .siaddr = IPV4 ( 10, 0, 0, 3 ), .file = "kernel",
				 .bootp = true };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_int_equal ( a.count, 1 );
	assert_string_equal ( get ( "ip" ), "10.0.0.100" );
	assert_string_equal ( get ( "filename" ), "kernel" );
	assert_string_equal ( get ( "next-server" ), "10.0.0.3" );
	assert_string_equal ( get ( "netmask" ), "" );
}

static void server_without_identifier_is_known_by_its_address ( void **state ) {
	struct dhcp_server a = { SERVER_A, .no_server_id = true };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_int_equal ( a.seen[1].server_id, a.ip );
}

static void offers_of_impossible_addresses_are_not_taken ( void **state ) {
	struct dhcp_server a = { SERVER_A };
	utime_t took;

	a.yiaddr = IPV4 ( 127, 0, 0, 1 );
	dhcp_server_add ( net, &a );
	assert_int_equal ( -configure ( &took ), ETIMEDOUT_DHCP );
	assert_int_equal ( dhcp_server_saw ( &a, DHCP_REQUEST, 67 ), 0 );
}

static void blocked_link_postpones_failure ( void **state ) {
	struct dhcp_server a = { SERVER_A, .ignore = 30 };
	utime_t took;

	netsim_netif ( net )->blocked_until = deadline_in ( 32 * US_PER_S );
	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	/* Once a second while it is blocked: the 31st DISCOVER comes at 30 s. */
	assert_in_range ( took, 30000 * MS, 30010 * MS );
}

/* ---- ProxyDHCP ---- */

#define PROXY .ip = IPV4 ( 10, 0, 0, 3 ), .siaddr = IPV4 ( 10, 0, 0, 3 )

static void proxy_offer_comes_in_the_background ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) },
			   p = { PROXY, .file = "pxe.0", .delay_us = 500 * MS, OPTIONS ( PXE ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &p );
	assert_int_equal ( configure ( &took ), 0 );
	assert_true ( took < 50 * MS );
	assert_string_equal ( get ( "filename" ), "" );
	/* What no proxy can bring is not waited for, what it can is. */
	assert_int_equal ( wait_for ( "hostname" ), 0 );
	assert_int_equal ( wait_for ( "gateway" ), 0 );
	assert_in_range ( wait_for ( "filename" ), 400 * MS, 510 * MS );
	assert_string_equal ( get ( "filename" ), "pxe.0" );
	assert_string_equal ( get ( "proxydhcp/next-server" ), "10.0.0.3" );
	assert_int_equal ( wait_for ( "root-path" ), 0 );
	assert_string_equal ( get ( "ip" ), "10.0.0.100" );
}

static void waiting_for_a_proxy_ends_with_the_window ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_in_range ( wait_for ( "43.9" ), 1900 * MS, 2010 * MS );
	assert_int_equal ( wait_for ( "43.9" ), 0 );
}

static void late_proxy_offer_is_not_taken ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) },
			   p = { PROXY, .file = "pxe.0", .delay_us = 2500 * MS, OPTIONS ( PXE ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &p );
	assert_int_equal ( configure ( &took ), 0 );
	netsim_run ( net, 4 * US_PER_S );
	assert_string_equal ( get ( "filename" ), "" );
}

static void proxy_is_asked_on_port_4011 ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) },
			   p = { PROXY, .delay_us = 100 * MS, .pxe_file = "second.0",
				 OPTIONS ( PXE ), PXE_OPTIONS ( PXE ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &p );
	assert_int_equal ( configure ( &took ), 0 );
	assert_in_range ( wait_for ( "filename" ), 150 * MS, 220 * MS );
	assert_string_equal ( get ( "filename" ), "second.0" );
	assert_int_equal ( dhcp_server_saw ( &p, DHCP_REQUEST, 4011 ), 1 );
	assert_int_equal ( p.seen[p.count - 1].ciaddr, a.yiaddr );
	assert_int_equal ( p.seen[p.count - 1].server_id, p.ip );
	assert_int_equal ( p.seen[p.count - 1].requested_ip, 0 );
}

static void proxy_that_is_silent_on_port_4011_is_given_up ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) }, p = { PROXY, OPTIONS ( PXE ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &p );
	assert_int_equal ( configure ( &took ), 0 );
	assert_in_range ( wait_for ( "filename" ), 1900 * MS, 4100 * MS );
	assert_in_range ( dhcp_server_saw ( &p, DHCP_REQUEST, 4011 ), 3, 4 );
	assert_string_equal ( get ( "filename" ), "" );
	assert_string_equal ( get ( "ip" ), "10.0.0.100" );
}

static void one_server_may_be_both ( void **state ) {
	struct dhcp_server a = { SERVER_A, .siaddr = IPV4 ( 10, 0, 0, 1 ),
				 OPTIONS ( NETMASK PXE "\x2b\x08\x09\x05\x00\x80\x02hi\xff" ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_int_equal ( wait_for ( "filename" ), 0 );
	assert_string_equal ( get ( "proxydhcp/43.9:hexraw" ), "0080026869" );
	assert_int_equal ( a.count, 2 );
}

static void server_that_forbids_proxies_is_obeyed ( void **state ) {
	struct dhcp_server a = { SERVER_A, .delay_us = 50 * MS,
				 OPTIONS ( NETMASK "\xaf\x03\xb0\x01\x01" ) },
			   p = { PROXY, .file = "pxe.0", OPTIONS ( PXE ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &p );
	assert_int_equal ( configure ( &took ), 0 );
	assert_int_equal ( wait_for ( "filename" ), 0 );
	netsim_run ( net, 3 * US_PER_S );
	assert_string_equal ( get ( "filename" ), "" );
}

static void proxy_alone_gives_no_address ( void **state ) {
	struct dhcp_server p = { PROXY, .file = "pxe.0", OPTIONS ( PXE ) };
	utime_t took;

	dhcp_server_add ( net, &p );
	assert_int_equal ( -configure ( &took ), ETIMEDOUT_DHCP );
	assert_string_equal ( detail,
			      "net0: of 4 DISCOVERs only ProxyDHCP server 10.0.0.3 answered, "
			      "which has no addresses to give" );
}

static void closed_interface_ends_the_wait ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	netif_close ( netsim_netif ( net ) );
	assert_in_range ( wait_for ( "filename" ), 0, 5 * MS );
}

static void better_proxy_of_a_burst_is_taken ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) },
			   p = { PROXY, .file = "low", .delay_us = 10 * MS,
				 OPTIONS ( PXE "\xaf\x03\x01\x01\x02" ) },
			   q = { .ip = IPV4 ( 10, 0, 0, 4 ),
				 .siaddr = IPV4 ( 10, 0, 0, 4 ),
				 .file = "lowest",
				 .delay_us = 10 * MS,
				 OPTIONS ( PXE ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &p );
	dhcp_server_add ( net, &q );
	assert_int_equal ( configure ( &took ), 0 );
	wait_for ( "filename" );
	assert_string_equal ( get ( "filename" ), "low" );
}

/* ---- Trouble ---- */

static void failing_driver_is_told ( void **state ) {
	utime_t took;

	netsim_fail_transmit ( net, -EIO );
	assert_int_equal ( err_of ( configure ( &took ) ), EIO );
	assert_string_equal ( detail, "net0: could not send DISCOVER" );
}

static void full_ring_passes ( void **state ) {
	struct dhcp_server a = { SERVER_A };

	dhcp_server_add ( net, &a );
	netsim_fail_transmit ( net, -ENOBUFS );
	netsim_spawn ( net, configure_task, NULL );
	netsim_run ( net, 500 * MS );
	netsim_fail_transmit ( net, 0 );
	assert_int_equal ( netsim_join ( net, 10 * US_PER_S ), 0 );
}

static void class_that_does_not_fit_is_told ( void **state ) {
	static char class[250];
	utime_t took;

	memset ( class, 'c', sizeof ( class ) - 1 );
	settings_set_text ( NULL, "user-class", class );
	settings_set_text ( NULL, "vendor-class", class );
	assert_int_equal ( err_of ( configure ( &took ) ), EMSGSIZE );
	settings_set_text ( NULL, "user-class", "" );
	settings_set_text ( NULL, "vendor-class", "" );
	assert_true ( took < 10 * MS );
}

static void link_lost_meanwhile_is_told ( void **state ) {
	netsim_spawn ( net, configure_task, NULL );
	netsim_run ( net, 500 * MS );
	netsim_link ( net, false );
	assert_int_equal ( -netsim_join ( net, 60 * US_PER_S ), ETIMEDOUT_DHCP );
	assert_string_equal ( detail, "net0: no DHCP server answered 4 DISCOVERs, and the link is "
				      "down now" );
}

static void cancelling_ends_it_at_each_moment ( void **state ) {
	struct dhcp_server a = { SERVER_A, .naks = 1, .delay_us = 300 * MS, OPTIONS ( NETMASK ) };

	dhcp_server_add ( net, &a );
	for ( utime_t at = 0; at < 3 * US_PER_S; at += 100 * MS ) {
		a.naks = 1;
		netsim_spawn ( net, configure_task, NULL );
		netsim_run ( net, at );
		netsim_cancel ( net );
		netsim_join ( net, US_PER_S );
		/* Answers still on their way are the server's. */
		netsim_run ( net, US_PER_S );
	}
	assert_int_equal ( a.pending, 0 );
}

/* Arm the failure from inside: the task's own start is not what is tested. */
static TASK_FN int fail_heap_task ( void *arg ) {
	host_fail_heap ( *(unsigned int *) arg );
	return dhcp_configure ( netsim_netif ( net ) );
}

static void each_failed_allocation_is_survived ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) },
			   p = { PROXY, .file = "pxe.0", .delay_us = 100 * MS, OPTIONS ( PXE ) };
	bool failed = true;

	dhcp_server_add ( net, &a );
	dhcp_server_add ( net, &p );
	/* Each time one allocation further on fails, until none does. */
	for ( unsigned int nth = 1; failed; nth++ ) {
		assert_true ( nth < 100 );
		netsim_spawn ( net, fail_heap_task, &nth );
		netsim_join ( net, 60 * US_PER_S );
		netsim_run ( net, 3 * US_PER_S );
		failed = host_heap_failed ();
		host_fail_heap ( 0 );
		a.count = p.count = 0;
	}
	assert_string_equal ( get ( "filename" ), "pxe.0" );
	assert_int_equal ( wait_for ( "root-path" ), 0 );
}

static void interface_that_goes_away_takes_its_service_along ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	/* No turn of the root loop in between: the service still has to wind up. */
	netsim_free ( net );
	net = netsim_new ();
	netsim_settle ( net );
	assert_string_equal ( get ( "ip" ), "" );
	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_string_equal ( get ( "ip" ), "10.0.0.100" );
}

static void answers_for_others_do_not_hold_up_retransmission ( void **state ) {
	struct dhcp_server a = { SERVER_A, .ignore = 2 };
	uint8_t junk[300] = { 2, 1, 6, 0, 9, 9, 9, 9 };
	utime_t start = clock_now ();

	dhcp_server_add ( net, &a );
	netsim_spawn ( net, configure_task, NULL );
	for ( int i = 0; i < 400; i++ ) {
		netsim_run ( net, 10 * MS );
		netsim_host_send_udp ( a.host, 67, IPV4_BROADCAST, 68, junk, sizeof ( junk ) );
	}
	assert_int_equal ( netsim_join ( net, US_PER_S ), 0 );
	assert_in_range ( a.seen[2].time - start, 2900 * MS, 3100 * MS );
	netsim_settle ( net );
}

/* What option 77 and 60 say, as the server saw them. */
static void classes_of_the_user_are_sent_but_not_those_of_a_server ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK PXE ) };
	struct dhcp_request request;
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_string_equal ( get ( "vendor-class" ), "PXEClient" );
	dhcp_request_init ( netsim_netif ( net ), 1, &request );
	assert_int_equal ( strncmp ( request.vendor_class, "PXEClient:Arch:", 15 ), 0 );
	assert_memory_equal ( request.user_class, "iPXE", 4 );
	settings_set_text ( NULL, "user-class", "mine" );
	settings_set_text ( NULL, "vendor-class", "other" );
	settings_set_text ( NULL, "uuid", "01020304-0506-0708-090a-0b0c0d0e0f10" );
	dhcp_request_init ( netsim_netif ( net ), 1, &request );
	assert_int_equal ( request.user_class_len, 4 );
	assert_memory_equal ( request.user_class, "mine", 4 );
	assert_string_equal ( request.vendor_class, "other" );
	assert_non_null ( request.uuid );
	assert_memory_equal ( request.uuid, "\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a", 10 );
	settings_set_text ( NULL, "user-class", "" );
	settings_set_text ( NULL, "vendor-class", "" );
	settings_set_text ( NULL, "uuid", "" );
}

/* ---- Settings ---- */

static void lease_can_be_written_to ( void **state ) {
	struct dhcp_server a = { SERVER_A, .file = "from-header",
				 OPTIONS ( NETMASK "\x2b\x06\x06\x01\x08\x07\x01\x02" ) };
	struct setting_ref ref;
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_string_equal ( get ( "net0.dhcp/filename" ), "from-header" );
	assert_int_equal ( setting_ref_parse ( "net0.dhcp/filename", false, &ref ), 0 );
	assert_int_equal ( setting_store_text ( &ref, "mine" ), 0 );
	assert_string_equal ( get ( "filename" ), "mine" );
	assert_int_equal ( setting_store_text ( &ref, "" ), 0 );
	assert_string_equal ( get ( "filename" ), "" );
	assert_int_equal ( setting_ref_parse ( "net0.dhcp/43.6:int8", false, &ref ), 0 );
	assert_int_equal ( setting_store_text ( &ref, "3" ), 0 );
	assert_string_equal ( get ( "net0.dhcp/43:hexraw" ), "060103070102" );
	assert_int_equal ( setting_store_text ( &ref, "" ), 0 );
	assert_string_equal ( get ( "net0.dhcp/43:hexraw" ), "070102" );
	assert_int_equal ( setting_ref_parse ( "net0.dhcp/ip", false, &ref ), 0 );
	assert_int_equal ( setting_store_text ( &ref, "10.0.0.77" ), 0 );
	assert_string_equal ( get ( "ip" ), "10.0.0.77" );
	assert_int_equal ( setting_ref_parse ( "net0.dhcp/175.190", false, &ref ), 0 );
	assert_int_equal ( setting_store_text ( &ref, "user" ), 0 );
	assert_string_equal ( get ( "username" ), "user" );
}

static void addresses_come_from_the_header_only ( void **state ) {
	struct dhcp_server a = { SERVER_A, .siaddr = IPV4 ( 10, 0, 0, 3 ),
				 OPTIONS ( NETMASK "\xaf\x08\x02\x01x\x03\x03xyz" ) };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_string_equal ( get ( "ip" ), "10.0.0.100" );
	assert_string_equal ( get ( "next-server" ), "10.0.0.3" );
}

static void names_without_number_do_not_fit_into_a_lease ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) };
	struct setting_ref ref;
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_int_equal ( setting_ref_parse ( "net0.dhcp/foo", false, &ref ), 0 );
	assert_int_equal ( err_of ( setting_store_text ( &ref, "x" ) ), ENOTTY );
}

static void option_longer_than_255_bytes_is_refused ( void **state ) {
	struct dhcp_server a = { SERVER_A, OPTIONS ( NETMASK ) };
	struct setting_ref ref;
	uint8_t big[256] = { 0 };
	utime_t took;

	dhcp_server_add ( net, &a );
	assert_int_equal ( configure ( &took ), 0 );
	assert_int_equal ( setting_ref_parse ( "net0.dhcp/43.128", false, &ref ), 0 );
	assert_int_equal ( setting_store ( &ref, big, 253, NULL ), 0 );
	assert_int_equal ( err_of ( setting_store ( &ref, big, 254, NULL ) ), ENOSPC );
	assert_int_equal ( setting_fetch ( &ref, big, sizeof ( big ), NULL, NULL ), 253 );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( lease_is_taken_at_once ),
		TEST ( second_dhcp_replaces_the_lease_and_asks_for_broadcast ),
		TEST ( no_server_fails_after_fifteen_seconds ),
		TEST ( late_server_is_taken_when_it_answers ),
		TEST ( first_of_two_servers_is_taken ),
		TEST ( among_offers_of_one_burst_priority_decides ),
		TEST ( among_equal_offers_of_one_burst_the_later_is_taken ),
		TEST ( lost_packets_are_sent_again ),
		TEST ( request_without_answer_fails_after_six ),
		TEST ( refusal_leads_back_to_discovery ),
		TEST ( server_that_always_refuses_is_believed ),
		TEST ( bootp_reply_is_a_lease ),
		TEST ( server_without_identifier_is_known_by_its_address ),
		TEST ( offers_of_impossible_addresses_are_not_taken ),
		TEST ( blocked_link_postpones_failure ),
		TEST ( proxy_offer_comes_in_the_background ),
		TEST ( waiting_for_a_proxy_ends_with_the_window ),
		TEST ( late_proxy_offer_is_not_taken ),
		TEST ( proxy_is_asked_on_port_4011 ),
		TEST ( proxy_that_is_silent_on_port_4011_is_given_up ),
		TEST ( one_server_may_be_both ),
		TEST ( server_that_forbids_proxies_is_obeyed ),
		TEST ( proxy_alone_gives_no_address ),
		TEST ( closed_interface_ends_the_wait ),
		TEST ( better_proxy_of_a_burst_is_taken ),
		TEST ( failing_driver_is_told ),
		TEST ( full_ring_passes ),
		TEST ( class_that_does_not_fit_is_told ),
		TEST ( link_lost_meanwhile_is_told ),
		TEST ( cancelling_ends_it_at_each_moment ),
		TEST ( each_failed_allocation_is_survived ),
		TEST ( interface_that_goes_away_takes_its_service_along ),
		TEST ( answers_for_others_do_not_hold_up_retransmission ),
		TEST ( classes_of_the_user_are_sent_but_not_those_of_a_server ),
		TEST ( lease_can_be_written_to ),
		TEST ( addresses_come_from_the_header_only ),
		TEST ( names_without_number_do_not_fit_into_a_lease ),
		TEST ( option_longer_than_255_bytes_is_refused ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
