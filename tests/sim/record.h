#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * What happened in a run, line by line, with its virtual time: hashed always, so that two runs of a seed
 * can be compared; kept as text where the story is wanted.
 */

/* The folder of all runs, which has another name each time: the hash leaves it out. Copied. */
void record_hide(const char *text);
/* Another run begins. */
void record_open(bool keeps_text);
/* A line of the run. */
void record(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line that is only kept: costs nothing where no story is wanted. */
void record_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool record_is_kept(void);
/* Bytes that belong to the run, but to no story. */
void record_bytes(const void *data, size_t n);
uint64_t record_hash(void);
/* All lines so far; "" where none are kept. */
const char *record_text(void);

/* The run is at its end: this does not hold. Does not return. */
_Noreturn void record_failure(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Who is told of a failure; does not return. */
extern void (*record_failed)(const char *text);
