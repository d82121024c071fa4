#include "agent/engine/order_check.h"
#include "agent/redis/conf.h"
#include "agent/redis/tls.h"
#include <criterion/criterion.h>
#include <string.h>

#define PEM "-----BEGIN CERTIFICATE-----\n"

static struct proto_tls_order tls;

static struct proto_node_order order(enum encryption_mode mode)
{
    tls = (struct proto_tls_order){
        .mode = mode, .certificate = PEM, .key = PEM, .authority = PEM, .links = OPT_BOOL(true), .inner_address = "127.9.9.9"};
    return (struct proto_node_order){.id = "n",
        .engine = "redis",
        .address = "127.1.0.1",
        .port = OPT_INT(6379),
        .tls = mode != ENCRYPTION_NONE ? &tls : NULL};
}

static const char *text_of(enum encryption_mode mode)
{
    static struct buf text;
    struct proto_node_order o = order(mode);
    buf_clear(&text);
    buf_puts(&text, "\n");
    tls_conf(&o, 21000, &text);
    return text.data;
}

Test(tls, a_node_without_encryption_has_no_line_about_it)
{
    cr_assert_str_eq(text_of(ENCRYPTION_NONE), "\n");
}

Test(tls, a_node_that_requires_it_has_no_other_port)
{
    const char *text = text_of(ENCRYPTION_REQUIRED);
    cr_assert(strstr(text, "\nport 0\n") && strstr(text, "\ntls-port 6379\n") && strstr(text, "\nbind 127.1.0.1\n"));
    cr_assert(strstr(text, "\ntls-auth-clients no\n") && strstr(text, "\ntls-replication yes\n"));
    cr_assert(strstr(text, "announce-port") == NULL);
}

Test(tls, a_node_that_prefers_it_listens_behind_its_splitter)
{
    const char *text = text_of(ENCRYPTION_PREFERRED);
    cr_assert(strstr(text, "\nport 0\n") && strstr(text, "\ntls-port 21000\n") && strstr(text, "\nbind 127.9.9.9\n"));
    cr_assert(strstr(text, "\nreplica-announce-port 6379\n"));
}

Test(tls, an_order_that_lacks_something_is_refused_in_one_line)
{
    const char *const missing[] = {"certificate", "key", "authority", "inner_address", "mode"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        struct proto_node_order o = order(ENCRYPTION_PREFERRED);
        struct err e = {0};
        cr_assert_eq(order_check(&o, &e), 0);
        if (i == 0) tls.certificate = NULL;
        if (i == 1) tls.key = "nonsense";
        if (i == 2) tls.authority = NULL;
        if (i == 3) tls.inner_address = "127.0.0.1\nport 1";
        if (i == 4) tls.mode = ENCRYPTION_NONE;
        cr_assert_eq(order_check(&o, &e), ERR_USAGE, "%s", missing[i]);
        cr_assert(strchr(e.msg, '\n') == NULL);
    }
}
