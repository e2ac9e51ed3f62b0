/** @file
 * Commands md5sum, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum: the digest of images.
 */
#include <string.h>
#include "core/console.h"
#include "core/error.h"
#include "core/settings.h"
#include "crypto/digest.h"
#include "shell/cmd/fetch_options.h"

static const char names[][10] = {
	[DIGEST_MD5] = "md5sum",       [DIGEST_SHA1] = "sha1sum",     [DIGEST_SHA224] = "sha224sum",
	[DIGEST_SHA256] = "sha256sum", [DIGEST_SHA384] = "sha384sum", [DIGEST_SHA512] = "sha512sum",
};

struct digest_options {
	struct fetch_options fetch;
	const char *setting;
};

/** The digest of an image, while it is computed and afterwards. */
struct sum {
	enum digest digest;
	const struct image *image;
	uint8_t value[DIGEST_LEN_MAX];
	size_t len;
};

static TASK_FN int sum_job ( struct job *job, void *arg ) {
	struct sum *sum = arg;
	int rc = digest_run ( sum->digest, sum->image->data, sum->image->len, job, sum->value );

	if ( rc < 0 )
		return rc;
	sum->len = (size_t) rc;
	return 0;
}

/* Print it, or store it. */
static int sum_report ( const struct sum *sum, const char *setting ) {
	char text[2 * DIGEST_LEN_MAX + 1];
	struct setting_ref ref;
	int rc;

	if ( !setting ) {
		setting_type_hexraw.format ( sum->value, sum->len, text, sizeof ( text ) );
		con_printf ( "%s  %s\n", text, sum->image->name );
		return 0;
	}
	if ( ( rc = setting_ref_parse ( setting, true, &ref ) ) == 0 )
		rc = setting_store ( &ref, sum->value, sum->len,
				     ref.setting.type ? NULL : &setting_type_hexraw );
	return rc ? cmd_fail ( rc, "Could not store \"%s\"", setting ) : 0;
}

static TASK_FN int digest_exec ( struct cmd_args *args ) {
	const struct digest_options *options = args->options;
	struct job_options silent = { .text = NULL };
	struct sum sum = { .digest = DIGEST_MD5 };
	struct image *image;
	int rc;

	while ( strcmp ( names[sum.digest], args->command->name ) != 0 )
		sum.digest++;
	for ( int i = 0; i < args->argc; i++ ) {
		if ( ( rc = fetch_acquire ( args->argv[i], &options->fetch, &image ) ) != 0 )
			return rc;
		sum.image = image;
		if ( ( rc = job_run ( &silent, sum_job, &sum ) ) != 0 )
			return cmd_fail ( rc, "%s", image->name );
		if ( ( rc = sum_report ( &sum, options->setting ) ) != 0 )
			return rc;
	}
	return 0;
}

static const struct command_option digest_options[] = {
	OPTION ( struct digest_options, setting, 's', "set", OPTION_SETTING,
		 "Put the digest into this setting instead of printing it" ),
	FETCH_OPTIONS ( struct digest_options ),
};

#define DIGEST_COMMAND( id, text )                                \
	static const struct command id##_command = {              \
		.name = names[id],                                \
		.operands = "<uri|image>...",                     \
		.help = "Print the " text " digest of images",    \
		.min_args = 1,                                    \
		.max_args = -1,                                   \
		.options = digest_options,                        \
		.option_count = ARRAY_SIZE ( digest_options ),    \
		.options_size = sizeof ( struct digest_options ), \
		.exec = digest_exec,                              \
		.completes = 'i',                                 \
	};                                                        \
	COMMAND ( id##_command )

DIGEST_COMMAND ( DIGEST_MD5, "MD5" );
DIGEST_COMMAND ( DIGEST_SHA1, "SHA-1" );
DIGEST_COMMAND ( DIGEST_SHA224, "SHA-224" );
DIGEST_COMMAND ( DIGEST_SHA256, "SHA-256" );
DIGEST_COMMAND ( DIGEST_SHA384, "SHA-384" );
DIGEST_COMMAND ( DIGEST_SHA512, "SHA-512" );
