/*
 * Runs a program under ptrace, one instruction at a time, and writes what it sees to stdout.
 *
 * The trace starts behind the program's own INT3 (LOCKSTEP_START) and goes on until it exits. All numbers are little-endian:
 *
 *     header  = u64 fs_base, u64 gs_base, registers, u64 n, n areas
 *     area    = u64 start, u64 length, u64 prot, bytes          what is mapped at the start, but for the kernel's own pages
 *     step    = u8 1, registers                                 the same FXSAVE image as in the step before
 *             | u8 2, registers, image                          another
 *     end     = u8 0, u64 exit status
 *     registers = u64 rax rcx rdx rbx rsp rbp rsi rdi r8...r15 rip rflags; in the header an image follows
 *     image   = 416 bytes of FXSAVE: control registers, ST, XMM
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#define IMAGE 416

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static void put(const void *bytes, size_t length) {
  if (fwrite(bytes, 1, length, stdout) != length) fail("write");
}

static void put64(uint64_t value) { put(&value, sizeof value); }

static void put_registers(const struct user_regs_struct *r) {
  uint64_t all[18] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi, r->r8,
                      r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip, r->eflags};
  put(all, sizeof all);
}

/* Lines of /proc/PID/maps, in two passes: the count comes first. */
static uint64_t areas(pid_t pid, int memory, int write_them) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "r");
  if (!maps) fail(path);
  uint64_t count = 0;
  while (fgets(line, sizeof line, maps)) {
    uint64_t start, end;
    char prot[5];
    if (sscanf(line, "%lx-%lx %4s", &start, &end, prot) != 3) continue;
    if (strstr(line, "[v") || prot[0] != 'r') continue;
    count++;
    if (!write_them) continue;
    put64(start);
    put64(end - start);
    put64(PROT_READ | (prot[1] == 'w' ? PROT_WRITE : 0) | (prot[2] == 'x' ? PROT_EXEC : 0));
    char *bytes = malloc(end - start);
    if (pread(memory, bytes, end - start, start) != (ssize_t)(end - start)) fail("pread");
    put(bytes, end - start);
    free(bytes);
  }
  fclose(maps);
  return count;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: tracer MAX-STEPS PROGRAM [ARGUMENT...]\n");
    return 2;
  }
  long limit = atol(argv[1]);
  /* Tracer and program take turns: on one CPU that is a switch, on two a wake-up. */
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(sched_getcpu(), &here);
  sched_setaffinity(0, sizeof here, &here);
  pid_t pid = fork();
  if (pid == 0) {
    /* Without AVX and the like, glibc takes the functions that an x86-64-v2 CPU would get. */
    static char *environment[] = {
        "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX_Fast_Unaligned_Load,-AVX512F,-AVX512VL,-AVX512BW,-FMA,-FMA4,-BMI1,-BMI2,-LZCNT,-MOVBE,-ERMS,-FSRM,-RTM,-XSAVEC", NULL};
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    if (personality(ADDR_NO_RANDOMIZE) < 0 || ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) fail("child");
    execve(argv[2], argv + 2, environment);
    fail(argv[2]);
  }
  int status;
  /* First the stop of execve, then the program's INT3. */
  for (int stops = 0; stops < 2; stops++) {
    if (stops && ptrace(PTRACE_CONT, pid, 0, 0) < 0) fail("PTRACE_CONT");
    if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
      fprintf(stderr, "%s: did not reach its start (wait status %x)\n", argv[2], status);
      return 2;
    }
  }
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  int memory = open(path, O_RDONLY);
  if (memory < 0) fail(path);

  struct user_regs_struct registers;
  struct user_fpregs_struct now, before;
  ptrace(PTRACE_GETREGS, pid, 0, &registers);
  ptrace(PTRACE_GETFPREGS, pid, 0, &before);
  put64(registers.fs_base);
  put64(registers.gs_base);
  put_registers(&registers);
  put(&before, IMAGE);
  put64(areas(pid, memory, 0));
  areas(pid, memory, 1);

  for (long steps = 0; steps < limit; steps++) {
    if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0) fail("PTRACE_SINGLESTEP");
    if (waitpid(pid, &status, 0) < 0) fail("waitpid");
    if (WIFEXITED(status)) {
      put("\0", 1);
      put64(WEXITSTATUS(status));
      return fflush(stdout) != 0;
    }
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
      fprintf(stderr, "%s: stopped with wait status %x after %ld steps\n", argv[2], status, steps);
      kill(pid, SIGKILL);
      return 2;
    }
    ptrace(PTRACE_GETREGS, pid, 0, &registers);
    ptrace(PTRACE_GETFPREGS, pid, 0, &now);
    int changed = memcmp(&now, &before, IMAGE) != 0;
    put(changed ? "\2" : "\1", 1);
    put_registers(&registers);
    if (changed) put(&now, IMAGE);
    before = now;
  }
  fprintf(stderr, "%s: still running after %ld steps\n", argv[2], limit);
  kill(pid, SIGKILL);
  return 2;
}
