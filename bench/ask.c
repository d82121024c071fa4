/*
 * Load for a name server: questions for the addresses of one name over UDP, as many under way as asked for, until the time is over.
 * Prints answers per second. One that is lost for 100 ms is asked again, and counted as lost.
 *
 *     ask HOST PORT QUESTIONS SECONDS NAME
 */
#include "common.h"
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 12, LOST_US = 100000, PACKET_MAX = 2048 };

static size_t write_question(const char *name, uint8_t *out)
{
    uint8_t *at = out + HEADER;
    memcpy(out, (uint8_t[HEADER]){0, 0, 1, 0, 0, 1}, HEADER);
    while (*name) {
        size_t n = strcspn(name, ".");
        *at++ = (uint8_t)n;
        memcpy(at, name, n);
        at += n;
        name += n + (name[n] == '.');
    }
    memcpy(at, (uint8_t[]){0, 0, 1, 0, 1}, 5);
    return (size_t)(at + 5 - out);
}

static int dial(const char *host, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval lost = {.tv_usec = LOST_US};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, host, &to.sin_addr) != 1 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die(host);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &lost, sizeof lost) < 0) die("setsockopt");
    return fd;
}

int main(int argc, char **argv)
{
    uint8_t question[PACKET_MAX], answer[PACKET_MAX];
    uint64_t n_answers = 0, n_lost = 0, n_bad = 0;
    if (argc != 6 || strlen(argv[5]) > 253) return fprintf(stderr, "usage: ask HOST PORT QUESTIONS SECONDS NAME\n"), 2;
    int fd = dial(argv[1], atoi(argv[2])), window = atoi(argv[3]);
    size_t size = write_question(argv[5], question);
    double begun = now_s(), end = begun + atof(argv[4]);
    for (int i = 0; i < window; i++) send(fd, question, size, 0);
    while (now_s() < end) {
        ssize_t n = recv(fd, answer, sizeof answer, 0);
        if (n < 0) n_lost++;
        else if (n < HEADER || (answer[3] & 15) != 0 || answer[7] == 0) n_bad++;
        else n_answers++;
        send(fd, question, size, 0);
    }
    printf("%.0f answers/s, %llu lost, %llu bad\n", (double)n_answers / (now_s() - begun), (unsigned long long)n_lost,
        (unsigned long long)n_bad);
    return n_bad != 0;
}
