#ifndef SYNOPSIS_CPRIVILEGES_SHIM_H
#define SYNOPSIS_CPRIVILEGES_SHIM_H

#include <grp.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Hidden without _GNU_SOURCE, which must not depend on who includes this first. */
extern int setresuid(uid_t, uid_t, uid_t);
extern int setresgid(gid_t, gid_t, gid_t);
extern int getresuid(uid_t *, uid_t *, uid_t *);
extern int initgroups(const char *, gid_t);
extern int setgroups(size_t, const gid_t *);
extern long syscall(long, ...);

/* No program that this process starts gets more rights than it has: prctl has as many arguments as it likes. */
static inline int synopsis_gain_no_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
}

/* Whether the permitted capabilities outlive a change of the user. */
static inline int synopsis_keep_capabilities(int keep) {
    return prctl(PR_SET_KEEPCAPS, (unsigned long)keep, 0UL, 0UL, 0UL);
}

static inline int synopsis_clear_ambient_capabilities(void) {
    return prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL);
}

/* Whatever this process does, it never gets a capability that it dropped here. */
static inline int synopsis_drop_from_bounding_set(int capability) {
    return prctl(PR_CAPBSET_DROP, (unsigned long)capability, 0UL, 0UL, 0UL);
}

/* The permitted capabilities of this thread, a bit each; 0 where the kernel does not say. */
static inline uint64_t synopsis_permitted_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &header, data) != 0) return 0;
    return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* Makes these the permitted and effective capabilities of this thread, and none inheritable. */
static inline int synopsis_set_capabilities(uint64_t set) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)set, (uint32_t)set, 0},
        {(uint32_t)(set >> 32), (uint32_t)(set >> 32), 0},
    };
    return (int)syscall(SYS_capset, &header, data);
}

#endif
