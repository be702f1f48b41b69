/*
 * Holds a pattern in all vector registers over a stretch of code that never touches them, and tells what they held at its end:
 * 16 registers of 32 bytes where the processor has AVX, of 16 bytes elsewhere.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#define REGISTERS 16

struct pattern {
    uint8_t bytes[REGISTERS * 32];
};

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define LOAD_YMM(N) "vmovdqu 32*" #N "(%[from]), %%ymm" #N "\n"
#define STORE_YMM(N) "vmovdqu %%ymm" #N ", 32*" #N "(%[to])\n"
#define LOAD_XMM(N) "movdqu 32*" #N "(%[from]), %%xmm" #N "\n"
#define STORE_XMM(N) "movdqu %%xmm" #N ", 32*" #N "(%[to])\n"
#define CLOBBERED \
    "memory", "cc", "rcx", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* Loads the pattern, turns `spins` times, makes one system call, stores what the registers then hold. */
#define HOLD(LOAD, STORE) \
    __asm__ volatile(EACH(LOAD) "1: dec %[spins]\njnz 1b\nsyscall\n" EACH(STORE) \
                     : [spins] "+r"(spins), "+a"(call) \
                     : [from] "r"(pattern->bytes), [to] "r"(after->bytes), "D"(first), "S"(second) \
                     : CLOBBERED)

static inline void hold(const struct pattern *pattern, struct pattern *after, long spins, long call, long first, long second) {
    *after = *pattern;
    if (__builtin_cpu_supports("avx"))
        HOLD(LOAD_YMM, STORE_YMM);
    else
        HOLD(LOAD_XMM, STORE_XMM);
}

#endif
