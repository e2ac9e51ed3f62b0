/** @file
 * A wire with faults between QEMU (-netdev stream) and a TAP device of this namespace: delay, rate,
 * loss, duplicates, reordering, flipped bytes, each by a seeded generator, in both directions.
 *
 *   relay SOCKET TAP [delay=US] [rate=MBIT] [loss=PPM] [dup=PPM] [reorder=PPM] [corrupt=PPM]
 *                    [seed=N]
 *
 * SOCKET is listened on; frames on it are preceded by their length, four bytes, big endian (QEMU's
 * framing). delay is one way, microseconds; probabilities are in parts per million. A reordered
 * frame is held back by a further 2 ms. Ends when QEMU closes the socket.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX  65536
#define QUEUE_MAX  65536 /* frames under way in one direction; more are lost */
#define REORDER_NS 2000000ULL
#define ETHERTYPE  12
#define PPM        1000000

struct frame {
	uint64_t due_ns;
	uint64_t order; /* frames that are due together keep their order */
	size_t len;
	uint8_t data[];
};

/** One direction: a heap of frames by due time. */
struct lane {
	struct frame *heap[QUEUE_MAX];
	size_t count;
	uint64_t order;
	uint64_t free_ns; /* when the wire has finished the last frame */
};

static struct { uint64_t delay_us, rate, loss, dup, reorder, corrupt, seed; } options;

static struct lane to_guest, to_host;

static uint64_t now_ns ( void ) {
	struct timespec now;

	clock_gettime ( CLOCK_MONOTONIC, &now );
	return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

static uint64_t next_random ( void ) {
	uint64_t z = ( options.seed += 0x9e3779b97f4a7c15 );

	z = ( z ^ ( z >> 30 ) ) * 0xbf58476d1ce4e5b9;
	z = ( z ^ ( z >> 27 ) ) * 0x94d049bb133111eb;
	return z ^ ( z >> 31 );
}

static int happens ( uint64_t ppm ) {
	return ppm && ( next_random () % PPM < ppm );
}

static int earlier ( const struct frame *a, const struct frame *b ) {
	return ( a->due_ns != b->due_ns ) ? ( a->due_ns < b->due_ns ) : ( a->order < b->order );
}

static void heap_push ( struct lane *lane, struct frame *frame ) {
	size_t i = lane->count++;

	for ( ; i && earlier ( frame, lane->heap[( i - 1 ) / 2] ); i = ( i - 1 ) / 2 )
		lane->heap[i] = lane->heap[( i - 1 ) / 2];
	lane->heap[i] = frame;
}

static struct frame *heap_pop ( struct lane *lane ) {
	struct frame *first = lane->heap[0], *last = lane->heap[--lane->count];
	size_t i = 0, child;

	while ( ( child = 2 * i + 1 ) < lane->count ) {
		if ( ( child + 1 < lane->count ) &&
		     earlier ( lane->heap[child + 1], lane->heap[child] ) )
			child++;
		if ( !earlier ( lane->heap[child], last ) )
			break;
		lane->heap[i] = lane->heap[child];
		i = child;
	}
	lane->heap[i] = last;
	return first;
}

static void send_frame ( struct lane *lane, const uint8_t *data, size_t len, uint64_t now ) {
	struct frame *frame;

	if ( ( lane->count == QUEUE_MAX ) || !( frame = malloc ( sizeof ( *frame ) + len ) ) )
		return;
	memcpy ( frame->data, data, len );
	frame->len = len;
	frame->order = lane->order++;
	if ( lane->free_ns < now )
		lane->free_ns = now;
	if ( options.rate )
		lane->free_ns += len * 8 * 1000 / options.rate;
	frame->due_ns = lane->free_ns + options.delay_us * 1000;
	if ( happens ( options.reorder ) )
		frame->due_ns += REORDER_NS;
	/* Not in the Ethernet header: such a frame would be somebody else's. */
	if ( ( len > 14 ) && happens ( options.corrupt ) )
		frame->data[14 + next_random () % ( len - 14 )] ^=
			(uint8_t) ( 1 + next_random () % 255 );
	heap_push ( lane, frame );
}

static void pass ( struct lane *lane, const uint8_t *data, size_t len, uint64_t now ) {
	if ( happens ( options.loss ) )
		return;
	send_frame ( lane, data, len, now );
	if ( happens ( options.dup ) )
		send_frame ( lane, data, len, now );
}

/* ---- The two ends ---- */

static int tap_fd, socket_fd;
static uint8_t in[4 * FRAME_MAX], out[4 * FRAME_MAX];
static size_t in_len, out_len;

static void die ( const char *what ) {
	perror ( what );
	exit ( 1 );
}

static int open_tap ( const char *name ) {
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open ( "/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC );

	snprintf ( request.ifr_name, IFNAMSIZ, "%s", name );
	if ( ( fd < 0 ) || ( ioctl ( fd, TUNSETIFF, &request ) != 0 ) )
		die ( name );
	return fd;
}

static int accept_qemu ( const char *path ) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket ( AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0 ), fd;

	snprintf ( address.sun_path, sizeof ( address.sun_path ), "%s", path );
	unlink ( path );
	if ( ( bind ( listener, (struct sockaddr *) &address, sizeof ( address ) ) != 0 ) ||
	     ( listen ( listener, 1 ) != 0 ) )
		die ( path );
	puts ( "ready" );
	fflush ( stdout );
	fd = accept ( listener, NULL, NULL );
	if ( fd < 0 )
		die ( "accept" );
	close ( listener );
	fcntl ( fd, F_SETFL, O_NONBLOCK );
	return fd;
}

static void read_tap ( uint64_t now ) {
	static uint8_t frame[FRAME_MAX];
	ssize_t len;

	for ( unsigned int i = 0;
	      ( i < 64 ) && ( ( len = read ( tap_fd, frame, sizeof ( frame ) ) ) > 0 ); i++ )
		pass ( &to_guest, frame, (size_t) len, now );
}

static void read_qemu ( uint64_t now ) {
	ssize_t got = read ( socket_fd, in + in_len, sizeof ( in ) - in_len );
	size_t pos = 0, len;

	if ( ( got == 0 ) || ( ( got < 0 ) && ( errno != EAGAIN ) ) )
		exit ( 0 );
	if ( got > 0 )
		in_len += (size_t) got;
	for ( ; in_len - pos >= 4; pos += 4 + len ) {
		len = ( (size_t) in[pos] << 24 ) | ( in[pos + 1] << 16 ) | ( in[pos + 2] << 8 ) |
		      in[pos + 3];
		if ( len > FRAME_MAX )
			exit ( 1 );
		if ( in_len - pos < 4 + len )
			break;
		pass ( &to_host, in + pos + 4, len, now );
	}
	memmove ( in, in + pos, in_len - pos );
	in_len -= pos;
}

static void flush_qemu ( void ) {
	ssize_t sent = out_len ? write ( socket_fd, out, out_len ) : 0;

	if ( sent > 0 ) {
		memmove ( out, out + sent, out_len - (size_t) sent );
		out_len -= (size_t) sent;
	} else if ( ( sent < 0 ) && ( errno != EAGAIN ) ) {
		exit ( 0 );
	}
}

static void deliver ( uint64_t now ) {
	while ( to_host.count && ( to_host.heap[0]->due_ns <= now ) ) {
		struct frame *frame = heap_pop ( &to_host );

		if ( write ( tap_fd, frame->data, frame->len ) < 0 ) {
			/* The device's queue is full: lost, as on a real wire. */
		}
		free ( frame );
	}
	while ( to_guest.count && ( to_guest.heap[0]->due_ns <= now ) &&
		( out_len + 4 + to_guest.heap[0]->len <= sizeof ( out ) ) ) {
		struct frame *frame = heap_pop ( &to_guest );

		out[out_len++] = (uint8_t) ( frame->len >> 24 );
		out[out_len++] = (uint8_t) ( frame->len >> 16 );
		out[out_len++] = (uint8_t) ( frame->len >> 8 );
		out[out_len++] = (uint8_t) frame->len;
		memcpy ( out + out_len, frame->data, frame->len );
		out_len += frame->len;
		free ( frame );
	}
	flush_qemu ();
}

static uint64_t wait_ns ( uint64_t now ) {
	uint64_t due = UINT64_MAX;

	if ( to_host.count )
		due = to_host.heap[0]->due_ns;
	if ( to_guest.count && ( to_guest.heap[0]->due_ns < due ) && !out_len )
		due = to_guest.heap[0]->due_ns;
	if ( due == UINT64_MAX )
		return 100000000;
	return ( due > now ) ? due - now : 0;
}

static void parse_option ( const char *text ) {
	static const struct {
		const char *name;
		uint64_t *value;
	} names[] = {
		{ "delay=", &options.delay_us },  { "rate=", &options.rate },
		{ "loss=", &options.loss },       { "dup=", &options.dup },
		{ "reorder=", &options.reorder }, { "corrupt=", &options.corrupt },
		{ "seed=", &options.seed },
	};

	for ( size_t i = 0; i < sizeof ( names ) / sizeof ( names[0] ); i++ ) {
		size_t len = strlen ( names[i].name );

		if ( strncmp ( text, names[i].name, len ) == 0 ) {
			*names[i].value = strtoull ( text + len, NULL, 0 );
			return;
		}
	}
	fprintf ( stderr, "relay: unknown option %s\n", text );
	exit ( 2 );
}

int main ( int argc, char **argv ) {
	if ( argc < 3 ) {
		fprintf ( stderr, "usage: relay SOCKET TAP [option=value...]\n" );
		return 2;
	}
	for ( int i = 3; i < argc; i++ )
		parse_option ( argv[i] );
	tap_fd = open_tap ( argv[2] );
	socket_fd = accept_qemu ( argv[1] );
	for ( ;; ) {
		struct pollfd fds[] = {
			{ .fd = tap_fd, .events = ( to_guest.count < QUEUE_MAX ) ? POLLIN : 0 },
			{ .fd = socket_fd, .events = POLLIN | ( out_len ? POLLOUT : 0 ) },
		};
		uint64_t now = now_ns (), wait = wait_ns ( now );
		struct timespec timeout = { (time_t) ( wait / 1000000000 ),
					    (long) ( wait % 1000000000 ) };

		if ( ( ppoll ( fds, 2, &timeout, NULL ) < 0 ) && ( errno != EINTR ) )
			die ( "poll" );
		now = now_ns ();
		if ( fds[0].revents )
			read_tap ( now );
		if ( fds[1].revents & ~POLLOUT )
			read_qemu ( now );
		deliver ( now );
	}
}
