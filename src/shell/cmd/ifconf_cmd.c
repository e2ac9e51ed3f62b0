/** @file
 * Commands ifconf, dhcp and iflinkwait: bring interfaces up, the first that works is enough.
 */
#include "core/console.h"
#include "core/error.h"
#include "net/netif.h"
#include "proto/ifconf.h"
#include "shell/command.h"

struct ifconf_options {
	const char *configurator;
	utime_t timeout;
};

static const struct command_option ifconf_options[] = {
	OPTION ( struct ifconf_options, configurator, 'c', "configurator", OPTION_STRING,
		 "Use this method only (dhcp)" ),
	OPTION ( struct ifconf_options, timeout, 't', "timeout", OPTION_TIMEOUT,
		 "Give up after so many milliseconds" ),
};

struct iflinkwait_options {
	utime_t timeout;
};

static const struct command_option iflinkwait_options[] = {
	OPTION ( struct iflinkwait_options, timeout, 't', "timeout", OPTION_TIMEOUT,
		 "Give up after so many milliseconds" ),
};

/* What is tried on one interface after the other. */
typedef TASK_FN int try_netif_fn ( struct netif *netif, const void *options );

/* One that failed is closed, so that it is not taken for usable. */
static TASK_FN int try_netif ( struct netif *netif, try_netif_fn *try, const void *options ) {
	int rc = try ( netif, options );

	if ( rc != 0 )
		netif_close ( netif );
	return rc;
}

/* Each interface named, or all there are, until one succeeds or Ctrl-C. @return the last status */
static TASK_FN int try_netifs ( struct cmd_args *args, try_netif_fn *try ) {
	struct netif *netif = NULL;
	int rc = -ENODEV;

	if ( args->argc == 0 ) {
		while ( ( netif = netif_next ( netif ) ) != NULL ) {
			rc = try_netif ( netif, try, args->options );
			if ( ( rc == 0 ) || err_is ( rc, ECANCELED ) )
				return rc;
		}
		return rc;
	}
	for ( int i = 0; i < args->argc; i++ ) {
		netif = netif_find ( args->argv[i] );
		if ( !netif ) {
			con_printf ( "\"%s\": no such network device\n", args->argv[i] );
			rc = -ENODEV;
			continue;
		}
		rc = try_netif ( netif, try, args->options );
		if ( ( rc == 0 ) || err_is ( rc, ECANCELED ) )
			return rc;
	}
	return rc;
}

static TASK_FN int try_ifconf ( struct netif *netif, const void *options ) {
	const struct ifconf_options *opts = options;

	return netif_configure ( netif, opts->configurator, opts->timeout );
}

static TASK_FN int ifconf_exec ( struct cmd_args *args ) {
	return try_netifs ( args, try_ifconf );
}

static TASK_FN int try_iflinkwait ( struct netif *netif, const void *options ) {
	const struct iflinkwait_options *opts = options;
	int rc;

	if ( ( rc = netif_open ( netif ) ) != 0 )
		return cmd_fail ( rc, "Could not open %s", netif->name );
	return netif_link_job ( netif, opts->timeout );
}

static TASK_FN int iflinkwait_exec ( struct cmd_args *args ) {
	return try_netifs ( args, try_iflinkwait );
}

#define IFCONF_COMMAND( id )                                                \
	static const struct command id##_command = {                        \
		.name = #id,                                                \
		.operands = "[<interface>...]",                             \
		.help = "Open and configure interfaces until one is ready", \
		.max_args = -1,                                             \
		.options = ifconf_options,                                  \
		.option_count = ARRAY_SIZE ( ifconf_options ),              \
		.options_size = sizeof ( struct ifconf_options ),           \
		.exec = ifconf_exec,                                        \
		.completes = 'n',                                           \
	};                                                                  \
	COMMAND ( id##_command )

IFCONF_COMMAND ( ifconf );
IFCONF_COMMAND ( dhcp );

static const struct command iflinkwait_command = {
	.name = "iflinkwait",
	.operands = "[<interface>...]",
	.help = "Wait until an interface has its link",
	.max_args = -1,
	.options = iflinkwait_options,
	.option_count = ARRAY_SIZE ( iflinkwait_options ),
	.options_size = sizeof ( struct iflinkwait_options ),
	.exec = iflinkwait_exec,
	.completes = 'n',
};
COMMAND ( iflinkwait_command );
