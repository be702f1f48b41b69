/*
 * Whether a kernel keeps the vector registers of its processes apart: several processes of several threads each hold a pattern
 * of their own over yields, while signals whose handler overwrites all of them arrive. Prints one line; status 1 when a
 * register changed.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold.h"

enum { PROCESSES = 3, THREADS = 4, ROUNDS = 4000, SPINS = 2000 };

static struct counts {
    long rounds, changed, signals;
} *shared;

static void overwrite(int signal) {
    (void)signal;
    struct pattern noise, after;
    memset(&noise, 0xa5, sizeof noise);
    hold(&noise, &after, 1, SYS_getpid, 0, 0);
    __atomic_add_fetch(&shared->signals, 1, __ATOMIC_RELAXED);
}

static void *thread(void *seed) {
    struct pattern pattern, after;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < sizeof pattern; i++)
            pattern.bytes[i] = (uint8_t)((uintptr_t)seed * 31 + (size_t)round * 7 + i * 13);
        hold(&pattern, &after, SPINS, SYS_sched_yield, 0, 0);
        if (memcmp(&pattern, &after, sizeof pattern) != 0)
            __atomic_add_fetch(&shared->changed, 1, __ATOMIC_RELAXED);
        __atomic_add_fetch(&shared->rounds, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void process(int number) {
    struct itimerval every = {{0, 10000}, {0, 10000}};
    signal(SIGALRM, overwrite);
    setitimer(ITIMER_REAL, &every, NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, thread, (void *)(uintptr_t)(number * THREADS + i + 1)) != 0)
            exit(2);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    exit(0);
}

int main(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 2;
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0)
            process(i);
    int broken = 0, status;
    while (wait(&status) > 0)
        broken |= status != 0;
    int complete = shared->rounds == (long)PROCESSES * THREADS * ROUNDS && shared->signals > 0;
    printf("registers: %d processes of %d threads, %ld rounds, %ld signals, %ld changed%s\n", PROCESSES, THREADS, shared->rounds,
           shared->signals, shared->changed, complete && !broken ? "" : " (not complete)");
    return broken || !complete || shared->changed != 0;
}
