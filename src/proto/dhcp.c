/** @file
 * DHCPv4 client (RFC 2131; ProxyDHCP of the PXE specification 2.1). See proto/dhcp.h and
 * docs/dhcp.md.
 */
#include <stdlib.h>
#include <string.h>
#include "config/dhcp.h"
#include "core/error.h"
#include "core/init.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "net/ipv4.h"
#include "proto/dhcp.h"
#include "proto/dhcp_settings.h"

/* DISCOVERs for which a blocked link (spanning tree) excuses silence: three minutes. */
#define DHCP_DEFERRALS_MAX 180
/* Pause before the next DISCOVER after a DHCPNAK. */
#define DHCP_NAK_PAUSE_US US_PER_S
/* How long the server of a ProxyDHCP offer may take to answer on port 4011. */
#define DHCP_PROXY_REQUEST_US 2000000

/** An answer that is kept. */
struct dhcp_answer {
	uint8_t *raw;              /**< heap; NULL: none */
	struct dhcp_packet packet; /**< views into `raw` */
	ipv4_addr_t server;
	int priority;
};

/** One conversation; handed on from the configuration to the service. */
struct dhcp_session {
	struct netif *netif;
	struct udp *udp;
	uint32_t xid;
	unsigned int sent; /**< packets so far */
	int send_rc;       /**< of the last of them */
	utime_t started;   /**< first DISCOVER */
	struct dhcp_answer offer;
	struct dhcp_answer proxy;
	uint8_t buf[DHCP_REPLY_MAX]; /**< a packet being sent, or just received */
	struct dhcp_packet packet;   /**< received: views into `buf` */
	struct udp_meta meta;
};

/** What belongs to an interface: the service that waits for its ProxyDHCP offer. */
struct dhcp_client {
	struct list list;
	struct netif *netif; /**< NULL: it went away */
	struct task_group group;
	struct dhcp_session *session; /**< the service's */
	bool awaited;                 /**< `pending` has begun */
	struct settings_pending pending;
};

static struct list dhcp_clients = LIST_INIT ( dhcp_clients );

static void answer_drop ( struct dhcp_answer *answer ) {
	free ( answer->raw );
	memset ( answer, 0, sizeof ( *answer ) );
}

static void session_free ( struct dhcp_session *s ) {
	if ( !s )
		return;
	udp_close ( s->udp );
	answer_drop ( &s->offer );
	answer_drop ( &s->proxy );
	free ( s );
}

static void session_freep ( struct dhcp_session **s ) {
	session_free ( *s );
}

static int session_new ( struct netif *netif, struct dhcp_session **ret_session ) {
	struct dhcp_session *s = zalloc ( sizeof ( *s ) );
	int rc;

	if ( !s )
		return FAIL ( ENOMEM, "no memory for DHCP" );
	s->netif = netif;
	s->xid = random_u32 ();
	s->started = clock_now ();
	if ( ( rc = udp_open ( netif, NULL, DHCP_CLIENT_PORT, &s->udp ) ) != 0 ) {
		session_free ( s );
		return FAIL ( -rc, "%s: could not listen on port %u", netif->name,
			      DHCP_CLIENT_PORT );
	}
	*ret_session = s;
	return 0;
}

static int packet_priority ( const struct dhcp_packet *packet ) {
	uint32_t priority;

	return dhcp_packet_number ( packet, DHCP_IPXE_PRIORITY, &priority ) ? (int8_t) priority : 0;
}

/* Keep the packet just received, in place of what was kept before. */
static void answer_keep ( struct dhcp_session *s, size_t len, struct dhcp_answer *answer ) {
	uint8_t *raw = memdup ( s->buf, len );

	if ( !raw )
		return; /* as if it had been lost on the way */
	answer_drop ( answer );
	answer->raw = raw;
	dhcp_parse ( raw, len, &answer->packet );
	answer->server = dhcp_server_id ( &answer->packet, &s->meta );
	answer->priority = packet_priority ( &answer->packet );
}

static bool packet_is_proxy ( const struct dhcp_packet *packet ) {
	static const char pxe[] = "PXEClient";
	size_t len;
	const uint8_t *class = dhcp_packet_option ( packet, DHCP_OPTION_VENDOR_CLASS, &len );

	return class && ( len >= strlen ( pxe ) ) && ( memcmp ( class, pxe, strlen ( pxe ) ) == 0 );
}

static bool packet_has_filename ( const struct dhcp_packet *packet ) {
	size_t len;

	if ( dhcp_packet_option ( packet, DHCP_OPTION_BOOTFILE, &len ) )
		return len > 0;
	return packet->file[0] && !dhcp_overloaded ( packet, DHCP_OVERLOAD_FILE );
}

/* Enough in it to boot from, or to show a PXE menu? */
static bool packet_has_boot_info ( const struct dhcp_packet *packet ) {
	size_t len;

	return ( packet->siaddr && packet_has_filename ( packet ) ) ||
	       dhcp_packet_option ( packet, DHCP_PXE_MENU, &len );
}

static bool packet_forbids_proxy ( const struct dhcp_packet *packet ) {
	uint32_t value;

	return dhcp_packet_number ( packet, DHCP_IPXE_NO_PROXY, &value ) && value;
}

/* An address that a host can have. */
static bool is_host_address ( ipv4_addr_t addr ) {
	unsigned int first = addr >> 24;

	return ( first != 0 ) && ( first != 127 ) && ( first < 224 );
}

static int session_send ( struct dhcp_session *s, enum dhcp_message_type type,
			  const struct dhcp_answer *to, ipv4_addr_t ciaddr,
			  const struct endpoint *dest ) {
	struct dhcp_request request;
	ssize_t len;

	dhcp_request_init ( s->netif, s->xid, &request );
	s->sent++;
	request.type = type;
	request.secs = ( s->sent << 2 ) | ( s->offer.raw ? 2 : 0 ) | ( s->proxy.raw ? 1 : 0 );
	request.ciaddr = ciaddr;
	if ( to )
		request.server_id = to->server;
	if ( to == &s->offer )
		request.requested_ip = to->packet.yiaddr;
	len = dhcp_build_request ( &request, s->buf, DHCP_REQUEST_MAX );
	if ( len < 0 )
		return len;
	s->send_rc = udp_send ( s->udp, dest, s->buf, len );
	LOG ( LOG_EVENT, "%s: message type %d sent: %s", s->netif->name, type,
	      s->send_rc ? error_text ( s->send_rc ) : "ok" );
	return s->send_rc;
}

static int session_broadcast ( struct dhcp_session *s, enum dhcp_message_type type ) {
	struct endpoint dest = endpoint_ipv4 ( IPV4_BROADCAST, DHCP_SERVER_PORT );
	int rc = session_send ( s, type, ( type == DHCP_REQUEST ) ? &s->offer : NULL, 0, &dest );

	if ( err_is ( rc, ENETDOWN ) )
		return FAIL ( ENETDOWN, "%s is closed", s->netif->name );
	/* A full ring passes, and the retransmission makes up for it. */
	return err_is ( rc, EMSGSIZE ) ? rc : 0;
}

/* The next answer that is for us. A flood of others does not outlast the deadline.
 * @return its length, or -ETIMEDOUT, -ECANCELED */
static TASK_FN ssize_t session_receive ( struct dhcp_session *s, utime_t deadline ) {
	ssize_t len;

	do {
		if ( clock_now () >= deadline )
			return -ETIMEDOUT;
		len = udp_recv ( s->udp, s->buf, sizeof ( s->buf ), &s->meta, deadline );
		if ( len < 0 )
			return len;
	} while ( !dhcp_parse_reply ( s->netif, s->xid, s->buf, len, &s->packet ) );
	return len;
}

/* The same for what has already arrived. @return its length, or -EAGAIN */
static ssize_t session_try_receive ( struct dhcp_session *s ) {
	ssize_t len;

	do {
		len = udp_try_recv ( s->udp, s->buf, sizeof ( s->buf ), &s->meta );
		if ( len < 0 )
			return len;
	} while ( !dhcp_parse_reply ( s->netif, s->xid, s->buf, len, &s->packet ) );
	return len;
}

/* A ProxyDHCP offer? Keep it unless a better one is held. */
static void consider_proxy ( struct dhcp_session *s, size_t len ) {
	enum dhcp_message_type type = dhcp_packet_type ( &s->packet );

	LOG ( LOG_DETAIL, "%s: answer of type %d, priority %d%s", s->netif->name, type,
	      packet_priority ( &s->packet ), packet_is_proxy ( &s->packet ) ? ", ProxyDHCP" : "" );
	if ( ( ( type == DHCP_OFFER ) || ( type == DHCP_NONE ) ) &&
	     packet_is_proxy ( &s->packet ) &&
	     ( !s->proxy.raw || ( packet_priority ( &s->packet ) >= s->proxy.priority ) ) )
		answer_keep ( s, len, &s->proxy );
}

/* An offer of an address, of a boot file, or of both? */
static void consider_offer ( struct dhcp_session *s, size_t len ) {
	enum dhcp_message_type type = dhcp_packet_type ( &s->packet );

	if ( ( ( type == DHCP_OFFER ) || ( type == DHCP_NONE ) ) &&
	     ( s->meta.src.port == DHCP_SERVER_PORT ) && is_host_address ( s->packet.yiaddr ) &&
	     ( !s->offer.raw || ( packet_priority ( &s->packet ) >= s->offer.priority ) ) )
		answer_keep ( s, len, &s->offer );
	consider_proxy ( s, len );
}

/* Take offers until the deadline; the first acceptable one ends it, once everything that came with
 * it has been looked at. @return 0 an offer is held, -ETIMEDOUT, -ECANCELED */
static TASK_FN int await_offer ( struct dhcp_session *s, utime_t deadline ) {
	ssize_t len;

	while ( !s->offer.raw ) {
		if ( ( len = session_receive ( s, deadline ) ) < 0 )
			return len;
		consider_offer ( s, len );
	}
	while ( ( len = session_try_receive ( s ) ) >= 0 )
		consider_offer ( s, len );
	return 0;
}

static int fail_discover ( struct dhcp_session *s, unsigned int count ) {
	char addr[IPV4_TEXT_LEN];

	if ( s->proxy.raw )
		return FAIL ( ETIMEDOUT_DHCP,
			      "%s: of %u DISCOVERs only ProxyDHCP server %s answered, which has no "
			      "addresses to give",
			      s->netif->name, count, ipv4_text ( s->proxy.server, addr ) );
	if ( s->send_rc )
		return FAIL ( -s->send_rc, "%s: could not send DISCOVER", s->netif->name );
	return FAIL ( ETIMEDOUT_DHCP, "%s: no DHCP server answered %u DISCOVERs%s", s->netif->name,
		      count, s->netif->link_up ? "" : ", and the link is down now" );
}

static TASK_FN int discover ( struct dhcp_session *s ) {
	utime_t delay = DHCP_DISC_TIMEOUT_MIN_US;
	unsigned int count = 0;
	int rc;

	answer_drop ( &s->offer );
	while ( delay <= DHCP_DISC_TIMEOUT_MAX_US ) {
		count++;
		if ( ( rc = session_broadcast ( s, DHCP_DISCOVER ) ) != 0 )
			return rc;
		rc = await_offer ( s, deadline_in ( delay ) );
		if ( !err_is ( rc, ETIMEDOUT ) )
			return rc;
		/* While a switch holds the port back, silence means nothing. */
		if ( ( clock_now () < s->netif->blocked_until ) &&
		     ( s->sent <= DHCP_DEFERRALS_MAX ) )
			delay = DHCP_DISC_TIMEOUT_MIN_US;
		else
			delay *= 2;
	}
	return fail_discover ( s, count );
}

/* The server's own words of refusal (option 56), cut and made printable. */
static int fail_refused ( struct dhcp_session *s ) {
	size_t len = 0;
	const uint8_t *text = dhcp_packet_option ( &s->packet, DHCP_OPTION_MESSAGE, &len );
	char words[64], addr[IPV4_TEXT_LEN];
	size_t i;

	if ( !text )
		len = 0;
	for ( i = 0; ( i < len ) && ( i < sizeof ( words ) - 1 ) && text[i]; i++ )
		words[i] = ( ( text[i] >= 0x20 ) && ( text[i] < 0x7f ) ) ? text[i] : '?';
	words[i] = '\0';
	return FAIL ( EPERM, "%s: server %s refused (NAK%s%s)", s->netif->name,
		      ipv4_text ( s->offer.server, addr ), i ? ": " : "", words );
}

/* Is this the end of our request? @return 1 lease, 0 something else, -EPERM refused */
static int check_ack ( struct dhcp_session *s, size_t len ) {
	enum dhcp_message_type type = dhcp_packet_type ( &s->packet );

	if ( ( s->meta.src.port != DHCP_SERVER_PORT ) ||
	     ( dhcp_server_id ( &s->packet, &s->meta ) != s->offer.server ) )
		return 0;
	if ( type == DHCP_NAK )
		return fail_refused ( s );
	if ( ( type != DHCP_ACK ) || ( s->packet.yiaddr != s->offer.packet.yiaddr ) )
		return 0;
	LOG ( LOG_EVENT, "%s: acknowledged", s->netif->name );
	answer_keep ( s, len, &s->offer );
	return 1;
}

/* Ask for the offered address. Afterwards `offer` is the acknowledgement. */
static TASK_FN int request ( struct dhcp_session *s ) {
	utime_t delay = DHCP_REQ_TIMEOUT_MIN_US, deadline;
	char addr[IPV4_TEXT_LEN], server[IPV4_TEXT_LEN];
	unsigned int count = 0;
	ssize_t len;
	int rc;

	/* A BOOTP server has nothing to acknowledge: its reply is the lease (RFC 1534 §2). */
	if ( dhcp_packet_type ( &s->offer.packet ) == DHCP_NONE )
		return 0;
	for ( ; delay <= DHCP_REQ_TIMEOUT_MAX_US; delay *= 2 ) {
		count++;
		if ( ( rc = session_broadcast ( s, DHCP_REQUEST ) ) != 0 )
			return rc;
		deadline = deadline_in ( delay );
		while ( ( len = session_receive ( s, deadline ) ) >= 0 ) {
			if ( ( rc = check_ack ( s, len ) ) != 0 )
				return ( rc > 0 ) ? 0 : rc;
			consider_proxy ( s, len );
		}
		if ( !err_is ( len, ETIMEDOUT ) )
			return len;
	}
	return FAIL ( ETIMEDOUT_DHCP, "%s: server %s offered %s but did not answer %u REQUESTs",
		      s->netif->name, ipv4_text ( s->offer.server, server ),
		      ipv4_text ( s->offer.packet.yiaddr, addr ), count );
}

/* Ask the server of the ProxyDHCP offer, which had no boot file yet, on its own port. */
static TASK_FN int proxy_request ( struct dhcp_session *s ) {
	struct endpoint dest = endpoint_ipv4 ( s->proxy.server, DHCP_PXE_PORT );
	utime_t end = deadline_in ( DHCP_PROXY_REQUEST_US ), delay = DHCP_REQ_TIMEOUT_MIN_US;
	ssize_t len;

	for ( ; clock_now () < end; delay *= 2 ) {
		utime_t deadline = MIN ( deadline_in ( delay ), end );
		int rc = session_send ( s, DHCP_REQUEST, &s->proxy, s->offer.packet.yiaddr, &dest );

		if ( err_is ( rc, ENETDOWN ) )
			return rc;
		while ( ( len = session_receive ( s, deadline ) ) >= 0 ) {
			enum dhcp_message_type type = dhcp_packet_type ( &s->packet );

			if ( ( ( type == DHCP_OFFER ) || ( type == DHCP_ACK ) ) &&
			     ( s->meta.src.port == DHCP_PXE_PORT ) &&
			     ( dhcp_server_id ( &s->packet, &s->meta ) == s->proxy.server ) &&
			     packet_has_boot_info ( &s->packet ) ) {
				answer_keep ( s, len, &s->proxy );
				return 0;
			}
		}
		if ( !err_is ( len, ETIMEDOUT ) )
			return len;
	}
	return FAIL ( ETIMEDOUT_DHCP, "ProxyDHCP server did not answer" );
}

/* Wait for a ProxyDHCP offer until the window is over, unless there is one. */
static TASK_FN int await_proxy ( struct dhcp_session *s ) {
	utime_t deadline = s->started + DHCP_PROXY_WINDOW_US;
	ssize_t len;

	while ( !s->proxy.raw ) {
		if ( ( len = session_receive ( s, deadline ) ) < 0 )
			return len;
		consider_proxy ( s, len );
	}
	while ( ( len = session_try_receive ( s ) ) >= 0 )
		consider_proxy ( s, len );
	return 0;
}

static void proxy_service_end ( struct dhcp_client *client ) {
	session_free ( client->session );
	client->session = NULL;
	if ( client->awaited )
		settings_pending_end ( &client->pending );
	client->awaited = false;
}

/* The service: what is left to do when the lease is there. Failure means no ProxyDHCP. */
static TASK_FN int proxy_service ( void *arg ) {
	struct dhcp_client *client = arg;
	struct dhcp_session *s = client->session;
	int rc;

	rc = await_proxy ( s );
	if ( ( rc == 0 ) && !packet_has_boot_info ( &s->proxy.packet ) )
		rc = proxy_request ( s );
	if ( ( rc == 0 ) && !task_cancelled () )
		dhcp_settings_register ( NULL, "proxydhcp", &s->proxy.packet );
	proxy_service_end ( client );
	return 0;
}

/* The settings that make an interface boot: what a ProxyDHCP server may bring. */
static bool proxy_covers ( const struct setting *setting ) {
	switch ( setting->tag ) {
	case 17: /* root-path */
	case 43:
	case DHCP_OPTION_VENDOR_CLASS:
	case DHCP_OPTION_TFTP_SERVER:
	case DHCP_OPTION_BOOTFILE:
	case DHCP_IPXE_SIADDR:
	case DHCP_ENCAP ( DHCP_OPTION_IPXE, 188 ): /* san-filename */
		return true;
	default:
		return ( setting->tag >> 8 ) == 43;
	}
}

/* Go on listening in the background. Takes the session. A lease with a boot file wins over whatever
 * comes (docs/settings.md, order of blocks), so only without one does anybody wait for the outcome. */
static void proxy_service_start ( struct dhcp_client *client, struct dhcp_session *s ) {
	client->session = s;
	client->awaited = !packet_has_filename ( &s->offer.packet );
	client->pending.covers = proxy_covers;
	if ( client->awaited )
		settings_pending_begin ( &client->pending );
	/* Without memory for a task the lease is still good. */
	if ( task_spawn ( &client->group, "proxydhcp", proxy_service, client, TASK_STACK_NORMAL ) !=
	     0 )
		proxy_service_end ( client );
}

static struct dhcp_client *client_find ( const struct netif *netif ) {
	struct dhcp_client *client;

	list_for_each ( client, &dhcp_clients, list ) {
		if ( client->netif == netif )
			return client;
	}
	return NULL;
}

/* The interface's client, made on first use, its service ended. */
static TASK_FN int client_claim ( struct netif *netif, struct dhcp_client **ret_client ) {
	struct dhcp_client *client = client_find ( netif );

	if ( !client )
		client = client_find ( NULL ); /* left behind by an interface that went away */
	if ( client ) {
		task_group_cancel ( &client->group );
		task_group_join ( &client->group );
		client->netif = netif;
	} else {
		client = zalloc ( sizeof ( *client ) );
		if ( !client )
			return FAIL ( ENOMEM, "no memory for DHCP" );
		client->netif = netif;
		list_init ( &client->pending.list );
		event_init ( &client->pending.done );
		list_add_tail ( &client->list, &dhcp_clients );
	}
	task_group_init ( &client->group );
	*ret_client = client;
	return 0;
}

/* Make settings of the lease. @return 0 or -ENOMEM */
static int register_lease ( struct dhcp_session *s, bool with_proxy ) {
	int rc;

	settings_hold ();
	dhcp_settings_drop ( NULL, "proxydhcp" );
	dhcp_settings_drop ( NULL, "pxebs" );
	rc = dhcp_settings_register ( &s->netif->settings, "dhcp", &s->offer.packet );
	if ( ( rc == 0 ) && with_proxy )
		rc = dhcp_settings_register ( NULL, "proxydhcp", &s->proxy.packet );
	settings_release ();
	return rc;
}

/* The lease is there: register it, and see what is still to come. Takes the session. */
static int finish ( struct dhcp_client *client, struct dhcp_session **session, bool no_proxy ) {
	struct dhcp_session *s = *session;
	bool proxy_done = !no_proxy && s->proxy.raw && packet_has_boot_info ( &s->proxy.packet );
	int rc;

	if ( ( rc = register_lease ( s, proxy_done ) ) != 0 )
		return rc;
	if ( no_proxy || proxy_done )
		return 0;
	if ( s->proxy.raw || ( clock_now () < s->started + DHCP_PROXY_WINDOW_US ) ) {
		*session = NULL;
		proxy_service_start ( client, s );
	}
	return 0;
}

TASK_FN int dhcp_configure ( struct netif *netif ) {
	_cleanup_ ( session_freep ) struct dhcp_session *s = NULL;
	struct dhcp_client *client = NULL;
	unsigned int naks = 0;
	bool no_proxy;
	int rc;

	if ( ( ( rc = client_claim ( netif, &client ) ) != 0 ) ||
	     ( ( rc = session_new ( netif, &s ) ) != 0 ) )
		return rc;
	for ( ;; ) {
		if ( ( rc = discover ( s ) ) != 0 )
			return rc;
		no_proxy = packet_forbids_proxy ( &s->offer.packet );
		rc = request ( s );
		no_proxy |= packet_forbids_proxy ( &s->offer.packet );
		if ( rc == 0 )
			return finish ( client, &s, no_proxy );
		if ( !err_is ( rc, EPERM ) || ( ++naks >= DHCP_NAK_MAX ) )
			return rc;
		if ( ( rc = sleep_until ( deadline_in ( DHCP_NAK_PAUSE_US ) ) ) != 0 )
			return rc;
	}
}

TASK_FN int dhcp_proxy_wait ( struct netif *netif ) {
	struct dhcp_client *client = client_find ( netif );

	if ( !client )
		return 0;
	return WAIT_UNTIL ( task_group_idle ( &client->group ), &client->group.done, TIME_NEVER );
}

/* A closed interface brings no offer. */
static void dhcp_netif_closed ( struct netif *netif ) {
	struct dhcp_client *client = client_find ( netif );

	if ( client )
		task_group_cancel ( &client->group );
}

/* One that goes away takes its lease along. What is left of the client serves the next interface. */
static void dhcp_netif_removed ( struct netif *netif ) {
	struct dhcp_client *client = client_find ( netif );

	dhcp_settings_drop ( &netif->settings, "dhcp" );
	if ( client ) {
		task_group_cancel ( &client->group );
		client->netif = NULL;
	}
}

static const struct netif_hook dhcp_netif_hook = {
	.closed = dhcp_netif_closed,
	.removed = dhcp_netif_removed,
};
NETIF_HOOK ( dhcp_netif_hook );

/* Join the services: cancelled tasks do not wait, so this is a few turns of the loop. */
static void dhcp_shutdown ( void ) {
	struct dhcp_client *client, *next;

	list_for_each_safe ( client, next, &dhcp_clients, list ) {
		task_group_cancel ( &client->group );
		root_run ( &client->group );
		list_del ( &client->list );
		free ( client );
	}
}

static const struct init_fn dhcp_init = {
	.phase = INIT_SERVICES,
	.name = "dhcp",
	.shutdown = dhcp_shutdown,
};
INIT_FN ( dhcp_init );
