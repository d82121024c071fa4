#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * What Meridian asks of a program that is to run redis or valkey, part by part: the commands, and what their answers must hold.
 * Constant data. The list for people is docs/reference.md; who asks a program is agent/redis/probe.h.
 */

/* What needs the commands. Each part but the first needs those before it no more than a user of Meridian does. */
enum engine_part {
    PART_NODES,
    PART_ENDPOINTS,
    PART_REPLICAS,
    PART_USERS,
    PART_ENCRYPTION,
    PART_SNAPSHOTS,
    PART_LOGS,
    PART_CLUSTER_MODE,
    PART_DURABILITY,
    PART__COUNT
};

struct engine_need {
    enum engine_part part;
    const char *command; /* its words, a space between them */
    const char *answer;  /* what the answer holds; "": any that is no error */
    const char *why;     /* what it is needed for: the end of a sentence */
    const char
        *refusal; /* what an error holds that is as good: the program knows the command, which has nothing to do here; or NULL */
};

extern const struct engine_need engine_needs[];
extern const size_t n_engine_needs;
/* What users call each part. */
extern const char *const engine_part_names[PART__COUNT];

/* What a program lacks of a part: the first command that it refuses, NULL where it has all. */
struct engine_lacks {
    const struct engine_need *of[PART__COUNT];
};
bool engine_lacks_any(const struct engine_lacks *l);
