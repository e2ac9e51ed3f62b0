/** @file
 * TFTP downloads over the simulated network: options, windows, loss, reordering, block numbers that
 * wrap, servers that are old, odd or hostile.
 */
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

/* ---- Good servers ---- */

static void request_is_as_documented ( void **state ) {
	static const char expected[] = "\0\1dir/a b\0octet\0blksize\0"
				       "1432\0tsize\0"
				       "0\0timeout\0"
				       "1\0windowsize\0"
				       "128";

	server.size = 100;
	assert_int_equal ( fetch ( "tftp://10.0.0.1/dir/a%20b" ), 0 );
	assert_int_equal ( server.request_len, sizeof ( expected ) );
	assert_memory_equal ( server.request, expected, sizeof ( expected ) );
	assert_string_equal ( image->name, "a b" );
}

static void second_slash_is_part_of_the_name ( void **state ) {
	server.size = 100;
	assert_int_equal ( fetch ( "tftp://10.0.0.1//a" ), 0 );
	assert_string_equal ( server.request + 2, "/a" );
}

static void server_without_options_sends_512_bytes ( void **state ) {
	assert_fetched ( 100000 );
	assert_int_equal ( server.blocks, 196 );
	assert_int_equal ( server.acks, 196 );
}

static void sizes_around_a_block ( void **state ) {
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 1024, 65536 };

	for ( size_t i = 0; i < ARRAY_SIZE ( sizes ); i++ ) {
		assert_fetched ( sizes[i] );
	}
}

static void options_are_used ( void **state ) {
	modern ();
	assert_fetched ( 1432 * 128 + 10 );
	assert_int_equal ( server.blocks, 129 );
	/* One of the options, one a window. */
	assert_int_equal ( server.acks, 4 );
	assert_int_equal ( server.requests, 1 );
	/* Reserved once, with its NUL. */
	assert_in_range ( image->capacity, server.size + 1, server.size + 4096 );
}

static void file_that_ends_with_a_window ( void **state ) {
	modern ();
	assert_fetched ( 1432 * 64 - 1 );
	assert_fetched ( 1432 * 64 );
	server.acks = 0;
	assert_fetched ( 0 );
	assert_int_equal ( server.acks, 2 );
}

static void smaller_values_of_the_server_are_taken ( void **state ) {
	modern ();
	server.blksize = 1000;
	server.window = 7;
	assert_fetched ( 100000 );
	assert_int_equal ( server.blocks, 101 );
	assert_int_equal ( server.acks, 1 + 15 );
}

static void jumbo_frames_make_larger_blocks ( void **state ) {
	modern ();
	netsim_netif ( net )->mtu = 9000;
	assert_fetched ( 1000 );
	assert_int_equal ( server.cur_blksize, 8932 );
	netsim_netif ( net )->mtu = 576;
	assert_fetched ( 1000 );
	assert_int_equal ( server.cur_blksize, 512 );
	netsim_netif ( net )->mtu = 1500;
}

static void long_way_is_filled_by_the_window ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	netsim_to_us ( net )->delay_us = netsim_to_peer ( net )->delay_us = 10 * MS;
	assert_fetched ( 64 * 1432 * 50 );
	/* ARP, request, options, then a window each round trip. */
	assert_in_range ( clock_now () - start, 1000 * MS, 54 * 20 * MS );
	assert_int_equal ( server.blocks, 64 * 50 + 1 );
}

static void block_number_wraps ( void **state ) {
	modern ();
	server.blksize = 8;
	assert_fetched ( 8 * 140000 + 3 );
	server.window = 0;
	assert_fetched ( 8 * 66000 );
	/* Lock step: more windows than a block number can count. */
	assert_in_range ( server.acks, 66000, 80000 );
}

static void wrong_size_is_put_right ( void **state ) {
	modern ();
	server.lie = 10;
	assert_fetched ( 500000 );
	server.lie = 700000;
	assert_fetched ( 500000 );
}

static void size_beyond_memory_is_refused ( void **state ) {
	modern ();
	server.lie = 1ULL << 60;
	assert_int_equal ( err_of ( fetch ( URI ) ), ENOMEM );
	assert_int_equal ( server.error_code, 3 );
	server.lie = INT64_MAX;
	assert_int_equal ( err_of ( fetch ( URI ) ), ENOMEM );
}

/* ---- Bad wires ---- */

static void wire ( struct netsim_wire wire ) {
	*netsim_to_us ( net ) = wire;
	*netsim_to_peer ( net ) = wire;
}

static void bad_wires_lose_nothing ( void **state ) {
	static const struct netsim_wire wires[] = {
		{ .loss_ppm = 50000, .delay_us = 5 * MS },
		{ .duplicate_ppm = 200000, .delay_us = 5 * MS },
		{ .reorder_ppm = 100000, .reorder_us = 3 * MS, .delay_us = 5 * MS },
		{ .corrupt_ppm = 20000 },
		{ .loss_ppm = 20000,
		  .duplicate_ppm = 20000,
		  .reorder_ppm = 20000,
		  .reorder_us = 30 * MS,
		  .delay_us = 20 * MS,
		  .jitter_us = 10 * MS },
	};
	static const unsigned int windows[] = { 0, 1, 2, 16, 64 };

	for ( size_t i = 0; i < ARRAY_SIZE ( wires ) * ARRAY_SIZE ( windows ); i++ ) {
		modern ();
		server.window = windows[i % ARRAY_SIZE ( windows )];
		netsim_seed ( net, i + 1 );
		wire ( wires[i / ARRAY_SIZE ( windows )] );
		assert_fetched ( 300000 );
	}
}

static void reordering_costs_no_retransmission ( void **state ) {
	modern ();
	/* Two blocks on: below what counts as loss. */
	netsim_to_us ( net )->bytes_per_s = 1500 * 1000;
	netsim_to_us ( net )->reorder_ppm = 50000;
	netsim_to_us ( net )->reorder_us = 2 * MS;
	assert_fetched ( 64 * 1432 * 20 );
	/* But for those at the end of a window, which nothing overtakes by three. */
	assert_in_range ( server.blocks, 64 * 20 + 1, 64 * 20 + 10 );
}

static void lost_block_is_missed_at_once ( void **state ) {
	utime_t start;

	modern ();
	netsim_to_us ( net )->loss_ppm = 10000;
	netsim_to_us ( net )->delay_us = netsim_to_peer ( net )->delay_us = 1 * MS;
	start = clock_now ();
	assert_fetched ( 64 * 1432 * 50 );
	/* 32 blocks are lost; with a time-out each it would be 8 seconds. */
	assert_in_range ( clock_now () - start, 100 * MS, 2000 * MS );
}

static void burst_that_overflows_a_queue_is_noticed_soon ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	server.window = 128;
	/* Room for half a window: nothing comes after the blocks that are lost. */
	netsim_to_us ( net )->bytes_per_s = 12500000;
	netsim_to_us ( net )->queue_bytes = 100000;
	assert_fetched ( 128 * 1432 * 20 );
	assert_in_range ( clock_now () - start, 0, 40 * 35 * MS );
}

static void slow_line_needs_no_repetition ( void **state ) {
	modern ();
	/* A window takes 0.8 seconds: longer than our time-out, shorter than the server's. */
	netsim_to_us ( net )->bytes_per_s = 120000;
	assert_fetched ( 64 * 1432 * 5 );
	assert_int_equal ( server.blocks, 64 * 5 + 1 );
}

static void apprentice_is_not_fed ( void **state ) {
	/* Each copy of an ACK would double the blocks from there on. */
	server.apprentice = true;
	netsim_to_us ( net )->delay_us = 10 * MS;
	netsim_to_us ( net )->duplicate_ppm = 300000;
	assert_fetched ( 200000 );
	assert_in_range ( server.blocks, 391, 391 );
	/* Nor when the round trip is longer than our time-out at first. */
	server.blocks = 0;
	netsim_to_us ( net )->duplicate_ppm = 0;
	netsim_to_us ( net )->delay_us = netsim_to_peer ( net )->delay_us = 200 * MS;
	assert_fetched ( 200000 );
	assert_in_range ( server.blocks, 391, 391 + 20 );
}

static void lost_request_and_answer_are_repeated ( void **state ) {
	modern ();
	/* ARP goes first; the neighbour is known after this. */
	assert_fetched ( 1 );
	netsim_to_peer ( net )->lose_first = 2;
	server.requests = 0;
	assert_fetched ( 10000 );
	assert_int_equal ( server.requests, 1 );
	netsim_to_us ( net )->lose_first = 1;
	server.requests = 0;
	assert_fetched ( 10000 );
	assert_int_equal ( server.requests, 2 );
}

static void large_frames_that_vanish_are_avoided ( void **state ) {
	modern ();
	server.mute_data = true;
	assert_fetched ( 100000 );
	assert_int_equal ( server.requests, 2 );
	assert_int_equal ( server.cur_blksize, 512 );
}

/* ---- Failures ---- */

static void options_refused_are_left_out ( void **state ) {
	server.old_error = 8;
	assert_fetched ( 10000 );
	assert_int_equal ( server.requests, 2 );
	server.old_error = 4;
	assert_fetched ( 10000 );
	assert_int_equal ( server.errors, 0 );
}

static void errors_are_told_in_the_servers_words ( void **state ) {
	static const struct {
		unsigned int code;
		int rc;
	} errors[] = {
		{ 0, ENOTSUP }, { 1, ENOENT },  { 2, EACCES },  { 3, ENOTSUP },  { 4, ENOTTY },
		{ 5, ENOTSUP }, { 7, ENOTSUP }, { 8, ENOTSUP }, { 99, ENOTSUP },
	};
	char expected[64];

	for ( size_t i = 1; i < ARRAY_SIZE ( errors ); i++ ) {
		server.error = errors[i].code;
		assert_int_equal ( err_of ( fetch ( URI ) ), errors[i].rc );
		snprintf ( expected, sizeof ( expected ), "the server says: %u words",
			   errors[i].code );
		assert_string_equal ( probe.detail, expected );
	}
	server.error = 1;
	assert_int_equal ( fetch ( URI ), -ENOENT_TFTP );
	assert_int_equal ( server.errors, 0 );
}

static void error_in_the_middle_ends_it ( void **state ) {
	modern ();
	server.size = 500000;
	server.error_at = 100;
	assert_int_equal ( err_of ( fetch ( URI ) ), ENOTSUP );
	assert_string_equal ( probe.detail, "the server says: 0 disk.on fire" );
	assert_int_equal ( server.errors, 0 );
}

static void silence_ends_after_six_requests ( void **state ) {
	utime_t start = clock_now ();

	netsim_host_mute ( server.host, false );
	server.raw = "\0\7";
	server.raw_len = 2;
	assert_int_equal ( fetch ( URI ), -ETIMEDOUT_TFTP );
	assert_int_equal ( server.requests, 6 );
	assert_in_range ( clock_now () - start, 15700 * MS, 15800 * MS );
	assert_int_equal ( server.times[5] - server.times[4], 4000 * MS );
	assert_string_equal ( probe.detail, "TFTP server 10.0.0.1:69 did not answer" );
}

static void stall_ends_with_the_place ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	server.size = 500000;
	server.stop_at = 100;
	assert_int_equal ( fetch ( URI ), -ETIMEDOUT_TFTP );
	assert_in_range ( clock_now () - start, 15 * US_PER_S, 17 * US_PER_S );
	assert_string_equal ( probe.detail,
			      "TFTP server 10.0.0.1:5001 stopped sending at byte 143200" );
	assert_int_equal ( server.errors, 1 );
	assert_string_equal ( server.error_text, "TFTP Aborted" );
}

static void closed_port_is_told_at_once ( void **state ) {
	/* Type 3 code 3 with the start of our packet: made by hand when the request arrives. */
	static uint8_t icmp[8 + 28];
	static const uint8_t head[] = { 3, 3, 0,  0,  0, 0, 0,  0, 0x45, 0, 0,  90, 0, 0,
					0, 0, 64, 17, 0, 0, 10, 0, 0,    2, 10, 0,  0, 1 };
	utime_t start = clock_now ();
	uint16_t csum;

	server.raw = "";
	server.size = 1;
	netsim_spawn ( net, fetch_task, (void *) URI );
	netsim_run ( net, 100 * MS );
	assert_int_equal ( server.requests, 1 );
	memcpy ( icmp, head, sizeof ( head ) );
	icmp[28] = (uint8_t) ( server.peer >> 8 );
	icmp[29] = (uint8_t) server.peer;
	icmp[31] = 69;
	csum = netsim_csum ( 0, icmp, sizeof ( icmp ) );
	icmp[2] = (uint8_t) ( csum >> 8 );
	icmp[3] = (uint8_t) csum;
	netsim_host_send ( server.host, 1, 0, IPV4 ( 10, 0, 0, 2 ), icmp, sizeof ( icmp ), 0 );
	assert_int_equal ( err_of ( netsim_join ( net, 60 * US_PER_S ) ), ECONNREFUSED );
	assert_in_range ( clock_now () - start, 0, 200 * MS );
}

static void cancelled_transfer_is_aborted_at_once ( void **state ) {
	utime_t when;

	modern ();
	netsim_to_us ( net )->bytes_per_s = 1000000;
	server.size = 100000000;
	netsim_spawn ( net, fetch_task, (void *) URI );
	netsim_run ( net, 500 * MS );
	when = clock_now ();
	netsim_cancel ( net );
	assert_int_equal ( err_of ( netsim_join ( net, 60 * US_PER_S ) ), ECANCELED );
	netsim_run ( net, 10 * MS );
	assert_int_equal ( server.errors, 1 );
	assert_int_equal ( server.error_code, 0 );
	assert_string_equal ( server.error_text, "TFTP Aborted" );
	assert_in_range ( server.error_time - when, 0, 1 * MS );
}

static void uris_without_a_file_are_refused ( void **state ) {
	assert_int_equal ( err_of ( fetch ( "tftp://10.0.0.1" ) ), EINVAL );
	assert_int_equal ( err_of ( fetch ( "tftp://10.0.0.1/" ) ), EINVAL );
	assert_int_equal ( err_of ( fetch ( "tftp:///file" ) ), EINVAL );
	assert_int_equal ( err_of ( fetch ( "tftp:file" ) ), EINVAL );
}

static void name_too_long_is_refused ( void **state ) {
	char uri[1000] = "tftp://10.0.0.1/";

	memset ( uri + 16, 'x', 600 );
	assert_int_equal ( err_of ( fetch ( uri ) ), ENAMETOOLONG );
}

/* ---- Hostile peers ---- */

static void raw_answer ( const void *data, size_t len, int rc ) {
	server.raw = data;
	server.raw_len = len;
	assert_int_equal ( err_of ( fetch ( URI ) ), rc );
}

static void bad_options_are_refused ( void **state ) {
	raw_answer ( "\0\6blksize\0"
		     "1433",
		     15, EPROTO );
	assert_int_equal ( server.error_code, 8 );
	raw_answer ( "\0\6windowsize\0"
		     "65535",
		     19, EPROTO );
	/* These are no options at all, so no answer. */
	raw_answer ( "\0\6blksize\0"
		     "0",
		     12, ETIMEDOUT );
	raw_answer ( "\0\6blksize\0"
		     "99999",
		     16, ETIMEDOUT );
	raw_answer ( "\0\6windowsize\0"
		     "0",
		     15, ETIMEDOUT );
	raw_answer ( "\0\6tsize\0"
		     "-1",
		     11, ETIMEDOUT );
	raw_answer ( "\0\6tsize", 7, ETIMEDOUT );
}

static void block_larger_than_agreed_is_refused ( void **state ) {
	static uint8_t block[600] = { 0, 3, 0, 1 };

	raw_answer ( block, 4 + 513, EPROTO );
	assert_int_equal ( server.error_code, 4 );
}

static void first_block_must_be_the_first ( void **state ) {
	raw_answer ( "\0\3\0\2late", 8, ETIMEDOUT );
	raw_answer ( "\0\3\0\0none", 8, ETIMEDOUT );
	raw_answer ( "\0\4\0\1", 4, ETIMEDOUT );
}

/* Somebody else's packets, in every way that they can be somebody else's. */
static unsigned int stranger_errors;

static void stranger_rx ( struct netsim_host *host, uint8_t proto, ipv4_addr_t src,
			  ipv4_addr_t dest, const uint8_t *payload, size_t len, void *arg ) {
	if ( ( proto == IP_PROTO_UDP ) && ( len >= 12 ) && ( payload[9] == 5 ) &&
	     ( payload[11] == 5 ) )
		stranger_errors++;
}

static void strangers_change_nothing ( void **state ) {
	struct netsim_host *stranger = netsim_host_add ( net, STRANGER, stranger_rx, NULL );

	modern ();
	server.size = 2000000;
	netsim_to_us ( net )->bytes_per_s = 1000000;
	stranger_errors = 0;
	netsim_spawn ( net, fetch_task, (void *) URI );
	for ( unsigned int i = 0; i < 100; i++ ) {
		netsim_run ( net, 10 * MS );
		netsim_host_send_udp ( stranger, server.port, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\3\0\1evil", 8 );
		/* Errors of strangers are not answered. */
		netsim_host_send_udp ( stranger, server.port, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\5\0\1evil", 9 );
		netsim_host_send_udp ( server.host, 4999, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\3\0\1evil", 8 );
	}
	assert_int_equal ( netsim_join ( net, 60 * US_PER_S ), 0 );
	assert_whole ();
	/* Some wait in vain for ARP to find the stranger. */
	assert_in_range ( stranger_errors, 80, 100 );
	assert_int_equal ( server.errors, 100 );
	assert_int_equal ( server.error_code, 5 );
}

static void flood_of_old_blocks_does_not_outlast_the_timeout ( void **state ) {
	utime_t start = clock_now ();

	modern ();
	server.size = 500000;
	server.stop_at = 10;
	netsim_spawn ( net, fetch_task, (void *) URI );
	for ( unsigned int i = 0; i < 1700; i++ ) {
		netsim_run ( net, 10 * MS );
		server_send_block ( &server, 3 );
		server_send_block ( &server, 10 );
		netsim_host_send_udp ( server.host, server.port, IPV4 ( 10, 0, 0, 2 ), server.peer,
				       "\0\3\x50\0far ahead", 13 );
	}
	assert_int_equal ( netsim_join ( net, 10 * US_PER_S ), -ETIMEDOUT_TFTP );
	assert_in_range ( clock_now () - start, 15 * US_PER_S, 18 * US_PER_S );
	/* Answered at most four times a second. */
	assert_in_range ( server.acks, 5, 80 );
}

/* ---- Memory ---- */

static void no_memory_is_an_error_each_time ( void **state ) {
	bool failed = true;

	modern ();
	server.size = 300000;
	for ( unsigned int nth = 1; failed; nth++ ) {
		assert_in_range ( nth, 1, 100 );
		server.tsize = nth & 1;
		host_fail_heap ( nth );
		task_spawn ( netsim_group ( net ), "test", fetch_task, (void *) URI,
			     TASK_STACK_LARGE );
		netsim_join ( net, 60 * US_PER_S );
		failed = host_heap_failed ();
		host_fail_heap ( 0 );
		if ( failed ) {
			image_put ( image );
			image = NULL;
		}
	}
	assert_whole ();
	for ( unsigned int nth = 1; nth < 10; nth++ ) {
		image_put ( image );
		image = NULL;
		server.tsize = nth & 1;
		host_fail_pages ( nth );
		task_spawn ( netsim_group ( net ), "test", fetch_task, (void *) URI,
			     TASK_STACK_LARGE );
		netsim_join ( net, 60 * US_PER_S );
		host_fail_pages ( 0 );
	}
	assert_whole ();
}

int main ( void ) {
#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )
	const struct CMUnitTest tests[] = {
		TEST ( request_is_as_documented ),
		TEST ( second_slash_is_part_of_the_name ),
		TEST ( server_without_options_sends_512_bytes ),
		TEST ( sizes_around_a_block ),
		TEST ( options_are_used ),
		TEST ( file_that_ends_with_a_window ),
		TEST ( smaller_values_of_the_server_are_taken ),
		TEST ( jumbo_frames_make_larger_blocks ),
		TEST ( long_way_is_filled_by_the_window ),
		TEST ( block_number_wraps ),
		TEST ( wrong_size_is_put_right ),
		TEST ( size_beyond_memory_is_refused ),
		TEST ( bad_wires_lose_nothing ),
		TEST ( reordering_costs_no_retransmission ),
		TEST ( lost_block_is_missed_at_once ),
		TEST ( burst_that_overflows_a_queue_is_noticed_soon ),
		TEST ( slow_line_needs_no_repetition ),
		TEST ( apprentice_is_not_fed ),
		TEST ( lost_request_and_answer_are_repeated ),
		TEST ( large_frames_that_vanish_are_avoided ),
		TEST ( options_refused_are_left_out ),
		TEST ( errors_are_told_in_the_servers_words ),
		TEST ( error_in_the_middle_ends_it ),
		TEST ( silence_ends_after_six_requests ),
		TEST ( stall_ends_with_the_place ),
		TEST ( closed_port_is_told_at_once ),
		TEST ( cancelled_transfer_is_aborted_at_once ),
		TEST ( uris_without_a_file_are_refused ),
		TEST ( name_too_long_is_refused ),
		TEST ( bad_options_are_refused ),
		TEST ( block_larger_than_agreed_is_refused ),
		TEST ( first_block_must_be_the_first ),
		TEST ( strangers_change_nothing ),
		TEST ( flood_of_old_blocks_does_not_outlast_the_timeout ),
		TEST ( no_memory_is_an_error_each_time ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
