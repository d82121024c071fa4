#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * The words of a column, or of a member of what serve and agents tell each other, as an enum: words.gen.h has one for each list of
 * schema/words.json. In the program they are numbers, whose cases the compiler counts; outside of it they are texts.
 */
struct words {
    const char *is; /* "the status of a replication group" */
    const char *const *texts;
    size_t n;
    bool has_nothing; /* value 0 is a value, too, whose text is NULL or empty; else no word has it */
};

/* True for a value of the list. */
bool word_knows(const struct words *list, unsigned value);
/* The value's text. Aborts where the list has no such value: whoever made the row forgot the member. */
const char *word_text(const struct words *list, unsigned value);
/* The value of a text that the list has, as somebody has seen to already; aborts where it lacks it. */
unsigned word_of(const struct words *list, const char *text);
/* False for a text that the list lacks. */
bool word_read(const struct words *list, const char *text, unsigned *out);
