#ifndef SYNOPSIS_CPRIVILEGES_SANDBOX_H
#define SYNOPSIS_CPRIVILEGES_SANDBOX_H

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

extern long syscall(long, ...);

/* Landlock, by hand: the headers of Debian 12 know only half of it. Its numbers are those of all architectures. */
#define SYNOPSIS_LANDLOCK_CREATE_RULESET 444
#define SYNOPSIS_LANDLOCK_ADD_RULE 445
#define SYNOPSIS_LANDLOCK_RESTRICT_SELF 446
#define SYNOPSIS_PATH_ONLY 010000000 /* O_PATH, which hides without _GNU_SOURCE */

struct synopsis_landlock_ruleset {
    uint64_t files, ports, scopes;
};

struct synopsis_landlock_path {
    uint64_t access;
    int32_t parent;
} __attribute__((packed));

struct synopsis_landlock_port {
    uint64_t access, port;
};

/* The version of Landlock that the kernel has; 0 for none. */
static inline int synopsis_landlock_version(void) {
    long version = syscall(SYNOPSIS_LANDLOCK_CREATE_RULESET, NULL, 0UL, 1UL);
    return version < 0 ? 0 : (int)version;
}

/* A descriptor of a new set of rules, or -1; what a kernel of some version does not know must be left 0. */
static inline int synopsis_landlock_begin(uint64_t files, uint64_t ports, uint64_t scopes) {
    struct synopsis_landlock_ruleset set = {files, ports, scopes};
    int version = synopsis_landlock_version();
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    return (int)syscall(SYNOPSIS_LANDLOCK_CREATE_RULESET, &set, size, 0UL);
}

/* Allows something below a folder, or to one file; a path that does not exist allows nothing. */
static inline int synopsis_landlock_allow(int rules, const char *path, uint64_t access) {
    int place = open(path, SYNOPSIS_PATH_ONLY | O_CLOEXEC);
    if (place < 0) return -1;
    struct synopsis_landlock_path rule = {access, place};
    int status = (int)syscall(SYNOPSIS_LANDLOCK_ADD_RULE, rules, 1, &rule, 0UL);
    int error = errno;
    close(place);
    errno = error;
    return status;
}

static inline int synopsis_landlock_allow_port(int rules, uint16_t port, uint64_t access) {
    struct synopsis_landlock_port rule = {access, port};
    return (int)syscall(SYNOPSIS_LANDLOCK_ADD_RULE, rules, 2, &rule, 0UL);
}

/* From now on the rules hold for this thread and those that it starts. */
static inline int synopsis_landlock_enforce(int rules) {
    return (int)syscall(SYNOPSIS_LANDLOCK_RESTRICT_SELF, rules, 0UL);
}

#if defined(__x86_64__)
#define SYNOPSIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SYNOPSIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* System calls by which a process runs programs, looks into others, or changes the system: nothing here needs them. */
static const uint16_t synopsis_forbidden_calls[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_bpf,
    SYS_perf_event_open, SYS_userfaultfd, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare,
    SYS_setns, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_quotactl, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex,
    SYS_sethostname, SYS_setdomainname, SYS_syslog, SYS_add_key, SYS_request_key, SYS_keyctl,
    SYS_open_by_handle_at, SYS_mknodat, SYS_personality,
#ifdef SYS_fork
    SYS_fork, SYS_vfork, SYS_mknod,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
#ifdef SYS_open_tree
    SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
};

#define SYNOPSIS_CLONE_THREAD 0x00010000

/* From now on this thread, and those that it starts, may not do such calls, start processes, connect unless `connects`,
   or open sockets unless `sockets`; each gives EPERM. */
static inline int synopsis_forbid_calls(int sockets, int connects) {
#ifndef SYNOPSIS_ARCHITECTURE
    (void)sockets, (void)connects;
    errno = ENOSYS;
    return -1;
#else
    struct sock_filter code[sizeof synopsis_forbidden_calls / sizeof *synopsis_forbidden_calls * 2 + 32];
    size_t count = 0;
#define SYNOPSIS_ADD(...) code[count++] = (struct sock_filter)__VA_ARGS__
#define SYNOPSIS_REFUSE(error) SYNOPSIS_ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error)))
#define SYNOPSIS_LOAD(field) SYNOPSIS_ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field)))
#define SYNOPSIS_SKIP_UNLESS(value, skipped) SYNOPSIS_ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skipped)))
    SYNOPSIS_LOAD(arch);
    SYNOPSIS_ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYNOPSIS_ARCHITECTURE, 1, 0));
    SYNOPSIS_REFUSE(EPERM);
    SYNOPSIS_LOAD(nr);
#if defined(__x86_64__)
    /* The calls of x32 have other numbers. */
    SYNOPSIS_ADD(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
    SYNOPSIS_REFUSE(EPERM);
#endif
    for (size_t i = 0; i < sizeof synopsis_forbidden_calls / sizeof *synopsis_forbidden_calls; i++) {
        SYNOPSIS_SKIP_UNLESS(synopsis_forbidden_calls[i], 1);
        SYNOPSIS_REFUSE(EPERM);
    }
    if (!connects) {
        SYNOPSIS_SKIP_UNLESS(SYS_connect, 1);
        SYNOPSIS_REFUSE(EPERM);
    }
    if (!sockets) {
        SYNOPSIS_SKIP_UNLESS(SYS_socket, 1);
        SYNOPSIS_REFUSE(EPERM);
    }
#ifdef SYS_clone3
    /* What it is asked for lies in memory, where no filter can look; the C library then takes clone. */
    SYNOPSIS_SKIP_UNLESS(SYS_clone3, 1);
    SYNOPSIS_REFUSE(ENOSYS);
#endif
    SYNOPSIS_SKIP_UNLESS(SYS_clone, 3);
    SYNOPSIS_LOAD(args[0]);
    SYNOPSIS_ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYNOPSIS_CLONE_THREAD, 1, 0));
    SYNOPSIS_REFUSE(EPERM);
    SYNOPSIS_ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
#undef SYNOPSIS_ADD
#undef SYNOPSIS_REFUSE
#undef SYNOPSIS_LOAD
#undef SYNOPSIS_SKIP_UNLESS
    struct sock_fprog program = {(unsigned short)count, code};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0UL, 0UL);
#endif
}

/* Whether a call is refused by the filter, without arguments that could do any harm. */
static inline int synopsis_try_call(long number) { return syscall(number, -1L, -1L, -1L, -1L, -1L) < 0 ? errno : 0; }

#endif
