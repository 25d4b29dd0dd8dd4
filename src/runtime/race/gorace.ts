/**
 * GORACE: the options of the race runtime, as sanitizer_common's parser reads them, with its errors. Found by asking the race runtimes of Go 1.19
 * and 1.26, which take the same options but for `suppress_equal_addresses`.
 */

/** The options that the model heeds, by their own names. */
export interface RaceFlags {
  readonly suppress_equal_stacks: boolean;
  readonly suppress_equal_addresses: boolean;
  readonly report_bugs: boolean;
  readonly report_atomic_races: boolean;
  readonly halt_on_error: boolean;
  /** Trace parts beyond three that a thread may have. */
  readonly history_size: number;
  readonly strip_path_prefix: string;
  readonly exitcode: number;
  readonly atexit_sleep_ms: number;
  readonly io_sync: number;
  readonly verbosity: number;
  /** Where reports go: `stderr`, `stdout`, or the beginning of a file's name, which ends in the process's number. */
  readonly log_path: string;
  readonly suppressions: string;
}

export const DEFAULT_FLAGS: RaceFlags = {
  suppress_equal_stacks: true,
  suppress_equal_addresses: true,
  report_bugs: true,
  report_atomic_races: true,
  halt_on_error: false,
  history_size: 0,
  strip_path_prefix: '',
  exitcode: 66,
  atexit_sleep_ms: 1000,
  io_sync: 1,
  verbosity: 0,
  log_path: 'stderr',
  suppressions: '',
};

type FlagValue = RaceFlags[keyof RaceFlags];

/** Values that are no value of their kind are an error; the value is changed all the same where there is one to change it to. */
interface FlagKind {
  /** As the error calls it. */
  readonly name: string;
  readonly parse: (text: string) => { readonly value: FlagValue | undefined; readonly good: boolean };
}

const KINDS = {
  bool: {
    name: 'bool',
    parse: text => {
      const value = /^(1|yes|true)$/.test(text) ? true : /^(0|no|false)$/.test(text) ? false : undefined;
      return { value, good: value !== undefined };
    },
  },
  int: { name: 'int', parse: text => wholeNumber(text, value => Number(BigInt.asIntN(32, value))) },
  uptr: { name: 'uptr', parse: text => wholeNumber(text, Number) },
  text: { name: 'text', parse: value => ({ value, good: true }) },
  signal: { name: 'signal handler', parse: text => ({ value: undefined, good: /^(0|no|false|1|yes|true|2|exclusive)$/.test(text) }) },
} as const satisfies Record<string, FlagKind>;

const NAMES: Readonly<Record<keyof typeof KINDS, string>> = {
  bool: `enable_annotations suppress_equal_stacks report_bugs report_thread_leaks report_destroy_locked report_mutex_bugs report_signal_unsafe
    report_atomic_races force_seq_cst_atomics force_background_thread halt_on_error stop_on_start running_on_valgrind die_after_fork
    ignore_interceptors_accesses ignore_noninstrumented_modules shared_ptr_interceptor print_full_thread_history second_deadlock_stack symbolize
    allow_addr2line fast_unwind_on_check fast_unwind_on_fatal fast_unwind_on_malloc handle_ioctl log_exe_name log_to_syslog strip_env
    verify_interceptors detect_leaks leak_check_at_exit allocator_may_return_null print_summary check_printf allow_user_segv_handler use_sigaltstack
    detect_deadlocks legacy_pthread_cond intercept_tls_get_addr help heap_profile can_use_proc_maps_statm coverage full_address_space
    print_suppressions disable_coredump use_madv_dontdump symbolize_inline_frames demangle symbolize_vs_style no_huge_pages_for_shadow
    strict_string_checks intercept_strstr intercept_strspn intercept_strtok intercept_strpbrk intercept_strcmp intercept_strlen intercept_strndup
    intercept_strchr intercept_memcmp strict_memcmp intercept_memmem intercept_intrin intercept_stat intercept_send decorate_proc_maps abort_on_error
    suppress_equal_pcs print_cmdline html_cov_report dump_instruction_bytes dump_registers detect_write_exec test_only_emulate_no_memorymap`,
  int: `atexit_sleep_ms flush_memory_ms flush_symbolizer_ms memory_limit_mb io_sync malloc_context_size verbosity print_module_map
    allocator_release_to_os_interval_ms dedup_token_length compress_stack_depot exitcode`,
  uptr: 'history_size clear_shadow_mmap_threshold mmap_limit_mb hard_rss_limit_mb soft_rss_limit_mb max_allocation_size_mb',
  text: `profile_memory external_symbolizer_path strip_path_prefix log_path log_suffix color coverage_dir cov_8bit_counters_out cov_pcs_out
    stack_trace_format sancov_path suppressions include include_if_exists`,
  signal: 'handle_segv handle_sigbus handle_abort handle_sigill handle_sigtrap handle_sigfpe',
};

const FLAGS: ReadonlyMap<string, FlagKind> = new Map(
  Object.entries(NAMES).flatMap(([kind, names]) => names.split(/\s+/).map(name => [name, KINDS[kind as keyof typeof KINDS]])),
);
/** What only race runtimes with `equalAddresses` take; to the others its name is unknown. */
const OLD_FLAGS: ReadonlyMap<string, FlagKind> = new Map([...FLAGS, ['suppress_equal_addresses', KINDS.bool]]);
const V2_FLAGS: ReadonlyMap<string, FlagKind> = new Map([...OLD_FLAGS, ['history_size', KINDS.int]]);

/** What `GORACE` comes to. */
export interface RaceOptions {
  readonly flags: RaceFlags;
  /** What is said of it on standard error. */
  readonly said: string;
  /** Options given that change what the real one does or prints, but not the model. */
  readonly withoutEffect: readonly string[];
  /** The status that the process ends with before it has begun, when something is wrong. */
  readonly status: number | undefined;
}

/** See `RaceOptions.withoutEffect`. All others that are not in `RaceFlags` change nothing of Go's races. */
const NOT_MODELLED: ReadonlySet<string> = new Set(
  `help include include_if_exists print_full_thread_history print_suppressions abort_on_error stop_on_start flush_memory_ms memory_limit_mb
  detect_deadlocks log_exe_name log_suffix log_to_syslog`.split(/\s+/),
);

/** What separates options. A number after one is none: `_` is no separator in it. */
const SPACE = ' ,:\n\t\r';
const TOOL = 'ThreadSanitizer';

/**
 * Which race runtime reads it: ThreadSanitizer v3 of Go >= 1.20, or of 1.19, which still has `suppress_equal_addresses`, or v2, whose history has
 * another size.
 */
export type GoraceReader = 'v3' | 'v3-1.19' | 'v2';

/** Reads a value of `GORACE`. */
export function parseGorace(text: string, reader: GoraceReader = 'v3'): RaceOptions {
  const known = reader === 'v3' ? FLAGS : reader === 'v2' ? V2_FLAGS : OLD_FLAGS;
  const values: Record<string, FlagValue> = { ...DEFAULT_FLAGS, ...(reader === 'v2' ? { history_size: 1 } : {}) };
  const unknown: string[] = [];
  const withoutEffect: string[] = [];
  const flags = (): RaceFlags => values as unknown as RaceFlags;
  const fail = (said: string): RaceOptions => ({ flags: flags(), said, withoutEffect, status: flags().exitcode & 0xff });
  const error = (what: string): RaceOptions => fail(`${TOOL}: ERROR: ${what}\n`);

  for (let at = 0; ; ) {
    while (at < text.length && SPACE.includes(text[at]!)) at++;
    if (at === text.length) break;
    const start = at;
    while (at < text.length && text[at] !== '=' && !SPACE.includes(text[at]!)) at++;
    if (text[at] !== '=') return error("expected '=' in GORACE");
    const name = text.slice(start, at++);
    let value: string;
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      const end = text.indexOf(quote, at + 1);
      if (end < 0) return error('unterminated string');
      value = text.slice(at + 1, end);
      at = end + 1;
    } else {
      const from = at;
      while (at < text.length && !SPACE.includes(text[at]!)) at++;
      value = text.slice(from, at);
    }
    const kind = known.get(name);
    if (kind === undefined) {
      unknown.push(name);
      continue;
    }
    if (NOT_MODELLED.has(name)) withoutEffect.push(name);
    const parsed = kind.parse(value);
    if (parsed.value !== undefined && name in DEFAULT_FLAGS) values[name] = parsed.value;
    if (!parsed.good) return fail(`ERROR: Invalid value for ${kind.name} option: '${value}'\n${TOOL}: ERROR: Flag parsing failed.\n`);
  }
  if (reader === 'v2' && (flags().history_size < 0 || flags().history_size > 7)) {
    return fail(`${TOOL}: incorrect value for history_size (must be [0..7])\n`);
  }
  if (flags().io_sync < 0 || flags().io_sync > 2) return fail(`${TOOL}: incorrect value for io_sync (must be [0..2])\n`);
  const warned = unknown.length > 0 && flags().verbosity > 0;
  const names = unknown.map(name => `    ${name}\n`).join('');
  return {
    flags: flags(),
    withoutEffect,
    said: warned ? `WARNING: found ${unknown.length} unrecognized flag(s):\n${names}` : '',
    status: undefined,
  };
}

const MOST = 2n ** 63n - 1n;

/** A decimal number, as far as it goes: nothing but one is good, no digit at all is 0. */
function wholeNumber(text: string, narrow: (value: bigint) => number): ReturnType<FlagKind['parse']> {
  const [all = '', sign, digits] = text.match(/^\s*([+-]?)(\d+)/) ?? [];
  if (digits === undefined) return { value: 0, good: text === '' };
  const size = BigInt(digits);
  const value = sign === '-' ? -(size > MOST + 1n ? MOST + 1n : size) : size > MOST ? MOST : size;
  return { value: narrow(value), good: all.length === text.length };
}
