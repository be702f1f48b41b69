/*
 * Preloaded into user-mode-linux, stands for a machine whose processor has more registers than this one: states that are read
 * are longer by as much as AMX takes, and a write that is shorter than that is refused, as Linux does it
 * (xstateregs_set() in arch/x86/kernel/fpu/regset.c).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/types.h>

enum { TILES = 8320, LARGEST_STATE = 65536 };

static long (*real_syscall)(long, ...);

static long kernel_ptrace(long request, long pid, void *address, void *data) {
    if (real_syscall == NULL)
        real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real_syscall(SYS_ptrace, request, pid, address, data);
}

/* The size in bytes of the state that this machine really has, 0 where it cannot be read. */
static size_t real_size(long pid) {
    static char state[LARGEST_STATE] __attribute__((aligned(64)));
    static size_t size;
    if (size == 0) {
        struct iovec all = {state, sizeof state};
        if (kernel_ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &all) == 0)
            size = all.iov_len;
    }
    return size;
}

static long read_state(long pid, void *address, struct iovec *given) {
    size_t wanted = given->iov_len, size = real_size(pid);
    long result = kernel_ptrace(PTRACE_GETREGSET, pid, address, given);
    if (result == 0 && wanted > size) {
        given->iov_len = wanted < size + TILES ? wanted : size + TILES;
        memset((char *)given->iov_base + size, 0, given->iov_len - size);
    }
    return result;
}

static long write_state(long pid, void *address, const struct iovec *given) {
    size_t size = real_size(pid);
    if (given->iov_len < size + TILES) {
        errno = EFAULT;
        return -1;
    }
    struct iovec part = {given->iov_base, size};
    return kernel_ptrace(PTRACE_SETREGSET, pid, address, &part);
}

static int is_about_state(long request, const void *address) {
    return (request == PTRACE_GETREGSET || request == PTRACE_SETREGSET) && (long)address == NT_X86_XSTATE;
}

static long answer(long request, long pid, void *address, void *data) {
    return request == PTRACE_GETREGSET ? read_state(pid, address, data) : write_state(pid, address, data);
}

long ptrace(enum __ptrace_request request, ...) {
    va_list arguments;
    va_start(arguments, request);
    long pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);
    if (is_about_state(request, address))
        return answer(request, pid, address, data);
    long (*real)(enum __ptrace_request, ...) = (long (*)(enum __ptrace_request, ...))dlsym(RTLD_NEXT, "ptrace");
    return real(request, pid, address, data);
}

long syscall(long number, ...) {
    long words[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        words[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_ptrace && is_about_state(words[0], (void *)words[2]))
        return answer(words[0], words[1], (void *)words[2], (void *)words[3]);
    if (real_syscall == NULL)
        real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
