#include "base/libcurl.h"
#include "base/err.h"
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct libcurl curl;

static const struct {
    const char *name;
    void *function; /* where its pointer stands */
} functions[] = {
    {"curl_global_init", &curl.global_init},
    {"curl_slist_append", &curl.slist_append},
    {"curl_slist_free_all", &curl.slist_free_all},
    {"curl_easy_init", &curl.easy_init},
    {"curl_easy_setopt", &curl.easy_setopt},
    {"curl_easy_getinfo", &curl.easy_getinfo},
    {"curl_easy_perform", &curl.easy_perform},
    {"curl_easy_pause", &curl.easy_pause},
    {"curl_easy_strerror", &curl.easy_strerror},
    {"curl_easy_cleanup", &curl.easy_cleanup},
    {"curl_multi_init", &curl.multi_init},
    {"curl_multi_setopt", &curl.multi_setopt},
    {"curl_multi_assign", &curl.multi_assign},
    {"curl_multi_add_handle", &curl.multi_add_handle},
    {"curl_multi_remove_handle", &curl.multi_remove_handle},
    {"curl_multi_socket_action", &curl.multi_socket_action},
    {"curl_multi_info_read", &curl.multi_info_read},
    {"curl_multi_cleanup", &curl.multi_cleanup},
};

/* Debian's name for the library without OpenSSL comes first, then that of other systems. */
static const char *const libraries[] = {"libcurl-gnutls.so.4", "libcurl.so.4"};

int libcurl_load(struct err *e)
{
    void *library = NULL;
    if (curl.loaded) return 0;
    for (size_t i = 0; library == NULL && i < sizeof libraries / sizeof *libraries; i++)
        library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return err_set(e, ERR_BROKEN, "libcurl can't be loaded: %s", dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *found = dlsym(library, functions[i].name);
        if (found == NULL) return err_set(e, ERR_BROKEN, "libcurl is of no use: it has no %s", functions[i].name);
        memcpy(functions[i].function, &found, sizeof found);
    }
    if (curl.global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) return err_set(e, ERR_BROKEN, "libcurl can't be initialised");
    curl.loaded = true;
    return 0;
}

/* Every other descriptor of this program is marked already. */
void libcurl_keep_descriptors(void)
{
    if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) assert(errno == ENOSYS || errno == EINVAL);
}
