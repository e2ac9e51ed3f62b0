/** @file
 * URIs (RFC 3986 with the deviations of docs/scripting.md): parse, resolve, format.
 */
#ifndef CORE_URI_H
#define CORE_URI_H

#include "core/compiler.h"

struct params;

/**
 * A parsed URI. All strings live in the same heap block as the structure; absent parts are NULL.
 * Decoded parts have %XX resolved; `path` and `query` are the raw text, as HTTP sends it.
 */
struct uri {
	const char *scheme;
	const char *opaque;    /**< decoded; of "scheme:opaque" */
	const char *user;      /**< decoded */
	const char *password;  /**< decoded */
	const char *host;      /**< decoded, brackets of IPv6 literals removed */
	unsigned int port;     /**< 0: not given */
	const char *path;      /**< raw */
	const char *query;     /**< raw, without '?' */
	const char *fragment;  /**< raw, without '#' */
	struct params *params; /**< request parameters taken by ##params, owned; or NULL */
};

/** Longest URI accepted, bytes: a peer may send any Location. */
#define URI_LEN_MAX 8192

/**
 * Parse. Anything is a URI (a word without scheme is a relative path).
 * A ##params[=name] suffix takes that parameter list (one-shot).
 * @param ret_uri  heap; uri_free() it
 * @return 0, -EINVAL bad port or too long, -ENOENT no such parameter list, -ENOMEM
 */
int uri_parse ( const char *text, struct uri **ret_uri );
void uri_free ( struct uri *uri );
static inline void uri_freep ( struct uri **uri ) {
	uri_free ( *uri );
}

/** Has a scheme. */
static inline bool uri_is_absolute ( const struct uri *uri ) {
	return uri->scheme != NULL;
}

/**
 * Resolve @c reference against @c base (NULL: none). Moves `params` of the reference.
 * @return 0 or -ENOMEM
 */
int uri_resolve ( const struct uri *base, struct uri *reference, struct uri **ret_uri );

/** A deep copy without params. @return NULL if out of memory */
struct uri *uri_dup ( const struct uri *uri );

/** Format like snprintf, percent-encoded where needed. @return length */
int uri_format ( const struct uri *uri, char *buf, size_t len );
/** Into fresh heap memory. @c public: without user, password, query and fragment (progress lines). */
char *uri_text ( const struct uri *uri, bool public );

/** Port, or @c default_port. */
static inline unsigned int uri_port ( const struct uri *uri, unsigned int default_port ) {
	return uri->port ? uri->port : default_port;
}

/** Decode %XX. @return heap memory or NULL */
char *uri_decode ( const char *text );
/** Encode for setting type uristring and form bodies: like snprintf. @return length */
int uri_encode ( const void *raw, size_t raw_len, char *buf, size_t len );

/** Last component of path or opaque part; "" if there is none. Borrowed. */
const char *uri_basename ( const struct uri *uri );

/** Current working URI: what relative URIs are resolved against; NULL: none. Borrowed. */
const struct uri *uri_cwd ( void );
/** Replace it; takes @c uri (may be NULL). @return the previous one, now the caller's */
struct uri *uri_set_cwd ( struct uri *uri );

/* Request parameters (commands params and param). */
struct param {
	struct param *next;
	bool header; /**< HTTP header, else form field */
	char *key, *value;
};
struct params {
	struct params *next;
	char *name;   /**< "" = default list */
	char *method; /**< or NULL */
	struct param *first;
};
/** Make (replacing) a list. @return it (owned by the registry) or NULL */
struct params *params_new ( const char *name, const char *method );
struct params *params_find ( const char *name );
/** Remove from the registry; the caller owns it. */
struct params *params_take ( const char *name );
void params_free ( struct params *params );
int params_add ( struct params *params, bool header, const char *key, const char *value );

#endif /* CORE_URI_H */
