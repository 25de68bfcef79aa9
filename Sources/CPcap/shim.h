#ifndef SYNOPSIS_CPCAP_SHIM_H
#define SYNOPSIS_CPCAP_SHIM_H

#include <pcap/pcap.h>
#include <stdio.h>
#if defined(__GLIBC__)
#include <stdio_ext.h>
#endif

/* libpcap reads a capture with two fread calls a packet. Nobody else uses the
   stream, so its lock is left out: a third of the reading time. */
static inline void synopsis_stream_is_ours_alone(FILE *stream) {
#if defined(__GLIBC__)
    __fsetlocking(stream, FSETLOCKING_BYCALLER);
#endif
}

/* Asks for a cache line that will be needed soon. */
static inline void synopsis_prefetch(const void *place) {
    __builtin_prefetch(place);
}

#endif
