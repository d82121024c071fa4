#include "served.h"
#include "base/err.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void served_open(struct served *s, void (*add)(struct http *h))
{
    struct err e;
    cr_redirect_stderr();
    uv_loop_init(&s->loop);
    cr_assert_eq(http_open(&s->http, &s->loop, "127.0.0.1:0", &e), 0);
    add(s->http);
    client_open(&s->client, &s->loop, http_port(s->http));
}

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

void served_close(struct served *s)
{
    bool closed = false;
    client_close(&s->client);
    http_close(s->http, on_closed, &closed);
    run_until(&s->loop, &closed);
    cr_assert_eq(uv_loop_close(&s->loop), 0);
}

void served_check(char *answer, int status, const char *content_type, const char *part)
{
    char line[32], type[64];
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    snprintf(type, sizeof type, "\r\nContent-Type: %s\r\n", content_type);
    cr_expect(strncmp(answer, line, strlen(line)) == 0 && strstr(answer, part) != NULL, "wanted %d and %s, got:\n%s", status,
        part, answer);
    cr_expect_not_null(strstr(answer, type));
    free(answer);
}
