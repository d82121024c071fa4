#pragma once
#include <stdbool.h>
/* Which ids are traced, kept in the database for the next serve. */
struct err;
struct store;
struct trace;

/* Traces what the last serve traced. */
int trace_keep_load(struct trace *t, struct store *s, struct err *e);
/* Keeps that the id is traced, or no more. < 0 where the database does not take it. */
int trace_keep_set(struct store *s, const char *id, bool traced, struct err *e);
