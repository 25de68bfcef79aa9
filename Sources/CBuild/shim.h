#ifndef SYNOPSIS_CBUILD_SHIM_H
#define SYNOPSIS_CBUILD_SHIM_H

#include <gnu/libc-version.h>

/* Linked only into what is released. */
extern const char synopsis_commit[] __attribute__((weak));

/* The commit that this was built from; null if unknown. */
static inline const char *synopsis_commit_if_known(void) { return synopsis_commit; }

#endif
