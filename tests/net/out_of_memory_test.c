/** @file
 * Memory runs out at every possible moment: each scenario is run again and again, each time with
 * the next allocation of the core failing, until it gets through without one. Nothing may crash, leak
 * (the sanitizer looks at exit, the simulated network at its packets) or be wrong afterwards.
 */
#include <stdlib.h>
#include "core/console.h"
#include "core/settings.h"
#include "lib/dhcp_server.h"
#include "lib/tcp_sender.h"
#include "lib/test.h"
#include "net/icmp.h"
#include "net/ipv4.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "platform/host/host.h"
#include "proto/dhcp.h"
#include "proto/dhcp_settings.h"
#include "shell/command.h"

#define US       IPV4 ( 10, 0, 0, 2 )
#define PEER     IPV4 ( 10, 0, 0, 1 )
#define MASK     IPV4 ( 255, 255, 255, 0 )
#define SIZE     300000
#define RUNS_MAX 2000

static struct netsim *net;

/** One scenario. It is given a fresh net, and returns what its task returned. */
typedef int scenario_fn ( void );

static int once ( scenario_fn *scenario, bool configure, void ( *arm ) ( unsigned int nth ),
		  unsigned int nth ) {
	int rc;

	net = netsim_new ();
	if ( configure )
		netsim_configure ( net, US, MASK, 0 );
	arm ( nth );
	rc = scenario ();
	return rc;
}

/** Run a scenario with each heap allocation failing, then with each page allocation. */
static void sweep ( scenario_fn *scenario, bool configure ) {
	bool failed = true;
	int rc = 0;

	for ( unsigned int nth = 1; failed; nth++ ) {
		assert_in_range ( nth, 1, RUNS_MAX );
		rc = once ( scenario, configure, host_fail_heap, nth );
		failed = host_heap_failed ();
		host_fail_heap ( 0 );
		netsim_free ( net );
	}
	assert_int_equal ( rc, 0 );
	for ( unsigned int nth = 1; nth < 20; nth++ ) {
		rc = once ( scenario, configure, host_fail_pages, nth );
		host_fail_pages ( 0 );
		netsim_free ( net );
	}
	assert_int_equal ( rc, 0 );
}

/** As netsim_join(), but it may be that no task could be started. */
static int run_task ( TASK_FN int ( *fn ) ( void *arg ), void *arg ) {
	struct task_group *group = netsim_group ( net );
	int rc = task_spawn ( group, "test", fn, arg, TASK_STACK_LARGE );

	return rc ? rc : netsim_join ( net, 300 * US_PER_S );
}

/* ---- UDP, ICMP, ARP, reassembly ---- */

static void echo_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
		      const uint8_t *payload, size_t len, void *arg ) {
	static uint8_t data[4000];
	uint16_t src_port, dest_port;
	const uint8_t *request;

	if ( ( proto == IP_PROTO_UDP ) && ( netsim_parse_udp ( src, dest, payload, len, &src_port,
							       &dest_port, &request ) >= 0 ) )
		netsim_host_send_udp ( host, dest_port, src, src_port, data, sizeof ( data ) );
}

static TASK_FN int udp_task ( void *arg ) {
	_cleanup_ ( udp_closep ) struct udp *udp = NULL;
	_cleanup_ ( icmp_echo_closep ) struct icmp_echo *echo = NULL;
	struct endpoint peer = endpoint_ipv4 ( PEER, 7 );
	uint8_t buf[5000];
	ssize_t len;
	int rc;

	if ( ( rc = udp_open ( NULL, &peer, 0, &udp ) ) != 0 )
		return rc;
	if ( ( rc = icmp_echo_open ( &echo ) ) != 0 )
		return rc;
	if ( ( rc = udp_send ( udp, NULL, "x", 1 ) ) != 0 )
		return rc;
	if ( ( rc = icmp_echo_send ( echo, &peer, 1, "x", 1 ) ) != 0 )
		return rc;
	len = udp_recv ( udp, buf, sizeof ( buf ), NULL, deadline_in ( US_PER_S ) );
	return ( len < 0 ) ? (int) len : ( len == 4000 ) ? 0 : -EIO;
}

static int udp_scenario ( void ) {
	struct netsim_host *host = netsim_host_add ( net, PEER, echo_rx, NULL );

	netsim_host_mtu ( host, 1500 );
	return run_task ( udp_task, NULL );
}

static void udp_survives ( void **state ) {
	sweep ( udp_scenario, true );
}

/* ---- Interfaces ---- */

static int netif_scenario ( void ) {
	struct netif *netif = netsim_netif ( net );
	int rc;

	netif_unregister ( netif );
	if ( ( rc = netif_register ( netif ) ) != 0 ) {
		/* The net wants to unregister it in the end. */
		host_fail_heap ( 0 );
		host_fail_pages ( 0 );
		assert_int_equal ( netif_register ( netif ), 0 );
		return rc;
	}
	if ( ( rc = netif_open ( netif ) ) != 0 )
		assert_false ( netif->open );
	return rc;
}

static void interfaces_survive ( void **state ) {
	sweep ( netif_scenario, false );
}

/* ---- DHCP ---- */

static TASK_FN int dhcp_task ( void *arg ) {
	return dhcp_configure ( netsim_netif ( net ) );
}

static int dhcp_scenario ( void ) {
	static struct dhcp_server server;
	int rc;

	server = ( struct dhcp_server ){ .ip = PEER, .yiaddr = US, .file = "boot.ipxe" };
	dhcp_server_add ( net, &server );
	rc = run_task ( dhcp_task, NULL );
	netif_close ( netsim_netif ( net ) );
	netsim_settle ( net );
	dhcp_settings_drop ( NULL, "proxydhcp" );
	return rc;
}

static void dhcp_survives ( void **state ) {
	sweep ( dhcp_scenario, false );
}

/* ---- TCP ---- */

static TASK_FN int tcp_task ( void *arg ) {
	_cleanup_ ( stream_closep ) struct stream *stream = NULL;
	struct endpoint server = endpoint_ipv4 ( PEER, 80 );
	static uint8_t buf[SIZE + 1];
	size_t got = 0;
	ssize_t len;
	int rc;

	if ( ( rc = tcp_connect ( &server, deadline_in ( 20 * US_PER_S ), &stream ) ) != 0 )
		return rc;
	memset ( buf, 0, 100 );
	if ( ( rc = stream_write ( stream, buf, 100, deadline_in ( 20 * US_PER_S ) ) ) != 0 )
		return rc;
	while ( ( len = stream_read ( stream, buf + got, sizeof ( buf ) - got,
				      deadline_in ( 20 * US_PER_S ) ) ) > 0 )
		got += (size_t) len;
	if ( len < 0 )
		return (int) len;
	return ( ( got == SIZE ) && tcp_sender_check ( buf, 0, got ) ) ? 0 : -EIO;
}

static int tcp_scenario ( void ) {
	struct tcp_sender *sender = tcp_sender_new ( net, PEER, SIZE, true, false );
	int rc;

	tcp_sender_want ( sender, 100 );
	netsim_to_us ( net )->loss_ppm = 10000;
	netsim_to_us ( net )->delay_us = 5000;
	rc = run_task ( tcp_task, NULL );
	netsim_run ( net, 20 * US_PER_S );
	tcp_sender_free ( sender );
	return rc;
}

static void tcp_survives ( void **state ) {
	sweep ( tcp_scenario, true );
}

/* ---- Shell ---- */

static TASK_FN int shell_task ( void *arg ) {
	static const char *const lines[] = {
		"set a:hex 01:02:03 && set b ${a}${net0/mac:hexhyp} && isset ${b} && iseq ${a} "
		"${a}",
		"echo ${b} && show a && inc c 5 && clear a && clear b && clear c",
		"params --name p && param --params p key value && param --params p k ${net0/ip}",
		"set net0/gateway 10.0.0.1 && route && ifstat && clear net0/gateway && "
		"config-no-such || true",
		"help && set x.y/z 1 && show x.y/z && clear x.y/z",
	};
	int rc = 0;

	for ( size_t i = 0; i < ARRAY_SIZE ( lines ); i++ ) {
		int line_rc = shell_execute ( lines[i] );

		if ( ( i != 3 ) && ( rc == 0 ) )
			rc = line_rc;
	}
	return rc;
}

static int shell_scenario ( void ) {
	int rc;

	test_capture_start ();
	rc = run_task ( shell_task, NULL );
	test_capture_stop ();
	return rc;
}

static void shell_survives ( void **state ) {
	sweep ( shell_scenario, true );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( udp_survives ),   cmocka_unit_test ( interfaces_survive ),
		cmocka_unit_test ( dhcp_survives ),  cmocka_unit_test ( tcp_survives ),
		cmocka_unit_test ( shell_survives ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
