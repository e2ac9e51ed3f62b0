/** @file
 * Kernels in bzImage format: what their header says (The Linux/x86 Boot Protocol, versions 2.00 to
 * 2.15, and kernels older than that). Only looks; nothing here touches memory but the image.
 */
#ifndef IMAGE_BZIMAGE_H
#define IMAGE_BZIMAGE_H

#include "core/compiler.h"

/* Offsets in the first sectors, for who fills in the header. Fields end before bzimage.header_end. */
#define BZI_SETUP_SECTS     0x1f1
#define BZI_SYSSIZE         0x1f4
#define BZI_VID_MODE        0x1fa
#define BZI_BOOT_FLAG       0x1fe
#define BZI_JUMP_OFFSET     0x201
#define BZI_MAGIC           0x202
#define BZI_VERSION         0x206
#define BZI_LOADER          0x210
#define BZI_LOADFLAGS       0x211
#define BZI_SETUP_MOVE_SIZE 0x212
#define BZI_CODE32_START    0x214
#define BZI_RAMDISK_IMAGE   0x218
#define BZI_RAMDISK_SIZE    0x21c
#define BZI_HEAP_END_PTR    0x224
#define BZI_CMD_LINE_PTR    0x228
#define BZI_INITRD_MAX      0x22c
#define BZI_ALIGNMENT       0x230
#define BZI_RELOCATABLE     0x234
#define BZI_XLOADFLAGS      0x236
#define BZI_CMDLINE_SIZE    0x238
#define BZI_PREF_ADDRESS    0x258
#define BZI_INIT_SIZE       0x260

#define BZI_LOADED_HIGH  0x01 /* loadflags */
#define BZI_CAN_USE_HEAP 0x80
#define BZI_KERNEL_64    0x0001 /* xloadflags */
#define BZI_ABOVE_4G     0x0002

/** Real-mode code and header, then the boot sector's: all must fit below the heap. */
#define BZI_REAL_MAX 0x9000

/** What the header says, checked. */
struct bzimage {
	unsigned int version; /**< 0x020f; 0: older than 2.00 */
	size_t header_end;    /**< offset; fields beyond it are not the header's */
	size_t real_len;      /**< bytes of the real-mode part, at the start of the file */
	size_t kernel_len;    /**< bytes of the rest, the kernel */
	bool high;            /**< the kernel is loaded at 1 MiB, else at 64 KiB */
	bool relocatable;     /**< or at any multiple of `alignment` */
	bool entry_64;        /**< can be entered in 64-bit mode with its initrd above 4 GiB */
	uint64_t alignment;
	uint64_t pref_address; /**< where it wants to run */
	uint64_t init_size;  /**< memory that it needs there before it knows the memory map; or 0 */
	uint64_t initrd_max; /**< the initrd ends here at most (exclusive) */
	size_t cmdline_max;  /**< bytes without the final NUL */
};

/**
 * Is this a bzImage, and does all of its header make sense?
 *
 * @param data     the file; borrowed
 * @param len      its length, bytes
 * @param ret_bz   filled on success
 * @return 0; -ENOEXEC_IMAGE it is something else; -EBADMSG it is damaged, with words
 */
int bzimage_parse ( const void *data, size_t len, struct bzimage *ret_bz );

/** What the command line says to the loader as well. */
struct bzimage_args {
	bool has_vga;
	uint16_t vid_mode; /**< by vga= */
	uint64_t mem;      /**< by mem=: memory from here on is not to be used; or UINT64_MAX */
};

/** @param cmdline  or NULL */
void bzimage_parse_args ( const char *cmdline, struct bzimage_args *ret_args );

#endif /* IMAGE_BZIMAGE_H */
