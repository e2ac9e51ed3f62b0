/** @file
 * Commands: declared where they are implemented, with usage, options and help in one place, from
 * which `--help`, `help`, completion and docs/commands.md come.
 */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include "core/error.h"
#include "core/table.h"
#include "core/task.h"

/** How an option's value is parsed and what `value` points to. */
enum option_kind {
	OPTION_FLAG,    /**< bool */
	OPTION_STRING,  /**< const char * */
	OPTION_INTEGER, /**< unsigned int (base 0) */
	OPTION_TIMEOUT, /**< utime_t, given in milliseconds */
	OPTION_KEY,     /**< int, see docs/scripting.md "Keys" */
	OPTION_NETIF,   /**< struct netif * */
	OPTION_SETTING, /**< const char *, checked as a setting name */
};

struct command_option {
	char short_name;       /**< 't' */
	const char *long_name; /**< "timeout" */
	enum option_kind kind;
	size_t offset; /**< of the value in the command's option struct */
	const char *help;
};
/** One option: OPTION ( struct my_options, timeout, 't', "timeout", OPTION_TIMEOUT, "..." ) */
#define OPTION( type, member, short, long, k, text )               \
	{                                                          \
		.short_name = short, .long_name = long, .kind = k, \
		.offset = offsetof ( type, member ), .help = text  \
	}

/** A parsed command line. All strings borrowed for the call. */
struct cmd_args {
	const struct command *command;
	const char *name; /**< as typed (argv[0]) */
	int argc;         /**< operands */
	char **argv;
	void *options; /**< the command's option struct, zeroed then filled */
};

struct command {
	const char *name;
	const char *operands;   /**< usage summary: "<setting> [<value>...]" or NULL */
	const char *help;       /**< one line, imperative */
	int min_args, max_args; /**< operands; max -1 = any number */
	const struct command_option *options;
	unsigned int option_count;
	size_t options_size; /**< sizeof the option struct, at most COMMAND_OPTIONS_MAX */
	/** @return 0 or a negative error. Context: task; blocks. */
	TASK_FN int ( *exec ) ( struct cmd_args *args );
	/** What an operand is, for completion: 's'etting, 'n'etif, 'i'mage, 0 = nothing known. */
	char completes;
};
#define COMMAND( object )   TABLE_ENTRY ( command, command, object )
#define COMMAND_OPTIONS_MAX 128
/** Commands run by commands: scripts that chain scripts, `time`. Each level takes about 600 bytes of
 * the one stack. */
#define COMMAND_NESTING_MAX 32

/** Find by exact name. */
const struct command *command_find ( const char *name );
/** All commands in alphabetical order: NULL starts, NULL ends. */
const struct command *command_next ( const struct command *command );

/** Say that a command failed, once. */
#define cmd_fail( ... ) error_report ( __VA_ARGS__ )

/** All operands from @c first on, joined by single spaces. @return heap memory or NULL */
char *cmd_join ( struct cmd_args *args, int first );

/** strtoul base 0 over the whole text; prints `"<text>": invalid integer value` on failure. */
int cmd_parse_integer ( const char *text, unsigned long *ret_value );

/** Run an option parse and command for one argument vector (argv[0] = name). Prints usage and
 * errors. @return the command's status. Context: task; blocks. */
TASK_FN int command_run ( int argc, char **argv );

/** Execute one line: tokens, &&, ||, ;, comments, expansion. Context: task; blocks. */
TASK_FN int shell_execute ( const char *line );

/** Interactive shell until `exit`. @return its status. Context: task; blocks. */
TASK_FN int shell_run ( void );

/* How `exit` and `goto` tell the interpreter to stop. Owned by shell/execute.c. */
enum shell_stop {
	SHELL_CONTINUE,
	SHELL_STOP_LINE, /**< skip the rest of this line (goto) */
	SHELL_STOP,      /**< leave the enclosing script or shell (exit, --replace) */
};
void shell_stop ( enum shell_stop stop );
bool shell_stopped ( enum shell_stop stop );

#endif /* SHELL_COMMAND_H */
