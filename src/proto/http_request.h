/** @file
 * HTTP requests as text: method, headers in the order that servers and log parsers know, form
 * bodies. Internal to proto/http*.c.
 */
#ifndef PROTO_HTTP_REQUEST_H
#define PROTO_HTTP_REQUEST_H

#include "core/uri.h"

struct http_request {
	const char *method;    /**< "GET" */
	const struct uri *uri; /**< absolute; its params add headers and a form body */
	uint64_t offset;       /**< resume from here; 0 = everything */
	const char *if_range;  /**< validator that goes with offset */
	bool auth;             /**< send user and password of the URI (Basic, RFC 7617) */
};

/**
 * The method that a parameter list asks for, or its default: POST for forms, else GET.
 * @param params  may be NULL
 * @return 0, -ENOTSUP unknown method
 */
int http_method ( const struct params *params, const char **ret_method );

/**
 * Format a request.
 * @param ret_len  its length, bytes
 * @return heap memory, or NULL if out of memory
 */
char *http_request_text ( const struct http_request *request, size_t *ret_len );

#endif /* PROTO_HTTP_REQUEST_H */
