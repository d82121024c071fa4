#pragma once
#include <curl/curl.h>
#include <stdbool.h>
/*
 * libcurl, loaded where somebody needs it and not linked: serve does without it, unless it sends requests on, and with the libraries
 * that it needs itself it would cost 3 MiB of memory and 2 ms at the start.
 */
struct err;

extern struct libcurl {
    bool loaded;
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_pause) *easy_pause;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_multi_init) *multi_init;
    __typeof__(curl_multi_setopt) *multi_setopt;
    __typeof__(curl_multi_assign) *multi_assign;
    __typeof__(curl_multi_add_handle) *multi_add_handle;
    __typeof__(curl_multi_remove_handle) *multi_remove_handle;
    __typeof__(curl_multi_socket_action) *multi_socket_action;
    __typeof__(curl_multi_info_read) *multi_info_read;
    __typeof__(curl_multi_cleanup) *multi_cleanup;
} curl;

/* Done again it does nothing. 0 or ERR_BROKEN. */
int libcurl_load(struct err *e);
/* libcurl opens sockets of its own, which child processes must not inherit: to be called after each init. */
void libcurl_keep_descriptors(void);
