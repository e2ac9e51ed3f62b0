/** @file
 * The interpreter: lines and scripts, what they print and how they end.
 */
#include <stdlib.h>
#include "lib/test.h"
#include "core/console.h"
#include "core/image.h"
#include "core/init.h"
#include "core/memory.h"
#include "core/settings.h"
#include "image/script.h"
#include "platform/host/host.h"
#include "shell/command.h"

/* ---- Commands of the tests' own ---- */

static TASK_FN int fail_exec ( struct cmd_args *args ) {
	return -EIO;
}
static const struct command fail_cmd = { .name = "fail", .max_args = -1, .exec = fail_exec };
COMMAND ( fail_cmd );

/** Shows each argument in brackets. */
static TASK_FN int args_exec ( struct cmd_args *args ) {
	for ( int i = 0; i < args->argc; i++ )
		con_printf ( "[%s]", args->argv[i] );
	return 0;
}
static const struct command args_cmd = { .name = "args", .max_args = -1, .exec = args_exec };
COMMAND ( args_cmd );

struct opts {
	bool flag, all;
	const char *string;
	unsigned int integer;
	utime_t timeout;
	int key;
};
static const struct command_option opts_options[] = {
	OPTION ( struct opts, flag, 'f', "flag", OPTION_FLAG, "Be brief" ),
	OPTION ( struct opts, all, 'a', "all", OPTION_FLAG, "Everything" ),
	OPTION ( struct opts, string, 's', "string", OPTION_STRING, "Some text" ),
	OPTION ( struct opts, integer, 'i', "integer", OPTION_INTEGER, "A number" ),
	OPTION ( struct opts, timeout, 't', "timeout", OPTION_TIMEOUT, "How long" ),
	OPTION ( struct opts, key, 'k', "key", OPTION_KEY, "Which key" ),
};

static TASK_FN int opts_exec ( struct cmd_args *args ) {
	struct opts *opts = args->options;

	con_printf ( "%s%s s=%s i=%u t=%u k=%x n=%d", opts->flag ? "f" : "", opts->all ? "a" : "",
		     opts->string ? opts->string : "-", opts->integer,
		     (unsigned int) ( opts->timeout / US_PER_MS ), opts->key, args->argc );
	return 0;
}
static const struct command opts_cmd = {
	.name = "opts",
	.help = "Show options",
	.operands = "[<a> [<b>]]",
	.max_args = 2,
	.exec = opts_exec,
	.options = opts_options,
	.option_count = ARRAY_SIZE ( opts_options ),
	.options_size = sizeof ( struct opts ),
};
COMMAND ( opts_cmd );

#define OPTS_SYNTAX                                                                               \
	"Usage:\n\n  opts [-f|--flag] [-a|--all] [-s|--string <string>] [-i|--integer <integer>]" \
	" [-t|--timeout <timeout>] [-k|--key <key>] [<a> [<b>]]\n\n"
#define OPTS_SEE   "See https://ipxe.org/cmd/opts for further information\n"
#define OPTS_USAGE OPTS_SYNTAX OPTS_SEE
#define OPTS_HELP                                         \
	OPTS_SYNTAX "Show options.\n\n"                   \
		    "  -f, --flag           Be brief\n"   \
		    "  -a, --all            Everything\n" \
		    "  -s, --string         Some text\n"  \
		    "  -i, --integer        A number\n"   \
		    "  -t, --timeout        How long\n"   \
		    "  -k, --key            Which key\n\n" OPTS_SEE

/* ---- Running ---- */

static TASK_FN int run_line ( void *arg ) {
	int rc = shell_execute ( arg );

	shell_stopped ( SHELL_STOP );
	return rc;
}

static TASK_FN int run_script ( void *arg ) {
	struct image *image = image_new ( "script", NULL );
	int rc;

	image_write ( image, 0, arg, strlen ( arg ) );
	image_register ( image );
	rc = image_exec ( image );
	image_unregister ( image );
	image_put ( image );
	return rc;
}

struct vector {
	const char *text;
	const char *output;
	int rc;
};

static void check ( TASK_FN int ( *run ) ( void *arg ), const struct vector *v, size_t count ) {
	for ( size_t i = 0; i < count; i++ ) {
		const char *output;
		int rc;

		test_capture_start ();
		rc = test_run_task ( run, (void *) v[i].text );
		output = test_capture_stop ();
		if ( strcmp ( output, v[i].output ) || ( rc != v[i].rc ) )
			fail_msg ( "%s\ngave \"%s\", rc 0x%x, not \"%s\", rc 0x%x", v[i].text,
				   output, -rc, v[i].output, -v[i].rc );
	}
}

static void tokens_are_words_between_white_space ( void **state ) {
	static const struct vector v[] = {
		{ "", "", 0 },
		{ "   \t ", "", 0 },
		{ "args", "", 0 },
		{ "  args  a\t\tb \v c\r", "[a][b][c]", 0 },
		{ "args \"a b\" 'c' d\\ e", "[\"a][b\"]['c'][d\\][e]", 0 },
		{ "args a#b # c", "[a#b]", 0 },
		{ "# comment", "", 0 },
		{ "#comment || args x", "", 0 },
		{ "args a #b || args c", "[a]", 0 },
		{ "args a;b a&&b a||b ;c", "[a;b][a&&b][a||b][;c]", 0 },
	};

	check ( run_line, v, ARRAY_SIZE ( v ) );
}

static void commands_are_sequenced_left_to_right ( void **state ) {
	static const struct vector v[] = {
		{ "args a ; args b", "[a][b]", 0 },
		{ "fail ; args b", "[b]", 0 },
		{ "args a ; fail", "[a]", -EIO },
		{ "fail && args b", "", -EIO },
		{ "args a && args b", "[a][b]", 0 },
		{ "fail || args b", "[b]", 0 },
		{ "args a || args b", "[a]", 0 },
		{ "fail && args a || args b", "[b]", 0 },
		{ "args x || args a && args b", "[x][b]", 0 },
		{ "fail || fail || args c", "[c]", 0 },
		{ "fail && fail ; args c", "[c]", 0 },
		{ "fail ||", "", 0 },
		{ "fail &&", "", -EIO },
		{ "fail ;", "", 0 },
		{ "args a &&", "[a]", 0 },
		{ "|| args a", "", 0 },
		{ "&& args a", "[a]", 0 },
		{ "fail || # comment", "", 0 },
		{ "isset a && args yes || args no", "[yes]", 0 },
		{ "iseq a b && args yes || args no", "[no]", 0 },
	};

	check ( run_line, v, ARRAY_SIZE ( v ) );
}

static void expansion_makes_one_argument_and_no_separators ( void **state ) {
	static const struct vector v[] = {
		{ "set v a b", "", 0 },
		{ "args ${v} x", "[a b][x]", 0 },
		{ "args ${unset}", "[]", 0 },
		{ "isset ${unset}", "", -ERROR_AT ( ENOENT, FILE_EXEC, 0 ) },
		{ "isset ${v}", "", 0 },
		{ "set v ||", "", 0 },
		{ "clear v", "", 0 },
		{ "set v:hex 7c:7c && args ${v:string} fail", "[||][fail]", 0 },
		{ "set v:hex 23 && args ${v:string}x y", "[#x][y]", 0 },
		{ "set v:hex 61:72:67:73 && ${v:string} a", "[a]", 0 },
		{ "set v new && args ${v}", "[new]", 0 },
		{ "clear v && ${v}", ": command not found\n", -ENOEXEC_COMMAND },
		{ "iseq ${unset} ${unset}", "", 0 },
		{ "iseq a b", "", -ERROR_AT ( ERANGE, FILE_EXEC, 0 ) },
	};

	check ( run_line, v, ARRAY_SIZE ( v ) );
}

static void errno_keeps_the_last_failure ( void **state ) {
	static const struct vector v[] = {
		{ "nonsense", "nonsense: command not found\n", -ENOEXEC_COMMAND },
		{ "args ${errno}", "[0x2e022001]", 0 },
		{ "iseq a a ; args ${errno}", "[0x2e022001]", 0 },
		{ "fail || args ${errno}", "[0x1d000039]", 0 },
		{ "show builtin/errno", "builtin/errno:uint32 = 0x1d000039\n", 0 },
	};

	check ( run_line, v, ARRAY_SIZE ( v ) );
}

static void basic_commands_do_as_they_say ( void **state ) {
	static const struct vector v[] = {
		{ "echo", "\n", 0 },
		{ "echo a   b", "a b\n", 0 },
		{ "echo -n a", "a", 0 },
		{ "echo --n a", "a", 0 },
		{ "echo -- -n a", "-n a\n", 0 },
		{ "exit", "", 0 },
		{ "exit 0x12 ; args no", "", 0x12 },
		{ "exit x", "\"x\": invalid integer value\n",
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 1 ) },
		{ "sleep 1", "", 0 },
		{ "time args x", "[x]time: 0.0s\n", 0 },
		{ "time sleep 12", "time: 12.0s\n", 0 },
		{ "time fail", "time: 0.0s\n", -EIO },
		{ "prompt -t 100 hello", "hello\b \b\b \b\b \b\b \b\b \b",
		  -ERROR_AT ( ETIMEDOUT, FILE_PROMPT, 0 ) },
		{ "goto x", "Not in a script: Nothing is running (https://ipxe.org/3d028001)\n",
		  -ENOTTY_SCRIPT },
	};

	check ( run_line, v, ARRAY_SIZE ( v ) );
}

static void settings_commands_do_as_they_say ( void **state ) {
	static const struct vector v[] = {
		{ "set foo x  y ; show foo", "foo:string = x y\n", 0 },
		{ "show -q foo", "x y\n", 0 },
		{ "set foo ; show foo",
		  "Could not find \"foo\": No such file or directory (https://ipxe.org/2d0c203b)\n",
		  -ENOENT_SETTING },
		{ "set foo:int8 300 ; show foo", "foo:int8 = 44\n", 0 },
		{ "inc foo ; show foo", "foo:int8 = 45\n", 0 },
		{ "inc foo 0x10 ; show -q foo", "61\n", 0 },
		{ "inc foo -1 ; show -q foo", "60\n", 0 },
		{ "inc new ; show new", "new:int32 = 1\n", 0 },
		{ "set foo 1 ; inc foo",
		  "Could not store \"foo\": Operation not supported (https://ipxe.org/3c0c2003)\n",
		  -ENOTSUP_SETTING },
		{ "set foo:ipv4 x",
		  "Could not store \"foo\": Invalid argument (https://ipxe.org/1c056002)\n",
		  -ERROR_AT ( EINVAL, 0x056000, 0 ) },
		{ "set foo:hex x",
		  "Could not store \"foo\": Invalid argument (https://ipxe.org/1c0c2002)\n",
		  -EINVAL_SETTING },
		{ "set foo:bar x", "\"foo:bar\": invalid setting\n", -EINVAL_SETTING },
		{ "show nowhere/foo", "\"nowhere/foo\": invalid setting\n", -ENODEV },
		{ "inc nowhere/foo", "\"nowhere/foo\": invalid setting\n", -ENODEV },
		{ "set here.there/foo 1 ; show here.there/foo", "here.there/foo:string = 1\n", 0 },
		{ "show -q here/foo ; clear here.there/foo", "1\n", 0 },
		{ "set 67 f ; show filename", "filename:string = f\n", 0 },
		{ "clear filename", "", 0 },
		{ "set aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd 1", "", 0 },
		{ "show aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd",
		  "aaaaaaaaaabbbbbbbbbbccccccccccd = 1\n", 0 },
		{ "set builtin/version x",
		  "Could not store \"version\": Operation not supported "
		  "(https://ipxe.org/3c0c2003)\n",
		  -ENOTSUP_SETTING },
		{ "config nowhere", "\"nowhere\": no such scope\n", -EINVAL },
		{ "set builtin/unixtime 1000 && args ${unixtime}", "[0x3e8]", 0 },
		{ "clear builtin/unixtime", "", 0 },
	};

	check ( run_line, v, ARRAY_SIZE ( v ) );
}

static void options_are_parsed ( void **state ) {
	static const struct vector v[] = {
		{ "opts", " s=- i=0 t=0 k=0 n=0", 0 },
		{ "opts -f -a x", "fa s=- i=0 t=0 k=0 n=1", 0 },
		{ "opts -fa", "fa s=- i=0 t=0 k=0 n=0", 0 },
		{ "opts -fasx", "fa s=x i=0 t=0 k=0 n=0", 0 },
		{ "opts -s x -i 0x10 --timeout 250", " s=x i=16 t=250 k=0 n=0", 0 },
		{ "opts --string=x=y --integer=010", " s=x=y i=8 t=0 k=0 n=0", 0 },
		{ "opts --string=-x", " s=-x i=0 t=0 k=0 n=0", 0 },
		{ "opts --string=", " s= i=0 t=0 k=0 n=0", 0 },
		{ "opts x -f", " s=- i=0 t=0 k=0 n=2", 0 },
		{ "opts -- -f", " s=- i=0 t=0 k=0 n=1", 0 },
		{ "opts -k x", " s=- i=0 t=0 k=78 n=0", 0 },
		{ "opts -k 2", " s=- i=0 t=0 k=32 n=0", 0 },
		{ "opts -k 0x02", " s=- i=0 t=0 k=2 n=0", 0 },
		{ "opts -k 0x197e", " s=- i=0 t=0 k=11197e n=0", 0 },
		{ "opts -k 0x11197e", " s=- i=0 t=0 k=11197e n=0", 0 },
		{ "opts -s", "Option \"s\" requires an argument\n" OPTS_USAGE,
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 3 ) },
		{ "opts --string -f", "Option \"string\" requires an argument\n" OPTS_USAGE,
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 3 ) },
		{ "opts --flag=1", "Option \"flag\" takes no argument\n" OPTS_USAGE,
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 3 ) },
		{ "opts --fla", "Unrecognised option \"--fla\"\n" OPTS_USAGE,
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 2 ) },
		{ "opts -x", "Unrecognised option \"-x\"\n" OPTS_USAGE,
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 2 ) },
		{ "opts -fx", "Unrecognised option \"-x\"\n" OPTS_USAGE,
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 2 ) },
		{ "opts -", "Unrecognised option \"-\"\n" OPTS_USAGE,
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 2 ) },
		{ "opts -i 12a", "\"12a\": invalid integer value\n",
		  -ERROR_AT ( EINVAL, FILE_PARSEOPT, 1 ) },
		{ "opts --help", OPTS_HELP, -ERROR_AT ( ECANCELED, FILE_PARSEOPT, 1 ) },
		{ "help opts", OPTS_HELP, 0 },
		{ "help x", "x: command not found\n", 0 },
		{ "opts -fh", OPTS_HELP, -ERROR_AT ( ECANCELED, FILE_PARSEOPT, 1 ) },
		{ "opts a b c", OPTS_USAGE, -ERROR_AT ( ERANGE, FILE_PARSEOPT, 0 ) },
		{ "ifstat net99", "\"net99\": no such network device\n", -ENODEV },
	};

	check ( run_line, v, ARRAY_SIZE ( v ) );
}

static void help_lists_five_commands_a_line ( void **state ) {
	const char *output;

	test_capture_start ();
	assert_int_equal ( test_run_task ( run_line, (void *) "help" ), 0 );
	output = test_capture_stop ();
	assert_memory_equal ( output, "\nAvailable commands:\n\n  args            ", 39 );
	assert_non_null (
		strstr ( output, "\n\nType \"<command> --help\" for further information\n\n" ) );
	for ( const char *line = strstr ( output, "  args" ); *line != '\n';
	      line = strchr ( line, '\n' ) + 1 )
		assert_true ( strcspn ( line, "\n" ) < 80 );
}

#define IPXE "#!ipxe\n"

static void scripts_run_line_by_line ( void **state ) {
	static const struct vector v[] = {
		{ IPXE, "", 0 },
		{ "#!gpxe\nargs a", "[a]", 0 },
		{ "#!ipxe\r\nargs a\r\nargs b\r\n", "[a][b]", 0 },
		{ "#!ipxe args no\nargs a", "[a]", 0 },
		{ IPXE "args a\n\n  \n# x\nargs b", "[a][b]", 0 },
		{ IPXE "args a\nfail\nargs b\n", "[a]", -EIO },
		{ IPXE "fail ||\nargs b\n", "[b]", 0 },
		{ IPXE "args a \\\n b\\\nc\n", "[a][bc]", 0 },
		{ IPXE "args a\\\r\n b\r\n", "[a][b]", 0 },
		{ IPXE "args a \\\r\\\n x\n", "[a][\\][x]", 0 },
		{ IPXE "# comment \\\nargs a\nargs b\n", "[b]", 0 },
		{ IPXE "args a\nargs b \\\n", "[a]", -EINVAL_SCRIPT },
		{ IPXE "args a\\", "", -EINVAL_SCRIPT },
		{ IPXE "  args a\n\targs b\n", "[a][b]", 0 },
		{ IPXE "exit\nargs a\n", "", 0 },
		{ IPXE "args a && exit 5 || args b\nargs c\n", "[a]", 5 },
		{ IPXE "exit 0 ; args b\nargs c\n", "", 0 },
		{ IPXE "nonsense\nargs a", "nonsense: command not found\n", -ENOEXEC_COMMAND },
	};

	check ( run_script, v, ARRAY_SIZE ( v ) );
}

static void goto_finds_labels_from_the_start ( void **state ) {
	static const struct vector v[] = {
		{ IPXE "goto end\nargs no\n:end\nargs a\n", "[a]", 0 },
		{ IPXE "goto end ; args no\n:end args a\n", "[a]", 0 },
		{ IPXE "goto end || args no\n  :end \targs a\n", "[a]", 0 },
		{ IPXE "goto nowhere\nargs no\n", "", -ENOENT_LABEL },
		{ IPXE "goto nowhere || args yes\nargs a\n", "[yes][a]", 0 },
		{ IPXE "goto en\n:end\nargs no\n:en\nargs a", "[a]", 0 },
		{ IPXE "goto x\n:x args first\nexit\n:x args second", "[first]", 0 },
		{ IPXE "set i:int8 0\n:loop\ninc i\nargs ${i}\niseq ${i} 3 || goto loop\nargs end",
		  "[1][2][3][end]", 0 },
		{ IPXE "goto x\n# \\\n:x\nargs no\n:x\nargs a", "[a]", 0 },
		{ IPXE "goto a\\\nb\n:a\\\nb\nargs yes", "[yes]", 0 },
		{ IPXE "set l end\ngoto ${l}\nargs no\n:end", "", 0 },
	};

	/* ": name" is an empty label, and the rest of the line a command. */
	check ( run_script, v, ARRAY_SIZE ( v ) );
	test_capture_start ();
	assert_int_equal ( test_run_task ( run_script, (void *) ( IPXE ": args x\nargs y" ) ), 0 );
	assert_string_equal ( test_capture_stop (), "[x][y]" );
}

static TASK_FN int inner_exec ( struct cmd_args *args ) {
	static const char *const scripts[] = {
		IPXE "args in\nexit\nargs no",
		IPXE "args in\nexit 7\nargs no",
		IPXE "args in\ngoto end",
		IPXE "args in\nfail\nargs no",
	};

	return run_script ( (void *) scripts[args->argv[0][0] - '0'] );
}
static const struct command inner_cmd = {
	.name = "inner", .min_args = 1, .max_args = 1, .exec = inner_exec
};
COMMAND ( inner_cmd );

static void nested_script_ends_alone ( void **state ) {
	static const struct vector v[] = {
		{ IPXE "inner 0\nargs out", "[in][out]", 0 },
		{ IPXE "inner 1\nargs no", "[in]", 7 },
		{ IPXE "inner 1 || args ${errno}\nargs out", "[in][0x7][out]", 0 },
		{ IPXE "inner 2 || args x\n:end\nargs out", "[in][x][out]", 0 },
		{ IPXE "inner 3 || args x\ngoto end\n:end args out", "[in][x][out]", 0 },
	};

	check ( run_script, v, ARRAY_SIZE ( v ) );
}

static TASK_FN int recurse_exec ( struct cmd_args *args ) {
	return run_script ( (void *) ( IPXE "recurse" ) );
}
static const struct command recurse_cmd = { .name = "recurse", .exec = recurse_exec };
COMMAND ( recurse_cmd );

static void endless_nesting_is_refused ( void **state ) {
	static const struct vector v[] = { { IPXE "recurse", "", -ELOOP } };

	check ( run_script, v, ARRAY_SIZE ( v ) );
}

static void endless_time_is_refused ( void **state ) {
	static char line[60000];

	for ( unsigned int i = 0; i + 5 < sizeof ( line ); i += 5 )
		memcpy ( line + i, "time ", 5 );
	test_capture_start ();
	assert_int_equal ( test_run_task ( run_line, line ), -ELOOP );
	test_capture_stop ();
}

/** Fails with words, which -p prints. */
static TASK_FN int burn_exec ( struct cmd_args *args ) {
	int rc = FAIL ( EIO, "disk on fire" );

	return args->argc ? cmd_fail ( rc, "Could not burn" ) : rc;
}
static const struct command burn_cmd = { .name = "burn", .max_args = 1, .exec = burn_exec };
COMMAND ( burn_cmd );

static TASK_FN int burning_details ( void *arg ) {
	int rc = run_script ( (void *) ( IPXE "burn\n" ) );

	assert_string_equal ( error_detail ( rc ), "script line 2: burn: disk on fire" );
	rc = run_script ( (void *) ( IPXE "burn p\n" ) );
	assert_string_equal ( error_detail ( rc ), "script line 2: burn p" );
	return 0;
}

static void words_are_told_once ( void **state ) {
	test_capture_start ();
	assert_int_equal ( test_run_task ( burning_details, NULL ), 0 );
	assert_string_equal ( test_capture_stop (),
			      "Could not burn: Input/output error (https://ipxe.org/1d000039)\n"
			      "  disk on fire\n" );
}

static TASK_FN int failing_detail ( void *arg ) {
	int rc = run_script ( (void *) ( IPXE "args a\n\nargs b && fail ${x} # why\nargs c\n" ) );

	assert_string_equal ( error_detail ( rc ), "script line 4: args b && fail ${x} # why" );
	return 0;
}

static void failing_line_is_noted_for_the_caller ( void **state ) {
	test_capture_start ();
	assert_int_equal ( test_run_task ( failing_detail, NULL ), 0 );
	assert_string_equal ( test_capture_stop (), "[a][b]" );
}

static TASK_FN int run_bytes ( const void *data, size_t len ) {
	struct image *image = image_new ( "script", NULL );
	int rc;

	image_write ( image, 0, data, len );
	image->type = &script_image_type;
	image_register ( image );
	image->type = &script_image_type;
	rc = image_exec ( image );
	image_unregister ( image );
	image_put ( image );
	return rc;
}

static TASK_FN int odd_scripts ( void *arg ) {
	static const char padded[] = IPXE "args a\n\0\0\0";
	static const char binary[] = IPXE "args a\nargs b\0c\nargs d";
	size_t len = SCRIPT_LINE_MAX + 100;
	char *big = malloc ( len );

	assert_int_equal ( run_bytes ( "", 0 ), 0 );
	assert_int_equal ( run_bytes ( "args x", 6 ), 0 );
	assert_int_equal ( run_bytes ( padded, sizeof ( padded ) ), 0 );
	assert_int_equal ( run_bytes ( binary, sizeof ( binary ) ), -EINVAL_SCRIPT );
	memset ( big, '#', len );
	assert_int_equal ( run_bytes ( big, SCRIPT_LINE_MAX - 1 ), 0 );
	assert_int_equal ( run_bytes ( big, len ), -EINVAL_SCRIPT );
	for ( size_t i = 1; i < len; i += 2 )
		big[i] = ' ';
	memcpy ( big, "args ", 5 );
	big[SCRIPT_LINE_MAX - 2] = '\n';
	assert_int_equal ( run_bytes ( big, SCRIPT_LINE_MAX - 2 ), 0 );
	free ( big );
	return 0;
}

static void odd_scripts_are_run_or_refused ( void **state ) {
	test_capture_start ();
	assert_int_equal ( test_run_task ( odd_scripts, NULL ), 0 );
	assert_memory_equal ( test_capture_stop (), "[x][a][a]", 9 );
}

static void only_text_with_the_magic_is_a_script ( void **state ) {
	static const struct {
		const char *text;
		bool is_script;
	} v[] = {
		{ "#!ipxe\n", true },   { "#!gpxe ", true },   { "#!ipxe\t", true },
		{ "#!ipxe\r\n", true }, { "#!ipxe", false },   { "#!ipxex", false },
		{ " #!ipxe\n", false }, { "#!iPXE\n", false }, { "#!/bin/sh\n", false },
		{ "", false },
	};

	for ( unsigned int i = 0; i < ARRAY_SIZE ( v ); i++ ) {
		struct image *image = image_new ( "x", NULL );

		image_write ( image, 0, v[i].text, strlen ( v[i].text ) );
		assert_int_equal ( script_image_type.probe ( image ) == 0, v[i].is_script );
		image_put ( image );
	}
}

static TASK_FN int interrupted ( void *arg ) {
	utime_t start = clock_now ();
	int rc = shell_execute ( "sleep 100" );

	assert_int_equal ( rc, -ERROR_AT ( ECANCELED, FILE_EXEC, 0 ) );
	assert_true ( clock_now () - start < 2 * US_PER_S );
	return 0;
}

static TASK_FN int interrupter ( void *arg ) {
	sleep_until ( deadline_in ( US_PER_S ) );
	host_console_type ( "x\003", 2 );
	return 0;
}

static TASK_FN int interrupt_both ( void *arg ) {
	struct task_group group;

	task_group_init ( &group );
	task_spawn ( &group, "type", interrupter, NULL, TASK_STACK_NORMAL );
	interrupted ( NULL );
	return task_group_join ( &group );
}

static void ctrl_c_ends_a_sleep ( void **state ) {
	assert_int_equal ( test_run_task ( interrupt_both, NULL ), 0 );
}

static void ctrl_c_ends_a_script_that_never_waits ( void **state ) {
	host_console_type ( "x\003y", 3 );
	assert_int_equal ( test_run_task ( run_script, (void *) ( IPXE ":a\ngoto a\n" ) ),
			   -ECANCELED_JOB );
	/* What was typed after it is still there. */
	assert_int_equal ( test_run_task ( run_script, (void *) ( IPXE "prompt -k y\n" ) ), 0 );
}

static TASK_FN int prompts ( void *arg ) {
	assert_int_equal ( console_getkey ( deadline_in ( 1 ) ), 'x' );
	host_console_type ( "a", 1 );
	assert_int_equal ( shell_execute ( "prompt" ), 0 );
	host_console_type ( "a", 1 );
	assert_int_equal ( shell_execute ( "prompt -k a text" ), 0 );
	host_console_type ( "b", 1 );
	assert_int_equal ( shell_execute ( "prompt --key a -t 1000 text" ),
			   -ERROR_AT ( ECANCELED, FILE_PROMPT, 0 ) );
	host_console_type ( "\033[24~", 5 );
	assert_int_equal ( shell_execute ( "prompt --key 0x197e" ), 0 );
	host_console_type ( "\002", 1 );
	assert_int_equal ( shell_execute ( "prompt --key 0x02" ), 0 );
	return 0;
}

static void prompt_takes_the_right_key_only ( void **state ) {
	assert_int_equal ( test_run_task ( prompts, NULL ), 0 );
}

static int type_and_run ( const char *keys, const char *line ) {
	host_console_type ( keys, strlen ( keys ) );
	return shell_execute ( line );
}

static TASK_FN int reads ( void *arg ) {
	/* An unset one is empty; what is there can be edited, and keeps its type. */
	assert_int_equal ( type_and_run ( "ab\n", "read text && iseq ${text} ab" ), 0 );
	assert_int_equal ( type_and_run ( "\bc\n", "read text && iseq ${text} ac" ), 0 );
	assert_true ( err_is ( type_and_run ( "\x15\n", "read text && isset ${text}" ), ENOENT ) );
	assert_int_equal (
		type_and_run ( "7\n", "set n:int8 1 && read n && inc n && iseq ${n} 18" ), 0 );
	assert_int_equal (
		type_and_run ( "10.1.2.3\n", "read a:ipv4 && iseq ${a:hex} 0a:01:02:03" ), 0 );
	/* Nothing is stored. */
	assert_true ( err_is ( type_and_run ( "x\n", "read a" ), EINVAL ) );
	assert_true ( err_is ( type_and_run ( "99\003", "read n" ), ECANCELED ) );
	assert_true ( err_is ( type_and_run ( "", "read --timeout 100 n" ), ETIMEDOUT ) );
	assert_int_equal ( shell_execute ( "iseq ${n} 18 && iseq ${a} 10.1.2.3" ), 0 );
	/* The first key ends the waiting. */
	assert_int_equal ( type_and_run ( "\b\n", "read -t 1 n && iseq ${n} 1" ), 0 );
	return shell_execute ( "clear n && clear a" );
}

static void read_stores_what_is_typed ( void **state ) {
	assert_int_equal ( test_run_task ( reads, NULL ), 0 );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( tokens_are_words_between_white_space ),
		cmocka_unit_test ( commands_are_sequenced_left_to_right ),
		cmocka_unit_test ( expansion_makes_one_argument_and_no_separators ),
		cmocka_unit_test ( errno_keeps_the_last_failure ),
		cmocka_unit_test ( basic_commands_do_as_they_say ),
		cmocka_unit_test ( settings_commands_do_as_they_say ),
		cmocka_unit_test ( options_are_parsed ),
		cmocka_unit_test ( help_lists_five_commands_a_line ),
		cmocka_unit_test ( scripts_run_line_by_line ),
		cmocka_unit_test ( goto_finds_labels_from_the_start ),
		cmocka_unit_test ( nested_script_ends_alone ),
		cmocka_unit_test ( endless_nesting_is_refused ),
		cmocka_unit_test ( endless_time_is_refused ),
		cmocka_unit_test ( words_are_told_once ),
		cmocka_unit_test ( failing_line_is_noted_for_the_caller ),
		cmocka_unit_test ( odd_scripts_are_run_or_refused ),
		cmocka_unit_test ( only_text_with_the_magic_is_a_script ),
		cmocka_unit_test ( ctrl_c_ends_a_script_that_never_waits ),
		cmocka_unit_test ( ctrl_c_ends_a_sleep ),
		cmocka_unit_test ( prompt_takes_the_right_key_only ),
		cmocka_unit_test ( read_stores_what_is_typed ),
	};

	return cmocka_run_group_tests ( tests, test_early_setup, NULL );
}
