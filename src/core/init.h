/** @file
 * Start-up and shutdown in three named phases, stepping aside for a program that we start, and the one entry
 * point that platforms call.
 */
#ifndef CORE_INIT_H
#define CORE_INIT_H

#include "core/table.h"
#include "core/task.h"

enum init_phase {
	INIT_EARLY,    /**< heap, consoles, clock: nothing else may be used yet */
	INIT_DEVICES,  /**< buses and NICs; a NIC's receiver is enabled here, first thing */
	INIT_SERVICES, /**< settings blocks, embedded images, background services */
};

struct init_fn {
	enum init_phase phase;
	const char *name;
	void ( *startup ) ( void ); /**< root stack; must not wait; may be NULL */
	/** Undo, in reverse order; root stack; may be NULL. After it no DMA, no interrupts. */
	void ( *shutdown ) ( void );
	/** Leave to a program what it may use or change, in reverse order, and take it back when the
	 * program has returned; root stack; must not wait; may be NULL. After suspend there is no DMA. */
	void ( *suspend ) ( void );
	void ( *resume ) ( void );
};
#define INIT_FN( object ) TABLE_ENTRY ( init_fn, init_fn, object )

/** Run the start-up functions of one phase, and note them for shutdown. */
void init_phase ( enum init_phase phase );

/** Shut down everything that was started, in reverse order. Idempotent. */
void init_shutdown ( void );

/** Around a program that we start and that may return. Root stack. Everything that was started steps aside, in
 * reverse order, and then takes back what it needs. */
void init_suspend ( void );
void init_resume ( void );

/**
 * The whole life of the firmware: all phases, the main task (banner, scripts, shell, autoboot),
 * the root loop, shutdown. Called by the platform on its root stack.
 *
 * @param main_fn  what the main task runs; its result is the program's
 * @return the main task's return value
 */
int core_main ( TASK_FN int ( *main_fn ) ( void *arg ) );

#endif /* CORE_INIT_H */
