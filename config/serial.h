/** @file
 * The serial console (CONSOLE_SERIAL): 8 data bits, no parity, 1 stop bit.
 */
#ifndef CONFIG_SERIAL_H
#define CONFIG_SERIAL_H

#define COMCONSOLE COM1   /* COM1 to COM4 */
#define COMSPEED   115200 /* Bits per second */

#include "config/overrides/serial.h"

#endif /* CONFIG_SERIAL_H */
