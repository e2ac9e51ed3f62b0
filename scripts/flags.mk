# Compiler flags, each group with its reason.

WERROR := $(if $(NO_WERROR),,-Werror)
WARN := -Wall -Wextra -Wno-unused-parameter -Wwrite-strings -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wframe-larger-than=4096 $(WERROR)

# Sources include "core/list.h" from src/ and "config/general.h" from the root. The latter as system
# headers, so that config/local may define again what config defines, without #undef. Each platform's
# own folder has config/overrides (scripts/platform.mk).
CPPFLAGS_common := -Isrc -isystem .
# Dependency files (-MD: system headers too, see above); debug information never reaches an image.
CFLAGS_common := -std=gnu11 -g -fno-common -fno-strict-aliasing -MD -MP $(WARN) $(EXTRA_CFLAGS)

# Firmware: no C library, no red zone (firmware interrupts run on our stack), no vector registers
# (nobody saves them), position independent (BIOS relocates itself, UEFI loads anywhere), sections
# that the linker can drop.
FREESTANDING := -Os -ffreestanding -fpie -fvisibility=hidden -mno-red-zone -mgeneral-regs-only \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-ffunction-sections -fdata-sections -nostdinc \
	-isystem $(shell $(CC) -print-file-name=include) -isystem src/libc/include

# What else makes gcc's code small once it is packed: the same thing looks alike wherever it is done if
# instructions are not mixed to suit an old processor, and if a function is a function. 6 % of a packed
# core, each measured. Where each packet or each bit goes through, only what takes no time.
HOT := net/tcp net/tcp_input net/tcp_window net/tcp_output net/tcp_recovery net/tcp_ranges net/ipv4 net/ether \
	net/netif net/pkt net/csum wire/tcp core/task core/timer core/list core/stream bus/virtio \
	drivers/virtio_net drivers/intel drivers/realtek platform/efi/snp platform/bios/nap platform/bios/clock \
	platform/codec/lzma platform/codec/mix platform/codec/mix_decode
PACKED = $(if $(findstring clang,$(CC)),,-fno-schedule-insns2 $(if $(filter $(HOT),$*),, \
	-fno-inline-functions-called-once -fno-shrink-wrap -fno-tree-loop-distribute-patterns \
	-fno-caller-saves -fno-if-conversion -fno-if-conversion2 -fno-optimize-sibling-calls))

# Who calls whom, for "make check-blocking"; changes no code.
CALLGRAPH := $(if $(findstring clang,$(CC)),,-fcallgraph-info=su,da)

CC_bios := $(CC)
CPPFLAGS_bios := $(CPPFLAGS_common) -isystem bin -DPLATFORM_BIOS
CFLAGS_bios = $(CFLAGS_common) $(FREESTANDING) $(PACKED) $(CALLGRAPH)

CC_efi := $(CC)
CPPFLAGS_efi := $(CPPFLAGS_common) -isystem bin-x86_64-efi -DPLATFORM_EFI
CFLAGS_efi = $(CFLAGS_common) $(FREESTANDING) $(PACKED)

# Host: an ordinary program; the sanitizers are the point of it.
CC_host := $(CC)
CPPFLAGS_host := $(CPPFLAGS_common) -isystem bin-host -DPLATFORM_HOST -D_GNU_SOURCE
CFLAGS_host := $(CFLAGS_common) -Wno-frame-larger-than -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined

CC_fuzz := $(CLANG)
CPPFLAGS_fuzz := $(CPPFLAGS_common) -isystem bin-fuzz -DPLATFORM_HOST -D_GNU_SOURCE
CFLAGS_fuzz := $(CFLAGS_common) -Wno-frame-larger-than -Wno-unknown-warning-option \
	-Wno-unknown-attributes -Wno-gnu-variable-sized-type-not-at-end -O1 -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
