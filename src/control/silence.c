#include "control/silence.h"
#include "base/proc_stat.h"

enum { OUT_OF_TOUCH_LOOKS = 3, HANGS_POINTS = 30 };
static const int weight[] = {[AGENT_STANDS] = 10, [AGENT_WAITS] = 3, [AGENT_WORKS] = 1};

void silence_end(struct silence *s)
{
    s->looks = s->points = 0;
}

enum agent_doing silence_look(struct silence *s, long pid)
{
    struct proc_stat st;
    if (!proc_stat_of(pid, &st)) return AGENT_WAITS;
    bool used = st.used != s->used;
    s->used = st.used;
    if (proc_stat_stopped(&st)) return AGENT_STANDS;
    return used || st.state == 'R' || st.state == 'D' ? AGENT_WORKS : AGENT_WAITS;
}

bool silence_hangs(struct silence *s, enum agent_doing doing)
{
    s->looks++;
    s->points += weight[doing];
    return s->points >= HANGS_POINTS;
}

bool silence_falls(const struct silence *s)
{
    return s->looks == OUT_OF_TOUCH_LOOKS;
}
