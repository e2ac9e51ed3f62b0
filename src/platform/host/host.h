/** @file
 * The host platform: the core as an ordinary Linux program. What tests may turn.
 */
#ifndef PLATFORM_HOST_H
#define PLATFORM_HOST_H

#include "core/clock.h"

/**
 * Use a virtual clock, starting at @c start: time stands still while code runs, and a nap moves it
 * straight to the next deadline, so a test of a 15 s time-out takes microseconds.
 */
void host_clock_virtual ( utime_t start );

/** Move the virtual clock. */
void host_clock_advance ( utime_t us );

/** Back to real time. */
void host_clock_real ( void );

/** Send console output here instead of to standard output; NULL restores. */
void host_console_hook ( void ( *write ) ( const char *text, size_t len ) );

/** Queue bytes as if they had been typed. */
void host_console_type ( const char *keys, size_t len );

/** Let the n-th page or stack allocation from now fail (1 = the next); 0 = none. */
void host_fail_pages ( unsigned int nth );

/** Let the n-th heap allocation of the core from now fail (1 = the next); 0 = none. */
void host_fail_heap ( unsigned int nth );

/** Has that allocation failed (or was none to fail)? */
bool host_heap_failed ( void );

/** Pages in use, bytes. */
size_t host_pages_used ( void );

#endif /* PLATFORM_HOST_H */
