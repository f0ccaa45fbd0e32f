/* The truth for icmp_error.py: a TUN device whose every address answers an echo request exactly HOLD microseconds
 * after it came, and a log of how long each packet was really held.
 *
 *   responder DEVICE HOLD_US LOG
 *
 * It prints "ready" once the device is there. At SIGTERM it writes LOG, one line per packet in order of arrival:
 * destination, nanoseconds between reading the request and writing the reply. IPv4 only.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 4096 /* packets on hold at once */
#define LARGEST 1500
#define RECORDS 500000
#define SPIN_NS 80000 /* the last stretch is waited out awake: timers wake a little late */

struct held {
    int64_t came;
    ssize_t length;
    unsigned char packet[LARGEST];
};
struct record {
    uint32_t address;
    int64_t held;
};

static struct held ring[SLOTS];
static struct record records[RECORDS];
static size_t record_count;
static volatile sig_atomic_t stopping;

static void stop(int number) {
    (void)number;
    stopping = 1;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int fail(const char *what) {
    perror(what);
    return 1;
}

static int open_device(const char *name) {
    struct ifreq request;
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (device < 0) return -1;
    memset(&request, 0, sizeof request);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
    return ioctl(device, TUNSETIFF, &request) < 0 ? -1 : device;
}

static int is_echo_request(const unsigned char *packet, ssize_t length) {
    size_t header = (size_t)(packet[0] & 15) * 4;
    return length >= 28 && packet[0] >> 4 == 4 && packet[9] == 1 && header + 8 <= (size_t)length && packet[header] == 8;
}

/* Turn a request into its reply where it lies; both checksums are mended, not computed anew (RFC 1624). */
static void turn(unsigned char *packet) {
    unsigned char address[4];
    size_t header = (size_t)(packet[0] & 15) * 4;
    uint32_t sum = ((uint32_t)packet[header + 2] << 8 | packet[header + 3]) + 0x0800;
    sum = (sum & 0xffff) + (sum >> 16);
    memcpy(address, packet + 12, 4);
    memcpy(packet + 12, packet + 16, 4);
    memcpy(packet + 16, address, 4);
    packet[header] = 0;
    packet[header + 2] = (unsigned char)(sum >> 8);
    packet[header + 3] = (unsigned char)sum;
}

static void answer(int device, struct held *held) {
    struct record *record = &records[record_count];
    memcpy(&record->address, held->packet + 16, 4);
    turn(held->packet);
    record->held = now_ns() - held->came;
    if (write(device, held->packet, (size_t)held->length) == held->length && record_count < RECORDS - 1) record_count++;
}

static void serve(int device, int64_t hold) {
    size_t first = 0, next = 0;
    while (!stopping) {
        if (first != next && now_ns() >= ring[first % SLOTS].came + hold) {
            answer(device, &ring[first++ % SLOTS]);
            continue;
        }
        struct held *free_slot = &ring[next % SLOTS];
        free_slot->length = next - first < SLOTS ? read(device, free_slot->packet, LARGEST) : -1;
        if (free_slot->length > 0) {
            free_slot->came = now_ns();
            if (is_echo_request(free_slot->packet, free_slot->length)) next++;
            continue;
        }
        int64_t left = first == next ? 1000000000 : ring[first % SLOTS].came + hold - now_ns() - SPIN_NS;
        if (left <= 0) continue;
        struct pollfd wanted = {.fd = device, .events = POLLIN};
        struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
        ppoll(&wanted, 1, &wait, NULL);
    }
}

static int write_log(const char *path) {
    char text[INET_ADDRSTRLEN];
    FILE *file = fopen(path, "w");
    if (!file) return fail(path);
    for (size_t i = 0; i < record_count; i++) {
        inet_ntop(AF_INET, &records[i].address, text, sizeof text);
        fprintf(file, "%s %lld\n", text, (long long)records[i].held);
    }
    return fclose(file) ? fail(path) : 0;
}

int main(int count, char **words) {
    struct sched_param first = {.sched_priority = 50};
    struct sigaction action = {.sa_handler = stop};
    if (count != 4) return fprintf(stderr, "usage: %s DEVICE HOLD_US LOG\n", words[0]), 2;
    int device = open_device(words[1]);
    if (device < 0) return fail("/dev/net/tun");
    if (sched_setscheduler(0, SCHED_FIFO, &first)) return fail("SCHED_FIFO");
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) return fail("mlockall");
    sigaction(SIGTERM, &action, NULL);
    puts("ready");
    fflush(stdout);
    serve(device, (int64_t)atoi(words[2]) * 1000);
    return write_log(words[3]);
}
