/** @file
 * The current working URI: what relative URIs are resolved against, and the settings that show it
 * (builtin/cwuri, builtin/cwduri). While there is none, setting `next-server` stands in for it as
 * tftp://<next-server>/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "core/settings.h"
#include "core/settings_builtin.h"
#include "core/uri.h"

static struct uri *cwd;
static struct uri *fallback;

const struct uri *uri_cwd ( void ) {
	return cwd ? cwd : fallback;
}

struct uri *uri_set_cwd ( struct uri *uri ) {
	struct uri *old = cwd;

	cwd = uri;
	return old;
}

/* Follow setting next-server. */
static void cwuri_apply ( void ) {
	static uint32_t applied;
	uint32_t server = 0;
	struct uri *uri = NULL;
	char text[32];

	if ( settings_get_ipv4 ( NULL, "next-server", &server ) != 0 )
		server = 0;
	if ( server == applied )
		return;
	snprintf ( text, sizeof ( text ), "tftp://%u.%u.%u.%u/", (unsigned int) ( server >> 24 ),
		   (unsigned int) ( server >> 16 ) & 0xff, (unsigned int) ( server >> 8 ) & 0xff,
		   (unsigned int) server & 0xff );
	/* Out of memory: as if it were not set. */
	if ( server && ( uri_parse ( text, &uri ) != 0 ) )
		uri = NULL;
	uri_free ( fallback );
	fallback = uri;
	applied = server;
}

static const struct settings_applicator cwuri_applicator = { .apply = cwuri_apply };
SETTINGS_APPLICATOR ( cwuri_applicator );

/* ---- Settings cwuri and cwduri ---- */

static ssize_t uri_copy ( const struct uri *uri, void *raw, size_t len ) {
	char *text = uri ? uri_text ( uri, false ) : NULL;
	ssize_t rc;

	if ( !text )
		return uri ? -ENOMEM : -ENOENT_SETTING;
	rc = builtin_copy ( text, strlen ( text ), raw, len );
	free ( text );
	return rc;
}

static ssize_t cwuri_fetch ( void *raw, size_t len ) {
	return uri_copy ( uri_cwd (), raw, len );
}

/* The directory is what "./" resolves to. */
static ssize_t cwduri_fetch ( void *raw, size_t len ) {
	struct uri here = { .path = "./" }, *directory;
	ssize_t rc;

	if ( !uri_cwd () )
		return -ENOENT_SETTING;
	if ( ( rc = uri_resolve ( uri_cwd (), &here, &directory ) ) != 0 )
		return rc;
	rc = uri_copy ( directory, raw, len );
	uri_free ( directory );
	return rc;
}

static const struct setting cwuri_setting = {
	.name = "cwuri",
	.description = "Current working URI",
	.type = &setting_type_string,
	.scope = &settings_scope_builtin,
};
SETTING ( cwuri_setting );
static const struct builtin_setting cwuri_builtin = {
	.setting = &cwuri_setting,
	.fetch = cwuri_fetch,
};
BUILTIN_SETTING ( cwuri_builtin );

static const struct setting cwduri_setting = {
	.name = "cwduri",
	.description = "Current working directory URI",
	.type = &setting_type_string,
	.scope = &settings_scope_builtin,
};
SETTING ( cwduri_setting );
static const struct builtin_setting cwduri_builtin = {
	.setting = &cwduri_setting,
	.fetch = cwduri_fetch,
};
BUILTIN_SETTING ( cwduri_builtin );
