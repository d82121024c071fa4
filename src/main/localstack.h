#pragma once
struct http;
struct init;
/*
 * What tools ask a LocalStack for before they use it, in its form: /_localstack/health, /_localstack/init, and init/ready. So awslocal,
 * tflocal and the Testcontainers modules for LocalStack take Meridian for one.
 */

/* 'init' (init.h) must outlive the server. */
void localstack_add_routes(struct http *h, const struct init *init);
