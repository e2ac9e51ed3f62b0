/** @file
 * The initial contents of a task stack, as stack_switch() expects to find them.
 */
#include <stdint.h>
#include "arch/x86_64/switch.h"

void stack_first ( void );

void *stack_prepare ( void *stack, size_t len, void ( *fn ) ( void *arg ), void *arg ) {
	uint64_t *sp = (uint64_t *) ( ( (uintptr_t) stack + len ) & ~(uintptr_t) 15 );

	/* stack_first() is entered by a return, with the stack as aligned as before a call. */
	*--sp = 0;
	*--sp = 0;
	*--sp = (uintptr_t) stack_first;
	*--sp = 0;               /* rbp */
	*--sp = (uintptr_t) arg; /* rbx */
	*--sp = (uintptr_t) fn;  /* r12 */
	*--sp = 0;               /* r13 */
	*--sp = 0;               /* r14 */
	*--sp = 0;               /* r15 */
	return sp;
}
