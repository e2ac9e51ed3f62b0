/** @file
 * What AddressSanitizer must be told about stack switches; nothing in firmware builds.
 */
#ifndef CORE_SANITIZE_H
#define CORE_SANITIZE_H

#include <stddef.h>

#if defined( __SANITIZE_ADDRESS__ )
#define SANITIZE_STACKS 1
#elif defined( __has_feature )
#if __has_feature( address_sanitizer )
#define SANITIZE_STACKS 1
#endif
#endif

#ifdef SANITIZE_STACKS

void __sanitizer_start_switch_fiber ( void **fake_stack_save, const void *bottom, size_t size );
void __sanitizer_finish_switch_fiber ( void *fake_stack_save, const void **bottom_old,
				       size_t *size_old );
void __lsan_register_root_region ( const void *start, size_t size );
void __lsan_unregister_root_region ( const void *start, size_t size );

/** Before leaving a stack; @c save NULL: it will never be entered again. */
static inline void sanitize_leave ( void **save, const void *to, size_t len ) {
	__sanitizer_start_switch_fiber ( save, to, len );
}
/** After arriving on a stack; tells where we came from. */
static inline void sanitize_arrive ( void *saved, const void **ret_from, size_t *ret_len ) {
	__sanitizer_finish_switch_fiber ( saved, ret_from, ret_len );
}
/** Pointers may live on this stack only: the leak checker must look there. */
static inline void sanitize_stack_new ( const void *stack, size_t len ) {
	__lsan_register_root_region ( stack, len );
}
static inline void sanitize_stack_free ( const void *stack, size_t len ) {
	__lsan_unregister_root_region ( stack, len );
}

#else

static inline void sanitize_leave ( void **save, const void *to, size_t len ) {
	(void) save, (void) to, (void) len;
}
static inline void sanitize_arrive ( void *saved, const void **ret_from, size_t *ret_len ) {
	(void) saved, (void) ret_from, (void) ret_len;
}
static inline void sanitize_stack_new ( const void *stack, size_t len ) {
	(void) stack, (void) len;
}
static inline void sanitize_stack_free ( const void *stack, size_t len ) {
	(void) stack, (void) len;
}

#endif

#endif /* CORE_SANITIZE_H */
