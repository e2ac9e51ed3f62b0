/** @file
 * QEMU TCG plugin: counts guest instructions into a file, eight bytes in the host's order, which
 * whoever maps or reads it sees grow while the guest runs. Repeated string instructions count once
 * an iteration, as they cost.
 *
 *     gcc -O2 -shared -fPIC -o insn_count.so tests/bench/insn_count.c
 *     qemu-system-x86_64 -accel tcg -plugin ./insn_count.so,out=/tmp/count ...
 *
 * It declares the few functions of the plugin interface (QEMU's docs/devel/tcg-plugins) that it
 * calls, version 1, because Debian does not package the header.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
typedef void ( *tb_trans_cb ) ( qemu_plugin_id_t id, struct qemu_plugin_tb *tb );

extern void qemu_plugin_register_vcpu_tb_trans_cb ( qemu_plugin_id_t id, tb_trans_cb cb );
extern size_t qemu_plugin_tb_n_insns ( const struct qemu_plugin_tb *tb );
extern void qemu_plugin_register_vcpu_tb_exec_inline ( struct qemu_plugin_tb *tb,
						       enum qemu_plugin_op op, void *ptr,
						       uint64_t imm );

#define EXPORT __attribute__ ( ( visibility ( "default" ) ) )

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install ( qemu_plugin_id_t id, const qemu_info_t *info, int argc,
				 char **argv );

static uint64_t *count;

static void translated ( qemu_plugin_id_t id, struct qemu_plugin_tb *tb ) {
	qemu_plugin_register_vcpu_tb_exec_inline ( tb, QEMU_PLUGIN_INLINE_ADD_U64, count,
						   qemu_plugin_tb_n_insns ( tb ) );
}

int qemu_plugin_install ( qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv ) {
	int fd;

	if ( ( argc != 1 ) || strncmp ( argv[0], "out=", 4 ) ) {
		fprintf ( stderr, "insn_count: needs out=<file>\n" );
		return -1;
	}
	fd = open ( argv[0] + 4, O_RDWR | O_CREAT | O_TRUNC, 0600 );
	if ( ( fd < 0 ) || ( ftruncate ( fd, sizeof ( *count ) ) != 0 ) )
		return -1;
	count = mmap ( NULL, sizeof ( *count ), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0 );
	close ( fd );
	if ( count == MAP_FAILED )
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb ( id, translated );
	return 0;
}
