#include "control/authority.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "control/hosts.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <gnutls/x509.h>
#include <string.h>

static struct err e;

TestSuite(authority, .init = scratch_open, .fini = scratch_close);

static gnutls_x509_crt_t read_certificate(const char *pem)
{
    gnutls_x509_crt_t c;
    const gnutls_datum_t text = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)};
    gnutls_x509_crt_init(&c);
    cr_assert(gnutls_x509_crt_import(c, &text, GNUTLS_X509_FMT_PEM) >= 0);
    return c;
}

/* Whether somebody who trusts the authority believes a certificate for these names. */
static bool is_believed(struct authority *a, const char *names)
{
    _buf_ struct buf pem = {0}, key = {0};
    unsigned status = 0;
    gnutls_x509_trust_list_t trusted;
    cr_assert_eq(authority_issue(a, names, clock_now_ms() + 86400000, &pem, &key, &e), 0, "%s", e.msg);
    gnutls_x509_crt_t root = read_certificate(authority_pem(a, &e)), leaf = read_certificate(pem.data);
    gnutls_x509_trust_list_init(&trusted, 0);
    gnutls_x509_trust_list_add_cas(trusted, &root, 1, 0);
    cr_assert(gnutls_x509_trust_list_verify_crt(trusted, &leaf, 1, 0, &status, NULL) >= 0);
    gnutls_x509_crt_deinit(leaf);
    gnutls_x509_trust_list_deinit(trusted, 1);
    return status == 0;
}

Test(authority, speaks_for_this_machine_and_what_is_advertised_only)
{
    struct authority *a;
    cr_assert_eq(authority_open(&a, scratch_dir(), "redis.test", NULL, NULL, &e), 0, "%s", e.msg);
    cr_expect(is_believed(a, "127.0.0.1 127.9.8.7"));
    cr_expect(is_believed(a, "127.0.0.1 localhost redis.test"));
    cr_expect(is_believed(a, "::1"));
    cr_expect_not(is_believed(a, "127.0.0.1 shop.example"));
    cr_expect_not(is_believed(a, "192.168.1.9"));
    cr_expect_not(is_believed(a, "fe80::1"));
    authority_close(a);
}

Test(authority, that_learns_hosts_speaks_for_them_and_for_what_is_nobodys)
{
    struct authority *a;
    struct hosts h;
    hosts_open(&h, scratch_dir(), "172.17.0.2");
    cr_expect(hosts_learn(&h, "cache"));
    cr_assert_eq(authority_open(&a, scratch_dir(), NULL, NULL, &h, &e), 0, "%s", e.msg);
    cr_expect(authority_may_sign_for(a, "late"), "there is none yet");
    cr_expect(is_believed(a, "localhost cache 172.17.0.2 192.168.7.7 10.0.0.1 fd00::1 a.test host.docker.internal"));
    cr_expect_not(is_believed(a, "localhost shop.example"));
    cr_expect_not(is_believed(a, "8.8.8.8"));
    cr_expect(
        authority_may_sign_for(a, "cache") && authority_may_sign_for(a, "x.internal") && authority_may_sign_for(a, "10.7.7.7"));
    cr_expect_not(authority_may_sign_for(a, "late"));
    cr_expect_not(authority_may_sign_for(a, "shop.example"));
    authority_close(a);
}

Test(authority, lasts_ten_years_at_the_most)
{
    struct authority *a;
    cr_assert_eq(authority_open(&a, scratch_dir(), NULL, NULL, NULL, &e), 0, "%s", e.msg);
    gnutls_x509_crt_t c = read_certificate(authority_pem(a, &e));
    time_t length = gnutls_x509_crt_get_expiration_time(c) - gnutls_x509_crt_get_activation_time(c);
    cr_expect(length > 9L * 365 * 86400 && length <= 3652L * 86400);
    gnutls_x509_crt_deinit(c);
    authority_close(a);
}

Test(authority, says_so_when_another_name_is_advertised_than_it_was_made_for)
{
    static const char *const fits[] = {"192.168.1.9", "127.0.0.1", "localhost", NULL};
    struct authority *a;
    cr_assert_eq(authority_open(&a, scratch_dir(), "192.168.1.9", NULL, NULL, &e), 0, "%s", e.msg);
    cr_assert_not_null(authority_pem(a, &e));
    authority_close(a);
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        cr_assert_eq(authority_open(&a, scratch_dir(), fits[i], NULL, NULL, &e), 0, "%s: %s", fits[i], e.msg);
        authority_close(a);
    }
    cr_assert_eq(authority_open(&a, scratch_dir(), "192.168.1.8", NULL, NULL, &e), ERR_USAGE);
    cr_assert(strstr(e.msg, "another --advertise than 192.168.1.8"), "%s", e.msg);
    cr_assert_eq(authority_open(&a, scratch_dir(), "redis.test", NULL, NULL, &e), ERR_USAGE);
}

Test(authority, speaks_for_the_names_of_endpoints_below_their_domain)
{
    struct authority *a;
    cr_assert_eq(authority_open(&a, scratch_dir(), NULL, "aws", NULL, &e), 0, "%s", e.msg);
    cr_expect(is_believed(a, "127.1.0.1 master.g.abcdef.use1.cache.amazonaws.com g.abcdef.ng.0001.cnn1.cache.amazonaws.com.cn"));
    cr_expect_not(is_believed(a, "127.1.0.1 elasticache.us-east-1.amazonaws.com"));
    cr_expect_not(is_believed(a, "xcache.amazonaws.com"));
    authority_close(a);
    cr_assert_eq(authority_open(&a, scratch_dir(), NULL, "aws", NULL, &e), 0, "%s", e.msg);
    authority_close(a);
    cr_assert_eq(authority_open(&a, scratch_dir(), NULL, "cache.test", NULL, &e), ERR_USAGE);
    cr_assert(strstr(e.msg, "another --names than cache.test"), "%s", e.msg);
    cr_assert_eq(authority_open(&a, scratch_dir(), NULL, NULL, NULL, &e), 0, "%s", e.msg);
    authority_close(a);
}
