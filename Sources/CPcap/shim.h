#ifndef SYNOPSIS_CPCAP_SHIM_H
#define SYNOPSIS_CPCAP_SHIM_H

#include <pcap/pcap.h>

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
