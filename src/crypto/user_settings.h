/** @file
 * What is in wolfCrypt, as its sources ask for it (WOLFSSL_USER_SETTINGS). They are built without an
 * operating system, for one task at a time. Digests are in their small form, but SHA-256, which checks
 * what was downloaded, only where each byte of the image counts: it is half as fast.
 */
#ifndef CRYPTO_USER_SETTINGS_H
#define CRYPTO_USER_SETTINGS_H

#include "config/general.h"

#define WOLFCRYPT_ONLY
#define SINGLE_THREADED
#define NO_FILESYSTEM
#define NO_ASN_TIME
#define NO_RSA
#define WOLFSSL_NOSHA512_224
#define WOLFSSL_NOSHA512_256
#define USE_SLOW_SHA
#define USE_SLOW_SHA512

#ifdef PLATFORM_BIOS
#define USE_SLOW_SHA256
#endif

/* SHA-256 is always there. */
#ifdef DIGEST_CMD
#define WOLFSSL_SHA224
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#else
#define NO_MD5
#define NO_SHA
#endif

#endif /* CRYPTO_USER_SETTINGS_H */
