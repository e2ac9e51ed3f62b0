/** @file
 * What the files of the BIOS platform share: the hand-over from the stub, low memory, real-mode
 * calls, the memory map. docs/execution.md tells the story.
 */
#ifndef BIOS_H
#define BIOS_H

#include "core/compiler.h"
#include "platform/bios/stub/layout.h"

/** Registers of a real-mode call. What is not set is 0. */
struct bios_regs {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp;
	uint32_t eflags; /**< out */
	uint16_t ds, es;
};
#define EFLAGS_CF 0x0001
#define EFLAGS_ZF 0x0040

/** Start of the block in base memory (stub/low.S keeps to this layout). */
struct low_block {
	uint64_t call;   /**< address of the 64-bit entry to the thunk */
	uint64_t buffer; /**< LOW_BUFFER_SIZE bytes that BIOS services can reach */
	uint32_t base;
	uint16_t segment;
	uint16_t pad;
	uint32_t target; /**< segment << 16 | offset of the service */
	struct bios_regs regs;
	uint64_t gdt[9];
};
#define LOW_BUFFER_SIZE ( LOW_SIZE - LOW_BUFFER )

/** One range of INT 15h AX=E820h. */
struct e820_range {
	uint64_t base, len;
	uint32_t type, attributes;
};
#define E820_RAM 1
#define E820_MAX 128 /* more ranges than any known machine reports */

/** What the stub hands to the core. */
struct boot_info {
	struct low_block *low;
	/* Helpers: offsets in the low block. */
	uint16_t teletype, halt, key_hook, key_chain, pxe_call, pxe_return;
	uint32_t build_id;         /**< CRC of the packed core: names this very image */
	uint64_t image, image_len; /**< where the core lies, with its bss */
	uint64_t initrd, initrd_len;
	uint32_t
		boot_device; /**< whose option ROM this is: BOOT_DEVICE_PCI | bus:dev.fn; 0: none */
	uint32_t restart;    /**< not 0: started within the BIOS's self-test */
	uint32_t dhcp_ack_len; /**< DHCPACK that a PXE ROM got, bytes; 0: none */
	uint8_t dhcp_ack[PXE_PACKET_MAX];
	uint32_t pxe_entry[4]; /**< struct pxe_entry (stub/pxe.c), if the core releases the ROM */
	uint32_t undi_api;    /**< entry point of the ROM's UNDI, segment << 16 | offset; 0: gone */
	uint32_t undi_device; /**< whose UNDI it is: as boot_device */
	uint32_t
		pxe_stack; /**< the ROM's, to which we shall return, segment << 16 | offset; 0: gone */
	uint32_t pxe, pxenv;     /**< !PXE and PXENV+ of the ROM, likewise */
	uint64_t slot, slot_len; /**< data slot, if something is in it */
	uint32_t range_count;
	struct e820_range ranges[E820_MAX];
	char cmdline[CMDLINE_MAX + 1];
};
extern struct boot_info boot_info;

/** Header of the core's flat image (scripts/bios.lds). */
struct core_header {
	uint64_t magic;
	uint64_t entry;             /**< offset of bios_entry */
	uint64_t relr, relr_len;    /**< packed relative relocations (DT_RELR) */
	uint64_t file_len, mem_len; /**< without and with bss */
	uint64_t text_end, tables;  /**< for the packer: end of code, start of tables and data */
};
#define CORE_MAGIC 0x31302d6472616e6cULL /* "lnard-01", little endian */

/* ---- Low memory (main.c, real.c) ---- */

/**
 * The first 2 MiB appear a second time here: page 0 itself is not mapped, so that a null pointer
 * faults.
 */
#define LOW_ALIAS 0xffff800000000000ULL
static inline volatile void *low_memory ( uint32_t addr ) {
	return (volatile void *) ( LOW_ALIAS + addr );
}

/* BIOS data area. */
#define BDA_EBDA_SEGMENT   0x40e
#define BDA_BASE_MEMORY_KB 0x413
#define BDA_VIDEO_MODE     0x449
#define BDA_VIDEO_COLUMNS  0x44a
#define BDA_VIDEO_OFFSET   0x44e
#define BDA_CURSOR         0x450
#define BDA_VIDEO_PAGE     0x462
#define BDA_CRTC_PORT      0x463
#define BDA_RESET_FLAG     0x472
#define BDA_VIDEO_ROWS     0x484

/** Buffer in base memory for what BIOS services read and write: LOW_BUFFER_SIZE bytes, at
 * boot_info.low->segment : LOW_BUFFER. Any later call may use it. */
static inline void *low_buffer ( void ) {
	return (void *) (uintptr_t) boot_info.low->buffer;
}

/** Interrupts that more than one file knows. */
#define INT_SYSTEM    0x15 /* memory map, keyboard intercept */
#define INT_BOOT_NEXT 0x18 /* nothing to boot here: try the next device */

/** Real-mode interrupt vector: segment << 16 | offset. */
static inline volatile uint32_t *bios_vector ( unsigned int vector ) {
	return (volatile uint32_t *) low_memory ( vector * 4 );
}

/**
 * Call a BIOS service: INT @c vector in real mode with interrupts on.
 *
 * @param regs  in and out; segments that are 0 stay 0
 * Context: any stack; interrupts off. Costs some 10 us: never once a character or a packet.
 */
void bios_call ( unsigned int vector, struct bios_regs *regs );

/** The same for the code at @c target, segment << 16 | offset, which ends with iret. */
void bios_call_far ( uint32_t target, struct bios_regs *regs );

/** segment << 16 | offset of a helper in the low block. */
static inline uint32_t low_helper ( uint16_t offset ) {
	return (uint32_t) boot_info.low->segment << 16 | offset;
}

/** Interrupt requests that wait for the next real-mode call, IRQ 0-15 as bits. */
uint16_t bios_irqs_pending ( void );

/** Keep a line masked in real-mode calls, too. @return true if it was not */
bool bios_irq_mask ( unsigned int irq );
/** The BIOS's again. */
void bios_irq_unmask ( unsigned int irq );

/** Mask all interrupt lines while in long mode; real-mode calls see the BIOS's own masks. */
void bios_irqs_init ( void );

/* ---- paging.c ---- */

/** Our own page tables: the first 4 GiB one to one (without page 0) and the low alias. */
void paging_init ( void );

/** Map what lies above 4 GiB, in whole large pages; what is mapped stays so. @return 0, -ENOMEM */
int paging_map ( uint64_t addr, uint64_t len );

/** Unmap or map again one 4 KiB page of RAM below 4 GiB. @return 0 or -ENOMEM */
int paging_set_present ( uint64_t addr, bool present );

/** True if the page around @c addr, below 4 GiB, is mapped. */
bool paging_is_present ( uint64_t addr );

/** A page fault: device memory above 4 GiB is mapped when it is first touched.
 * @return true if it was that, and the access can be tried again */
bool paging_fault ( uint64_t addr, uint64_t error );

/* ---- pages.c ---- */

/** Hand all RAM above 1 MiB to the page allocator, without the core and the initrd. */
void pages_init ( void );

/** Call @c fn for each free piece of memory, lowest first. It must not allocate or free. */
void pages_for_each_free ( void ( *fn ) ( void *arg, uint64_t start, uint64_t end ), void *arg );

/** Around a program that may write to what is free, where the list of free blocks is: note it elsewhere, and
 * set it up again. In between nothing may be allocated or freed. @return 0 or -ENOMEM */
int pages_freeze ( void );
void pages_thaw ( void );

/* ---- exception.c ---- */

/** Interrupt table and stack for faults. */
void exceptions_init ( void );

/** Vector of the nap timer; its handler only acknowledges it. */
#define VECTOR_TIMER    0x21
#define VECTOR_SPURIOUS 0x2f
/** Called by the timer interrupt. */
void nap_interrupt ( void );

/* ---- clock.c, nap.c ---- */

/** Calibrate the time stamp counter, and the local APIC's timer, against the PIT. */
void bios_clock_init ( void );

/** Prepare the nap timer. @return true if there is one */
bool nap_init ( void );
/** Start it for calibration; ticks that it counted since. */
void nap_calibrate_start ( void );
uint32_t nap_calibrate_read ( void );
void nap_set_rate ( uint64_t ticks, uint64_t us );
/** As the BIOS left it. nap_init() starts it again. */
void nap_shutdown ( void );

/* ---- screen.c ---- */

/** Bring the screen up to date now; before the firmware is left or stopped. */
void screen_flush ( void );

/* ---- pxe_rom.c, undi.c ---- */

/** In an image that keeps UNDI: take leave of the PXE ROM, before anything else is set up. */
void pxe_rom_release ( void );

/** After init_suspend(), for a program that uses what is left of the PXE ROM: its NIC as it left it; and back,
 * before init_resume(). Without a ROM: nothing. */
void undi_give ( void );
void undi_take ( void );

/** After init_shutdown(), if the PXE ROM that called us is still there: give it its NIC back and return
 * to it with the status that @c rc means. Without it: nothing. */
void undi_return ( int rc );

/* ---- keyboard.c ---- */

/** Next byte from the keyboard, or -1. */
int bios_getchar ( void );

#endif /* BIOS_H */
