/** @file
 * PXE boot server discovery (PXE specification 2.1). See proto/pxebs.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/dhcp.h"
#include "core/console.h"
#include "core/error.h"
#include "core/job.h"
#include "core/memory.h"
#include "core/random.h"
#include "net/ipv4.h"
#include "proto/dhcp.h"
#include "proto/dhcp_settings.h"
#include "proto/pxebs.h"

/* Bits of discovery control, option 43.6. */
#define PXEBS_NO_BROADCAST 0x01
#define PXEBS_NO_MULTICAST 0x02
#define PXEBS_LISTED_ONLY  0x04

/** What option 43 says, and the conversation. */
struct pxebs {
	struct netif *netif;
	struct udp *udp;
	uint16_t type;
	uint8_t control;
	ipv4_addr_t multicast;
	unsigned int server_count;
	ipv4_addr_t servers[PXEBS_SERVERS_MAX]; /**< listed for this type */
	unsigned int asked;                     /**< ways tried */
	unsigned int sent;
	uint32_t xid;
	uint8_t buf[DHCP_REPLY_MAX];
};

/* Option 43.8: type, count, addresses; again. */
static void read_servers ( struct pxebs *pxebs ) {
	uint8_t raw[255];
	ssize_t len = settings_get_raw ( NULL, "43.8", raw, sizeof ( raw ) );
	struct reader r = READER ( raw, ( len > 0 ) ? MIN ( (size_t) len, sizeof ( raw ) ) : 0 );

	while ( reader_left ( &r ) ) {
		uint16_t type = read_le16 ( &r );
		unsigned int count = read_u8 ( &r );

		while ( count-- && !reader_failed ( &r ) ) {
			ipv4_addr_t addr = read_be32 ( &r );

			if ( !reader_failed ( &r ) && ( type == pxebs->type ) && addr &&
			     ( pxebs->server_count < PXEBS_SERVERS_MAX ) )
				pxebs->servers[pxebs->server_count++] = addr;
		}
	}
}

static void read_settings ( struct pxebs *pxebs ) {
	uint8_t raw[4];
	struct reader r = READER ( raw, sizeof ( raw ) );

	if ( settings_get_raw ( NULL, "43.6", raw, 1 ) == 1 )
		pxebs->control = raw[0];
	if ( settings_get_raw ( NULL, "43.7", raw, sizeof ( raw ) ) == sizeof ( raw ) )
		pxebs->multicast = read_be32 ( &r );
	read_servers ( pxebs );
}

static bool is_listed ( const struct pxebs *pxebs, ipv4_addr_t server ) {
	for ( unsigned int i = 0; i < pxebs->server_count; i++ ) {
		if ( pxebs->servers[i] == server )
			return true;
	}
	return false;
}

static int send_request ( struct pxebs *pxebs, ipv4_addr_t server ) {
	struct endpoint dest = endpoint_ipv4 (
		server, ( server == IPV4_BROADCAST ) ? DHCP_SERVER_PORT : DHCP_PXE_PORT );
	uint8_t item[4] = { pxebs->type, pxebs->type >> 8 };
	struct dhcp_request request;
	ssize_t len;

	dhcp_request_init ( pxebs->netif, pxebs->xid, &request );
	request.type = DHCP_REQUEST;
	request.secs = ++pxebs->sent << 2;
	request.ciaddr = ipv4_netif_addr ( pxebs->netif );
	request.boot_item = item;
	len = dhcp_build_request ( &request, pxebs->buf, DHCP_REQUEST_MAX );
	return ( len < 0 ) ? len : udp_send ( pxebs->udp, &dest, pxebs->buf, len );
}

/* An acknowledgement of this boot item, from someone who may give it? */
static bool is_answer ( const struct pxebs *pxebs, const struct dhcp_packet *packet,
			const struct udp_meta *meta ) {
	size_t len;
	const uint8_t *item = dhcp_packet_option ( packet, DHCP_PXE_ITEM, &len );

	return ( dhcp_packet_type ( packet ) == DHCP_ACK ) &&
	       ( ( meta->src.port == DHCP_SERVER_PORT ) || ( meta->src.port == DHCP_PXE_PORT ) ) &&
	       item && ( len >= 2 ) && ( ( item[0] | ( item[1] << 8 ) ) == pxebs->type ) &&
	       ( !( pxebs->control & PXEBS_LISTED_ONLY ) ||
		 is_listed ( pxebs, dhcp_server_id ( packet, meta ) ) );
}

/* Receive until the answer is there. @return 0, -ETIMEDOUT, -ECANCELED */
static TASK_FN int await_answer ( struct pxebs *pxebs, utime_t deadline ) {
	struct dhcp_packet packet;
	struct udp_meta meta;
	ssize_t len;

	do {
		/* A flood of others does not outlast the deadline. */
		if ( clock_now () >= deadline )
			return -ETIMEDOUT;
		len = udp_recv ( pxebs->udp, pxebs->buf, sizeof ( pxebs->buf ), &meta, deadline );
		if ( len < 0 )
			return len;
	} while ( !dhcp_parse_reply ( pxebs->netif, pxebs->xid, pxebs->buf, len, &packet ) ||
		  !is_answer ( pxebs, &packet, &meta ) );
	return dhcp_settings_register ( NULL, "pxebs", &packet );
}

/* One way of asking, for PXEBS_SERVER_TIMEOUT_US. A way that leads nowhere costs no time. */
static TASK_FN int ask ( struct pxebs *pxebs, ipv4_addr_t server ) {
	utime_t end = deadline_in ( PXEBS_SERVER_TIMEOUT_US ), delay = PXEBS_TIMEOUT_MIN_US;
	int rc = -ETIMEDOUT;

	pxebs->asked++;
	for ( ; clock_now () < end; delay *= 2 ) {
		if ( ( rc = send_request ( pxebs, server ) ) != 0 )
			return err_is ( rc, ENETDOWN ) ? rc : -ETIMEDOUT;
		rc = await_answer ( pxebs, MIN ( deadline_in ( delay ), end ) );
		if ( !err_is ( rc, ETIMEDOUT ) )
			return rc;
	}
	return rc;
}

static TASK_FN int ask_all ( struct pxebs *pxebs ) {
	int rc = -ETIMEDOUT;

	if ( pxebs->multicast && !( pxebs->control & PXEBS_NO_MULTICAST ) )
		rc = ask ( pxebs, pxebs->multicast );
	if ( err_is ( rc, ETIMEDOUT ) && !( pxebs->control & PXEBS_NO_BROADCAST ) )
		rc = ask ( pxebs, IPV4_BROADCAST );
	for ( unsigned int i = 0; err_is ( rc, ETIMEDOUT ) && ( i < pxebs->server_count ); i++ )
		rc = ask ( pxebs, pxebs->servers[i] );
	if ( pxebs->asked == 0 )
		return FAIL (
			EINVAL,
			"%s: option 43 forbids to broadcast and lists no boot server of type %u",
			pxebs->netif->name, pxebs->type );
	if ( err_is ( rc, ETIMEDOUT ) )
		return FAIL ( ETIMEDOUT_DHCP, "%s: no boot server of type %u answered %u requests",
			      pxebs->netif->name, pxebs->type, pxebs->sent );
	return rc;
}

static TASK_FN int pxebs_job ( struct job *job __unused, void *arg ) {
	struct pxebs *pxebs = arg;
	int rc;

	/* Option 43 may still be on its way, and the service that waits for it holds our port. */
	if ( ( rc = dhcp_proxy_wait ( pxebs->netif ) ) != 0 )
		return rc;
	if ( ( rc = udp_open ( pxebs->netif, NULL, DHCP_CLIENT_PORT, &pxebs->udp ) ) != 0 )
		return rc;
	read_settings ( pxebs );
	rc = ask_all ( pxebs );
	udp_close ( pxebs->udp );
	return rc;
}

TASK_FN int pxebs_discover ( struct netif *netif, uint16_t type ) {
	struct pxebs *pxebs = zalloc ( sizeof ( *pxebs ) );
	char text[48];
	struct job_options options = { .text = text };
	int rc;

	if ( !pxebs )
		return FAIL ( ENOMEM, "no memory for boot server discovery" );
	pxebs->netif = netif;
	pxebs->type = type;
	pxebs->xid = random_u32 ();
	snprintf ( text, sizeof ( text ), "PXEBS (%s type %u)", netif->name, type );
	rc = job_run ( &options, pxebs_job, pxebs );
	free ( pxebs );
	return rc;
}
