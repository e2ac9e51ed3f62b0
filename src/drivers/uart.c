/** @file
 * Serial console: a 16550 UART (or 8250) at the port and speed of config/serial.h. Output waits in a
 * buffer and goes out as the UART takes it, so that printing does not hold up the network.
 */
#include "config/serial.h"
#include "core/clock.h"
#include "core/console.h"
#include "core/init.h"
#include "drivers/uart.h"
#include "arch/x86_64/io.h"

/* Where PCs have them. */
enum uart_port {
	COM1 = 0x3f8,
	COM2 = 0x2f8,
	COM3 = 0x3e8,
	COM4 = 0x2e8,
};

#define UART_DATA          0
#define UART_IER           1
#define UART_FCR           2
#define UART_IIR           2 /* read */
#define UART_LCR           3
#define UART_MCR           4
#define UART_LSR           5
#define UART_SCRATCH       7
#define UART_DIVISOR_LOW   0 /* with LCR_DLAB */
#define UART_DIVISOR_HIGH  1
#define FCR_ENABLE_CLEAR   0x07
#define IIR_FIFO           0xc0
#define LCR_8N1            0x03
#define LCR_DLAB           0x80
#define MCR_DTR_RTS        0x03
#define MCR_LOOPBACK       0x10
#define LSR_DATA_READY     0x01
#define LSR_TRANSMIT_EMPTY 0x20
#define LSR_LINE_IDLE      0x40
#define UART_CLOCK         115200

#define FIFO_LEN   16
#define BUFFER_LEN 4096
/** A character takes 10 bits; at 300 bits per second that is 33 ms. If the UART has taken none for
 * so long, nothing is there, and output is thrown away until it takes one again. */
#define STUCK_US 50000
/** A FIFO fills in 1.4 ms at full speed. */
#define POLL_US 500

static struct {
	bool present, stuck;
	unsigned int burst; /* bytes that it takes at once */
	unsigned int head, count;
	uint8_t buffer[BUFFER_LEN];
} uart;

static uint8_t uart_read ( unsigned int reg ) {
	return inb ( COMCONSOLE + reg );
}

static void uart_write ( unsigned int reg, uint8_t value ) {
	outb ( COMCONSOLE + reg, value );
}

/** Hand over as much as the UART takes now. @return true if it took any */
static bool uart_send ( void ) {
	unsigned int i;

	if ( ( uart.count == 0 ) || !( uart_read ( UART_LSR ) & LSR_TRANSMIT_EMPTY ) )
		return false;
	for ( i = 0; ( i < uart.burst ) && uart.count; i++ ) {
		uart_write ( UART_DATA, uart.buffer[uart.head] );
		uart.head = ( uart.head + 1 ) % BUFFER_LEN;
		uart.count--;
	}
	uart.stuck = false;
	return true;
}

/** Send until @c count bytes or less are left. */
static void uart_drain ( unsigned int count ) {
	utime_t deadline = deadline_in ( STUCK_US );

	while ( ( uart.count > count ) && !uart.stuck ) {
		if ( uart_send () )
			deadline = deadline_in ( STUCK_US );
		else if ( clock_now () >= deadline )
			uart.stuck = true;
		else
			cpu_pause ();
	}
	if ( uart.stuck && ( uart.count > count ) && !uart_send () )
		uart.head = uart.count = 0;
}

static void uart_put ( uint8_t byte ) {
	if ( uart.count == BUFFER_LEN )
		uart_drain ( BUFFER_LEN - FIFO_LEN );
	uart.buffer[( uart.head + uart.count++ ) % BUFFER_LEN] = byte;
}

static void serial_write ( const char *text, size_t len ) {
	if ( !uart.present )
		return;
	for ( ; len; len--, text++ ) {
		if ( *text == '\n' )
			uart_put ( '\r' );
		uart_put ( *text );
	}
	while ( uart_send () )
		;
}

static int serial_getchar ( void ) {
	static utime_t next;
	utime_t now = clock_now ();

	if ( !uart.present || ( now < next ) )
		return -1;
	if ( uart_read ( UART_LSR ) & LSR_DATA_READY )
		return uart_read ( UART_DATA ) & 0x7f;
	next = now + POLL_US;
	return -1;
}

static bool serial_poll ( utime_t now __unused ) {
	if ( uart.present )
		uart_send ();
	return false;
}

static void serial_init ( void ) {
	unsigned int divisor = UART_CLOCK / COMSPEED;

	/* What is not there reads as all ones. */
	uart_write ( UART_SCRATCH, 0x5a );
	uart.present = ( uart_read ( UART_SCRATCH ) == 0x5a ) || ( uart_read ( UART_LSR ) != 0xff );
	if ( !uart.present )
		return;
	uart_write ( UART_IER, 0 );
	uart_write ( UART_LCR, LCR_8N1 | LCR_DLAB );
	uart_write ( UART_DIVISOR_LOW, divisor & 0xff );
	uart_write ( UART_DIVISOR_HIGH, divisor >> 8 );
	uart_write ( UART_LCR, LCR_8N1 );
	uart_write ( UART_FCR, FCR_ENABLE_CLEAR );
	uart_write ( UART_MCR, MCR_DTR_RTS );
	uart.burst = ( ( uart_read ( UART_IIR ) & IIR_FIFO ) == IIR_FIFO ) ? FIFO_LEN : 1;
}

/** Wait until all that was written, by us or by the BIOS, is on the line; not for long. */
static void uart_settle ( void ) {
	utime_t deadline = deadline_in ( STUCK_US );

	while ( !( uart_read ( UART_LSR ) & LSR_LINE_IDLE ) && ( clock_now () < deadline ) )
		cpu_pause ();
}

bool uart_is_written_by ( void ( *fn ) ( void ) ) {
	bool written = false;

	if ( !uart.present )
		return false;
	uart_drain ( 0 );
	uart_settle ();
	uart_write ( UART_MCR, MCR_DTR_RTS | MCR_LOOPBACK );
	fn ();
	uart_settle ();
	while ( uart_read ( UART_LSR ) & LSR_DATA_READY ) {
		uart_read ( UART_DATA );
		written = true;
	}
	uart_write ( UART_MCR, MCR_DTR_RTS );
	return written;
}

bool uart_is_present ( void ) {
	return uart.present;
}

static void serial_shutdown ( void ) {
	if ( uart.present )
		uart_drain ( 0 );
}

static const struct console serial_console = {
	.name = "serial",
	.write = serial_write,
	.getchar = serial_getchar,
};
CONSOLE ( serial_console );

static const struct root_poll serial_root_poll = { .poll = serial_poll };
ROOT_POLL ( serial_root_poll );

static const struct init_fn serial_init_fn = {
	.phase = INIT_EARLY,
	.name = "serial console",
	.startup = serial_init,
	.shutdown = serial_shutdown,
	.suspend = serial_shutdown,
	.resume = serial_init,
};
INIT_FN ( serial_init_fn );
