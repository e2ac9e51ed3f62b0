/** @file
 * The options of all commands that download.
 */
#ifndef SHELL_CMD_FETCH_OPTIONS_H
#define SHELL_CMD_FETCH_OPTIONS_H

#include "proto/fetch.h"
#include "shell/command.h"

/** Entries of an array of struct command_option.
 * @param type  of the command's options, with a `struct fetch_options fetch` */
#define FETCH_OPTIONS( type )                                                                 \
	OPTION ( type, fetch.timeout_us, 't', "timeout", OPTION_TIMEOUT,                      \
		 "Give up after so many milliseconds without progress" ),                     \
		OPTION ( type, fetch.quiet, 'q', "quiet", OPTION_FLAG, "Print no progress" ), \
		OPTION ( type, fetch.sha256, 'd', "sha256", OPTION_STRING,                    \
			 "SHA-256 digest that the contents must have" )

#endif /* SHELL_CMD_FETCH_OPTIONS_H */
