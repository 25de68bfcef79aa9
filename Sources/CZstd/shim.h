#ifndef SYNOPSIS_CZSTD_SHIM_H
#define SYNOPSIS_CZSTD_SHIM_H

#include <zstd.h>

#endif
