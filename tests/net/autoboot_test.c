/** @file
 * Autoboot from DHCP to the script, and the commands that show interfaces and routes: output to
 * the character, and status.
 */
#include <stdio.h>
#include <stdlib.h>
#include "core/console.h"
#include "core/error.h"
#include "core/image.h"
#include "core/settings.h"
#include "lib/dhcp_server.h"
#include "lib/test.h"
#include "platform/host/host.h"
#include "proto/dhcp_settings.h"
#include "proto/fetch.h"
#include "shell/autoboot.h"
#include "shell/command.h"
#include "shell/main.h"

static struct netsim *net;

/* ---- A scheme that brings what the test says ---- */

static const char *content;
static char fetched[256];

static TASK_FN int fake_fetch ( struct fetch *fetch ) {
	uri_format ( fetch->uri, fetched, sizeof ( fetched ) );
	if ( !content )
		return -ERROR_AT ( ENOENT, FILE_TFTP, 1 );
	return image_write ( fetch->image, 0, content, strlen ( content ) );
}
static const struct uri_scheme fake_tftp = { .name = "tftp", .fetch = fake_fetch };
URI_SCHEME ( fake_tftp );
static const struct uri_scheme fake_http = { .name = "fake", .fetch = fake_fetch };
URI_SCHEME ( fake_http );

static int setup ( void **state ) {
	net = netsim_new ();
	content = NULL;
	fetched[0] = '\0';
	return 0;
}

static int teardown ( void **state ) {
	struct image *image;

	while ( ( image = image_next ( NULL ) ) != NULL )
		image_unregister ( image );
	uri_free ( uri_set_cwd ( NULL ) );
	netif_close ( netsim_netif ( net ) );
	netsim_settle ( net );
	dhcp_settings_drop ( NULL, "proxydhcp" );
	dhcp_settings_drop ( NULL, "pxebs" );
	netsim_free ( net );
	return 0;
}

static TASK_FN int autoboot_task ( void *arg ) {
	return autoboot ( NULL );
}

static TASK_FN int line_task ( void *arg ) {
	int rc = shell_execute ( arg );

	shell_stopped ( SHELL_STOP );
	return rc;
}

static int run_task ( TASK_FN int ( *task ) ( void *arg ), const char *line ) {
	test_capture_start ();
	netsim_spawn ( net, task, (void *) line );
	return netsim_join ( net, 300 * US_PER_S );
}

/** What was printed from the routes on; the lines before are the same each time. */
static const char *printed ( void ) {
	const char *text = test_capture_stop ();
	const char *ok = strstr ( text, "... ok\n" );

	if ( !ok )
		fail_msg ( "not configured: %s", text );
	assert_memory_equal ( text, "net0: 52:54:00:12:34:56 using ", 30 );
	assert_non_null ( strstr ( text, " (Ethernet) [open]\n  [Link:up, TX:0 TXE:0 RX:0 RXE:0]\n"
					 "Configuring (net0 52:54:00:12:34:56)... ok\n" ) );
	return ok + 7;
}

/** Mask, router, no-pxedhcp. */
#define SERVER                                                        \
	.ip = IPV4 ( 10, 0, 0, 1 ), .yiaddr = IPV4 ( 10, 0, 0, 100 ), \
	.siaddr = IPV4 ( 10, 0, 0, 1 ),                               \
	OPTIONS ( "\x01\x04\xff\xff\xff\x00\x03\x04\x0a\x00\x00\x01\xaf\x03\xb0\x01\x01" )

#define ROUTE "net0: 10.0.0.100/255.255.255.0 gw 10.0.0.1\n"
#define END   "No more network devices\n"

static void script_that_dhcp_names_is_run ( void **state ) {
	struct dhcp_server a = { SERVER, .file = "boot.ipxe" };

	dhcp_server_add ( net, &a );
	content = "#!ipxe\necho hello ${net0/ip}\n";
	assert_int_equal ( run_task ( autoboot_task, NULL ), 0 );
	assert_string_equal ( printed (), ROUTE "Next server: 10.0.0.1\nFilename: boot.ipxe\n"
						"tftp://10.0.0.1/boot.ipxe... ok\n"
						"boot.ipxe : 29 bytes [script]\n"
						"hello 10.0.0.100\n\n" END );
	assert_null ( image_next ( NULL ) );
}

static void name_is_taken_literally_and_expanded ( void **state ) {
	struct dhcp_server a = { SERVER, .file = "/a b%20?#${net0/mac:hexhyp}" };

	dhcp_server_add ( net, &a );
	run_task ( autoboot_task, NULL );
	assert_string_equal ( printed (), ROUTE
			      "Next server: 10.0.0.1\n"
			      "Filename: /a b%20?#52-54-00-12-34-56\n"
			      "tftp://10.0.0.1//a%20b%2520%3F%2352-54-00-12-34-56... Not found "
			      "(https://ipxe.org/2d12613b)\n" END );
}

static void full_uri_is_used_as_it_is ( void **state ) {
	struct dhcp_server a = { SERVER, .file = "fake://10.0.0.9/x?y=z" };

	dhcp_server_add ( net, &a );
	assert_int_equal ( err_of ( run_task ( autoboot_task, NULL ) ), ENOENT );
	printed ();
	assert_string_equal ( fetched, "fake://10.0.0.9/x?y=z" );
}

/** Without a word about ProxyDHCP. */
#define PLAIN_SERVER                                                  \
	.ip = IPV4 ( 10, 0, 0, 1 ), .yiaddr = IPV4 ( 10, 0, 0, 100 ), \
	.siaddr = IPV4 ( 10, 0, 0, 1 ), OPTIONS ( "\x01\x04\xff\xff\xff\x00" )

static void proxy_is_waited_for_only_without_a_file_name ( void **state ) {
	struct dhcp_server with = { PLAIN_SERVER, .file = "x" }, without = { PLAIN_SERVER };
	utime_t start = clock_now ();

	dhcp_server_add ( net, &with );
	content = "#!ipxe\n";
	assert_int_equal ( run_task ( autoboot_task, NULL ), 0 );
	assert_true ( clock_now () - start < US_PER_S / 10 );
	netsim_host_mute ( with.host, true );
	without.ip++;
	without.siaddr++;
	dhcp_server_add ( net, &without );
	start = clock_now ();
	assert_int_equal ( -run_task ( autoboot_task, NULL ), ENOENT_BOOT );
	assert_in_range ( clock_now () - start, 2 * US_PER_S, 5 * US_PER_S );
	test_capture_stop ();
}

static void failing_script_is_reported ( void **state ) {
	struct dhcp_server a = { SERVER, .file = "boot.ipxe" };

	dhcp_server_add ( net, &a );
	content = "#!ipxe\necho a\nisset ${nothing}\n";
	assert_int_equal ( err_of ( run_task ( autoboot_task, NULL ) ), ENOENT );
	assert_string_equal ( printed (), ROUTE "Next server: 10.0.0.1\nFilename: boot.ipxe\n"
						"tftp://10.0.0.1/boot.ipxe... ok\n"
						"boot.ipxe : 31 bytes [script]\na\n"
						"Could not boot image: No such file or directory "
						"(https://ipxe.org/2d02203b)\n"
						"  boot.ipxe line 3: isset ${nothing}\n" END );
}

static void nothing_to_boot_is_said ( void **state ) {
	struct dhcp_server a = { SERVER };

	dhcp_server_add ( net, &a );
	assert_int_equal ( -run_task ( autoboot_task, NULL ), ENOENT_BOOT );
	assert_string_equal ( printed (), ROUTE "Next server: 10.0.0.1\n"
						"Nothing to boot: No such file or directory "
						"(https://ipxe.org/2d03e13b)\n" END );
}

static const struct netif *only;
static bool is_only ( const struct netif *netif ) {
	return netif == only;
}

static void limit_leaves_out_other_devices ( void **state ) {
	only = NULL;
	autoboot_limit ( is_only );
	assert_int_equal ( -run_task ( autoboot_task, NULL ), ENODEV_AUTOBOOT );
	assert_string_equal ( test_capture_stop (), "No more network devices\n" );
	only = netsim_netif ( net );
	assert_int_not_equal ( -run_task ( autoboot_task, NULL ), ENODEV_AUTOBOOT );
	assert_non_null ( strstr ( test_capture_stop (), "Configuring (net0" ) );
	autoboot_limit ( NULL );
}

static void root_path_is_refused_plainly ( void **state ) {
	struct dhcp_server a = {
		.ip = IPV4 ( 10, 0, 0, 1 ),
		.yiaddr = IPV4 ( 10, 0, 0, 100 ),
		OPTIONS ( "\x01\x04\xff\xff\xff\x00\x11\x08iscsi:10\xaf\x03\xb0\x01\x01" )
	};

	dhcp_server_add ( net, &a );
	assert_int_equal ( -run_task ( autoboot_task, NULL ), ENOENT_BOOT );
	assert_string_equal ( printed (), "net0: 10.0.0.100/255.255.255.0\nRoot path: iscsi:10\n"
					  "Ignoring unsupported root path\n"
					  "Nothing to boot: No such file or directory "
					  "(https://ipxe.org/2d03e13b)\n" END );
}

static void failed_configuration_ends_it ( void **state ) {
	const char *text;

	assert_int_equal ( -run_task ( autoboot_task, NULL ), EADDRNOTAVAIL_CONFIG );
	text = test_capture_stop ();
	assert_non_null ( strstr ( text, "No configuration methods succeeded "
					 "(https://ipxe.org/040ee119)\n" ) );
	assert_null ( strstr ( text, "Nothing to boot" ) );
	assert_string_equal ( text + strlen ( text ) - strlen ( END ), END );
}

/* ---- PXE menu ---- */

static TASK_FN int type_later ( void *keys ) {
	sleep_until ( deadline_in ( US_PER_S ) );
	host_console_type ( keys, strlen ( keys ) );
	return 0;
}

#define PXE_SERVER( option_43 )                                       \
	.ip = IPV4 ( 10, 0, 0, 1 ), .yiaddr = IPV4 ( 10, 0, 0, 100 ), \
	OPTIONS ( "\x01\x04\xff\xff\xff\x00\xaf\x03\xb0\x01\x01\x3c\x09PXEClient\x2b" option_43 )

static void first_menu_item_is_taken_at_once ( void **state ) {
	struct dhcp_server a = { PXE_SERVER ( "\x0d\x09\x08\0\0\x05local\x0a\x01\0" ) };

	dhcp_server_add ( net, &a );
	assert_int_equal ( run_task ( autoboot_task, NULL ), 0 );
	assert_string_equal ( printed (), "net0: 10.0.0.100/255.255.255.0\n"
					  "Booting from PXE menu\n" END );
}

static const char *menu_keys;

static TASK_FN int menu_task ( void *arg ) {
	struct task_group group;
	int rc;

	task_group_init ( &group );
	task_spawn ( &group, "keys", type_later, (void *) menu_keys, TASK_STACK_NORMAL );
	rc = autoboot ( NULL );
	task_group_join ( &group );
	return rc;
}

static void user_chooses_from_the_menu ( void **state ) {
	/* Prompt "P" for 5 seconds; "one" of type 1, "two" of type 0. */
	struct dhcp_server a = { PXE_SERVER ( "\x12\x09\x0c\1\0\x03one\0\0\x03two\x0a\x02\x05P" ) };
	static const struct {
		const char *keys;
		int rc;
		const char *shown;
	} v[] = {
		{ "\033[19~\033[B\n", 0, "P (5)" }, /* F8, down, Enter */
		{ "\033[19~b", 0, "\033[24;1H" },
		{ "\033[19~\003", ECANCELED, " B. two" },
		{ "\003", ECANCELED, "Could not boot from PXE menu: Operation canceled" },
	};

	dhcp_server_add ( net, &a );
	for ( unsigned int i = 0; i < ARRAY_SIZE ( v ); i++ ) {
		menu_keys = v[i].keys;
		assert_int_equal ( err_of ( run_task ( menu_task, NULL ) ), v[i].rc );
		assert_non_null ( strstr ( test_capture_stop (), v[i].shown ) );
	}
}

static void words_of_a_menu_control_no_terminal ( void **state ) {
	struct dhcp_server a = { PXE_SERVER ( "\x10\x09\x08\1\0\x05o\033c\x7f\n\x0a\x04\xff"
					      "P\033c" ) };
	const char *text;

	dhcp_server_add ( net, &a );
	menu_keys = "\003";
	assert_int_equal ( err_of ( run_task ( menu_task, NULL ) ), ECANCELED );
	text = test_capture_stop ();
	assert_non_null ( strstr ( text, "P?c\n" ) );
	assert_non_null ( strstr ( text, " A. o?c??" ) );
	assert_null ( strstr ( text, "\033c" ) );
}

static void malformed_menu_is_refused ( void **state ) {
	struct dhcp_server a = { PXE_SERVER ( "\x0a\x09\x05\1\0\x09on\x0a\x01\0" ) };

	dhcp_server_add ( net, &a );
	assert_int_equal ( err_of ( run_task ( autoboot_task, NULL ) ), EINVAL );
	test_capture_stop ();
}

/* ---- Interfaces and routes ---- */

static void interface_commands_print_what_they_should ( void **state ) {
	const char *text;

	netsim_configure ( net, IPV4 ( 10, 0, 0, 2 ), IPV4 ( 255, 255, 255, 0 ),
			   IPV4 ( 10, 0, 0, 1 ) );
	assert_int_equal ( run_task ( line_task, "route" ), 0 );
	assert_string_equal ( test_capture_stop (), "net0: 10.0.0.2/255.255.255.0 gw 10.0.0.1\n" );
	/* 192.168.5.0/24 by way of 10.0.0.7 */
	assert_int_equal ( run_task ( line_task, "set net0/static-routes 18:c0:a8:05:0a:00:00:07" ),
			   0 );
	assert_int_equal ( run_task ( line_task, "route" ), 0 );
	text = test_capture_stop ();
	assert_non_null (
		strstr ( text, "net0: 10.0.0.2 for 192.168.5.0/255.255.255.0 gw 10.0.0.7\n" ) );
	assert_int_equal ( run_task ( line_task, "ifclose" ), 0 );
	assert_int_equal ( run_task ( line_task, "clear net0/static-routes ; route ; ifstat net0" ),
			   0 );
	text = test_capture_stop ();
	assert_non_null ( strstr ( text, " gw 10.0.0.1 (inaccessible)\n" ) );
	assert_non_null ( strstr ( text, " (Ethernet) [closed]\n" ) );
	assert_int_equal ( run_task ( line_task, "ifopen net0 && isset ${netX/mac}" ), 0 );
	netsim_link ( net, false );
	assert_int_equal ( run_task ( line_task, "ifstat" ), 0 );
	assert_non_null ( strstr ( test_capture_stop (),
				   "  [Link:down, TX:0 TXE:0 RX:0 RXE:0]\n"
				   "  [Link status: Down (https://ipxe.org/38086101)]\n" ) );
}

/* ---- The main task ---- */

static TASK_FN int main_task ( void *keys ) {
	struct task_group group;
	int rc;

	task_group_init ( &group );
	if ( keys )
		task_spawn ( &group, "keys", type_later, keys, TASK_STACK_NORMAL );
	rc = lanyard_main ( NULL );
	task_group_join ( &group );
	return rc;
}

static const char prompt[] = "\nPress Ctrl-B for the Lanyard command line...";

static void ctrl_b_opens_the_shell ( void **state ) {
	const char *text;

	assert_int_equal ( run_task ( main_task, "\002echo hi\nexit 5\n" ), 5 );
	text = test_capture_stop ();
	assert_memory_equal ( text, "\033[0m\n\n\n\033[1mLanyard ", 19 );
	assert_non_null ( strstr ( text, "\033[0m -- Network Boot Firmware\nFeatures: " ) );
	assert_non_null ( strstr ( text, prompt ) );
	assert_non_null ( strstr ( text, "\b \b\033[?25hLanyard> echo hi\nhi\n" ) );
	assert_null ( strstr ( text, "Configuring" ) );
}

static void first_image_is_all_that_runs ( void **state ) {
	struct image *image = image_new ( "first", NULL );

	image_write ( image, 0, "#!ipxe\necho first\nexit 9\n", 25 );
	image_register ( image );
	image_put ( image );
	assert_int_equal ( run_task ( main_task, NULL ), 9 );
	assert_null ( strstr ( test_capture_stop (), prompt ) );
}

static void scriptlet_runs_before_autoboot ( void **state ) {
	const char *text;

	settings_set_text ( NULL, "scriptlet", "echo let ${platform} && exit 4 ; echo no" );
	assert_int_equal ( run_task ( main_task, NULL ), 4 );
	settings_set_text ( NULL, "scriptlet", "" );
	text = test_capture_stop ();
	assert_non_null ( strstr ( text, "let " ) );
	assert_null ( strstr ( text, "no\n" ) );
	assert_null ( strstr ( text, "Configuring" ) );
}

static void autoboot_is_followed_by_the_prompt ( void **state ) {
	struct dhcp_server a = { SERVER };
	const char *text;

	dhcp_server_add ( net, &a );
	assert_int_equal ( -run_task ( main_task, "x" ), ENOENT_BOOT );
	text = strstr ( test_capture_stop (), prompt );
	assert_non_null ( text );
	text = strstr ( text + 1, "Configuring" );
	assert_non_null ( text );
	text = strstr ( text, END );
	assert_non_null ( text );
	assert_memory_equal ( text + strlen ( END ), prompt, strlen ( prompt ) );
}

#define TEST( name ) cmocka_unit_test_setup_teardown ( name, setup, teardown )

int main ( void ) {
	const struct CMUnitTest tests[] = {
		TEST ( script_that_dhcp_names_is_run ),
		TEST ( name_is_taken_literally_and_expanded ),
		TEST ( full_uri_is_used_as_it_is ),
		TEST ( proxy_is_waited_for_only_without_a_file_name ),
		TEST ( failing_script_is_reported ),
		TEST ( nothing_to_boot_is_said ),
		TEST ( limit_leaves_out_other_devices ),
		TEST ( root_path_is_refused_plainly ),
		TEST ( failed_configuration_ends_it ),
		TEST ( first_menu_item_is_taken_at_once ),
		TEST ( user_chooses_from_the_menu ),
		TEST ( words_of_a_menu_control_no_terminal ),
		TEST ( malformed_menu_is_refused ),
		TEST ( interface_commands_print_what_they_should ),
		TEST ( ctrl_b_opens_the_shell ),
		TEST ( first_image_is_all_that_runs ),
		TEST ( scriptlet_runs_before_autoboot ),
		TEST ( autoboot_is_followed_by_the_prompt ),
	};

	return cmocka_run_group_tests ( tests, NULL, NULL );
}
