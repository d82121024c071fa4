#include "agent/os/address.h"
#include "agent/os/bound.h"
#include "agent/os/reservations.h"
#include "base/log.h"
#include "link_scene.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

uint64_t __real_uv_now(const uv_loop_t *l);
uint64_t __wrap_uv_now(const uv_loop_t *l);

uv_loop_t loop;
struct link_host host;
struct link *a_link;
const char *stranger;
uint64_t ahead_ms;
int port, n_changes;

uint64_t __wrap_uv_now(const uv_loop_t *l)
{
    return __real_uv_now(l) + ahead_ms;
}

static void note_change(struct link_host *h)
{
    (void)h;
    n_changes++;
}

struct buf published;

static void note_published(struct link_host *h, const char *address, int64_t at, int64_t version, const char *list)
{
    cr_assert_eq(h, &host);
    (void)address;
    buf_printf(&published, "%d %d %s,", (int)at, (int)version, list);
}

static bool is_ours(struct link_host *h, const char *address, int64_t p)
{
    (void)h, (void)p;
    return stranger == NULL || strcmp(address, stranger) != 0;
}

void link_scene_begin(void)
{
    log_init(LOG_ERROR, "test");
    scratch_open();
    static int runs; /* what a scene before left open stands at its own port */
    port = 20000 + (getpid() + runs++) % 10000;
    stranger = NULL;
    ahead_ms = 0;
    n_changes = 0;
    uv_loop_init(&loop);
    host = (struct link_host){.loop = &loop,
        .changed = note_change,
        .reservations = reservations_new(),
        .leads_to_ours = is_ours,
        .publish = note_published};
    link_host_limit(&host);
    a_link = link_open(&host, "l1");
}

void link_scene_end(void)
{
    if (a_link) link_close(a_link);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    cr_assert_eq(host.connections.n, 0);
    reservations_free(host.reservations);
    wan_regions_fini(&host.regions);
    buf_fini(&published);
    scratch_close();
}

/* ---- turns of the loop ---- */

/* Gives the loop turns until the descriptor is ready. */
void await(int fd, short events)
{
    for (int i = 0; i < 100000; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        int due = uv_backend_timeout(&loop);
        struct pollfd p[] = {{.fd = fd, .events = events}, {.fd = uv_backend_fd(&loop), .events = POLLIN}};
        cr_assert_gt(poll(p, 2, due >= 0 && due < LIMIT_MS ? due : LIMIT_MS) + (due >= 0), 0, "nothing came");
        if (p[0].revents) return;
    }
    cr_assert_fail("nothing came");
}

int listen_at(const char *address)
{
    int fd = bound_open(address, port);
    cr_assert_geq(fd, 0);
    cr_assert_eq(listen(fd, 16), 0);
    return fd;
}

int connect_to(const char *address)
{
    struct sockaddr_storage to;
    socklen_t size = address_fill(address, port, &to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, size), 0, "%s", strerror(errno));
    return fd;
}

int take(int listener)
{
    await(listener, POLLIN);
    int fd = accept(listener, NULL, NULL);
    cr_assert_geq(fd, 0);
    return fd;
}

void say(int fd, const char *text)
{
    cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

void hear(int fd, const char *text)
{
    char heard[1024] = "";
    for (size_t n = 0; n < strlen(text);) {
        await(fd, POLLIN);
        ssize_t got = recv(fd, heard + n, strlen(text) - n, 0);
        cr_assert_gt(got, 0, "the end instead of %s", text);
        n += (size_t)got;
    }
    cr_assert_str_eq(heard, text);
}

/* The peer sends nothing more, or has broken the connection. */
void hear_end(int fd)
{
    char c;
    await(fd, POLLIN);
    cr_assert_leq(recv(fd, &c, 1, 0), 0);
}
