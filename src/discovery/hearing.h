#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * One connection of a memcached that does not know the questions of auto discovery: what was asked on it, and which of its answers are
 * those to such questions. They are known by both sides: memcached answers a question that it does not know with ERROR, so bytes of a
 * value that look like a question are none. Pure work on bytes, of which none is changed.
 */

enum question {
    QUESTION_NONE,
    QUESTION_CONFIG, /* for the configuration */
    QUESTION_GET,    /* for a value, as clients ask a memcached before 1.4.14 */
    QUESTION_GETS,   /* the same with gets */
};

struct hearing {
    unsigned configs; /* questions that were read and not answered yet */
    unsigned char
        matched; /* of the line that has not ended yet, so many bytes are those of a question; HEARING_OTHER: it is none */
    unsigned char alone; /* enum question: all that was read last is this one */
    bool spoke;          /* memcached has answered since it read last */
};
enum { HEARING_OTHER = 255 };

/* memcached has read these bytes. */
void hearing_take(struct hearing *h, const char *data, size_t n);
/* True while an answer of memcached's may be one to a question. */
bool hearing_awaits(const struct hearing *h);
/* What the answer that memcached writes first is to; QUESTION_NONE: to any other command. *size is how long that answer is. */
enum question hearing_recognise(const struct hearing *h, const char *answer, size_t n, size_t *size);
/* Memcached's next answer was written: that to the question, or with QUESTION_NONE to something else. */
void hearing_answered(struct hearing *h, enum question q);
/* The question as clients say it, without the end of the line. */
const char *question_line(enum question q);
