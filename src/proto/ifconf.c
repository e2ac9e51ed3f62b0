/** @file
 * Bringing an interface up. See proto/ifconf.h.
 */
#include <stdio.h>
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/job.h"
#include "proto/dhcp.h"
#include "proto/ifconf.h"

static TASK_FN int link_job ( struct job *job, void *arg ) {
	struct netif *netif = arg;
	int rc;

	while ( !netif->link_up ) {
		/* What the time-out will report. */
		job->ongoing_rc = netif->link_rc;
		if ( ( rc = event_wait ( &netif->changed, TIME_NEVER ) ) != 0 )
			return rc;
	}
	return 0;
}

TASK_FN int netif_link_job ( struct netif *netif, utime_t timeout_us ) {
	char text[48];
	struct job_options options = { .text = text, .timeout_us = timeout_us };

	snprintf ( text, sizeof ( text ), "Waiting for link-up on %s", netif->name );
	return job_run ( &options, link_job, netif );
}

/** What the job needs to know. */
struct configuration {
	struct netif *netif;
	const char *configurator; /**< NULL: all */
};

static TASK_FN int configure_job ( struct job *job __unused, void *arg ) {
	struct configuration *configuration = arg;
	struct error_note note;
	int rc = dhcp_configure ( configuration->netif );

	if ( ( rc == 0 ) || err_is ( rc, ECANCELED ) || configuration->configurator )
		return rc;
	/* The method's own words, under the number that users know. */
	error_note_get ( &note );
	if ( note.code != -rc )
		return -EADDRNOTAVAIL_CONFIG;
	note.code = EADDRNOTAVAIL_CONFIG;
	error_note_set ( &note );
	return -EADDRNOTAVAIL_CONFIG;
}

TASK_FN int netif_configure ( struct netif *netif, const char *configurator, utime_t timeout_us ) {
	struct configuration configuration = { .netif = netif, .configurator = configurator };
	char text[64], mac[MAC_TEXT_LEN];
	struct job_options options = { .text = text, .timeout_us = timeout_us };
	int rc;

	if ( configurator && ( strcmp ( configurator, "dhcp" ) != 0 ) ) {
		con_printf ( "\"%s\": no such configurator\n", configurator );
		return -ENOTSUP;
	}
	if ( ( rc = netif_open ( netif ) ) != 0 )
		return error_report ( rc, "Could not open %s", netif->name );
	if ( !netif->link_up && ( ( rc = netif_link_job ( netif, LINK_WAIT_US ) ) != 0 ) )
		return rc;
	snprintf ( text, sizeof ( text ), "Configuring %s%s%s(%s %s)", configurator ? "[" : "",
		   configurator ? configurator : "", configurator ? "] " : "", netif->name,
		   mac_text ( netif->mac, mac ) );
	return job_run ( &options, configure_job, &configuration );
}
