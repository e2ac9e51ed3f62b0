/** @file
 * The banner that start-up shows.
 */
#ifndef SHELL_BANNER_H
#define SHELL_BANNER_H

void banner_print ( void );

#endif /* SHELL_BANNER_H */
