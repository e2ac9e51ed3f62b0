/** @file
 * Streams: the common part is the poison rule.
 */
#include "core/error.h"
#include "core/stream.h"

TASK_FN ssize_t stream_read ( struct stream *stream, void *buf, size_t len, utime_t deadline ) {
	ssize_t rc;

	if ( stream->poison )
		return stream->poison;
	rc = stream->ops->read ( stream, buf, len, deadline );
	if ( ( rc < 0 ) && !err_is ( rc, ETIMEDOUT ) )
		stream->poison = rc;
	return rc;
}

TASK_FN int stream_write ( struct stream *stream, const void *data, size_t len, utime_t deadline ) {
	int rc;

	if ( stream->poison )
		return stream->poison;
	rc = stream->ops->write ( stream, data, len, deadline );
	if ( rc < 0 )
		stream->poison = rc;
	return rc;
}

void stream_close ( struct stream *stream ) {
	if ( stream )
		stream->ops->close ( stream );
}
