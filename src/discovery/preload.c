#include "discovery/discovery.h"
#include "discovery/hearing.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/*
 * A library that the dynamic linker loads into a memcached (LD_PRELOAD). It stands between the program and what reads and writes its
 * connections, and writes the list of nodes where memcached would write that it does not know the question (hearing.h). The list is in the
 * file DISCOVERY_FILE of the folder that memcached was started in; without it, memcached's own answer goes out. Everything
 * else passes as it is.
 *
 * memcached gives a connection to one thread at a time, so nothing is locked. It writes all of its answers before it reads again.
 */
#define SHOWN __attribute__((visibility("default")))

enum { FILES_MAX = 1 << 20, LIST_MAX = 16384 };

/* OpenSSL's, whose headers are not needed to build this. */
struct ssl_st;
int SSL_read(struct ssl_st *s, void *to, int n);
int SSL_write(struct ssl_st *s, const void *from, int n);

/* What is known of one descriptor. */
struct line {
    struct hearing hearing;
    bool tls;           /* what is read from the descriptor itself is no command */
    struct buf *answer; /* which is on its way; NULL: none is */
    size_t sent;        /* of the answer */
};

static struct line *lines; /* by descriptor; NULL: nothing is listened to */

static struct {
    ssize_t (*read)(int fd, void *to, size_t n);
    ssize_t (*sendmsg)(int fd, const struct msghdr *m, int flags);
    int (*close)(int fd);
    int (*SSL_read)(struct ssl_st *s, void *to, int n);
    int (*SSL_write)(struct ssl_st *s, const void *from, int n);
    int (*SSL_get_fd)(const struct ssl_st *s);
} next;

/* Casts from an object's address to a function's are not C, but what dlsym() is made for. */
static void find_next(const char *name, void *to)
{
    void *at = dlsym(RTLD_NEXT, name);
    memcpy(to, &at, sizeof at);
}

static void find_all(void)
{
    find_next("sendmsg", &next.sendmsg);
    find_next("close", &next.close);
    find_next("SSL_read", &next.SSL_read);
    find_next("SSL_write", &next.SSL_write);
    find_next("SSL_get_fd", &next.SSL_get_fd);
    find_next("read", &next.read);
}

/* So much comes from the system as pages of zeros, and those that nobody writes to cost nothing. */
__attribute__((constructor)) static void begin(void)
{
    find_all();
    lines = calloc(FILES_MAX, sizeof *lines);
}

static struct line *line_of(int fd)
{
    return lines != NULL && fd >= 0 && fd < FILES_MAX ? &lines[fd] : NULL;
}

/* ---- the answer ---- */

/* The address at which the client has found this node. */
static void find_here(int fd, char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_storage a = {0};
    socklen_t size = sizeof a;
    out[0] = '\0';
    if (getsockname(fd, (struct sockaddr *)&a, &size) != 0) return;
    const void *ip = a.ss_family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)&a)->sin6_addr
                                             : (const void *)&((struct sockaddr_in *)&a)->sin_addr;
    inet_ntop(a.ss_family, ip, out, INET6_ADDRSTRLEN);
}

static bool read_list(char text[LIST_MAX])
{
    int fd = open(DISCOVERY_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? next.read(fd, text, LIST_MAX - 1) : -1;
    if (fd >= 0) next.close(fd);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0'; /* newlines fill the file's last block */
    return n > 0;
}

/* NULL where nobody has told which nodes there are. */
static struct buf *make_answer(int fd, enum question q)
{
    char text[LIST_MAX], here[INET6_ADDRSTRLEN];
    int64_t version;
    const char *list;
    if (!read_list(text) || !discovery_load(text, &version, &list)) return NULL;
    _buf_ struct buf placed = {0};
    find_here(fd, here);
    discovery_place(&placed, list, here);
    struct buf *answer = calloc(1, sizeof *answer);
    if (answer == NULL) abort();
    discovery_answer(question_line(q), version, placed.data, "", answer);
    return answer;
}

static void drop_answer(struct line *l)
{
    if (l->answer == NULL) return;
    buf_fini(l->answer);
    free(l->answer);
    l->answer = NULL;
    l->sent = 0;
}

/* How the bytes of a connection go out. */
typedef ssize_t line_send(void *to, const char *data, size_t n);

/* Sends what is left of the answer in place of memcached's own, which has 'size' bytes: as many are said to have gone out once all of it
 * has. Until then, memcached is told what the connection tells, and tries again. */
static ssize_t send_answer(struct line *l, enum question q, size_t size, line_send *send_to, void *to)
{
    while (l->sent < l->answer->len) {
        ssize_t n = send_to(to, l->answer->data + l->sent, l->answer->len - l->sent);
        if (n <= 0) return n;
        l->sent += (size_t)n;
    }
    drop_answer(l);
    hearing_answered(&l->hearing, q);
    return (ssize_t)size;
}

/* True if the bytes begin with an answer that another one stands for. */
static bool is_replaced(struct line *l, int fd, const char *data, size_t n, enum question *q, size_t *size)
{
    *q = hearing_recognise(&l->hearing, data, n, size);
    if (*q == QUESTION_NONE) return false;
    if (l->answer == NULL) l->answer = make_answer(fd, *q);
    return l->answer != NULL;
}

/* ---- connections without encryption ---- */

static ssize_t send_plain(void *to, const char *data, size_t n)
{
    struct iovec part = {(void *)(uintptr_t)data, n};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    return next.sendmsg(*(const int *)to, &m, MSG_NOSIGNAL);
}

/* An answer of memcached's that stands alone is one part of the message. */
static size_t parts_before_answer(const struct line *l, const struct msghdr *m)
{
    size_t size;
    for (size_t i = 0; i < m->msg_iovlen; i++)
        if (hearing_recognise(&l->hearing, m->msg_iov[i].iov_base, m->msg_iov[i].iov_len, &size) != QUESTION_NONE &&
            m->msg_iov[i].iov_len == size)
            return i;
    return m->msg_iovlen;
}

SHOWN ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    struct line *l = line_of(fd);
    struct msghdr first = *m;
    enum question q;
    size_t size;
    if (l == NULL || !hearing_awaits(&l->hearing)) {
        if (l != NULL) hearing_answered(&l->hearing, QUESTION_NONE);
        return next.sendmsg(fd, m, flags);
    }
    first.msg_iovlen = parts_before_answer(l, m);
    if (first.msg_iovlen == 0 && m->msg_iovlen > 0 &&
        is_replaced(l, fd, m->msg_iov[0].iov_base, m->msg_iov[0].iov_len, &q, &size))
        return send_answer(l, q, size, send_plain, &fd);
    if (first.msg_iovlen == 0) first.msg_iovlen = m->msg_iovlen;
    hearing_answered(&l->hearing, QUESTION_NONE);
    return next.sendmsg(fd, &first, flags);
}

SHOWN ssize_t read(int fd, void *to, size_t n)
{
    if (next.read == NULL) find_all(); /* another library's beginning */
    ssize_t got = next.read(fd, to, n);
    struct line *l = got > 0 ? line_of(fd) : NULL;
    if (l != NULL && !l->tls) hearing_take(&l->hearing, to, (size_t)got);
    return got;
}

SHOWN int close(int fd)
{
    struct line *l = line_of(fd);
    if (next.close == NULL) find_all();
    if (l != NULL && (l->tls || l->hearing.matched || hearing_awaits(&l->hearing) || l->answer)) {
        drop_answer(l);
        *l = (struct line){0};
    }
    return next.close(fd);
}

/* ---- connections with TLS ---- */

static ssize_t send_encrypted(void *to, const char *data, size_t n)
{
    return next.SSL_write(to, data, (int)n);
}

SHOWN int SSL_read(struct ssl_st *s, void *to, int n)
{
    struct line *l = line_of(next.SSL_get_fd(s));
    /* What was read before is the beginning of the handshake, and no command. */
    if (l != NULL && !l->tls) {
        drop_answer(l);
        *l = (struct line){.tls = true};
    }
    int got = next.SSL_read(s, to, n);
    if (l != NULL && got > 0) hearing_take(&l->hearing, to, (size_t)got);
    return got;
}

/* memcached joins its answers into one write. One to a question stands at its beginning or, as no value does, at its end. */
SHOWN int SSL_write(struct ssl_st *s, const void *from, int n)
{
    int fd = next.SSL_get_fd(s);
    struct line *l = line_of(fd);
    const char *data = from;
    enum question q;
    size_t size = 0;
    if (l == NULL || n <= 0 || !hearing_awaits(&l->hearing)) {
        if (l != NULL) hearing_answered(&l->hearing, QUESTION_NONE);
        return next.SSL_write(s, from, n);
    }
    if (is_replaced(l, fd, data, (size_t)n, &q, &size)) return (int)send_answer(l, q, size, send_encrypted, s);
    size_t rest = size < (size_t)n ? (size_t)n - size : 0;
    if (rest > 0 && hearing_recognise(&l->hearing, data + rest, size, &size) != QUESTION_NONE) n = (int)rest;
    hearing_answered(&l->hearing, QUESTION_NONE);
    return next.SSL_write(s, from, n);
}
