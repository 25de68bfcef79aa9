/* What an executable needs that holds the C library and libpcap whole; build-static alone links it. */
#include <nss.h>
#include <stddef.h>

/* Debian's libpcap captures D-Bus messages, too, and its library is not there to link. These two
   stand for that part of libpcap: it has no such device. */
int __wrap_dbus_findalldevs(void *devices, char *error);
void *__wrap_dbus_create(const char *device, char *error, int *is_ours);

int __wrap_dbus_findalldevs(void *devices, char *error) {
    (void)devices, (void)error;
    return 0;
}

void *__wrap_dbus_create(const char *device, char *error, int *is_ours) {
    (void)device, (void)error;
    *is_ours = 0;
    return NULL;
}

/* nsswitch.conf may name modules of the system's own C library, which this one must not load. */
__attribute__((constructor)) static void use_builtin_name_services(void) {
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
    __nss_configure_lookup("initgroups", "files");
    __nss_configure_lookup("hosts", "files dns");
}

/* Which commit this is, for --version. */
#ifdef SYNOPSIS_COMMIT
const char synopsis_commit[] = SYNOPSIS_COMMIT;
#endif
