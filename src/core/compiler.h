/** @file
 * Small helpers over the compiler: attributes, array and structure arithmetic.
 */
#ifndef CORE_COMPILER_H
#define CORE_COMPILER_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <sys/types.h>

#define __unused         __attribute__ ( ( unused ) )
#define __packed         __attribute__ ( ( packed ) )
#define __aligned( n )   __attribute__ ( ( aligned ( n ) ) )
#define __printf( f, a ) __attribute__ ( ( format ( printf, f, a ) ) )
#define __must_check     __attribute__ ( ( warn_unused_result ) )
#define __noreturn       __attribute__ ( ( noreturn ) )

/**
 * Marks a function that may wait, that is, switch to another task. It may be called from a task
 * only, and from other TASK_FN functions only; util/check-blocking proves both.
 */
#define TASK_FN

/** Run `fn ( &variable )` when the variable goes out of scope. */
#define _cleanup_( fn ) __attribute__ ( ( cleanup ( fn ) ) )

#define ARRAY_SIZE( array ) ( sizeof ( array ) / sizeof ( ( array )[0] ) )

#define container_of( ptr, type, member ) ( (type *) ( (char *) (ptr) -offsetof ( type, member ) ) )

#define MIN( a, b )                          \
	( {                                  \
		__typeof__ ( a ) _a = ( a ); \
		__typeof__ ( b ) _b = ( b ); \
		( _a < _b ) ? _a : _b;       \
	} )
#define MAX( a, b )                          \
	( {                                  \
		__typeof__ ( a ) _a = ( a ); \
		__typeof__ ( b ) _b = ( b ); \
		( _a > _b ) ? _a : _b;       \
	} )

/** Round up/down to a power of two. */
#define ROUND_UP( x, to )   ( ( ( x ) + (to) -1 ) & ~( (__typeof__ ( x )) (to) -1 ) )
#define ROUND_DOWN( x, to ) ( ( x ) & ~( (__typeof__ ( x )) (to) -1 ) )

#endif /* CORE_COMPILER_H */
