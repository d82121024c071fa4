#include "agent/session/agent.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

/* usage: agent_main REGION DATA_DIR [REDIS_SERVER]    an agent for the live tests */
int main(int argc, char **argv)
{
    struct err e = {0};
    if (argc < 3) return 2;
    struct agent_options o = {argv[1], argv[2], argc > 3 ? argv[3] : NULL, .stop_limit_ms = 60000};
    log_init(LOG_INFO, argv[1]);
    int r = agent_run(&o, &e);
    if (r) fprintf(stderr, "agent: %s\n", e.msg);
    return r ? 1 : 0;
}
