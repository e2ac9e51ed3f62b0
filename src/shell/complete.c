/** @file
 * Tab completion. The line up to the cursor tells what kind of word is wanted; the candidates come
 * from the tables and lists where such things live.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/console.h"
#include "core/image.h"
#include "core/settings.h"
#include "net/netif.h"
#include "shell/command.h"
#include "shell/complete.h"
#include "shell/lexer.h"

TABLE ( setting, setting );

/** Receives each candidate that goes on from the stem. */
struct visitor {
	const char *stem; /**< what is there of the word, up to the cursor */
	size_t stem_len;
	char suffix; /**< what follows a complete word, or 0 */
	void ( *found ) ( struct visitor *visitor, const char *name, char suffix );
	struct completion *completion;
	unsigned int column;
};

static void offer ( struct visitor *visitor, const char *name, char suffix ) {
	if ( strncmp ( name, visitor->stem, visitor->stem_len ) == 0 )
		visitor->found ( visitor, name, suffix );
}

static void offer_commands ( struct visitor *visitor ) {
	const struct command *command = NULL;

	while ( ( command = command_next ( command ) ) != NULL )
		offer ( visitor, command->name, visitor->suffix );
}

static void offer_options ( struct visitor *visitor, const struct command *command ) {
	char name[32];

	for ( unsigned int i = 0; i < command->option_count; i++ ) {
		snprintf ( name, sizeof ( name ), "--%s", command->options[i].long_name );
		offer ( visitor, name, visitor->suffix );
	}
	offer ( visitor, "--help", visitor->suffix );
}

static void offer_netifs ( struct visitor *visitor ) {
	for ( struct netif *netif = NULL; ( netif = netif_next ( netif ) ) != NULL; )
		offer ( visitor, netif->name, visitor->suffix );
}

static void offer_images ( struct visitor *visitor ) {
	for ( struct image *image = NULL; ( image = image_next ( image ) ) != NULL; )
		offer ( visitor, image->name, visitor->suffix );
}

/** Paths of the blocks below @c parent, each with its slash. */
static void offer_blocks ( struct visitor *visitor, struct settings *parent ) {
	struct settings *child;
	char path[64];

	list_for_each ( child, &parent->children, siblings ) {
		settings_path ( child, path, sizeof ( path ) - 1 );
		snprintf ( path + strlen ( path ), 2, "/" );
		offer ( visitor, path, '\0' );
		offer_blocks ( visitor, child );
	}
}

/** Names in the block that the stem starts with; without one also the blocks. */
static void offer_settings ( struct visitor *visitor ) {
	const char *slash = memchr ( visitor->stem, '/', visitor->stem_len );
	struct settings *settings = &settings_root;
	const struct setting *setting = NULL;
	const struct setting *const *pos;
	char block[64];

	if ( slash ) {
		snprintf ( block, sizeof ( block ), "%.*s", (int) ( slash - visitor->stem ),
			   visitor->stem );
		visitor->stem_len -= slash + 1 - visitor->stem;
		visitor->stem = slash + 1;
		if ( ( settings = settings_find ( block, false ) ) == NULL )
			return;
	} else {
		offer_blocks ( visitor, settings );
	}
	while ( ( setting = settings_generic_next ( settings, setting ) ) != NULL ) {
		if ( !setting_find_predefined ( setting->name ) )
			offer ( visitor, setting->name, visitor->suffix );
	}
	table_for_each ( pos, setting )
		offer ( visitor, ( *pos )->name, visitor->suffix );
}

/** The start of the last "${" before the cursor that has not been closed, or NULL. */
static const char *open_expression ( const char *word, const char *cursor ) {
	for ( const char *pos = cursor - 2; pos >= word; pos-- ) {
		if ( *pos == '}' )
			return NULL;
		if ( ( pos[0] == '$' ) && ( pos[1] == '{' ) )
			return memchr ( pos, '}', cursor - pos ) ? NULL : pos + 2;
	}
	return NULL;
}

/** Name of the command that the word belongs to, into @c buf; "" if the word is that name. */
static void command_of ( const char *line, const char *word, char *buf, size_t len ) {
	buf[0] = '\0';
	while ( line < word ) {
		const char *end = line;

		while ( ( end < word ) && !lex_is_space ( *end ) )
			end++;
		if ( end > line ) {
			char token[32];

			snprintf ( token, sizeof ( token ), "%.*s", (int) ( end - line ), line );
			if ( lex_kind ( token ) != TOKEN_WORD )
				buf[0] = '\0';
			else if ( !buf[0] )
				snprintf ( buf, len, "%s", token );
		}
		line = end + 1;
	}
}

/** Offer everything that may stand at the cursor. */
static void visit ( const char *line, size_t cursor, struct visitor *visitor ) {
	const char *end = line + cursor, *word = end, *expression;
	const struct command *command;
	char name[32];

	while ( ( word > line ) && !lex_is_space ( word[-1] ) )
		word--;
	visitor->suffix = ' ';
	visitor->stem = word;
	if ( ( expression = open_expression ( word, end ) ) != NULL ) {
		visitor->suffix = '}';
		visitor->stem = expression;
		visitor->stem_len = end - expression;
		offer_settings ( visitor );
		return;
	}
	visitor->stem_len = end - word;
	command_of ( line, word, name, sizeof ( name ) );
	command = command_find ( name );
	if ( !name[0] )
		offer_commands ( visitor );
	else if ( command && ( word[0] == '-' ) )
		offer_options ( visitor, command );
	else if ( command && ( command->completes == 's' ) )
		offer_settings ( visitor );
	else if ( command && ( command->completes == 'n' ) )
		offer_netifs ( visitor );
	else if ( command && ( command->completes == 'i' ) )
		offer_images ( visitor );
}

/** Keep what this candidate has in common with those before. */
static void found_common ( struct visitor *visitor, const char *name, char suffix ) {
	struct completion *completion = visitor->completion;
	const char *rest = name + visitor->stem_len;
	size_t len = strlen ( rest ), same = 0;

	if ( completion->count++ == 0 ) {
		same = MIN ( len, sizeof ( completion->insert ) - 2 );
		memcpy ( completion->insert, rest, same );
		if ( suffix && ( same == len ) )
			completion->insert[same++] = suffix;
	} else {
		while ( ( same < completion->insert_len ) && ( same < len ) &&
			( completion->insert[same] == rest[same] ) )
			same++;
	}
	completion->insert_len = same;
}

static void found_list ( struct visitor *visitor, const char *name, char suffix ) {
	visitor->column += con_printf ( "  %s", name );
	if ( visitor->column > 64 ) {
		con_printf ( "\n" );
		visitor->column = 0;
	}
	while ( visitor->column % 16 )
		visitor->column += con_printf ( " " );
}

void complete ( const char *line, size_t cursor, struct completion *ret ) {
	struct visitor visitor = { .found = found_common, .completion = ret };

	ret->insert_len = ret->count = 0;
	visit ( line, cursor, &visitor );
}

void complete_list ( const char *line, size_t cursor ) {
	struct visitor visitor = { .found = found_list };

	visit ( line, cursor, &visitor );
	if ( visitor.column )
		con_printf ( "\n" );
}
