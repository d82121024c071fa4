#include "dns/message.h"
#include "packets.h"
#include <criterion/criterion.h>
#include <string.h>

static enum dns_rcode read_packet(const struct packet *p, struct dns_question *q)
{
    return dns_question_read(p->bytes, p->n, q);
}

Test(dns_message, reads_a_question_in_whatever_letters)
{
    struct dns_question q;
    struct packet p = packet_ask("OrDeRs.Cache.TEST", DNS_TYPE_A);
    cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
    cr_expect_str_eq(q.name, "orders.cache.test");
    cr_expect_eq(q.id, 0x1234);
    cr_expect_eq(q.type, DNS_TYPE_A);
    cr_expect_eq(q.wire_size, 19 + 4);
    cr_expect_not(q.edns);
}

Test(dns_message, takes_no_byte_of_a_label_for_a_dot)
{
    struct dns_question q;
    struct packet p = packet_ask("a", DNS_TYPE_A);
    p.bytes[DNS_HEADER + 1] = '.';
    cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
    cr_expect_str_eq(q.name, "?");
    p.bytes[DNS_HEADER + 1] = '\0';
    cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
    cr_expect_str_eq(q.name, "?");
}

/* Each is answered, or not at all, and none is believed. */
Test(dns_message, tells_what_is_wrong_with_a_packet)
{
    struct dns_question q;
    struct packet p = packet_ask("a.test", DNS_TYPE_A), bad;
    for (size_t n = 0; n < p.n; n++) {
        enum dns_rcode r = dns_question_read(p.bytes, n, &q);
        cr_expect_eq(r, n < DNS_HEADER ? DNS_NO_REPLY : DNS_FORM_ERROR, "%zu bytes: %d", n, r);
    }
    bad = p;
    bad.bytes[2] |= 0x80;
    cr_expect_eq(read_packet(&bad, &q), DNS_NO_REPLY, "an answer that is sent to us");
    bad = p;
    bad.bytes[2] |= 0x28;
    cr_expect_eq(read_packet(&bad, &q), DNS_NOT_IMPLEMENTED, "an update");
    bad = p;
    bad.bytes[5] = 2;
    cr_expect_eq(read_packet(&bad, &q), DNS_FORM_ERROR, "two questions");
    bad.bytes[5] = 0;
    cr_expect_eq(read_packet(&bad, &q), DNS_FORM_ERROR, "no question");
    bad = p;
    bad.bytes[p.n - 1] = 3;
    cr_expect_eq(read_packet(&bad, &q), DNS_REFUSED, "another class than IN");
    bad = p;
    packet_add(&bad, "x", 1);
    cr_expect_eq(read_packet(&bad, &q), DNS_FORM_ERROR, "a byte too many");
    bad = p;
    bad.bytes[11] = 1;
    cr_expect_eq(read_packet(&bad, &q), DNS_FORM_ERROR, "a record that is not there");
}

Test(dns_message, follows_no_pointer)
{
    struct dns_question q;
    struct packet to_itself = {.bytes = {0, 1, 0, 0, 0, 1}, .n = DNS_HEADER}, p = packet_ask("a.test", DNS_TYPE_A);
    packet_add(&to_itself, (uint8_t[]){0xc0, DNS_HEADER, 0, 1, 0, 1}, 6);
    cr_expect_eq(read_packet(&to_itself, &q), DNS_FORM_ERROR);
    /* A record's owner may be one, wherever it points. */
    packet_add(&p, (uint8_t[]){0xc0, (uint8_t)p.n, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0}, 12);
    p.bytes[7] = 1;
    cr_expect_eq(read_packet(&p, &q), DNS_NO_ERROR);
}

Test(dns_message, takes_names_of_255_bytes_and_no_longer_ones)
{
    struct dns_question q;
    char name[300] = "";
    for (int i = 0; i < 127; i++) strcat(name, i ? ".a" : "a");
    struct packet p = packet_ask(name, DNS_TYPE_A);
    cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
    cr_expect_str_eq(q.name, name);
    strcat(name, "b");
    p = packet_ask(name, DNS_TYPE_A);
    cr_assert_eq(read_packet(&p, &q), DNS_FORM_ERROR);
    p = packet_ask("a123456789b123456789c123456789d123456789e123456789f123456789g123.test", DNS_TYPE_A);
    cr_assert_eq(read_packet(&p, &q), DNS_FORM_ERROR, "a label of 64 letters");
}

Test(dns_message, gives_an_answer_the_room_that_its_asker_has)
{
    static const struct {
        int payload; /* 0: no EDNS */
        size_t room;
    } rows[] = {{0, 512}, {100, 512}, {512, 512}, {1000, 1000}, {1232, 1232}, {4096, 1232}, {65535, 1232}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dns_question q;
        struct packet p = packet_ask("a.test", DNS_TYPE_A);
        if (rows[i].payload) packet_add_opt(&p, (uint16_t)rows[i].payload, 0);
        cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
        cr_expect_eq(dns_udp_room(&q), rows[i].room, "%d", rows[i].payload);
    }
}

Test(dns_message, knows_one_version_of_edns_and_one_record_of_it)
{
    struct dns_question q;
    struct packet p = packet_ask("a.test", DNS_TYPE_A);
    packet_add_opt(&p, 1232, 1);
    cr_expect_eq(read_packet(&p, &q), DNS_BAD_VERSION);
    uint8_t out[DNS_REPLY_MAX(1)];
    const struct dns_reply r = {.rcode = DNS_BAD_VERSION};
    struct answer a = packet_read(out, dns_reply_write(&q, &r, 512, out));
    cr_expect_eq(a.rcode, DNS_BAD_VERSION);
    cr_expect(a.opt);
    p = packet_ask("a.test", DNS_TYPE_A);
    packet_add_opt(&p, 1232, 0);
    packet_add_opt(&p, 1232, 0);
    cr_expect_eq(read_packet(&p, &q), DNS_FORM_ERROR);
}

Test(dns_message, repeats_the_question_as_it_was_asked)
{
    struct dns_question q;
    struct packet p = packet_ask("oRDERS.Test", DNS_TYPE_A);
    cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
    uint8_t out[DNS_REPLY_MAX(1)];
    const struct dns_address address = {.bytes = {127, 1, 2, 3}};
    const struct dns_reply r = {.addresses = &address, .n_addresses = 1, .zone = strlen("test")};
    size_t n = dns_reply_write(&q, &r, 512, out);
    struct answer a = packet_read(out, n);
    cr_expect_eq(memcmp(out + DNS_HEADER, p.bytes + DNS_HEADER, p.n - DNS_HEADER), 0);
    cr_expect_eq(a.id, 0x1234);
    cr_expect_eq(a.flags, 0x8500, "an answer (QR), ours (AA), recursion was desired (RD): %x", a.flags);
    cr_expect_eq(a.n, 1);
    cr_expect_str_eq(a.addresses[0], "127.1.2.3");
    cr_expect_eq(a.ttl_s, 5);
}

Test(dns_message, cuts_what_does_not_fit_and_says_so)
{
    struct dns_question q;
    struct packet p = packet_ask("orders.test", DNS_TYPE_AAAA);
    packet_add_opt(&p, 512, 0);
    cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
    struct dns_address addresses[20] = {{0}};
    for (int i = 0; i < 20; i++) addresses[i].six = true;
    uint8_t out[DNS_REPLY_MAX(20)];
    const struct dns_reply r = {.addresses = addresses, .n_addresses = 20, .zone = strlen("test")};
    struct answer a = packet_read(out, dns_reply_write(&q, &r, 512, out));
    cr_expect_eq(a.flags & 0x200, 0x200);
    cr_expect_eq(a.n, 0);
    cr_expect(a.opt);
    a = packet_read(out, dns_reply_write(&q, &r, DNS_TCP_MAX, out));
    cr_expect_eq(a.flags & 0x200, 0);
    cr_expect_eq(a.n, 20);
}

Test(dns_message, says_of_which_zone_nothing_is_known)
{
    struct dns_question q;
    struct packet p = packet_ask("nothing.cache.test", DNS_TYPE_A);
    cr_assert_eq(read_packet(&p, &q), DNS_NO_ERROR);
    uint8_t out[DNS_REPLY_MAX(0)];
    const struct dns_reply r = {.rcode = DNS_NO_NAME, .zone = strlen("cache.test"), .serial = 7};
    size_t n = dns_reply_write(&q, &r, 512, out);
    struct answer a = packet_read(out, n);
    cr_expect_eq(a.rcode, DNS_NO_NAME);
    cr_expect_eq(a.counts[2], 1);
    cr_expect_eq(a.last_type, DNS_TYPE_SOA);
    cr_expect_eq(a.ttl_s, 1);
    size_t owner = DNS_HEADER + strlen("nothing.");
    cr_expect_eq(out[p.n], 0xc0);
    cr_expect_eq(out[p.n + 1], owner, "the record belongs to the zone");
}
