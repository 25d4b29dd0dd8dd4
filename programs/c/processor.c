// Instructions at the edge of what user level may do, and what the kernel makes of their exceptions.
// Expected output: the host's.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct attempt {
  const char *name;
  unsigned char code[32];
};

// RAX is 0x123456789abcdef0 before, RDI a buffer of 0x22, RSP the top of a stack. INT3 stands behind each.
static const struct attempt attempts[] = {
    {"int3", {0xcc}},
    {"int $3", {0xcd, 3}},
    {"int $4", {0xcd, 4}},
    {"int $5", {0xcd, 5}},
    {"int1", {0xf1}},
    {"popf with TF, nop, nop", {0x9c, 0x48, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x90, 0x90}},
    {"popf with TF, popf without", {0x9c, 0x9c, 0x48, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x9d, 0x90}},
    {"popf with TF, syscall", {0xb8, 0x7f, 0, 0, 1, 0x9c, 0x48, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x0f, 0x05, 0x90, 0x90}},
    {"popf with TF, jump", {0x9c, 0x48, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0xeb, 1, 0x90, 0x90}},
    {"popf with TF, rep stosb", {0xb9, 3, 0, 0, 0, 0x9c, 0x48, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0xf3, 0xaa, 0x90}},
    {"iretq", {0x54, 0x58, 0x48, 0x8d, 0x15, 13, 0, 0, 0, 0x6a, 0x2b, 0x50, 0x68, 2, 2, 0, 0, 0x6a, 0x33, 0x52, 0x48, 0xcf, 0x90, 0xcc}},
    {"iretq to a data segment", {0x54, 0x58, 0x6a, 0x2b, 0x50, 0x68, 2, 2, 0, 0, 0x6a, 0x2b, 0x52, 0x48, 0xcf}},
    {"mov %cs", {0x48, 0x8c, 0xc8}},
    {"mov %ss to memory", {0x8c, 0x17}},
    {"mov to %ds", {0xb8, 0x2b, 0, 0, 0, 0x8e, 0xd8, 0x8c, 0xd9, 0x31, 0xc0, 0x8e, 0xd8}},
    {"mov of a kernel selector", {0xb8, 0x10, 0, 0, 0, 0x8e, 0xd8}},
    {"push %fs", {0x0f, 0xa0, 0x59}},
    {"push %gs, pop %gs", {0x0f, 0xa8, 0x0f, 0xa9}},
    {"verr", {0xb8, 0x33, 0, 0, 0, 0x0f, 0, 0xe0}},
    {"verw", {0xb8, 0x33, 0, 0, 0, 0x0f, 0, 0xe8}},
    {"lar", {0xb9, 0x33, 0, 0, 0, 0x0f, 2, 0xc1}},
    {"lsl", {0xb9, 0x2b, 0, 0, 0, 0x0f, 3, 0xc1}},
    {"lsl of a kernel selector", {0xb9, 0x10, 0, 0, 0, 0x0f, 3, 0xc1}},
    {"16-bit bswap", {0x66, 0x0f, 0xc8}},
    {"absolute address with 67", {0x67, 0xa1, 0, 0, 0, 0xe0}},
    {"absolute displacement with 67", {0x67, 0x8b, 4, 0x25, 0, 0, 0, 0xe0}},
    {"absolute displacement", {0x8b, 4, 0x25, 0, 0, 0, 0xe0}},
    {"hints", {0x0f, 0x18, 0x27, 0x0f, 0x18, 0x3f, 0x0f, 0x1c, 7}},
    {"16-bit enter and leave", {0x54, 0x5d, 0x66, 0xc8, 16, 0, 1, 0x66, 0xc9}},
    {"ret to no canonical address", {0x50, 0xc3}},
    {"load from no canonical address", {0x48, 0x8b, 0x18}},
    {"misaligned movaps", {0x0f, 0x28, 0x47, 1}},
    {"hlt", {0xf4}},
    {"rdmsr", {0x0f, 0x32}},
    {"mov %cr0", {0x0f, 0x20, 0xc0}},
};

static unsigned char *page;
static unsigned char stack[8192] __attribute__((aligned(4096))), alternate[65536], buffer[64] __attribute__((aligned(16)));
static jmp_buf back;
static struct {
  int signal, code;
  long trap, error, rip, flags, rax, rcx, rsp;
  int at_rip;
} seen;

static void handler(int signal, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  seen.signal = signal;
  seen.code = info->si_code;
  seen.at_rip = info->si_addr == (void *)registers[REG_RIP];
  seen.trap = registers[REG_TRAPNO];
  seen.error = registers[REG_ERR];
  seen.rip = registers[REG_RIP] - (long)page;
  seen.flags = registers[REG_EFL];
  seen.rax = registers[REG_RAX];
  seen.rcx = registers[REG_RCX];
  seen.rsp = registers[REG_RSP] - (long)(stack + 4096);
  longjmp(back, 1);
}

static void run(const struct attempt *attempt) {
  memset(page, 0xcc, 4096);
  memcpy(page, attempt->code, sizeof attempt->code);
  for (size_t i = sizeof attempt->code; i > 0 && page[i - 1] == 0; i--) page[i - 1] = 0xcc;
  memset(buffer, 0x22, sizeof buffer);
  if (!setjmp(back)) {
    __asm__ volatile("mov %1, %%rsp\n mov $0x123456789abcdef0, %%rax\n mov $5, %%ecx\n xor %%edx, %%edx\n pushq $0x202\n popfq\n jmp *%0" ::"r"(page),
                     "r"(stack + 4096), "D"(buffer)
                     : "rax", "rcx", "rdx", "memory");
  }
  // RAX is the host's where it holds an address of the stack.
  int moves = attempt->code[0] == 0x54;
  printf("%s: signal %d code %d%s, trap %ld error 0x%lx, rip +%ld, flags %lx, rax %lx, rcx %lx, rsp %+ld, buffer %02x%02x%02x\n", attempt->name, seen.signal,
         seen.code, seen.at_rip ? " at rip" : "", seen.trap, seen.error, seen.rip, seen.flags, moves ? 0 : seen.rax,
         strstr(attempt->name, "syscall") ? 0 : seen.rcx, seen.rsp, buffer[0], buffer[1], buffer[2]);
}

int main(void) {
  page = mmap((void *)0xe0000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  stack_t other = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&other, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
  for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) run(&attempts[i]);
}
