/** @file
 * Digests against the examples of their specifications (RFC 1321, FIPS 180-4 and NIST's examples for
 * it), and that others run while large data is digested.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/test.h"
#include "core/error.h"
#include "crypto/digest.h"
#include "platform/host/host.h"

#define MILLION 1000000

/** The same message by each algorithm. */
struct example {
	const char *message; /* NULL: a million times "a" */
	const char *expected[DIGEST_SHA512 + 1];
};

static const struct example examples[] = {
	{ "",
	  { "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	    "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2"
	    "f14898b95b",
	    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318"
	    "d2877eec2f63b931bd47417a81a538327af927da3e" } },
	{ "abc",
	  { "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
	    "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baec"
	    "a134c825a7",
	    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c"
	    "23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" } },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  { "8215ef0796a20bcaaae116d3876c664a", "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
	    "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525",
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	    "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a8520bc4e6f5fe95b"
	    "1fe3c8452b",
	    "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3b"
	    "ea57789ca031ad85c7a71dd70354ec631238ca3445" } },
	{ NULL,
	  { "7707d6ae4e027c70eea2a935c2296f21", "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
	    "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67",
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
	    "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97dd"
	    "d87f3d8985",
	    "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb043"
	    "2ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b" } },
};

/** What a task digests. */
struct run {
	enum digest digest;
	const char *data;
	size_t len;
	struct job job;
	uint8_t value[DIGEST_LEN_MAX];
};

static TASK_FN int run_task ( void *arg ) {
	struct run *run = arg;

	return digest_run ( run->digest, run->data, run->len, &run->job, run->value );
}

static char *million_a ( void ) {
	char *data = malloc ( MILLION );

	assert_non_null ( data );
	memset ( data, 'a', MILLION );
	return data;
}

static void examples_of_the_specifications ( void **state ) {
	char *million = million_a ();

	for ( size_t i = 0; i < ARRAY_SIZE ( examples ); i++ ) {
		for ( enum digest digest = 0; digest <= DIGEST_SHA512; digest++ ) {
			const char *message = examples[i].message;
			struct run run = { .digest = digest,
					   .data = message ? message : million,
					   .len = message ? strlen ( message ) : MILLION };
			char text[2 * DIGEST_LEN_MAX + 1];
			int len = test_run_task ( run_task, &run );

			for ( int byte = 0; byte < len; byte++ )
				snprintf ( text + 2 * byte, 3, "%02x", run.value[byte] );
			assert_string_equal ( text, examples[i].expected[digest] );
		}
	}
	free ( million );
}

/* ---- Others run meanwhile ---- */

static struct task_group group;
static bool cancel;

static TASK_FN int watch_task ( void *arg ) {
	struct run *run = arg;
	unsigned int turns = 0;

	while ( !task_group_idle ( &group ) ) {
		turns++;
		assert_true ( run->job.done <= run->len );
		if ( cancel && run->job.done )
			task_group_cancel ( &group );
		task_yield ();
	}
	return turns;
}

static int run_watched ( struct run *run, unsigned int *ret_turns ) {
	task_group_init ( &group );
	assert_int_equal ( task_spawn ( &group, "digest", run_task, run, TASK_STACK_NORMAL ), 0 );
	*ret_turns = test_run_task ( watch_task, run );
	return group.rc;
}

static void others_run_and_may_cancel ( void **state ) {
	struct run run = { .digest = DIGEST_SHA256, .data = million_a (), .len = MILLION };
	unsigned int turns;

	cancel = false;
	assert_int_equal ( run_watched ( &run, &turns ), 32 );
	assert_in_range ( turns, 10, 100 );
	assert_int_equal ( run.job.total, MILLION );
	cancel = true;
	run.job.done = 0;
	assert_int_equal ( err_of ( run_watched ( &run, &turns ) ), ECANCELED );
	assert_in_range ( run.job.done, 1, MILLION / 2 );
	free ( (char *) run.data );
}

int main ( void ) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test ( examples_of_the_specifications ),
		cmocka_unit_test ( others_run_and_may_cancel ),
	};

	host_clock_virtual ( 1000 );
	return cmocka_run_group_tests ( tests, NULL, NULL );
}
