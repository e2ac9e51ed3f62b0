/** @file
 * What the tests of TFTP share: a server on the simulated network that can be made old, odd or slow, and
 * downloads from it.
 */
#ifndef TESTS_NET_TFTP_FIXTURE_H
#define TESTS_NET_TFTP_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include "core/error.h"
#include "core/image.h"
#include "lib/netsim.h"
#include "lib/test.h"
#include "platform/host/host.h"
#include "proto/fetch.h"

#define IP_PROTO_UDP 17
#define SERVER       IPV4 ( 10, 0, 0, 1 )
#define STRANGER     IPV4 ( 10, 0, 0, 3 )
#define MS           US_PER_MS
#define URI          "tftp://10.0.0.1/file"

/** A TFTP server for tests; zero is an old one that knows no options. */
struct server {
	size_t size;            /**< of the file */
	unsigned int blksize;   /**< largest that it agrees to; 0: option unknown */
	unsigned int window;    /**< the same of windowsize */
	bool tsize;             /**< knows the option */
	size_t lie;             /**< says this size instead */
	unsigned int error;     /**< answers every request with this error... */
	unsigned int old_error; /**< ... or those with options */
	bool apprentice;        /**< answers each copy of an ACK */
	bool mute_data;         /**< blocks above 512 bytes do not get through */
	bool ignore_acks;       /**< stops sending after the first window */
	unsigned int stop_at;   /**< sends no block behind this one */
	unsigned int error_at;  /**< instead of this block, error 0 */
	const void *raw;        /**< answers requests with just this */
	size_t raw_len;

	/* What happened. */
	unsigned int requests, acks, errors, blocks, error_code;
	utime_t times[64];
	char request[600], error_text[64];
	size_t request_len;
	utime_t error_time;
	uint16_t port;
	struct netsim_host *host;

	/* The session. */
	uint16_t peer;
	unsigned int cur_blksize, cur_window;
	uint64_t acked, sent;
	bool oacked;
	struct timer timer;
};

static struct netsim *net;
static struct server server;
static struct image *image;
static struct job_probe { char detail[200]; } probe;

static uint8_t byte_at ( size_t i ) {
	return (uint8_t) ( i * 7 + ( i >> 8 ) * 13 + ( i >> 16 ) * 5 );
}

/* ---- The server ---- */

static void server_send ( struct server *s, const void *data, size_t len ) {
	netsim_host_send_udp ( s->host, s->port, IPV4 ( 10, 0, 0, 2 ), s->peer, data, len );
}

static void server_send_block ( struct server *s, uint64_t block ) {
	static uint8_t buf[65536];
	size_t offset = ( block - 1 ) * s->cur_blksize;
	size_t len = MIN ( s->size - offset, (size_t) s->cur_blksize );

	if ( s->stop_at && ( block > s->stop_at ) )
		return;
	if ( s->error_at && ( block == s->error_at ) ) {
		server_send ( s, "\0\5\0\0disk\1on fire", 17 );
		return;
	}
	s->blocks++;
	if ( s->mute_data && ( len > 512 ) )
		return;
	buf[0] = 0;
	buf[1] = 3;
	buf[2] = (uint8_t) ( block >> 8 );
	buf[3] = (uint8_t) block;
	for ( size_t i = 0; i < len; i++ )
		buf[4 + i] = byte_at ( offset + i );
	server_send ( s, buf, len + 4 );
}

static void server_send_window ( struct server *s ) {
	uint64_t last = s->size / s->cur_blksize + 1;

	for ( s->sent = s->acked; ( s->sent < last ) && ( s->sent < s->acked + s->cur_window ); )
		server_send_block ( s, ++s->sent );
	timer_start ( &s->timer, deadline_in ( US_PER_S ) );
}

static size_t put_option ( char *buf, const char *name, size_t value ) {
	size_t len = strlen ( name ) + 1;

	memcpy ( buf, name, len );
	return len + (size_t) sprintf ( buf + len, "%zu", value ) + 1;
}

static size_t option_of ( const struct server *s, const char *name ) {
	const char *pos = s->request + 2, *end = s->request + s->request_len;

	for ( ; pos < end; pos += strlen ( pos ) + 1 ) {
		if ( strcmp ( pos, name ) == 0 )
			return (size_t) atol ( pos + strlen ( pos ) + 1 );
	}
	return 0;
}

static void server_send_oack ( struct server *s ) {
	char buf[128] = "\0\6";
	size_t len = 2;

	if ( s->blksize )
		len += put_option ( buf + len, "BLKSIZE", s->cur_blksize );
	if ( s->tsize )
		len += put_option ( buf + len, "tsize", s->lie ? s->lie : s->size );
	if ( s->window )
		len += put_option ( buf + len, "windowsize", s->cur_window );
	server_send ( s, buf, len );
	timer_start ( &s->timer, deadline_in ( US_PER_S ) );
}

static void server_timer ( struct timer *timer, utime_t now ) {
	struct server *s = container_of ( timer, struct server, timer );

	if ( s->ignore_acks || s->stop_at )
		return;
	if ( s->oacked && !s->sent )
		server_send_oack ( s );
	else
		server_send_window ( s );
}

static void server_request ( struct server *s, uint16_t peer, const uint8_t *data, size_t len ) {
	bool options = ( len > 2 + strlen ( (const char *) data + 2 ) + 1 + 6 );
	char error[] = "\0\5\0\0words";

	s->times[s->requests++ % 64] = clock_now ();
	if ( timer_running ( &s->timer ) && ( s->peer == peer ) ) {
		server_timer ( &s->timer, clock_now () );
		return;
	}
	s->peer = peer;
	memcpy ( s->request, data, MIN ( len, sizeof ( s->request ) ) );
	s->request_len = len;
	s->port = (uint16_t) ( 5000 + s->requests );
	s->acked = s->sent = 0;
	s->cur_blksize = 512;
	s->cur_window = 1;
	s->oacked = false;
	if ( s->raw ) {
		server_send ( s, s->raw, s->raw_len );
		return;
	}
	if ( s->error || ( options && s->old_error ) ) {
		error[3] = (char) ( s->error ? s->error : s->old_error );
		server_send ( s, error, sizeof ( error ) );
		return;
	}
	if ( options && ( s->blksize || s->window || s->tsize ) ) {
		if ( s->blksize )
			s->cur_blksize = (unsigned int) MIN ( (size_t) s->blksize,
							      option_of ( s, "blksize" ) );
		if ( s->window )
			s->cur_window = (unsigned int) MIN ( (size_t) s->window,
							     option_of ( s, "windowsize" ) );
		s->oacked = true;
		server_send_oack ( s );
	} else {
		server_send_window ( s );
	}
}

static void server_ack ( struct server *s, uint16_t number ) {
	uint64_t block = s->acked + (uint16_t) ( number - (uint16_t) s->acked );
	uint64_t last = s->size / s->cur_blksize + 1;

	s->acks++;
	if ( ( block > s->sent ) || ( s->ignore_acks && ( block > 0 ) ) )
		return;
	/* The second ACK of the same block is ignored by servers that know about the apprentice. */
	if ( ( block == s->acked ) && ( s->sent > s->acked ) && !s->apprentice )
		return;
	s->acked = block;
	if ( block == last )
		timer_stop ( &s->timer );
	else
		server_send_window ( s );
}

static void server_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src, ipv4_addr_t dest,
			const uint8_t *payload, size_t len, void *arg ) {
	struct server *s = arg;
	uint16_t src_port, port;
	const uint8_t *data;
	ssize_t got;

	if ( ( proto != IP_PROTO_UDP ) ||
	     ( ( got = netsim_parse_udp ( src, dest, payload, len, &src_port, &port, &data ) ) <
	       4 ) )
		return;
	if ( ( port == 69 ) && ( data[1] == 1 ) ) {
		server_request ( s, src_port, data, (size_t) got );
	} else if ( data[1] == 5 ) {
		s->errors++;
		s->error_code = ( data[2] << 8 ) | data[3];
		s->error_time = clock_now ();
		memcpy ( s->error_text, data + 4,
			 MIN ( (size_t) got - 4, sizeof ( s->error_text ) ) );
		timer_stop ( &s->timer );
	} else if ( ( data[1] == 4 ) && ( port == s->port ) ) {
		server_ack ( s, (uint16_t) ( ( data[2] << 8 ) | data[3] ) );
	}
}

/* ---- The test's side ---- */

static int setup ( void **state ) {
	net = netsim_new ();
	netsim_configure ( net, IPV4 ( 10, 0, 0, 2 ), IPV4 ( 255, 255, 255, 0 ), 0 );
	memset ( &server, 0, sizeof ( server ) );
	server.host = netsim_host_add ( net, SERVER, server_rx, &server );
	timer_init ( &server.timer, server_timer );
	image = NULL;
	return 0;
}

static int teardown ( void **state ) {
	timer_stop ( &server.timer );
	image_put ( image );
	netsim_settle ( net );
	netsim_free ( net );
	return 0;
}

/* Of all that the server has: the check of a download must not depend on how it went. */
static const char *digest ( void ) {
	static const char *text;
	static size_t size;
	uint8_t *data;

	if ( text && ( size == server.size ) )
		return text;
	size = server.size;
	data = test_malloc ( size + 1 );
	for ( size_t i = 0; i < size; i++ )
		data[i] = byte_at ( i );
	text = test_sha256 ( data, size );
	test_free ( data );
	return text;
}

static TASK_FN int fetch_task ( void *arg ) {
	struct fetch_options options = { .quiet = true, .sha256 = digest () };
	int rc = fetch_image ( arg, &options, &image );

	snprintf ( probe.detail, sizeof ( probe.detail ), "%s", error_detail ( rc ) );
	return rc;
}

static int fetch ( const char *uri ) {
	image_put ( image );
	image = NULL;
	netsim_spawn ( net, fetch_task, (void *) uri );
	return netsim_join ( net, 3600 * US_PER_S );
}

static void assert_whole ( void ) {
	assert_non_null ( image );
	assert_int_equal ( image->len, server.size );
	for ( size_t i = 0; i < server.size; i++ ) {
		if ( image->data[i] != byte_at ( i ) )
			fail_msg ( "byte %zu is wrong", i );
	}
	assert_int_equal ( image->data[image->len], 0 );
}

static void assert_fetched ( size_t size ) {
	server.size = size;
	assert_int_equal ( fetch ( URI ), 0 );
	assert_whole ();
}

static void modern ( void ) {
	server.blksize = 65464;
	server.window = 64;
	server.tsize = true;
}

#endif /* TESTS_NET_TFTP_FIXTURE_H */
