#include "agent/session/agent.h"
#include "base/err.h"
#include "base/log.h"
#include "main/commands.h"
#include "main/options.h"
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int agent_main(const struct options *o)
{
    struct err e;
    struct agent_options a = {
        .region = o->region,
        .data_dir = o->data_dir,
        .stop_limit_ms = o->stop_timeout * 1000LL,
        .dry_run = o->dry_run == DRY_RUN_ON,
        .stop_only = o->stop_only == STOP_ONLY_ON,
        .redis_server = o->redis_server[0] ? o->redis_server : NULL,
        .memcached = o->memcached[0] ? o->memcached : NULL,
        .engines = o->engines[0] ? o->engines : NULL,
    };
    char who[OPTION_NAME_SIZE + 16];
    snprintf(who, sizeof who, "agent %s", o->region);
    log_init(o->log_level, who);
    if (o->ephemeral == EPHEMERAL_ON) {
        /* Nobody would find what runs in a data directory that nobody starts again. */
        pid_t parent = getppid();
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) raise(SIGTERM);
    }
    umask(077);
    if (agent_run(&a, &e) == 0) return 0;
    log_error("%s", e.msg);
    return 1;
}
