/** @file
 * ANSI sequences of the text screen.
 */
#include "platform/bios/ansi.h"

#define PARAM_MAX 9999
#define ATTR_BOLD 0x08

/** Parameter @c index, or @c value if it was not given. */
static unsigned int param ( const struct ansi *ansi, unsigned int index, unsigned int value ) {
	return ( ansi->params[index] != 0 ) ? ansi->params[index] : value;
}

/** Select graphic rendition. Of 24-bit colours (38;2;r;g;b) a text screen shows nothing. */
static void set_attribute ( struct ansi *ansi ) {
	/* ANSI colours count red first, CGA's blue first. */
	static const uint8_t cga[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };
	uint8_t *attr = &ansi->attribute;
	unsigned int i, code;

	for ( i = 0; i < MAX ( ansi->count, 1U ); i++ ) {
		code = ansi->params[i];
		if ( code == 0 )
			*attr = ATTR_NORMAL;
		else if ( code == 1 )
			*attr |= ATTR_BOLD;
		else if ( code == 22 )
			*attr &= ~ATTR_BOLD;
		else if ( ( code >= 30 ) && ( code <= 37 ) )
			*attr = ( *attr & 0xf8 ) | cga[code - 30];
		else if ( code == 39 )
			*attr = ( *attr & 0xf8 ) | ( ATTR_NORMAL & 0x07 );
		else if ( ( code >= 40 ) && ( code <= 47 ) )
			*attr = ( *attr & 0x0f ) | cga[code - 40] << 4;
		else if ( code == 49 )
			*attr &= 0x0f;
		else if ( ( code == 38 ) || ( code == 48 ) )
			return;
	}
}

static struct ansi_action finish ( struct ansi *ansi, uint8_t final ) {
	struct ansi_action action = { .what = ANSI_NONE, .how = ansi->params[0] };

	if ( ansi->private ) {
		if ( ( ansi->params[0] == 25 ) && ( ( final == 'h' ) || ( final == 'l' ) ) ) {
			action.what = ANSI_CURSOR;
			action.how = ( final == 'h' );
		}
		return action;
	}
	switch ( final ) {
	case 'H':
	case 'f':
		action.what = ANSI_MOVE;
		action.row = param ( ansi, 0, 1 ) - 1;
		action.column = param ( ansi, 1, 1 ) - 1;
		break;
	case 'J':
		action.what = ANSI_ERASE_SCREEN;
		break;
	case 'K':
		action.what = ANSI_ERASE_LINE;
		break;
	case 'm':
		set_attribute ( ansi );
		break;
	}
	return action;
}

struct ansi_action ansi_feed ( struct ansi *ansi, uint8_t byte ) {
	struct ansi_action none = { .what = ANSI_NONE };
	unsigned int *value;

	switch ( ansi->state ) {
	case ANSI_TEXT:
		if ( byte != 0x1b )
			return ( struct ansi_action ){ .what = ANSI_CHAR };
		ansi->state = ANSI_ESCAPE;
		return none;
	case ANSI_ESCAPE:
		ansi->state = ( byte == '[' ) ? ANSI_CSI : ANSI_TEXT;
		*ansi = ( struct ansi ){ .state = ansi->state, .attribute = ansi->attribute };
		return none;
	case ANSI_CSI:
		break;
	}
	if ( ( byte >= '0' ) && ( byte <= '9' ) ) {
		if ( ansi->count == 0 )
			ansi->count = 1;
		if ( ansi->count <= ANSI_PARAMS ) {
			value = &ansi->params[ansi->count - 1];
			*value = MIN ( *value * 10 + ( byte - '0' ), PARAM_MAX + 0U );
		}
	} else if ( byte == ';' ) {
		ansi->count = MIN ( MAX ( ansi->count, 1U ) + 1, ANSI_PARAMS + 1U );
	} else if ( byte == '?' ) {
		ansi->private = true;
	} else if ( ( byte >= 0x40 ) && ( byte <= 0x7e ) ) {
		ansi->count = MIN ( ansi->count, ANSI_PARAMS + 0U );
		ansi->state = ANSI_TEXT;
		return finish ( ansi, byte );
	}
	return none;
}
