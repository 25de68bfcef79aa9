#ifndef SYNOPSIS_CZLIB_SHIM_H
#define SYNOPSIS_CZLIB_SHIM_H

#include <zlib.h>

/* inflateInit2 is a macro, which Swift does not see: a gzip stream with the largest window. */
static inline int synopsis_inflate_begin(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}

/* The same for writing one, at a level of 1 to 9. */
static inline int synopsis_deflate_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
