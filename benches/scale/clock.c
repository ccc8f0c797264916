/* A clock that runs several times as fast, for a process that is started with LD_PRELOAD=this and
 *
 *     BENCH_CLOCK="<factor> <CLOCK_MONOTONIC then, ns> <CLOCK_REALTIME then, ns>"
 *
 * Both clocks are as they were at that moment, and run on at the factor from there: all processes with one BENCH_CLOCK agree. What waits
 * for a time (epoll, poll, sleeps, futexes) waits that much shorter. CPU time and what the kernel counts stay as they are.
 *
 * These are the ways in which the Rust standard library and tokio ask for the time and wait for it on Linux with glibc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

typedef long long ns;
#define SECOND 1000000000LL

static ns factor = 1, monotonic, realtime;
static int (*real_gettime)(clockid_t, struct timespec *);
static long (*real_syscall)(long, ...);

__attribute__((constructor)) static void begin(void) {
    real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    const char *set = getenv("BENCH_CLOCK");
    ns f, m, r;
    if (set && sscanf(set, "%lld %lld %lld", &f, &m, &r) == 3 && f > 0) {
        factor = f, monotonic = m, realtime = r;
    }
}

static ns of(const struct timespec *t) { return t->tv_sec * SECOND + t->tv_nsec; }

static struct timespec to(ns t) { return (struct timespec){.tv_sec = t / SECOND, .tv_nsec = t % SECOND}; }

/* When a clock began to run faster, or -1 where it does not. */
static ns begun(clockid_t clock) {
    switch (clock) {
    case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_RAW: case CLOCK_MONOTONIC_COARSE: case CLOCK_BOOTTIME:
        return monotonic;
    case CLOCK_REALTIME: case CLOCK_REALTIME_COARSE:
        return realtime;
    default:
        return -1;
    }
}

/* How long that lasts for the kernel; never nothing where it was something. */
static struct timespec shorter(const struct timespec *t) { return to((of(t) + factor - 1) / factor); }

/* The kernel's moment of one of ours. */
static struct timespec earlier(const struct timespec *t, ns base) {
    ns after = of(t) - base;
    return after <= 0 ? *t : to(base + (after + factor - 1) / factor);
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    if (!real_gettime) begin();
    int failed = real_gettime(clock, t);
    ns base = begun(clock);
    if (!failed && factor > 1 && base >= 0) *t = to(base + (of(t) - base) * factor);
    return failed;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    (void)zone;
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    if (!failed) *t = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return failed;
}

time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *left) {
    ns base = begun(clock);
    struct timespec wait = *t;
    if (base >= 0) wait = flags & TIMER_ABSTIME ? earlier(t, base) : shorter(t);
    if (!real_syscall) begin();
    if (!real_syscall(SYS_clock_nanosleep, clock, flags, &wait, left)) return 0;
    if (left && errno == EINTR && base >= 0) *left = to(of(left) * factor);
    return errno;
}

int nanosleep(const struct timespec *t, struct timespec *left) {
    int failed = clock_nanosleep(CLOCK_MONOTONIC, 0, t, left);
    if (failed) errno = failed;
    return failed ? -1 : 0;
}

/* In nanoseconds (Linux 5.11): a millisecond of ours is less than one of the kernel's. */
int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask) {
    struct timespec wait = to((ns)timeout * 1000000 / factor);
    return (int)real_syscall(SYS_epoll_pwait2, epoll, events, most, timeout < 0 ? NULL : &wait, mask, 8);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
    return epoll_pwait(epoll, events, most, timeout, NULL);
}

int poll(struct pollfd *files, nfds_t count, int timeout) {
    struct timespec wait = to((ns)timeout * 1000000 / factor);
    return (int)real_syscall(SYS_ppoll, files, count, timeout < 0 ? NULL : &wait, NULL, 8);
}

/* Rust's standard library parks threads by futexes, and calls them so. */
long syscall(long number, ...) {
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
    va_end(rest);
    if (!real_syscall) begin();
    struct timespec wait;
    const struct timespec *given = (const struct timespec *)a[3];
    if (number == SYS_futex && given) {
        int what = (int)a[1] & FUTEX_CMD_MASK;
        if (what == FUTEX_WAIT) {
            wait = shorter(given);
            a[3] = (long)&wait;
        } else if (what == FUTEX_WAIT_BITSET) {
            wait = earlier(given, begun(a[1] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC));
            a[3] = (long)&wait;
        }
    }
    return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
