#pragma once
#include "base/arena.h"
#include "catalog/events.gen.h"
#include <stdbool.h>
/*
 * The messages of events. Constant data generated from api/catalog/events.json;
 * events.gen.h shows every text beside its name. The caller stores the events.
 */

struct event_kind {
    const char *source;       /* SourceType: cache-cluster … */
    const char *text;         /* with {word} where a value goes */
    const char *notification; /* the topic's message is ElastiCache: and this; NULL: none is sent */
    unsigned char n_values;
    bool known; /* the text is Amazon's own; else it is one in Amazon's style */
};
extern const struct event_kind event_kinds[EVENT_COUNT];

/*
 * The message of an event: event_message(arena, EVENT_NODE_ADDED, node, zone),
 * strings in the order of the text's words. A wrong number of them does not
 * compile. The event must be named; for a variable there is event_format().
 */
#define event_message(a, event, ...)                                             \
    event_format(a, event, (const char *const[event##_VALUES + 1]){__VA_ARGS__}, \
        EVENT_VALUES_FIT(event##_VALUES, ((const char *const[]){NULL, ##__VA_ARGS__})))
#define EVENT_VALUES_FIT(n, given) ((n) + 0 * sizeof(char[sizeof given == ((n) + 1) * sizeof(char *) ? 1 : -1]))

/* The same from an array of the event's n values. The text belongs to the arena. */
const char *event_format(struct arena *a, enum event event, const char *const *values, size_t n);
