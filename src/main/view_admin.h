#pragma once
/* What there is, and why it is so, for whoever asks under /_meridian/: nodes, what a resource waits for, and the certificate to trust. */
struct control;
struct http;

struct view_admin {
    struct control *control; /* NULL: serve is stopping */
};

/* 'v' must outlive the server. */
void view_admin_add_routes(struct http *h, struct view_admin *v);
