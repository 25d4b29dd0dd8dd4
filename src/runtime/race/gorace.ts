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
  readonly print_suppressions: boolean;
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
  print_suppressions: false,
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

/** All options with their defaults, in the order in which the race runtime has them; their kind follows from the default. */
const DEFAULTS = `
  enable_annotations=true suppress_equal_stacks=true report_bugs=true report_thread_leaks=true report_destroy_locked=true
  report_mutex_bugs=true report_signal_unsafe=true report_atomic_races=true force_seq_cst_atomics=false force_background_thread=false
  halt_on_error=false atexit_sleep_ms=1000 profile_memory= flush_memory_ms=0 flush_symbolizer_ms=5000 memory_limit_mb=0
  stop_on_start=false running_on_valgrind=false history_size=0x0 io_sync=1 die_after_fork=true suppressions=
  ignore_interceptors_accesses=false ignore_noninstrumented_modules=false shared_ptr_interceptor=true print_full_thread_history=false
  second_deadlock_stack=false symbolize=true external_symbolizer_path=<null> allow_addr2line=true strip_path_prefix=
  fast_unwind_on_check=false fast_unwind_on_fatal=false fast_unwind_on_malloc=true handle_ioctl=false malloc_context_size=1
  log_path=<null> log_exe_name=false log_suffix=<null> log_to_syslog=false verbosity=0 strip_env=true verify_interceptors=true
  detect_leaks=true leak_check_at_exit=true allocator_may_return_null=false print_summary=true print_module_map=0 check_printf=true
  handle_segv=1 handle_sigbus=1 handle_abort=0 handle_sigill=0 handle_sigtrap=0 handle_sigfpe=1 allow_user_segv_handler=true
  use_sigaltstack=true detect_deadlocks=false clear_shadow_mmap_threshold=0x10000 color=auto legacy_pthread_cond=false
  intercept_tls_get_addr=true help=false mmap_limit_mb=0x0 hard_rss_limit_mb=0x0 soft_rss_limit_mb=0x0 max_allocation_size_mb=0x0
  heap_profile=false allocator_release_to_os_interval_ms=5000 can_use_proc_maps_statm=true coverage=false coverage_dir=.
  cov_8bit_counters_out= cov_pcs_out= full_address_space=false print_suppressions=false disable_coredump=false use_madv_dontdump=true
  symbolize_inline_frames=true demangle=true symbolize_vs_style=false dedup_token_length=0 stack_trace_format= compress_stack_depot=0
  no_huge_pages_for_shadow=true strict_string_checks=false intercept_strstr=true intercept_strspn=true intercept_strtok=true
  intercept_strpbrk=true intercept_strcmp=true intercept_strlen=true intercept_strndup=true intercept_strchr=true intercept_memcmp=true
  strict_memcmp=true intercept_memmem=true intercept_intrin=true intercept_stat=true intercept_send=true decorate_proc_maps=false
  exitcode=66 abort_on_error=false suppress_equal_pcs=true print_cmdline=false html_cov_report=false sancov_path=sancov
  dump_instruction_bytes=false dump_registers=true detect_write_exec=false test_only_emulate_no_memorymap=false include=
  include_if_exists=`;
/** Of the defaults above, what has spaces in it. */
const STACK_TRACE_FORMAT = '    #%n %f %S %M';

interface Option {
  readonly name: string;
  readonly kind: FlagKind;
  readonly fallback: string;
}

function optionOf(text: string): Option {
  const [name = '', value = ''] = text.split('=');
  const fallback = name === 'stack_trace_format' ? STACK_TRACE_FORMAT : value;
  if (name.startsWith('handle_') && name !== 'handle_ioctl') return { name, kind: KINDS.signal, fallback };
  const kind = /^(true|false)$/.test(value)
    ? KINDS.bool
    : value.startsWith('0x')
      ? KINDS.uptr
      : /^-?\d+$/.test(value)
        ? KINDS.int
        : KINDS.text;
  return { name, kind, fallback };
}

const OPTIONS: readonly Option[] = DEFAULTS.trim().split(/\s+/).map(optionOf);
/** What only race runtimes with `equalAddresses` take; to the others its name is unknown. */
const OLD_OPTIONS: readonly Option[] = OPTIONS.flatMap(option =>
  option.name === 'report_bugs' ? [optionOf('suppress_equal_addresses=true'), option] : [option],
);
const V2_OPTIONS: readonly Option[] = OLD_OPTIONS.map(option => (option.name === 'history_size' ? optionOf('history_size=1') : option));

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
  `include include_if_exists print_full_thread_history abort_on_error stop_on_start flush_memory_ms memory_limit_mb
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
  const options = reader === 'v3' ? OPTIONS : reader === 'v2' ? V2_OPTIONS : OLD_OPTIONS;
  const current = new Map(options.map(({ name, fallback }) => [name, fallback]));
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
    const kind = options.find(option => option.name === name)?.kind;
    if (kind === undefined) {
      unknown.push(name);
      continue;
    }
    if (NOT_MODELLED.has(name)) withoutEffect.push(name);
    const parsed = kind.parse(value);
    if (parsed.value !== undefined && name in DEFAULT_FLAGS) values[name] = parsed.value;
    current.set(name, shown(kind, parsed.value, value));
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
    said:
      (warned ? `WARNING: found ${unknown.length} unrecognized flag(s):\n${names}` : '') +
      (current.get('help') === 'true' ? helpText(current) : ''),
    status: undefined,
  };
}

/** An option's value as `help` shows it. */
function shown(kind: FlagKind, value: FlagValue | undefined, text: string): string {
  if (kind === KINDS.uptr) return `0x${BigInt.asUintN(64, BigInt(value as number)).toString(16)}`;
  if (kind === KINDS.signal) return /^(0|no|false)$/.test(text) ? '0' : /^(1|yes|true)$/.test(text) ? '1' : '2';
  return String(value ?? text);
}

/** What `help=1` prints, without the sentence that the real one has on each option. */
function helpText(current: ReadonlyMap<string, string>): string {
  const lines = [...current].map(([name, value]) => `\t${name}\n\t\t- (Current Value: ${value})\n`);
  return `Available flags for ${TOOL}:\n${lines.join('')}`;
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
