/** Facts of core files on amd64 Linux (uapi/linux/elf.h, linux/elfcore.h, asm/user_64.h), for who reads them and who writes them. */

export const ET_CORE = 4;
export const EM_X86_64 = 62;
/** Program headers that the header can count; with more, their number is in the first section's sh_info. */
export const PN_XNUM = 0xffff;
/** Bytes of the file's header, of a program header and of a section header. */
export const SIZES = { header: 64, program: 56, section: 64 } as const;
export const NT = { prstatus: 1, fpregset: 2, prpsinfo: 3, auxv: 6, file: 0x46494c45, siginfo: 0x53494749 } as const;

/** Where struct elf_prstatus has what, and its length. */
export const PRSTATUS = { signal: 12, pending: 16, blocked: 24, pid: 32, registers: 112, valid: 328, length: 336 } as const;
/** The same of struct elf_prpsinfo. */
export const PRPSINFO = { pid: 24, name: 40, args: 56, argsLength: 80, length: 136 } as const;

/**
 * The words of struct user_regs_struct, by their names in the table of registers. A number: user level always has that there (orig_rax, for no system
 * call is to be restarted, and the selectors).
 */
export const USER_REGS = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi', -1n, 'rip'],
  ...[0x33n, 'eflags', 'rsp', 0x2bn, 'fs_base', 'gs_base', 0n, 0n, 0n, 0n],
] as const;
