#include "agent/forwarder/steer.h"
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PLACES = 256 };

/* Of the table of addresses, as the program in the kernel sees it. */
struct steer_key {
    uint32_t address; /* in the network's order */
    uint32_t port;    /* in the machine's */
};
struct steer_value {
    uint32_t first, n, turn; /* of the sockets */
};

struct steer {
    int addresses, sockets; /* maps */
    int link;               /* which keeps the program where it is */
    bool taken[PLACES];
};

static int call_bpf(int command, union bpf_attr *a)
{
    return (int)syscall(SYS_bpf, command, a, sizeof *a);
}

static int make_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries)
{
    union bpf_attr a = {.map_type = type, .key_size = key_size, .value_size = value_size, .max_entries = entries};
    return call_bpf(BPF_MAP_CREATE, &a);
}

/* ---- the program ---- */

#define INSN(code_, dst, src, off_, imm_)                                                        \
    {                                                                                            \
        .code = (code_), .dst_reg = (dst), .src_reg = (src), .off = (short)(off_), .imm = (imm_) \
    }
#define LOAD_U32(dst, src, off) INSN(BPF_LDX | BPF_MEM | BPF_W, dst, src, off, 0)
#define STORE_U32(dst, off, src) INSN(BPF_STX | BPF_MEM | BPF_W, dst, src, off, 0)
#define COPY(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define SET(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ADD(dst, imm) INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define ADD_U32(dst, src) INSN(BPF_ALU | BPF_ADD | BPF_X, dst, src, 0, 0)
#define MODULO_U32(dst, src) INSN(BPF_ALU | BPF_MOD | BPF_X, dst, src, 0, 0)
#define FETCH_AND_ADD(dst, off, src) INSN(BPF_STX | BPF_ATOMIC | BPF_W, dst, src, off, BPF_ADD | BPF_FETCH)
#define LOAD_MAP(dst) INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, 0), INSN(0, 0, 0, 0, 0)
#define CALL(function) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, function)
/* From the step of this number to PASS. */
#define GO_PASS_IF(op, dst, imm, at) INSN(BPF_JMP | (op) | BPF_K, dst, 0, PASS - (at)-1, imm)
#define EXIT() INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Where the numbers of the maps are put, which take two steps each; and the last step but one. */
enum { ADDRESSES_AT = 7, SOCKETS_AT = 22, PASS = 35, KEY = -8 /* on the stack */ };

/* The registers: 0 results, 1 to 3 arguments, 6 to 8 kept over calls, 10 the stack's end. */
static const struct bpf_insn steps[] = {
    COPY(6, 1),
    LOAD_U32(1, 6, offsetof(struct bpf_sk_lookup, protocol)),
    GO_PASS_IF(BPF_JNE, 1, IPPROTO_TCP, 2),
    LOAD_U32(1, 6, offsetof(struct bpf_sk_lookup, local_ip4)),
    STORE_U32(10, KEY, 1),
    LOAD_U32(1, 6, offsetof(struct bpf_sk_lookup, local_port)),
    STORE_U32(10, KEY + 4, 1),
    LOAD_MAP(1),
    COPY(2, 10),
    ADD(2, KEY),
    CALL(BPF_FUNC_map_lookup_elem),
    GO_PASS_IF(BPF_JEQ, 0, 0, 12), /* nobody's */
    COPY(7, 0),
    LOAD_U32(8, 7, offsetof(struct steer_value, n)),
    GO_PASS_IF(BPF_JEQ, 8, 0, 15),
    SET(1, 1),
    FETCH_AND_ADD(7, offsetof(struct steer_value, turn), 1),
    MODULO_U32(1, 8),
    LOAD_U32(2, 7, offsetof(struct steer_value, first)),
    ADD_U32(1, 2),
    STORE_U32(10, KEY, 1),
    LOAD_MAP(1),
    COPY(2, 10),
    ADD(2, KEY),
    CALL(BPF_FUNC_map_lookup_elem),
    GO_PASS_IF(BPF_JEQ, 0, 0, 27), /* it was closed */
    COPY(7, 0),
    COPY(1, 6),
    COPY(2, 7),
    SET(3, 0),
    CALL(BPF_FUNC_sk_assign),
    COPY(1, 7),
    CALL(BPF_FUNC_sk_release),
    SET(0, SK_PASS),
    EXIT(),
};

static int load_program(const struct steer *s)
{
    struct bpf_insn program[sizeof steps / sizeof *steps];
    memcpy(program, steps, sizeof program);
    program[ADDRESSES_AT].imm = s->addresses;
    program[SOCKETS_AT].imm = s->sockets;
    union bpf_attr a = {.prog_type = BPF_PROG_TYPE_SK_LOOKUP,
        .insns = (uintptr_t)program,
        .insn_cnt = sizeof program / sizeof *program,
        .license = (uintptr_t) "Apache-2.0",
        .expected_attach_type = BPF_SK_LOOKUP};
    return call_bpf(BPF_PROG_LOAD, &a);
}

static int attach_program(int program)
{
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (program < 0 || network < 0) return -1;
    union bpf_attr a = {
        .link_create = {.prog_fd = (uint32_t)program, .target_fd = (uint32_t)network, .attach_type = BPF_SK_LOOKUP}};
    int link = call_bpf(BPF_LINK_CREATE, &a);
    close(network);
    return link;
}

/* ---- opening and closing ---- */

static void close_if_open(int fd)
{
    if (fd >= 0) close(fd);
}

void steer_close(struct steer *s)
{
    if (s == NULL) return;
    close_if_open(s->link);
    close_if_open(s->sockets);
    close_if_open(s->addresses);
    free(s);
}

struct steer *steer_open(void)
{
    struct steer *s = calloc(1, sizeof *s);
    if (s == NULL) abort();
    s->addresses = make_map(BPF_MAP_TYPE_HASH, sizeof(struct steer_key), sizeof(struct steer_value), PLACES);
    s->sockets = make_map(BPF_MAP_TYPE_SOCKMAP, sizeof(uint32_t), sizeof(uint64_t), PLACES * STEER_SOCKETS);
    int program = s->addresses >= 0 && s->sockets >= 0 ? load_program(s) : -1;
    s->link = attach_program(program);
    close_if_open(program);
    if (s->link >= 0) return s;
    steer_close(s);
    return NULL;
}

/* ---- what is steered ---- */

int steer_take_place(struct steer *s)
{
    for (int i = 0; i < PLACES; i++) {
        if (s->taken[i]) continue;
        s->taken[i] = true;
        return i;
    }
    return -1;
}

void steer_give_place(struct steer *s, int place)
{
    s->taken[place] = false;
}

static uint32_t socket_at(int place, size_t i)
{
    return (uint32_t)place * STEER_SOCKETS + (uint32_t)i;
}

bool steer_put(struct steer *s, int place, size_t i, int fd)
{
    uint32_t key = socket_at(place, i);
    uint64_t value = (uint64_t)fd;
    union bpf_attr a = {.map_fd = (uint32_t)s->sockets, .key = (uintptr_t)&key, .value = (uintptr_t)&value};
    return i < STEER_SOCKETS && call_bpf(BPF_MAP_UPDATE_ELEM, &a) == 0;
}

bool steer_has(const struct steer *s, int place, size_t i)
{
    uint32_t key = socket_at(place, i);
    uint64_t cookie;
    union bpf_attr a = {.map_fd = (uint32_t)s->sockets, .key = (uintptr_t)&key, .value = (uintptr_t)&cookie};
    return call_bpf(BPF_MAP_LOOKUP_ELEM, &a) == 0;
}

bool steer_turn(struct steer *s, int place, const struct sockaddr_in *address, size_t n)
{
    struct steer_key key = {address->sin_addr.s_addr, ntohs(address->sin_port)};
    struct steer_value value = {.first = socket_at(place, 0), .n = (uint32_t)n};
    union bpf_attr a = {.map_fd = (uint32_t)s->addresses, .key = (uintptr_t)&key};
    if (n == 0) return call_bpf(BPF_MAP_DELETE_ELEM, &a) == 0;
    a.value = (uintptr_t)&value;
    return call_bpf(BPF_MAP_UPDATE_ELEM, &a) == 0;
}
