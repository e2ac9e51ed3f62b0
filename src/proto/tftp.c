/** @file
 * TFTP client (RFC 1350, options RFC 2347, 2348, 2349, windows RFC 7440): one file into an image.
 *
 * Blocks go from the packet that brought them to their place in the image. Those of a window that
 * arrive out of order stay there; see docs/tftp.md for what is done when some do not arrive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/log.h"
#include "core/version.h"
#include "net/ipv4.h"
#include "net/udp.h"
#include "proto/dns.h"
#include "proto/fetch.h"
#include "wire/tftp.h"

/** Blocks asked for at a time: what a server sends in one burst, which a receive ring (256 buffers) and
 * the queue of a switch should take in. See docs/tftp.md for what it brings. */
#define WINDOW_MAX 128
/** Bytes of a frame that are no block: IP and UDP headers (of IPv6: 48), TFTP header, and some for
 * tunnels on the way. With the usual MTU of 1500 that makes blocks of 1432 bytes. */
#define MTU_RESERVED 68
/** Blocks that may overtake another before it counts as lost, as in TCP (RFC 5681 §3.2). */
#define REORDER_MAX 3
/** Retransmission: after 0.25, 0.5, 1, ... 8 s (a slow server: after up to 1, 2, 4, 8 s), then it is
 * over. */
#define RETRY_MIN_US    250000ULL
#define RETRY_FIRST_MAX US_PER_S
#define RETRY_MAX_US    10000000ULL
/** Silence within a window that is no accident, microseconds at least. */
#define WINDOW_STALL_US 20000ULL
/** Retries without any block after options were agreed on: maybe the network drops large frames. */
#define SILENT_RETRIES 3
/** Seconds after which we ask the server to send again. */
#define SERVER_TIMEOUT_S 1

/* Internal results. */
#define TFTP_PLAIN 1 /**< ask again without options */
#define TFTP_GROW  2 /**< no room for the block: make some, then look at it again */

struct tftp {
	struct fetch *fetch;
	struct udp *udp;
	struct endpoint server; /**< port: where requests go, then the transfer's own */
	const char *name;       /**< of the file */
	bool plain;             /**< no options in the request */
	bool answered;          /**< by something other than an error: the port is known */
	bool agreed;            /**< on options (OACK) */
	bool refused;           /**< the server ended it with an error */
	bool refuse_options;    /**< we do, because of its options */
	bool ack_due;
	struct tftp_options asked;
	size_t blksize;
	unsigned int window;  /**< blocks */
	uint64_t have;        /**< blocks received without a gap; numbers do not wrap here */
	uint64_t acked;       /**< last block that was acknowledged; the window begins behind it */
	uint64_t last;        /**< the last block's number, 0: not known yet */
	size_t size;          /**< bytes of the file, once `last` is known */
	uint64_t gap;         /**< 1 + the block before the last gap that was reported; 0: none */
	bool got[WINDOW_MAX]; /**< blocks behind the gap, by number modulo WINDOW_MAX */
	utime_t first_sent;   /**< what we wait for an answer to, for the first time */
	utime_t sent;         /**< and lately */
	utime_t since; /**< when our patience with the server began: the last progress or retry */
	utime_t round_trip; /**< smoothed, 0: not known */
	utime_t spacing;    /**< between blocks of a window, smoothed */
	unsigned int tries;
};

/* ---- Sending ---- */

/* A full transmit ring is like a lost packet. @return 0 or what makes trying again pointless */
static int send_packet ( struct tftp *tftp, const void *data, size_t len ) {
	int rc = udp_send ( tftp->udp, &tftp->server, data, len );
	char addr[ENDPOINT_TEXT_LEN];

	tftp->sent = clock_now ();
	if ( err_is ( rc, ENETUNREACH ) )
		return FAIL ( ENETUNREACH, "no route to TFTP server %s",
			      endpoint_text ( &tftp->server, addr ) );
	return err_is ( rc, ENOBUFS ) ? 0 : rc;
}

static void send_error_to ( struct tftp *tftp, const struct endpoint *dest, uint16_t code,
			    const char *text ) {
	uint8_t buf[64];

	udp_send ( tftp->udp, dest, buf, tftp_build_error ( code, text, buf, sizeof ( buf ) ) );
}

static int send_request ( struct tftp *tftp ) {
	uint8_t buf[TFTP_REQUEST_MAX];
	ssize_t len = tftp_build_request ( tftp->name, tftp->plain ? NULL : &tftp->asked, buf,
					   sizeof ( buf ) );
	char addr[ENDPOINT_TEXT_LEN];

	if ( len < 0 )
		return FAIL ( ENAMETOOLONG, "the file's name is too long for TFTP" );
	LOG ( LOG_EVENT, "asks %s for %s%s", endpoint_text ( &tftp->server, addr ), tftp->name,
	      tftp->plain ? ", without options" : "" );
	return send_packet ( tftp, buf, (size_t) len );
}

static int send_ack ( struct tftp *tftp ) {
	uint8_t buf[TFTP_ACK_LEN];

	if ( !tftp->have || ( tftp->have != tftp->acked ) )
		tftp->first_sent = clock_now ();
	tftp->acked = tftp->have;
	tftp->ack_due = false;
	return send_packet ( tftp, buf, tftp_build_ack ( (uint16_t) tftp->have, buf ) );
}

/* What we are waiting for the answer to, once more. */
static int send_again ( struct tftp *tftp ) {
	return tftp->answered ? send_ack ( tftp ) : send_request ( tftp );
}

/* ---- Time ---- */

/* The first time-out: twice what answers take, within limits. */
static utime_t first_delay ( const struct tftp *tftp ) {
	return MAX ( MIN ( tftp->round_trip * 2, RETRY_FIRST_MAX ), RETRY_MIN_US );
}

static utime_t retry_delay ( const struct tftp *tftp ) {
	return first_delay ( tftp ) << tftp->tries;
}

/* Silence that we bear. The blocks of a window follow each other closely: when they stop before its
 * end, the rest was lost, as happens when a switch cannot take in the burst. */
static utime_t patience ( const struct tftp *tftp ) {
	utime_t burst = MAX ( tftp->round_trip * 2, tftp->spacing * 8 );

	if ( tftp->have == tftp->acked )
		return retry_delay ( tftp );
	return MIN ( MAX ( burst, WINDOW_STALL_US ), retry_delay ( tftp ) );
}

/* An answer: learn how long they take. Those to a repeated packet seem to take too long, which is
 * the safe side. */
static void learn_round_trip ( struct tftp *tftp ) {
	utime_t sample = clock_now () - tftp->first_sent;

	tftp->round_trip =
		tftp->round_trip ? ( tftp->round_trip * 7 + sample ) / 8 : MAX ( sample, 1ULL );
}

/* ---- Receiving ---- */

/* A block that is not new. Only the last one, sent again by the server for want of our ACK, is
 * answered, and not so soon that it may be a copy made on the way or the answer to a copy: with some
 * servers those would beget copies for ever. Older ones never are. */
static void on_duplicate ( struct tftp *tftp, uint16_t number ) {
	if ( ( number == (uint16_t) tftp->have ) && ( tftp->acked == tftp->have ) &&
	     ( clock_now () - tftp->sent >= first_delay ( tftp ) ) )
		tftp->ack_due = true;
}

static bool is_complete ( const struct tftp *tftp ) {
	return tftp->last && ( tftp->have == tftp->last );
}

/* Move over all blocks that are there. */
static void advance ( struct tftp *tftp ) {
	if ( tftp->have == tftp->acked )
		learn_round_trip ( tftp );
	else
		tftp->spacing = ( tftp->spacing * 7 + clock_now () - tftp->since ) / 8;
	while ( !is_complete ( tftp ) && tftp->got[( tftp->have + 1 ) % WINDOW_MAX] ) {
		tftp->have++;
		tftp->got[tftp->have % WINDOW_MAX] = false;
	}
	tftp->since = clock_now ();
	tftp->tries = 0;
	fetch_progress ( tftp->fetch, is_complete ( tftp )
					      ? tftp->size
					      : tftp->have * (uint64_t) tftp->blksize );
}

/* Block @c seq was new: is it time to tell the server? At the window's end, at the end of all, and
 * once when a block is missing that others have overtaken. */
static bool is_ack_due ( const struct tftp *tftp, uint64_t seq ) {
	if ( is_complete ( tftp ) || ( tftp->have == tftp->acked + tftp->window ) )
		return true;
	if ( ( seq <= tftp->have ) || ( tftp->gap == tftp->have + 1 ) )
		return false;
	return ( seq > tftp->have + REORDER_MAX ) || ( seq == tftp->acked + tftp->window ) ||
	       ( seq == tftp->last );
}

/* Copy a block to its place. @return 0 or TFTP_GROW */
static int store ( struct tftp *tftp, uint64_t seq, const struct tftp_packet *packet ) {
	struct image *image = tftp->fetch->image;
	uint64_t offset = ( seq - 1 ) * tftp->blksize;

	if ( offset + packet->len >= image->capacity )
		return TFTP_GROW;
	memcpy ( image->data + offset, packet->data, packet->len );
	image->len = MAX ( image->len, (size_t) offset + packet->len );
	tftp->got[seq % WINDOW_MAX] = true;
	if ( packet->len < tftp->blksize ) {
		tftp->last = seq;
		tftp->size = (size_t) offset + packet->len;
	}
	return 0;
}

static int on_data ( struct tftp *tftp, const struct tftp_packet *packet ) {
	uint64_t next = tftp->have + 1;
	uint64_t seq = next + (uint16_t) ( packet->number - (uint16_t) next );
	int rc;

	/* Nothing but the first block answers a request. */
	if ( !tftp->answered && ( packet->number != 1 ) )
		return 0;
	tftp->answered = true;
	if ( packet->len > tftp->blksize )
		return FAIL ( EPROTO_TFTP, "the server sent a block of %zu bytes, not of %zu",
			      packet->len, tftp->blksize );
	if ( ( seq > tftp->acked + tftp->window ) || ( tftp->last && ( seq > tftp->last ) ) ||
	     tftp->got[seq % WINDOW_MAX] ) {
		on_duplicate ( tftp, packet->number );
		return 0;
	}
	if ( ( rc = store ( tftp, seq, packet ) ) != 0 )
		return rc;
	if ( seq == next )
		advance ( tftp );
	if ( is_ack_due ( tftp, seq ) ) {
		tftp->gap = ( seq > tftp->have ) ? tftp->have + 1 : 0;
		if ( tftp->gap )
			LOG ( LOG_DETAIL, "block %llu is missing, %llu is there",
			      (unsigned long long) tftp->gap, (unsigned long long) seq );
		tftp->ack_due = true;
	}
	return 0;
}

/* The server agrees to options, to none that we did not ask for and at most as large. */
static int on_oack ( struct tftp *tftp, const struct tftp_options *options ) {
	if ( tftp->agreed || tftp->answered ) {
		if ( tftp->agreed )
			on_duplicate ( tftp, 0 );
		return 0;
	}
	tftp->answered = tftp->agreed = true;
	if ( tftp->plain || ( options->blksize > tftp->asked.blksize ) ||
	     ( options->windowsize > tftp->asked.windowsize ) ) {
		tftp->refuse_options = true;
		return FAIL ( EPROTO_TFTP, "the server agrees to options that nobody asked for" );
	}
	tftp->blksize = options->blksize ? options->blksize : TFTP_BLKSIZE_DEFAULT;
	tftp->window = options->windowsize ? options->windowsize : 1;
	LOG ( LOG_EVENT, "agreed: blksize %zu, windowsize %u, tsize %llu%s", tftp->blksize,
	      tftp->window, (unsigned long long) options->tsize,
	      options->has_tsize ? "" : " (not told)" );
	tftp->tries = 0;
	tftp->since = clock_now ();
	learn_round_trip ( tftp );
	tftp->ack_due = true;
	if ( !options->has_tsize )
		return 0;
	if ( options->tsize > SIZE_MAX / 2 )
		return FAIL ( ENOMEM, "the file's size cannot be true" );
	tftp->fetch->job->total = options->tsize;
	return image_reserve ( tftp->fetch->image, (size_t) options->tsize );
}

/* In the server's own words as far as they are printable. */
static int on_error ( struct tftp *tftp, const struct tftp_packet *packet ) {
	char words[96];
	size_t len = MIN ( packet->len, sizeof ( words ) - 1 );
	int code = ENOTSUP_TFTP;

	tftp->refused = true;
	/* Old servers do not skip options but find the request illegal. */
	if ( !tftp->plain && !tftp->answered &&
	     ( ( packet->number == TFTP_ERR_OPTION ) || ( packet->number == TFTP_ERR_ILLEGAL ) ) )
		return TFTP_PLAIN;
	for ( size_t i = 0; i < len; i++ ) {
		uint8_t c = packet->data[i];

		words[i] = ( ( c >= ' ' ) && ( c < 0x7f ) ) ? (char) c : '.';
	}
	words[len] = '\0';
	if ( packet->number == TFTP_ERR_NOT_FOUND )
		code = ENOENT_TFTP;
	else if ( packet->number == TFTP_ERR_ACCESS )
		code = EACCES_TFTP;
	else if ( packet->number == TFTP_ERR_ILLEGAL )
		code = ENOTTY_TFTP;
	return FAIL ( code, "the server says: %u%s%s", packet->number, len ? " " : "", words );
}

/* Is a datagram from our server, and from the port of this transfer? Strangers are told (RFC 1350
 * §4), but never an error about an error. */
static bool is_ours ( struct tftp *tftp, const struct udp_meta *meta, const uint8_t *data,
		      size_t len ) {
	struct reader r = READER ( data, len );

	if ( ( meta->src.ipv4 == tftp->server.ipv4 ) &&
	     ( !tftp->answered || ( meta->src.port == tftp->server.port ) ) )
		return true;
	if ( read_be16 ( &r ) != TFTP_ERROR )
		send_error_to ( tftp, &meta->src, TFTP_ERR_UNKNOWN_ID, "Unknown transfer ID" );
	return false;
}

/* @return 0 nothing special, TFTP_PLAIN, TFTP_GROW (and only then it was not dealt with), or an
 * error */
static int on_datagram ( struct tftp *tftp, const struct udp_meta *meta, const uint8_t *data,
			 size_t len ) {
	bool answered = tftp->answered;
	struct tftp_packet packet;
	int rc = 0;

	if ( !is_ours ( tftp, meta, data, len ) || ( tftp_parse ( data, len, &packet ) != 0 ) )
		return 0;
	if ( packet.opcode == TFTP_DATA )
		rc = on_data ( tftp, &packet );
	else if ( packet.opcode == TFTP_OACK )
		rc = on_oack ( tftp, &packet.options );
	else if ( packet.opcode == TFTP_ERROR )
		rc = on_error ( tftp, &packet );
	if ( !answered && ( tftp->answered || ( rc < 0 ) ) ) {
		/* From now on the transfer has a port of its own at the server. */
		tftp->server = meta->src;
		udp_report_refusal ( tftp->udp, &tftp->server );
	}
	return rc;
}

/* Deal with what has arrived. @return as on_datagram(), or what cannot be sent */
static TASK_FN int receive_all ( struct tftp *tftp ) {
	struct udp_meta meta;
	const uint8_t *data;
	ssize_t len;
	int rc;

	while ( !is_complete ( tftp ) &&
		( len = udp_peek ( tftp->udp, &data, &meta ) ) != -EAGAIN ) {
		if ( err_is ( (int) len, ECONNREFUSED ) )
			return FAIL ( ECONNREFUSED,
				      tftp->answered ? "the TFTP server has given up"
						     : "no TFTP server at that address and port" );
		rc = on_datagram ( tftp, &meta, data, (size_t) len );
		if ( rc == TFTP_GROW ) {
			/* More than the server announced, or it did not say. */
			tftp->fetch->job->total = 0;
			if ( ( rc = image_grow ( tftp->fetch->image ) ) != 0 )
				return rc;
			continue;
		}
		udp_drop ( tftp->udp );
		if ( rc != 0 )
			return rc;
		if ( tftp->ack_due && ( ( rc = send_ack ( tftp ) ) != 0 ) )
			return rc;
	}
	return 0;
}

/* ---- The conversation ---- */

static int fail_timeout ( const struct tftp *tftp ) {
	char addr[ENDPOINT_TEXT_LEN];

	endpoint_text ( &tftp->server, addr );
	if ( !tftp->answered )
		return FAIL ( ETIMEDOUT_TFTP, "TFTP server %s did not answer", addr );
	return FAIL ( ETIMEDOUT_TFTP, "TFTP server %s stopped sending at byte %llu", addr,
		      (unsigned long long) tftp->fetch->job->done );
}

/* Nothing came in time. @return 0 asked again, TFTP_PLAIN, or an error */
static int on_timeout ( struct tftp *tftp ) {
	if ( tftp->have > tftp->acked ) {
		LOG ( LOG_DETAIL, "the window stops at block %llu",
		      (unsigned long long) tftp->have );
		tftp->since = clock_now ();
		return send_ack ( tftp );
	}
	tftp->tries++;
	if ( tftp->agreed && !tftp->fetch->image->len && ( tftp->tries > SILENT_RETRIES ) )
		return TFTP_PLAIN;
	if ( retry_delay ( tftp ) > RETRY_MAX_US )
		return fail_timeout ( tftp );
	LOG ( LOG_EVENT, "silence after block %llu, try %u", (unsigned long long) tftp->have,
	      tftp->tries );
	tftp->since = clock_now ();
	return send_again ( tftp );
}

static TASK_FN int converse ( struct tftp *tftp ) {
	int rc;

	if ( ( rc = send_request ( tftp ) ) != 0 )
		return rc;
	tftp->first_sent = tftp->since = tftp->sent;
	while ( !is_complete ( tftp ) ) {
		rc = udp_wait ( tftp->udp, tftp->since + patience ( tftp ) );
		if ( rc == 0 )
			rc = receive_all ( tftp );
		/* A flood of wrong packets does not outlast the deadline; what has come in the
		 * meantime was looked at before. */
		if ( ( rc == 0 ) && !is_complete ( tftp ) &&
		     ( clock_now () >= tftp->since + patience ( tftp ) ) )
			rc = -ETIMEDOUT;
		if ( rc == -ETIMEDOUT )
			rc = on_timeout ( tftp );
		if ( rc != 0 )
			return rc;
	}
	image_set_len ( tftp->fetch->image, tftp->size );
	return 0;
}

/* Tell the server that it need not go on. Does not wait: it may be that we were cancelled. */
static void say_goodbye ( struct tftp *tftp, int rc ) {
	if ( !tftp->answered || tftp->refused || err_is ( rc, ECONNREFUSED ) )
		return;
	if ( err_is ( rc, ENOMEM ) )
		send_error_to ( tftp, &tftp->server, TFTP_ERR_DISK_FULL, "Out of memory" );
	else if ( err_is ( rc, EPROTO ) )
		send_error_to ( tftp, &tftp->server,
				tftp->refuse_options ? TFTP_ERR_OPTION : TFTP_ERR_ILLEGAL,
				"TFTP Aborted" );
	else
		send_error_to ( tftp, &tftp->server, TFTP_ERR_UNDEFINED, "TFTP Aborted" );
}

/* Largest block that travels in one frame, for all that we know. */
static uint16_t choose_blksize ( const struct endpoint *server ) {
	const struct ipv4_route *route = ipv4_route ( server->ipv4, NULL );
	size_t mtu = route ? route->netif->mtu : 1500;

	if ( mtu < TFTP_BLKSIZE_DEFAULT + MTU_RESERVED )
		return TFTP_BLKSIZE_DEFAULT;
	return (uint16_t) MIN ( mtu - MTU_RESERVED, (size_t) TFTP_BLKSIZE_MAX );
}

/* One request and what follows from it. */
static TASK_FN int attempt ( struct fetch *fetch, const struct endpoint *server, const char *name,
			     bool plain ) {
	struct tftp tftp = {
		.fetch = fetch,
		.server = *server,
		.name = name,
		.plain = plain,
		.asked = { .blksize = choose_blksize ( server ),
			   .windowsize = WINDOW_MAX,
			   .timeout = SERVER_TIMEOUT_S,
			   .has_tsize = true },
		.blksize = TFTP_BLKSIZE_DEFAULT,
		.window = 1,
	};
	int rc;

	fetch->image->len = 0;
	fetch_progress ( fetch, 0 );
	fetch->job->total = 0;
	if ( ( rc = udp_open ( NULL, NULL, 0, &tftp.udp ) ) != 0 )
		return rc;
	udp_report_refusal ( tftp.udp, server );
	if ( ( rc = converse ( &tftp ) ) != 0 )
		say_goodbye ( &tftp, rc );
	LOG ( LOG_EVENT, "ends after %zu bytes in blocks of %zu: %s", fetch->image->len,
	      tftp.blksize,
	      ( rc < 0 )             ? error_text ( rc )
	      : ( rc == TFTP_PLAIN ) ? "once more, without options"
				     : "complete" );
	udp_close ( tftp.udp );
	return rc;
}

static TASK_FN int find_server ( const struct fetch *fetch, struct endpoint *ret_server ) {
	const struct uri *uri = fetch->uri;
	struct job *job = fetch->job;
	int rc;

	if ( !uri->host || !*uri->host )
		return FAIL ( EINVAL, "URI without a host" );
	snprintf ( job->message, sizeof ( job->message ), "%s", uri->host );
	rc = resolve ( uri->host, (uint16_t) uri_port ( uri, TFTP_PORT ), TIME_NEVER, ret_server );
	job->message[0] = '\0';
	return rc;
}

static TASK_FN int tftp_fetch ( struct fetch *fetch ) {
	const char *path = fetch->uri->path ? fetch->uri->path : "";
	struct endpoint server;
	char *name;
	int rc;

	if ( ( rc = find_server ( fetch, &server ) ) != 0 )
		return rc;
	/* Servers name files from a directory of theirs; `//` makes a name that begins with a slash. */
	if ( *path == '/' )
		path++;
	if ( !*path )
		return FAIL ( EINVAL, "URI without a file name" );
	if ( !( name = uri_decode ( path ) ) )
		return -ENOMEM;
	rc = attempt ( fetch, &server, name, false );
	if ( rc == TFTP_PLAIN )
		rc = attempt ( fetch, &server, name, true );
	free ( name );
	return rc;
}

static const struct uri_scheme tftp_scheme = { .name = "tftp", .fetch = tftp_fetch };
URI_SCHEME ( tftp_scheme );

static const struct feature tftp_feature = { .name = "TFTP", .order = 110, .tag = 21, .value = 1 };
FEATURE ( tftp_feature );
