/*
 * Whether drivers/xstate.c, preloaded, completes a write of registers that is shorter than this machine's state: stops a child
 * that holds a pattern, inverts the pattern in the beginning of its state, writes only that beginning back, and has the child
 * say what it holds. Without the preload Linux refuses such a write. Prints one line; status 1 when that is not so.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold.h"

/* Places in the standard form of the state (Intel SDM volume 1, 13.4): 16 xmm registers, then the upper halves of ymm. */
enum { XMM_AT = 160, HEADER_END = 576, YMM_AT = 576, YMM_END = 832, HALF = 16 };

static uint8_t state[65536] __attribute__((aligned(64)));

static void fill(struct pattern *pattern, int with_upper_halves) {
    for (size_t i = 0; i < sizeof pattern->bytes; i++)
        pattern->bytes[i] = i % 32 < HALF || with_upper_halves ? (uint8_t)(i * 13 + 5) : 0;
}

static void child(int with_upper_halves) {
    struct pattern pattern, after;
    fill(&pattern, with_upper_halves);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    hold(&pattern, &after, 1, SYS_kill, getpid(), SIGSTOP);
    for (size_t i = 0; i < sizeof after.bytes; i++)
        if (i % 32 < HALF || with_upper_halves)
            pattern.bytes[i] = (uint8_t)~pattern.bytes[i];
    exit(memcmp(&pattern, &after, sizeof pattern) != 0);
}

static void invert(size_t from, size_t length) {
    for (size_t i = from; i < from + length; i++)
        state[i] = (uint8_t)~state[i];
}

int main(void) {
    int with_upper_halves = __builtin_cpu_supports("avx") != 0;
    pid_t pid = fork();
    if (pid == 0)
        child(with_upper_halves);
    int status;
    waitpid(pid, &status, 0);
    struct iovec part = {state, sizeof state};
    if (!WIFSTOPPED(status) || ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &part) != 0)
        return 2;
    size_t whole = part.iov_len;
    /* A machine whose state ends with the upper halves has no shorter write that would hold them. */
    with_upper_halves = with_upper_halves && whole > YMM_END;
    part.iov_len = with_upper_halves ? YMM_END : whole;
    invert(XMM_AT, REGISTERS * HALF);
    if (whole >= YMM_END)
        invert(YMM_AT, REGISTERS * HALF);
    long written = ptrace(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &part);
    const char *answer = written == 0 ? "written" : strerror(errno);
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    waitpid(pid, &status, 0);
    int right = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    printf("registers: %zu of %zu bytes written: %s, the process holds %s\n", part.iov_len, whole, answer,
           right ? "what was written" : "something else");
    return written != 0 || !right;
}
