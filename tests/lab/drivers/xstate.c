/*
 * Preloaded into user-mode-linux where this machine's processor has more registers than that kernel knows.
 *
 * UML up to 6.12 writes the extended registers of its processes from a buffer of fixed size (HOST_FP_SIZE of the
 * machine it was built on). Linux takes NT_X86_XSTATE as a whole only (xstateregs_set() in arch/x86/kernel/fpu/regset.c),
 * so on a processor with AMX each write fails with EFAULT and the guest panics in put_fp_registers(). Reads need no
 * help: Linux cuts them to the buffer.
 *
 * The missing tail holds components that the guest never saved. Their bits in XSTATE_BV, which lies in the part
 * that was saved, are clear; so Linux puts them into their initial state, and zeros do for their bytes.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define LARGEST_STATE 65536

static char state[LARGEST_STATE] __attribute__((aligned(64)));

static long kernel_ptrace(int request, pid_t pid, void *address, void *data) {
    return syscall(SYS_ptrace, request, pid, address, data);
}

/* The size in bytes of a process's whole state on this machine, 0 where it cannot be read. */
static size_t whole_state(pid_t pid) {
    static size_t size;
    if (size == 0) {
        struct iovec all = {state, sizeof state};
        if (kernel_ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &all) == 0)
            size = all.iov_len;
    }
    return size;
}

/* The whole state, of which the caller gives the beginning. */
static long write_whole(pid_t pid, const struct iovec *part, size_t size) {
    struct iovec all = {state, size};
    memcpy(state, part->iov_base, part->iov_len);
    memset(state + part->iov_len, 0, size - part->iov_len);
    return kernel_ptrace(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &all);
}

/* The C library's ptrace() returns the word that the kernel stores. */
static long peek(int request, pid_t pid, void *address) {
    long word = 0;
    long result = kernel_ptrace(request, pid, address, &word);
    if (result < 0)
        return result;
    errno = 0;
    return word;
}

long ptrace(enum __ptrace_request request, ...) {
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);

    switch (request) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case PTRACE_PEEKUSER:
        return peek(request, pid, address);
    case PTRACE_SETREGSET:
        if ((long)address == NT_X86_XSTATE) {
            const struct iovec *given = data;
            size_t size = whole_state(pid);
            /* Equal sizes too, so that machines without AMX run, and test, the same code. */
            if (given->iov_len <= size)
                return write_whole(pid, given, size);
        }
        break;
    default:
        break;
    }
    return kernel_ptrace(request, pid, address, data);
}
