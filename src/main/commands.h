#pragma once
struct options;
/* The commands that run until they are told to stop. They log their own errors; each returns the exit status. */

int serve_main(const struct options *o);
int agent_main(const struct options *o);
