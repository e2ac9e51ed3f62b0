/** @file
 * The serial console's UART, for those who share the line with it.
 */
#ifndef DRIVERS_UART_H
#define DRIVERS_UART_H

#include "core/compiler.h"

/** Is there a UART, whose line may bring keys? */
bool uart_is_present ( void );

/**
 * Does @c fn write to our UART? It is called with the UART in loopback mode: nothing that it writes
 * leaves the machine, but we would see it come in.
 */
bool uart_is_written_by ( void ( *fn ) ( void ) );

#endif /* DRIVERS_UART_H */
