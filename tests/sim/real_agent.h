#pragma once
/* The program's own agent as a simulated process; the engines that it starts are models (models.h). */
struct process;

void real_agent(struct process *p, const char *region, const char *folder);
/* The process has ended: what it had open closes. */
void real_agent_ended(const struct process *p);
/* Makes programs that agents find on their PATH, while 'dir' is the working directory. Nobody runs them. */
void real_agents_prepare(const char *dir);
