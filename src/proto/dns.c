/** @file
 * Host names to addresses (RFC 1035, RFC 1123, RFC 5452). See proto/dns.h.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/settings.h"
#include "core/version.h"
#include "net/udp.h"
#include "proto/dns.h"
#include "wire/dns.h"

/* Retransmission: 0, 0.25, 0.75, 1.75, 3.75, 7.75 s, failure at 15.75 s; each to the next server. */
#define DNS_RETRY_MIN_US 250000ULL
#define DNS_RETRY_MAX_US 10000000ULL

/* Bytes of search list taken from setting dnssl, and suffixes of it. */
#define DNS_SEARCH_LEN_MAX 256
#define DNS_SEARCH_MAX     6

/* Answers remembered, and for how long at most. */
#define DNS_CACHE_SIZE     4
#define DNS_CACHE_MAX_US   ( 3600 * US_PER_S )
#define DNS_CACHE_NAME_LEN 96

static const struct feature dns_feature = {
	.name = "DNS",
	.order = 110,
	.tag = 23,
	.value = 1,
};
FEATURE ( dns_feature );

/** Servers, from setting `dns`. */
struct dns_servers {
	unsigned int count;
	ipv4_addr_t addr[DNS_SERVERS_MAX];
};

/** One look-up; on the heap, for names are long and task stacks are not. */
struct dns_lookup {
	utime_t deadline;
	struct dns_servers servers;
	struct dns_name name; /**< being asked for */
	struct dns_answer answer;
	uint32_t ttl;        /**< smallest so far, seconds */
	unsigned int cnames; /**< links followed so far */
	unsigned int search_count;
	struct dns_name search[DNS_SEARCH_MAX];
	uint8_t buf[DNS_MESSAGE_MAX];
};

/** What was found lately. Forgotten when the servers change. */
struct dns_cached {
	char name[DNS_CACHE_NAME_LEN];
	ipv4_addr_t addr;
	utime_t expires; /**< 0: empty */
};

static struct dns_cached dns_cache[DNS_CACHE_SIZE];
static struct dns_servers dns_cache_servers;
static unsigned int dns_cache_next;

static bool cache_find ( const struct dns_lookup *lookup, const char *name,
			 ipv4_addr_t *ret_addr ) {
	if ( memcmp ( &dns_cache_servers, &lookup->servers, sizeof ( dns_cache_servers ) ) != 0 ) {
		memset ( dns_cache, 0, sizeof ( dns_cache ) );
		dns_cache_servers = lookup->servers;
	}
	for ( unsigned int i = 0; i < DNS_CACHE_SIZE; i++ ) {
		if ( ( clock_now () < dns_cache[i].expires ) &&
		     ( strcmp ( dns_cache[i].name, name ) == 0 ) ) {
			*ret_addr = dns_cache[i].addr;
			return true;
		}
	}
	return false;
}

static void cache_store ( const struct dns_lookup *lookup, const char *name, ipv4_addr_t addr ) {
	struct dns_cached *cached = &dns_cache[dns_cache_next++ % DNS_CACHE_SIZE];

	if ( strlen ( name ) >= sizeof ( cached->name ) )
		return;
	memcpy ( cached->name, name, strlen ( name ) + 1 );
	cached->addr = addr;
	cached->expires = deadline_in ( MIN ( lookup->ttl * US_PER_S, DNS_CACHE_MAX_US ) );
}

static void read_servers ( struct dns_servers *servers ) {
	uint8_t raw[4 * DNS_SERVERS_MAX];
	ssize_t len = settings_get_raw ( NULL, "dns", raw, sizeof ( raw ) );
	struct reader r = READER ( raw, ( len > 0 ) ? MIN ( (size_t) len, sizeof ( raw ) ) : 0 );

	memset ( servers, 0, sizeof ( *servers ) );
	while ( reader_left ( &r ) >= 4 ) {
		ipv4_addr_t addr = read_be32 ( &r );

		if ( addr != IPV4_NONE )
			servers->addr[servers->count++] = addr;
	}
}

/* Setting dnssl (wire form, RFC 3397), else domain. */
static void read_search ( struct dns_lookup *lookup ) {
	uint8_t raw[DNS_SEARCH_LEN_MAX];
	ssize_t len = settings_get_raw ( NULL, "dnssl", raw, sizeof ( raw ) );
	size_t end, offset = 0;
	char *domain;

	if ( len > 0 ) {
		end = MIN ( (size_t) len, sizeof ( raw ) );
		while ( ( lookup->search_count < DNS_SEARCH_MAX ) && ( offset < end ) &&
			( dns_name_decode ( raw, end, &offset,
					    &lookup->search[lookup->search_count] ) == 0 ) )
			lookup->search_count++;
		return;
	}
	domain = settings_get_text ( NULL, "domain" );
	if ( domain && ( dns_name_encode ( domain, NULL, &lookup->search[0] ) == 0 ) )
		lookup->search_count = 1;
	free ( domain );
}

/* Does the server have something to say about the name, be it that there is none? */
static bool is_useful ( const struct dns_answer *answer ) {
	if ( answer->has_address || answer->has_cname )
		return true;
	return ( answer->rcode == DNS_RCODE_NO_NAME ) ||
	       ( ( answer->rcode == DNS_RCODE_OK ) && !answer->truncated );
}

static bool is_from ( const struct udp_meta *meta, const struct dns_servers *servers ) {
	for ( unsigned int i = 0; i < servers->count; i++ ) {
		if ( ( meta->src.ipv4 == servers->addr[i] ) && ( meta->src.port == DNS_PORT ) )
			return true;
	}
	return false;
}

/* Wait for an answer to this question from one of the servers.
 * @return 0, -EAGAIN it was a failure of the server, -ETIMEDOUT, -ECANCELED */
static TASK_FN int await_answer ( struct dns_lookup *lookup, struct udp *udp, uint16_t id,
				  uint16_t type, utime_t deadline ) {
	struct udp_meta meta;
	ssize_t len;

	/* A flood of wrong answers does not outlast the deadline. */
	while ( clock_now () < deadline ) {
		len = udp_recv ( udp, lookup->buf, sizeof ( lookup->buf ), &meta, deadline );
		if ( len < 0 )
			return len;
		if ( is_from ( &meta, &lookup->servers ) &&
		     ( dns_parse_answer ( lookup->buf, len, id, &lookup->name, type,
					  &lookup->answer ) == 0 ) )
			return is_useful ( &lookup->answer ) ? 0 : -EAGAIN;
	}
	return -ETIMEDOUT;
}

static int fail_timeout ( struct dns_lookup *lookup, unsigned int sent, int send_rc ) {
	char name[DNS_NAME_TEXT_MAX], addr[IPV4_TEXT_LEN];

	dns_name_text ( &lookup->name, name, sizeof ( name ) );
	ipv4_text ( lookup->servers.addr[0], addr );
	if ( err_is ( send_rc, ENETUNREACH ) )
		return FAIL ( ENETUNREACH, "no route to DNS server %s", addr );
	if ( lookup->servers.count == 1 )
		return FAIL ( ETIMEDOUT_DNS, "DNS server %s did not answer %u questions for %.64s",
			      addr, sent, name );
	return FAIL ( ETIMEDOUT_DNS,
		      "none of %u DNS servers (%s, ...) answered %u questions for %.64s",
		      lookup->servers.count, addr, sent, name );
}

/*
 * Ask one question of one server after the other until there is an answer. The port is a new random
 * one for each question (RFC 5452 §9.2).
 */
static TASK_FN int ask ( struct dns_lookup *lookup, uint16_t type ) {
	_cleanup_ ( udp_closep ) struct udp *udp = NULL;
	utime_t delay = DNS_RETRY_MIN_US, deadline;
	unsigned int sent = 0, refusals = 0;
	uint16_t id = random_u32 ();
	char text[ENDPOINT_TEXT_LEN];
	int rc, send_rc = 0;

	if ( ( rc = udp_open ( NULL, NULL, 0, &udp ) ) != 0 )
		return rc;
	while ( ( delay <= DNS_RETRY_MAX_US ) && ( clock_now () < lookup->deadline ) ) {
		ipv4_addr_t server = lookup->servers.addr[sent % lookup->servers.count];
		struct endpoint dest = endpoint_ipv4 ( server, DNS_PORT );
		ssize_t len = dns_build_query ( id, &lookup->name, type, lookup->buf,
						sizeof ( lookup->buf ) );

		if ( len < 0 )
			return len;
		send_rc = udp_send ( udp, &dest, lookup->buf, len );
		sent++;
		LOG ( LOG_DETAIL, "question %u, of type %u, to %s", sent, type,
		      endpoint_text ( &dest, text ) );
		deadline = MIN ( deadline_in ( delay ), lookup->deadline );
		rc = await_answer ( lookup, udp, id, type, deadline );
		if ( err_is ( rc, EAGAIN ) ) {
			/* SERVFAIL, REFUSED: the next server may know more, at once. */
			if ( ++refusals < lookup->servers.count )
				continue;
			return 0; /* as good as no record */
		}
		if ( !err_is ( rc, ETIMEDOUT ) )
			return rc;
		delay *= 2;
	}
	return fail_timeout ( lookup, sent, send_rc );
}

/* Go on with the name that a CNAME pointed to. */
static int follow_cname ( struct dns_lookup *lookup ) {
	char name[DNS_NAME_TEXT_MAX];

	lookup->cnames += lookup->answer.cnames;
	if ( lookup->cnames > DNS_CNAME_MAX )
		return FAIL ( ELOOP, "more than %d aliases, the last is %.64s", DNS_CNAME_MAX,
			      dns_name_text ( &lookup->name, name, sizeof ( name ) ) );
	lookup->ttl = MIN ( lookup->ttl, lookup->answer.ttl );
	lookup->name = lookup->answer.cname;
	return 0;
}

/* Find the address of lookup->name. @return 0, -ENXIO there is none, or another error */
static TASK_FN int lookup_name ( struct dns_lookup *lookup, ipv4_addr_t *ret_addr ) {
	int rc;

	lookup->cnames = 0;
	lookup->ttl = UINT32_MAX;
	for ( ;; ) {
		if ( ( rc = ask ( lookup, DNS_TYPE_A ) ) != 0 )
			return rc;
		if ( lookup->answer.has_address ) {
			lookup->ttl = MIN ( lookup->ttl, lookup->answer.ttl );
			*ret_addr = lookup->answer.address;
			return 0;
		}
		/* Some servers do not tell of an alias unless asked for it. */
		if ( !lookup->answer.has_cname && ( lookup->answer.rcode == DNS_RCODE_OK ) &&
		     !lookup->answer.truncated && ( ( rc = ask ( lookup, DNS_TYPE_CNAME ) ) != 0 ) )
			return rc;
		if ( !lookup->answer.has_cname )
			return -ENXIO_DNS_NO_NAME;
		if ( ( rc = follow_cname ( lookup ) ) != 0 )
			return rc;
	}
}

static int fail_no_name ( const struct dns_lookup *lookup, const char *name ) {
	char addr[IPV4_TEXT_LEN];

	if ( lookup->answer.truncated )
		return FAIL ( ENXIO_DNS_NO_NAME, "answer of DNS server %s about %.64s is cut off",
			      ipv4_text ( lookup->servers.addr[0], addr ), name );
	if ( ( lookup->answer.rcode != DNS_RCODE_NO_NAME ) &&
	     ( lookup->answer.rcode != DNS_RCODE_OK ) )
		return FAIL ( ENXIO_DNS_NO_NAME, "DNS server %s failed to look up %.64s (code %u)",
			      ipv4_text ( lookup->servers.addr[0], addr ), name,
			      lookup->answer.rcode );
	return FAIL ( ENXIO_DNS_NO_NAME, "%.64s: no such host, says DNS server %s%s", name,
		      ipv4_text ( lookup->servers.addr[0], addr ),
		      ( lookup->servers.count > 1 ) ? " (or one after it)" : "" );
}

/* Under each suffix if it has no dot, then as it is. */
static TASK_FN int lookup_search ( struct dns_lookup *lookup, const char *name,
				   ipv4_addr_t *ret_addr ) {
	int rc;

	if ( !strchr ( name, '.' ) )
		read_search ( lookup );
	for ( unsigned int i = 0; i <= lookup->search_count; i++ ) {
		const struct dns_name *suffix =
			( i < lookup->search_count ) ? &lookup->search[i] : NULL;

		if ( ( rc = dns_name_encode ( name, suffix, &lookup->name ) ) != 0 ) {
			if ( !suffix )
				return rc;
			continue;
		}
		rc = lookup_name ( lookup, ret_addr );
		if ( !err_is ( rc, ENXIO ) )
			return rc;
	}
	return fail_no_name ( lookup, name );
}

static TASK_FN int resolve_dns ( const char *name, utime_t deadline, ipv4_addr_t *ret_addr ) {
	struct dns_lookup *lookup = zalloc ( sizeof ( *lookup ) );
	char text[IPV4_TEXT_LEN];
	int rc;

	if ( !lookup )
		return FAIL ( ENOMEM, "no memory to look up %.64s", name );
	lookup->deadline = deadline;
	read_servers ( &lookup->servers );
	if ( lookup->servers.count == 0 ) {
		rc = FAIL ( ENXIO_DNS_NO_SERVER,
			    "cannot look up %.64s: no DNS server known (setting dns)", name );
	} else if ( cache_find ( lookup, name, ret_addr ) ) {
		rc = 0;
	} else {
		rc = lookup_search ( lookup, name, ret_addr );
		if ( rc == 0 )
			cache_store ( lookup, name, *ret_addr );
	}
	LOG ( LOG_EVENT, "%s: %s", name, rc ? error_text ( rc ) : ipv4_text ( *ret_addr, text ) );
	free ( lookup );
	return rc;
}

TASK_FN int resolve ( const char *name, uint16_t port, utime_t deadline, struct endpoint *ret ) {
	ipv4_addr_t addr;
	int rc;

	if ( ipv4_parse ( name, &addr ) != 0 ) {
		if ( ( rc = resolve_dns ( name, deadline, &addr ) ) != 0 )
			return rc;
	}
	*ret = endpoint_ipv4 ( addr, port );
	return 0;
}
