/** @file
 * Image type `script`: text that starts with #!ipxe or #!gpxe, run line by line through the
 * interpreter (docs/scripting.md). Text is read where it lies; only one line at a time is copied.
 */
#include <stdlib.h>
#include <string.h>
#include "core/error.h"
#include "image/script.h"
#include "shell/command.h"
#include "shell/lexer.h"

#define MAGIC_LEN 7 /**< "#!ipxe" and white space */

/** A script that runs, or a search through one. */
struct script {
	const struct image *image;
	size_t len;   /**< without NULs behind the text */
	size_t pos;   /**< of the next line */
	size_t start; /**< of the line read last */
	char *line;   /**< the line read last, continuations joined; heap */
	size_t room;
};

static struct script *running;

static void script_open ( struct script *script, const struct image *image ) {
	*script = ( struct script ){ .image = image, .len = image->len };
	/* Boot loaders pad what they pass to us. */
	while ( ( script->len > 0 ) && !image->data[script->len - 1] )
		script->len--;
}

static void script_close ( struct script *script ) {
	free ( script->line );
}

/** Append a part of a line, keeping it terminated. */
static int line_append ( struct script *script, size_t used, const char *text, size_t len ) {
	size_t room = used + len + 1;
	char *line;

	if ( room > SCRIPT_LINE_MAX )
		return FAIL ( EINVAL_SCRIPT, "%s: a line is longer than %d bytes",
			      script->image->name, SCRIPT_LINE_MAX );
	if ( room > script->room ) {
		room = MAX ( 2 * script->room, room );
		if ( ( line = realloc ( script->line, room ) ) == NULL )
			return -ENOMEM;
		script->line = line;
		script->room = room;
	}
	memcpy ( script->line + used, text, len );
	script->line[used + len] = '\0';
	return 0;
}

/**
 * Read the next logical line into `line`.
 * @return 1, 0 at the end of the script, -EINVAL_SCRIPT, -ENOMEM
 */
static int script_read ( struct script *script ) {
	const char *text = (const char *) script->image->data;
	bool continued = false;
	size_t used = 0, end;
	int rc;

	if ( script->pos >= script->len )
		return 0;
	script->start = script->pos;
	do {
		const char *start = text + script->pos;
		const char *newline;
		size_t len;

		if ( script->pos >= script->len )
			return FAIL ( EINVAL_SCRIPT, "%s ends within a continued line",
				      script->image->name );
		newline = memchr ( start, '\n', script->len - script->pos );
		end = newline ? (size_t) ( newline - text ) : script->len;
		len = end - script->pos;
		script->pos = newline ? end + 1 : end;
		if ( len && ( start[len - 1] == '\r' ) )
			len--;
		continued = len && ( start[len - 1] == '\\' );
		if ( continued )
			len--;
		if ( ( rc = line_append ( script, used, start, len ) ) != 0 )
			return rc;
		if ( memchr ( start, '\0', len ) )
			return FAIL ( EINVAL_SCRIPT, "%s is not text: it contains a NUL byte",
				      script->image->name );
		used += len;
	} while ( continued );
	return 1;
}

/** Split off a label. @return what is to be executed; @c ret_label is empty without a label */
static char *split_label ( char *line, const char **ret_label ) {
	*ret_label = NULL;
	while ( lex_is_space ( *line ) )
		line++;
	if ( *line != ':' )
		return line;
	*ret_label = ++line;
	while ( *line && !lex_is_space ( *line ) )
		line++;
	if ( *line )
		*line++ = '\0';
	return line;
}

/** Say which line ended the script, for whoever prints the failure; before what was noted with it
 * and nobody has printed. */
static void note_line ( const struct script *script, int rc ) {
	const char *text = (const char *) script->image->data, *pos = text;
	const char *start = text + script->start;
	unsigned int number = 1, len = 0;
	struct error_note note;

	if ( rc >= 0 )
		return;
	if ( *error_detail ( rc ) )
		error_note_get ( &note );
	else
		note.text[0] = '\0';
	while ( ( pos = memchr ( pos, '\n', start - pos ) ) != NULL ) {
		pos++;
		number++;
	}
	while ( ( start + len < text + script->len ) && ( start[len] != '\n' ) &&
		( start[len] != '\r' ) )
		len++;
	FAIL ( -rc, "%s line %u: %.*s%s%s", script->image->name, number, MIN ( len, 80U ), start,
	       note.text[0] ? ": " : "", note.text );
}

static TASK_FN int script_run ( struct script *script ) {
	const char *label;
	int rc = 0, more;

	while ( ( more = script_read ( script ) ) > 0 ) {
		size_t start = script->start;

		rc = shell_execute ( split_label ( script->line, &label ) );
		if ( shell_stopped ( SHELL_STOP ) )
			return rc;
		/* "||" after a command does not stop a cancellation. */
		if ( task_cancelled () )
			return -ECANCELED;
		if ( rc != 0 ) {
			script->start = start;
			note_line ( script, rc );
			return rc;
		}
	}
	return more ? more : rc;
}

static TASK_FN int script_exec ( struct image *image ) {
	struct script *outer = running;
	struct script script;
	int rc;

	script_open ( &script, image );
	running = &script;
	rc = script_run ( &script );
	running = outer;
	script_close ( &script );
	return rc;
}

int script_goto ( const char *label ) {
	struct script search;
	const char *found;
	int rc;

	if ( !running )
		return -ENOTTY_SCRIPT;
	script_open ( &search, running->image );
	while ( ( rc = script_read ( &search ) ) > 0 ) {
		split_label ( search.line, &found );
		if ( found && ( strcmp ( found, label ) == 0 ) ) {
			running->pos = search.start;
			break;
		}
	}
	script_close ( &search );
	if ( rc == 0 )
		return -ENOENT_LABEL;
	return ( rc > 0 ) ? 0 : rc;
}

static int script_probe ( struct image *image ) {
	if ( ( image->len < MAGIC_LEN ) || ( ( memcmp ( image->data, "#!ipxe", 6 ) != 0 ) &&
					     ( memcmp ( image->data, "#!gpxe", 6 ) != 0 ) ) )
		return -ENOEXEC_IMAGE;
	return lex_is_space ( image->data[6] ) ? 0 : -ENOEXEC_IMAGE;
}

const struct image_type script_image_type = {
	.name = "script", .order = 50, .probe = script_probe, .exec = script_exec
};
IMAGE_TYPE ( script_image_type );
