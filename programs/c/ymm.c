// The upper halves of the YMM registers: in signal frames, in XSAVE's area, in what the C library does, and where instructions fault.
// Expected output: the host's, if that has AVX2.
#define _GNU_SOURCE
#include <immintrin.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <wchar.h>

#define AVX2 __attribute__((target("avx2,fma,xsave,bmi,bmi2,lzcnt,movbe,aes,pclmul,sha,adx,f16c,rdrnd,rdseed")))

static jmp_buf back;
static unsigned long hash = 14695981039346656037UL;

static void add(const void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211UL;
}

// Of struct _fpx_sw_bytes and the area behind it.
static void in_handler(int signal, siginfo_t *info, void *context) {
  (void)info;
  ucontext_t *uc = context;
  unsigned char *area = (unsigned char *)uc->uc_mcontext.fpregs;
  uint32_t magic = *(uint32_t *)(area + 464), size = *(uint32_t *)(area + 468);
  uint64_t components = *(uint64_t *)(area + 472), present = *(uint64_t *)(area + 512);
  uint64_t *low = (uint64_t *)(area + 160 + 3 * 16), *high = (uint64_t *)(area + 576 + 3 * 16);
  uint64_t now[4];
  __asm__ volatile("vmovdqu %%ymm3, %0" : "=m"(now));
  printf("signal %d: magic %x %s, AVX %d %d, saved %lx %lx %lx %lx, here %lx %lx, flag %d\n", signal, magic,
         *(uint32_t *)(area + size - 4) == 0x46505845 ? "twice" : "once", (int)(components >> 2) & 1, (int)(present >> 2) & 1, low[0], low[1],
         high[0], high[1], now[0] | now[1], now[2] | now[3], (int)uc->uc_flags & 1);
  high[1] = 0x1234;
  low[0] = 0x5678;
}

static void leave(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)context;
  siglongjmp(back, 1 + (info->si_addr != NULL));
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(signal, &action, NULL);
}

int getpid_(void);

// Where a debugger can look at YMM3.
__attribute__((noinline)) void seen(void) { __asm__ volatile("" ::: "memory"); }

AVX2 static void signals(void) {
  uint64_t value[4] = {1, 2, 3, 0x400921fb54442d18}, after[4];
  __asm__ volatile("vmovdqu %0, %%ymm3" ::"m"(value));
  seen();
  handle(SIGUSR1, in_handler);
  long pid = getpid_();
  __asm__ volatile(
      "vmovdqu %1, %%ymm3\n mov $62, %%eax\n mov %2, %%rdi\n mov $10, %%esi\n syscall\n vmovdqu %%ymm3, %0"
      : "=m"(after)
      : "m"(value), "r"(pid)
      : "rax", "rdi", "rsi", "rcx", "r11", "xmm3", "memory");
  printf("behind it: %lx %lx %lx %lx\n", after[0], after[1], after[2], after[3]);
}

AVX2 static void area(void) {
  static unsigned char saved[4096] __attribute__((aligned(64)));
  uint64_t value[4] = {5, 6, 7, 8}, zero[4] = {0}, after[4];
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  printf("XCR0 has %x\n", low & 7);
  for (int way = 0; way < 4; way++) {
    memset(saved, 0, sizeof saved);
    __asm__ volatile("vmovdqu %0, %%ymm5" ::"m"(value) : "xmm5");
    if (way == 0) __asm__ volatile("xsave (%0)" ::"r"(saved), "a"(7), "d"(0) : "memory");
    if (way == 1) __asm__ volatile("xsave64 (%0)" ::"r"(saved), "a"(4), "d"(0) : "memory");
    if (way == 2) __asm__ volatile("xsaveopt (%0)" ::"r"(saved), "a"(6), "d"(0) : "memory");
    if (way == 3) __asm__ volatile("xsavec (%0)" ::"r"(saved), "a"(6), "d"(0) : "memory");
    uint64_t *header = (uint64_t *)(saved + 512);
    printf("way %d: header %lx %lx, low %lx, high %lx\n", way, header[0] & 4, header[1], *(uint64_t *)(saved + 160 + 5 * 16),
           *(uint64_t *)(saved + 576 + 5 * 16));
    __asm__ volatile("vmovdqu %1, %%ymm5\n xrstor (%2)\n vmovdqu %%ymm5, %0" : "=m"(after) : "m"(zero), "r"(saved), "a"(6), "d"(0) : "xmm5");
    printf("  again %lx %lx %lx %lx\n", after[0], after[1], after[2], after[3]);
    __asm__ volatile("vmovdqu %1, %%ymm5\n xrstor (%2)\n vmovdqu %%ymm5, %0" : "=m"(after) : "m"(value), "r"(saved), "a"(4), "d"(0) : "xmm5");
    printf("  upper alone %lx %lx %lx %lx\n", after[0], after[1], after[2], after[3]);
  }
  handle(SIGSEGV, leave);
  if (sigsetjmp(back, 1) == 0) {
    __asm__ volatile("xsave (%0)" ::"r"(saved + 8), "a"(7), "d"(0) : "memory");
    puts("no fault");
  } else
    puts("a misaligned area is refused");
  memset(saved, 0, sizeof saved);
  saved[513] = 0x80;
  if (sigsetjmp(back, 1) == 0) {
    __asm__ volatile("xrstor (%0)" ::"r"(saved), "a"(7), "d"(0) : "memory");
    puts("no fault");
  } else
    puts("an unknown component is refused");
}

AVX2 static void faults(void) {
  unsigned char *pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(pages + 8192, 4096, PROT_NONE);
  memset(pages, 0x77, 8192);
  unsigned char *end = pages + 8192;
  static volatile int done;
  handle(SIGSEGV, leave);
#define TRY(name, ...) \
  done = 0; \
  switch (sigsetjmp(back, 1)) { \
    case 0: __asm__ volatile(__VA_ARGS__); done = 1; \
    default: printf("%s: %s\n", name, done ? "done" : "refused"); \
  }
  TRY("vmovdqa misaligned", "vmovdqa 16(%0), %%ymm0" ::"r"(pages) : "xmm0");
  TRY("vmovdqu misaligned", "vmovdqu 16(%0), %%ymm0" ::"r"(pages) : "xmm0");
  TRY("vmovntdq misaligned", "vmovntdq %%ymm0, 16(%0)" ::"r"(pages) : "memory");
  TRY("vpaddd misaligned", "vpaddd 1(%0), %%ymm0, %%ymm0" ::"r"(pages) : "xmm0");
  TRY("paddd misaligned", "paddd 1(%0), %%xmm0" ::"r"(pages) : "xmm0");
  TRY("a store over the end", "vmovdqu %%ymm0, -16(%0)" ::"r"(end) : "memory");
  add(pages, 8192);
  int mask[8] = {-1, -1, -1, -1, 0, 0, 0, 0};
  TRY("a masked store at the end", "vmovdqu %1, %%ymm1\n vpmaskmovd %%ymm0, %%ymm1, -16(%0)" ::"r"(end), "m"(mask) : "xmm1", "memory");
  TRY("a masked load at the end", "vmovdqu %1, %%ymm1\n vpmaskmovd -16(%0), %%ymm1, %%ymm0" ::"r"(end), "m"(mask) : "xmm0", "xmm1");
  int index[8] = {0, -4, -8, -12, -16, -20, 4, -24}, all[8] = {-1, -1, -1, -1, -1, -1, -1, -1}, got[8] = {0}, left[8];
  if (sigsetjmp(back, 1) == 0) {
    __asm__ volatile("vmovdqu %0, %%ymm2\n vmovdqu %1, %%ymm3\n vpxor %%xmm4, %%xmm4, %%xmm4\n vpgatherdd %%ymm3, -8(%2,%%ymm2,1), %%ymm4" ::"m"(index),
                     "m"(all), "r"(end)
                     : "xmm2", "xmm3", "xmm4");
    puts("gathered");
  } else {
    __asm__ volatile("vmovdqu %%ymm4, %0\n vmovdqu %%ymm3, %1" : "=m"(got), "=m"(left));
    puts("a gather is refused");
  }
}

// What the C library does with its widest registers, at all alignments.
static void library(void) {
  static char text[8192], other[8192];
  static wchar_t wide[600];
  for (int i = 0; i < 8192; i++) text[i] = 'a' + i % 23;
  for (int from = 0; from < 40; from++)
    for (int length = 0; length < 260; length += 1 + length / 16) {
      text[from + length] = 0;
      memset(other, 'x', 400);
      memcpy(other + (from * 7) % 33, text + from, length);
      memmove(other + 3, other, length);
      size_t n = strlen(text + from), m = strnlen(text + from, 100);
      const char *c = strchr(text + from, 'q'), *r = strrchr(text + from, 'b'), *k = memchr(text + from, 'w', length), *s = strstr(text + from, "uvwab"), *l = memrchr(text, 'c', from + length);
      long results[] = {n, m, c ? c - text : -1, r ? r - text : -1, k ? k - text : -1, s ? s - text : -1, strcmp(text + from, other) > 0,
                        memcmp(text + from, text + from + 23, length) == 0, strncmp(text, other, length) < 0, strspn(text + from, "abcdef"),
                        strcspn(text + from, "xyz"), l ? l - text : -1};
      add(results, sizeof results);
      add(other, 400);
      text[from + length] = 'a' + (from + length) % 23;
    }
  for (int i = 0; i < 599; i++) wide[i] = L'a' + i % 29;
  for (int length = 0; length < 599; length += 7) {
    wide[length] = 0;
    const wchar_t *z = wcschr(wide, L'z'), *q = wmemchr(wide, L'q', length);
    long results[] = {wcslen(wide), z ? z - wide : -1, q ? q - wide : -1};
    add(results, sizeof results);
    wide[length] = L'a' + length % 29;
  }
  printf("library: %lx\n", hash);
}

int getpid_(void) {
  long pid;
  __asm__ volatile("syscall" : "=a"(pid) : "a"(39) : "rcx", "r11");
  return pid;
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  if (!__builtin_cpu_supports("avx2")) {
    puts("no AVX2");
    return 0;
  }
  signals();
  area();
  faults();
  library();
  return 0;
}
