/*
 * Runs short pieces of machine code on the real CPU, each from a full register and memory state, and reports the state they end in.
 *
 * The state is switched by signal frames: every case ends in an exception (the INT3 behind it, or its own fault), the handler reads
 * the outcome from its ucontext, writes the next case's state there, and returns into it. So one exception is all a case costs.
 * No libc: the guest code owns FS, and nothing but our mappings lies where a wild pointer could reach.
 *
 * stdin: `struct input` records, back to back. stdout: for each a `struct output` and then `words` pairs (address, new value) of the
 * aligned 8-byte words of memory that changed. The layout of the memory is that of test/vectors/layout.ts.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <linux/mman.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

#define PAGE 4096UL
#define CODE 0x20000000UL
#define LOW 0x20010000UL
#define HIGH 0x712345678000UL
/* Writable pages of each data region; one read-only page follows them. */
#define WRITABLE 2
#define FS_BASE (LOW + 0x140)
#define GS_BASE (HIGH + 0x280)

#define TIMEOUT 255

struct input {
  uint64_t gpr[16];
  uint64_t rflags;
  uint64_t rip;
  uint8_t fx[416]; /* FXSAVE image without the reserved tail */
  uint8_t code_length;
  uint8_t code[63];
  uint64_t overlay_address;
  uint64_t overlay_length;
  uint8_t overlay[512];
  uint8_t ymm[256]; /* upper halves */
};

struct output {
  uint64_t gpr[16];
  uint64_t rflags;
  uint64_t rip;
  uint8_t fx[416];
  uint64_t cr2;
  uint32_t trap; /* vector number, or TIMEOUT */
  uint32_t error; /* the CPU's error code */
  uint64_t words;
  uint8_t ymm[256];
};

static uint8_t in_buffer[1 << 16] __attribute__((aligned(64)));
static size_t in_start, in_end;
static uint8_t out_buffer[1 << 17] __attribute__((aligned(64)));
static size_t out_end;
static uint8_t alt_stack[1 << 16] __attribute__((aligned(64)));
static uint64_t pristine[3 * PAGE / 8];
static uint8_t *code_alias;
static struct input current;
static int running;
static uint64_t cases_done, cases_at_last_tick = -1;

static const int gpr_slots[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                  REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static long syscall6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}
#define CALL(number, ...) CALL_(number, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, f, ...) syscall6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

void *memcpy(void *to, const void *from, size_t length) {
  void *start = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length)::"memory");
  return start;
}

void *memset(void *to, int value, size_t length) {
  void *start = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(value) : "memory");
  return start;
}

static void leave(int status) {
  CALL(SYS_exit_group, status);
  __builtin_unreachable();
}

static void flush(void) {
  for (size_t done = 0; done < out_end;) {
    long n = CALL(SYS_write, 1, out_buffer + done, out_end - done);
    if (n <= 0) leave(3);
    done += n;
  }
  out_end = 0;
}

static void emit(const void *bytes, size_t length) {
  if (out_end + length > sizeof out_buffer) flush();
  memcpy(out_buffer + out_end, bytes, length);
  out_end += length;
}

/* False at the end of the input. */
static int next_input(void) {
  uint8_t *to = (uint8_t *)&current;
  for (size_t have = 0; have < sizeof current;) {
    if (in_start == in_end) {
      flush();
      long n = CALL(SYS_read, 0, in_buffer, sizeof in_buffer);
      if (n <= 0) {
        if (have) leave(4);
        return 0;
      }
      in_start = 0;
      in_end = n;
    }
    size_t length = sizeof current - have;
    if (length > in_end - in_start) length = in_end - in_start;
    memcpy(to + have, in_buffer + in_start, length);
    have += length;
    in_start += length;
  }
  return 1;
}

/* The case's overlay is not a change of its own: it is part of the pristine state. */
static uint64_t before(uint64_t address, uint64_t word) {
  for (int i = 0; i < 8; i++) {
    uint64_t offset = address + i - current.overlay_address;
    if (offset < current.overlay_length) {
      word &= ~(0xffUL << (8 * i));
      word |= (uint64_t)current.overlay[offset] << (8 * i);
    }
  }
  return word;
}

static uint64_t collect(uint64_t region, uint64_t (*pairs)[2], uint64_t count) {
  uint64_t *words = (uint64_t *)region;
  for (size_t i = 0; i < WRITABLE * PAGE / 8; i++) {
    if (words[i] == pristine[i]) continue;
    uint64_t address = region + 8 * i;
    if (words[i] != before(address, pristine[i])) {
      pairs[count][0] = address;
      pairs[count][1] = words[i];
      count++;
    }
    words[i] = pristine[i];
  }
  return count;
}

/* An overlaid word that was put back to the pristine value is a change that `collect` cannot see: note it before. */
static uint64_t collect_restored(uint64_t (*pairs)[2]) {
  uint64_t count = 0;
  uint64_t first = current.overlay_address & ~7UL, end = current.overlay_address + current.overlay_length;
  for (uint64_t address = first; address < end; address += 8) {
    uint64_t region = address >= HIGH ? HIGH : LOW;
    if (address - region >= WRITABLE * PAGE) continue;
    uint64_t word = *(uint64_t *)address, base = pristine[(address - region) / 8];
    if (word == base && word != before(address, base)) {
      pairs[count][0] = address;
      pairs[count][1] = word;
      count++;
    }
  }
  return count;
}

/* Whether the state in a frame is an XSAVE area with the upper halves of the YMM registers, which follow its header. */
static int has_avx(const uint8_t *fx) { return *(const uint32_t *)(fx + 464) == 0x46505853 && *(const uint64_t *)(fx + 472) & 4; }

static void report(ucontext_t *uc, uint32_t trap) {
  static struct output out;
  static uint64_t pairs[2 * WRITABLE * PAGE / 8 + 64][2];
  greg_t *gregs = uc->uc_mcontext.gregs;
  for (int i = 0; i < 16; i++) out.gpr[i] = gregs[gpr_slots[i]];
  out.rflags = gregs[REG_EFL];
  out.rip = gregs[REG_RIP];
  memcpy(out.fx, uc->uc_mcontext.fpregs, sizeof out.fx);
  const uint8_t *fx = (const uint8_t *)uc->uc_mcontext.fpregs;
  if (has_avx(fx) && *(const uint64_t *)(fx + 512) & 4) memcpy(out.ymm, fx + 576, sizeof out.ymm);
  else memset(out.ymm, 0, sizeof out.ymm);
  out.cr2 = gregs[REG_CR2];
  out.trap = trap;
  out.error = gregs[REG_ERR];
  uint64_t count = collect_restored(pairs);
  count = collect(LOW, pairs, count);
  count = collect(HIGH, pairs, count);
  out.words = count;
  emit(&out, sizeof out);
  emit(pairs, count * sizeof pairs[0]);
}

/* Cases load segment registers: the next finds them as the first did. */
static void reset_segments(void) {
  __asm__ volatile("mov %0, %%ds\n mov %0, %%es" ::"r"(0));
  CALL(SYS_arch_prctl, ARCH_SET_FS, FS_BASE);
  CALL(SYS_arch_prctl, ARCH_SET_GS, GS_BASE);
}

static void enter(ucontext_t *uc) {
  greg_t *gregs = uc->uc_mcontext.gregs;
  uint8_t *fx = (uint8_t *)uc->uc_mcontext.fpregs;
  for (int i = 0; i < 16; i++) gregs[gpr_slots[i]] = current.gpr[i];
  gregs[REG_EFL] = current.rflags;
  gregs[REG_RIP] = current.rip;
  memcpy(fx, current.fx, sizeof current.fx);
  /* XSTATE_BV: a component whose bit is clear would be reset instead of loaded. */
  if (*(uint32_t *)(fx + 464) == 0x46505853) *(uint64_t *)(fx + 512) |= 3;
  if (has_avx(fx)) {
    *(uint64_t *)(fx + 512) |= 4;
    memcpy(fx + 576, current.ymm, sizeof current.ymm);
  }
  memset(code_alias, 0xcc, PAGE);
  size_t offset = current.rip - CODE, length = current.code_length;
  if (offset < PAGE) {
    if (length > PAGE - offset) length = PAGE - offset;
    memcpy(code_alias + offset, current.code, length);
  }
  if (current.overlay_length) memcpy((void *)current.overlay_address, current.overlay, current.overlay_length);
}

static void on_signal(int signal, siginfo_t *info, void *context) {
  (void)info;
  ucontext_t *uc = context;
  /* NT and ID, which sigreturn does not set, would leak from one case's POPF into the next. */
  __asm__ volatile("pushq $0x202\n popfq" ::: "cc", "memory");
  uint32_t trap = uc->uc_mcontext.gregs[REG_TRAPNO];
  if (signal == SIGALRM) {
    int stuck = running && cases_done == cases_at_last_tick;
    cases_at_last_tick = cases_done;
    if (!stuck) return;
    trap = TIMEOUT;
  }
  reset_segments();
  if (running) report(uc, trap);
  running = 1;
  cases_done++;
  if (!next_input()) {
    flush();
    leave(0);
  }
  enter(uc);
}

__asm__(".globl restore_signal\nrestore_signal:\n mov $15, %eax\n syscall\n");
extern __attribute__((visibility("hidden"))) void restore_signal(void);

static void catch_signal(int signal) {
  struct {
    void (*handler)(int, siginfo_t *, void *);
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
  } action = {on_signal, SA_SIGINFO | SA_ONSTACK | 0x04000000 /* SA_RESTORER */, restore_signal, 1UL << (SIGALRM - 1)};
  if (CALL(SYS_rt_sigaction, signal, &action, 0, 8)) leave(5);
}

static void *map(uint64_t address, uint64_t length, int prot, int flags, int file) {
  long result = CALL(SYS_mmap, address, length, prot, flags | (address ? MAP_FIXED_NOREPLACE : 0), file, 0);
  if (result < 0 && result > -4096) leave(6);
  return (void *)result;
}

/* xorshift64, low to high: test/vectors/layout.ts has the same. */
static void fill_pristine(void) {
  uint64_t x = 0x9e3779b97f4a7c15UL;
  for (size_t i = 0; i < sizeof pristine / 8; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    pristine[i] = x;
  }
}

static void map_data(uint64_t region) {
  map(region, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
  memcpy((void *)region, pristine, sizeof pristine);
  if (CALL(SYS_mprotect, region + WRITABLE * PAGE, PAGE, PROT_READ)) leave(7);
}

__attribute__((force_align_arg_pointer)) void _start(void) {
  fill_pristine();
  map_data(LOW);
  map_data(HIGH);
  /* Two views of one page: the guest's may not be written, ours may. */
  int file = CALL(SYS_memfd_create, "code", 0);
  if (file < 0 || CALL(SYS_ftruncate, file, PAGE)) leave(8);
  code_alias = map(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file);
  map(CODE, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file);
  stack_t stack = {.ss_sp = alt_stack, .ss_size = sizeof alt_stack};
  CALL(SYS_sigaltstack, &stack, 0);
  int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGALRM};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) catch_signal(signals[i]);
  struct itimerval tick = {{0, 500000}, {0, 500000}};
  CALL(SYS_setitimer, ITIMER_REAL, &tick, 0);
  CALL(SYS_arch_prctl, ARCH_SET_FS, FS_BASE);
  CALL(SYS_arch_prctl, ARCH_SET_GS, GS_BASE);
  __asm__ volatile("ud2");
  leave(9);
}
