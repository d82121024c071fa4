#pragma once
/*
 * The log: one line for each event, to standard error:
 *     2026-01-31T12:00:00.123Z info  agent us-east-1: node demo-001 is ready
 * Callers pass names, and never the value of a password or token.
 */
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/*
 * LOG_JSON has an object in each line:
 *     {"time": "2026-01-31T12:00:00.123Z", "level": "info", "who": "agent us-east-1", "message": "node demo-001 is ready"}
 */
enum log_format { LOG_TEXT, LOG_JSON };

/* Lines above 'level' are dropped. 'who' (copied, may be NULL) stands before each message. */
void log_init(enum log_level level, const char *who);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* LOG_TEXT is where it begins. */
void log_set_format(enum log_format format);
/* A word to whoever has started this, at every level: "meridian: " and the message in LOG_TEXT, a warning in LOG_JSON. */
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Written at every level: the caller has found out that this resource is traced (docs/trace.md). */
void log_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "error", "warn", "info", "debug" or "trace". */
const char *log_level_name(enum log_level level);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
