#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "main/commands.h"
#include "main/options.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static int put_help(const struct options *o, FILE *to)
{
    _buf_ struct buf text = {0};
    if (o->form == HELP_MARKDOWN) options_markdown(&text, o->topic);
    else if (o->form == HELP_MAN) options_man(&text);
    else options_help(&text, o->topic);
    fputs(text.data, to);
    return fflush(to) == 0 ? 0 : 1;
}

static int run_daemon(const struct options *o, int (*run)(const struct options *o))
{
    /* Else the log would be written to whatever file or socket gets the number of a standard descriptor that came closed. */
    int fd;
    while ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && fd <= STDERR_FILENO) fcntl(fd, F_SETFD, 0);
    if (fd >= 0) close(fd);
    log_init(o->log_level, NULL);
    log_set_format(o->log_format);
    signal(SIGPIPE, SIG_IGN);
    /* A thousand clients, and a few descriptors for each node, are more than the usual soft limit of 1024. */
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) >= 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return run(o);
}

int main(int argc, char **argv)
{
    struct options o;
    struct err e;
    if (options_read(&o, argc, argv, &e)) {
        log_notice("%s", e.msg);
        return EXIT_USAGE;
    }
    switch (o.command) {
    case COMMAND_SERVE: return run_daemon(&o, serve_main);
    case COMMAND_AGENT: return run_daemon(&o, agent_main);
    case COMMAND_WAIT: return wait_main(&o);
    case COMMAND_HEALTH: return health_main(&o);
    case COMMAND_ENGINE_CHECK: return engine_check_main(&o);
    case COMMAND_VERSION: return puts("meridian " MERIDIAN_VERSION) < 0;
    case COMMAND_HELP: return put_help(&o, stdout);
    case COMMAND_NONE: break;
    }
    put_help(&o, stderr);
    return EXIT_USAGE;
}
