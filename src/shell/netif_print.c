/** @file
 * Interfaces and routes for people to read.
 */
#include "core/console.h"
#include "core/error.h"
#include "net/ipv4.h"
#include "net/netif.h"
#include "shell/command.h"
#include "shell/netif_print.h"

static void print_errors ( const char *name, const struct netif_stats *stats ) {
	for ( unsigned int i = 0; i < NETIF_ERRORS_KEPT; i++ ) {
		if ( stats->errors[i].count )
			con_printf ( "  [%s: %u x \"%s\"]\n", name, stats->errors[i].count,
				     error_text ( stats->errors[i].rc ) );
	}
}

void netif_print ( const struct netif *netif ) {
	char mac[MAC_TEXT_LEN];

	con_printf ( "%s: %s using %s on %s (Ethernet) [%s]\n", netif->name,
		     mac_text ( netif->mac, mac ), netif->chip, netif->location,
		     netif->open ? "open" : "closed" );
	con_printf ( "  [Link:%s%s, TX:%u TXE:%u RX:%u RXE:%u]\n", netif->link_up ? "up" : "down",
		     ( netif->blocked_until > clock_now () ) ? " (blocked)" : "", netif->tx.good,
		     netif->tx.bad, netif->rx.good, netif->rx.bad );
	if ( !netif->link_up )
		con_printf ( "  [Link status: %s]\n", error_text ( netif->link_rc ) );
	print_errors ( "TXE", &netif->tx );
	print_errors ( "RXE", &netif->rx );
}

/** The interface's default route by way of @c src, or NULL. */
static const struct ipv4_route *default_route ( const struct ipv4_route *like ) {
	const struct ipv4_route *route = NULL;

	while ( ( route = ipv4_route_next ( route ) ) != NULL ) {
		if ( !route->mask && ( route->netif == like->netif ) &&
		     ( route->src == like->src ) )
			break;
	}
	return route;
}

static bool is_local ( const struct ipv4_route *route ) {
	return route->mask && !route->gateway &&
	       ( ( route->src & route->mask ) == ( route->dest & route->mask ) );
}

/** Will a line about the local network tell of this default route as well? */
static bool is_merged ( const struct ipv4_route *route ) {
	const struct ipv4_route *local = NULL;

	while ( ( local = ipv4_route_next ( local ) ) != NULL ) {
		if ( is_local ( local ) && ( default_route ( local ) == route ) )
			return true;
	}
	return false;
}

void routes_print ( void ) {
	const struct ipv4_route *route = NULL, *gateway;
	char text[IPV4_TEXT_LEN];

	while ( ( route = ipv4_route_next ( route ) ) != NULL ) {
		if ( !route->mask && is_merged ( route ) )
			continue;
		gateway = is_local ( route ) ? default_route ( route ) : route;
		con_printf ( "%s: %s", route->netif->name, ipv4_text ( route->src, text ) );
		if ( !is_local ( route ) )
			con_printf ( " for %s", ipv4_text ( route->dest, text ) );
		con_printf ( "/%s", ipv4_text ( route->mask, text ) );
		if ( gateway && gateway->gateway )
			con_printf ( " gw %s", ipv4_text ( gateway->gateway, text ) );
		con_printf ( "%s\n", route->netif->open ? "" : " (inaccessible)" );
	}
}

TASK_FN int netif_for_each_arg ( struct cmd_args *args, bool until_success,
				 TASK_FN int ( *fn ) ( struct netif *netif, void *ctx ),
				 void *ctx ) {
	struct netif *netif = NULL;
	int rc = -ENODEV;

	for ( int i = 0; i < args->argc; i++ ) {
		if ( ( netif = netif_find ( args->argv[i] ) ) == NULL ) {
			con_printf ( "\"%s\": no such network device\n", args->argv[i] );
			rc = -ENODEV;
			continue;
		}
		rc = fn ( netif, ctx );
		if ( ( rc == 0 ) && until_success )
			return 0;
		if ( task_cancelled () )
			return rc;
	}
	while ( !args->argc && ( ( netif = netif_next ( netif ) ) != NULL ) ) {
		rc = fn ( netif, ctx );
		if ( ( ( rc == 0 ) && until_success ) || task_cancelled () )
			break;
	}
	return rc;
}
