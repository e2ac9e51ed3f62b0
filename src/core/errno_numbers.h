/** @file
 * The POSIX-style error numbers of error codes, already shifted to bits 30-24 (see core/error.h).
 * They replace the C library's on the host, where a file may have included its errno.h first.
 */
#ifndef CORE_ERRNO_NUMBERS_H
#define CORE_ERRNO_NUMBERS_H

#undef E2BIG
#undef EACCES
#undef EADDRINUSE
#undef EADDRNOTAVAIL
#undef EAFNOSUPPORT
#undef EAGAIN
#undef EALREADY
#undef EBADF
#undef EBADMSG
#undef EBUSY
#undef ECANCELED
#undef ECHILD
#undef ECONNABORTED
#undef ECONNREFUSED
#undef ECONNRESET
#undef EDEADLK
#undef EDESTADDRREQ
#undef EDOM
#undef EDQUOT
#undef EEXIST
#undef EFAULT
#undef EFBIG
#undef EHOSTUNREACH
#undef EIDRM
#undef EILSEQ
#undef EINPROGRESS
#undef EINTR
#undef EINVAL
#undef EIO
#undef EISCONN
#undef EISDIR
#undef ELOOP
#undef EMFILE
#undef EMLINK
#undef EMSGSIZE
#undef EMULTIHOP
#undef ENAMETOOLONG
#undef ENETDOWN
#undef ENETRESET
#undef ENETUNREACH
#undef ENFILE
#undef ENOBUFS
#undef ENODATA
#undef ENODEV
#undef ENOENT
#undef ENOEXEC
#undef ENOLCK
#undef ENOLINK
#undef ENOMEM
#undef ENOMSG
#undef ENOPROTOOPT
#undef ENOSPC
#undef ENOSR
#undef ENOSTR
#undef ENOSYS
#undef ENOTCONN
#undef ENOTDIR
#undef ENOTEMPTY
#undef ENOTSOCK
#undef ENOTSUP
#undef ENOTTY
#undef ENXIO
#undef EOPNOTSUPP
#undef EOVERFLOW
#undef EPERM
#undef EPIPE
#undef EPROTO
#undef EPROTONOSUPPORT
#undef EPROTOTYPE
#undef ERANGE
#undef EROFS
#undef ESPIPE
#undef ESRCH
#undef ESTALE
#undef ETIME
#undef ETIMEDOUT
#undef ETXTBSY
#undef EWOULDBLOCK
#undef EXDEV

#define E2BIG           0x01000000
#define EACCES          0x02000000
#define EADDRINUSE      0x03000000
#define EADDRNOTAVAIL   0x04000000
#define EAFNOSUPPORT    0x05000000
#define EAGAIN          0x06000000
#define EALREADY        0x07000000
#define EBADF           0x08000000
#define EBADMSG         0x09000000
#define EBUSY           0x0a000000
#define ECANCELED       0x0b000000
#define ECHILD          0x0c000000
#define ECONNABORTED    0x0d000000
#define ECONNREFUSED    0x0e000000
#define ECONNRESET      0x0f000000
#define EDEADLK         0x10000000
#define EDESTADDRREQ    0x11000000
#define EDOM            0x12000000
#define EDQUOT          0x13000000
#define EEXIST          0x14000000
#define EFAULT          0x15000000
#define EFBIG           0x16000000
#define EHOSTUNREACH    0x17000000
#define EIDRM           0x18000000
#define EILSEQ          0x19000000
#define EINPROGRESS     0x1a000000
#define EINTR           0x1b000000
#define EINVAL          0x1c000000
#define EIO             0x1d000000
#define EISCONN         0x1e000000
#define EISDIR          0x1f000000
#define ELOOP           0x20000000
#define EMFILE          0x21000000
#define EMLINK          0x22000000
#define EMSGSIZE        0x23000000
#define EMULTIHOP       0x24000000
#define ENAMETOOLONG    0x25000000
#define ENETDOWN        0x26000000
#define ENETRESET       0x27000000
#define ENETUNREACH     0x28000000
#define ENFILE          0x29000000
#define ENOBUFS         0x2a000000
#define ENODATA         0x2b000000
#define ENODEV          0x2c000000
#define ENOENT          0x2d000000
#define ENOEXEC         0x2e000000
#define ENOLCK          0x2f000000
#define ENOLINK         0x30000000
#define ENOMEM          0x31000000
#define ENOMSG          0x32000000
#define ENOPROTOOPT     0x33000000
#define ENOSPC          0x34000000
#define ENOSR           0x35000000
#define ENOSTR          0x36000000
#define ENOSYS          0x37000000
#define ENOTCONN        0x38000000
#define ENOTDIR         0x39000000
#define ENOTEMPTY       0x3a000000
#define ENOTSOCK        0x3b000000
#define ENOTSUP         0x3c000000
#define ENOTTY          0x3d000000
#define ENXIO           0x3e000000
#define EOPNOTSUPP      0x3f000000
#define EOVERFLOW       0x40000000
#define EPERM           0x41000000
#define EPIPE           0x42000000
#define EPROTO          0x43000000
#define EPROTONOSUPPORT 0x44000000
#define EPROTOTYPE      0x45000000
#define ERANGE          0x46000000
#define EROFS           0x47000000
#define ESPIPE          0x48000000
#define ESRCH           0x49000000
#define ESTALE          0x4a000000
#define ETIME           0x4b000000
#define ETIMEDOUT       0x4c000000
#define ETXTBSY         0x4d000000
#define EWOULDBLOCK     0x4e000000
#define EXDEV           0x4f000000

/** A status of the platform (EFI, PXE) that has no POSIX number. */
#define EPLATFORM 0x7f000000

#endif /* CORE_ERRNO_NUMBERS_H */
