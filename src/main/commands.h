#pragma once
struct options;

enum { EXIT_USAGE = 2 }; /* the command line makes no sense */

/* The commands that run for a while. They log their own errors; each returns the exit status. */

int serve_main(const struct options *o);
int agent_main(const struct options *o);
/* Waits for resources of a serve; docs/reference.md. */
int wait_main(const struct options *o);
/* Asks a running serve once, and returns the exit status. */
int health_main(const struct options *o);
/* Tells what programs can do of what Meridian needs; docs/reference.md. */
int engine_check_main(const struct options *o);
