/** @file
 * A byte stream with a deadline on every call: TCP, and later TLS over TCP, a chunked body over
 * either. A stream that failed or was cancelled in mid-operation is poisoned: every later call
 * returns the same error.
 */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include "core/clock.h"
#include "core/task.h"

struct stream;

struct stream_ops {
	/** At least one byte, at most @c len; 0 = end. Otherwise a negative error. */
	TASK_FN ssize_t ( *read ) ( struct stream *stream, void *buf, size_t len,
				    utime_t deadline );
	/** All of it, or a negative error. */
	TASK_FN int ( *write ) ( struct stream *stream, const void *data, size_t len,
				 utime_t deadline );
	/** Give up the stream; never waits, frees it. */
	void ( *close ) ( struct stream *stream );
};

struct stream {
	const struct stream_ops *ops;
	int poison; /**< sticky negative error, or 0 */
};

/**
 * Read what there is, waiting for the first byte.
 * @return bytes read (1..len), 0 at the end of the stream, -ETIMEDOUT, -ECANCELED, or the
 *         transport's error. A time-out does not poison.
 */
TASK_FN ssize_t stream_read ( struct stream *stream, void *buf, size_t len, utime_t deadline );

/** Write all. @return 0, -ETIMEDOUT, -ECANCELED, or the transport's error; each poisons. */
TASK_FN int stream_write ( struct stream *stream, const void *data, size_t len, utime_t deadline );

/** Close and free; NULL is harmless. Never waits. */
void stream_close ( struct stream *stream );
static inline void stream_closep ( struct stream **stream ) {
	stream_close ( *stream );
}

#endif /* CORE_STREAM_H */
