#pragma once
#include "main/faults_admin.h"
/*
 * The part of the Fault Injection Service (FIS) by which AWS's users interrupt the power of an availability zone for their replication groups:
 * CreateExperimentTemplate, GetExperimentTemplate, ListExperimentTemplates, DeleteExperimentTemplate, StartExperiment, GetExperiment,
 * StopExperiment and ListExperiments, at the paths of the service. Requests are REST with JSON, and are told by their paths.
 */
struct err;
struct gate;
struct reset_scope;

struct fis {
    const struct faults_admin *faults;
    const char *default_region;
    const struct gate *gate; /* NULL: signatures are not looked at */
};

/* Experiments and templates within the scope go, and what experiments have put out of order is in order again. */
int fis_reset(struct store *s, struct control *c, const struct reset_scope *scope, struct err *e);
/* 'f' must outlive the server. */
void fis_add_routes(struct http *h, const struct fis *f);
