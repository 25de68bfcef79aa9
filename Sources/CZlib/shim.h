#ifndef SYNOPSIS_CZLIB_SHIM_H
#define SYNOPSIS_CZLIB_SHIM_H

#include <zlib.h>

/* inflateInit2 is a macro, which Swift does not see: a gzip stream with the largest window. */
static inline int synopsis_inflate_begin(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}

#endif
