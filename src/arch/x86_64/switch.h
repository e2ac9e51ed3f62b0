/** @file
 * Stacks and the switch between them (System V x86-64 ABI §3.2).
 */
#ifndef ARCH_SWITCH_H
#define ARCH_SWITCH_H

#include <stddef.h>

/**
 * Leave the running stack and continue on another.
 * @param save_sp  where the running stack's pointer is kept for the way back
 * @param load_sp  pointer saved by an earlier switch, or made by stack_prepare()
 */
void stack_switch ( void **save_sp, void *load_sp );

/** Make the first switch to a fresh stack enter `fn ( arg )`, which must never return. */
void *stack_prepare ( void *stack, size_t len, void ( *fn ) ( void *arg ), void *arg );

#endif /* ARCH_SWITCH_H */
