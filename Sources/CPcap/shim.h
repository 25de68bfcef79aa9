#ifndef SYNOPSIS_CPCAP_SHIM_H
#define SYNOPSIS_CPCAP_SHIM_H

#include <pcap/pcap.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* Tells the processor that a loop waits for another thread. */
static inline void synopsis_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* How many processors this process may run on; 1 where the system does not say. */
static inline long synopsis_processors(void) {
    unsigned long set[128] = {0};
    long octets = syscall(SYS_sched_getaffinity, 0, sizeof set, set);
    long count = 0;
    for (long place = 0; place * (long)sizeof set[0] < octets; place++)
        count += __builtin_popcountl(set[place]);
    return count > 0 ? count : 1;
}

#endif
