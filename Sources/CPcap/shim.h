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

/* The two halves of a product, folded: Swift's own goes through a call. */
static inline unsigned long long synopsis_fold(unsigned long long left,
                                               unsigned long long right) {
    unsigned __int128 product = (unsigned __int128)left * right;
    return (unsigned long long)(product >> 64) ^ (unsigned long long)product;
}

#endif
