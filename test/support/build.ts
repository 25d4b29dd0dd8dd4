/**
 * Builds the guest programs of `programs/` with the host's toolchains, into `.build/`. A binary is built once: its name holds a hash of
 * sources, toolchain and flags.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { makeOverlay } from '../../scripts/overlay.js';

const root = join(import.meta.dirname, '../..');
export const output = join(root, '.build');

/** What the tests build all programs with: the newest Go on the machine, Debian's 1.19, and the newest release. */
export const MATRIX = ['go1.26', 'go1.19', 'go1.27.2'] as const;

/** Those, and versions between for a smoke test. */
export const TOOLCHAINS = [...MATRIX, 'go1.22.12', 'go1.24.0'] as const;
/** Besides, those of which only the race runtime is asked. */
export type Toolchain = (typeof TOOLCHAINS)[number] | 'go1.20.14' | 'go1.21.13';

export interface GoToolchain {
  readonly name: Toolchain;
  readonly go: string;
  readonly env: Readonly<Record<string, string>>;
  readonly goroot: string;
  /** `1.26`: what go.mod's go line is set to, so that each release runs with its own defaults. */
  readonly language: string;
}

const how: Record<Toolchain, string> = {
  'go1.26': 'install Go 1.26 or later, as `go` on PATH',
  'go1.19': 'apt-get install golang-1.19-go golang-1.19-src',
  'go1.20.14': 'it needs Go 1.21 or later on PATH and the module proxy (GOTOOLCHAIN=go1.20.14)',
  'go1.21.13': 'it needs Go 1.21 or later on PATH and the module proxy (GOTOOLCHAIN=go1.21.13)',
  'go1.22.12': 'it needs Go 1.21 or later on PATH and the module proxy (GOTOOLCHAIN=go1.22.12)',
  'go1.24.0': 'it needs Go 1.21 or later on PATH and the module proxy (GOTOOLCHAIN=go1.24.0)',
  'go1.27.2': 'it needs Go 1.21 or later on PATH and the module proxy (GOTOOLCHAIN=go1.27.2)',
};

const found = new Map<Toolchain, GoToolchain | undefined>();

function probe(name: Toolchain): GoToolchain | undefined {
  const go = name === 'go1.19' ? '/usr/lib/go-1.19/bin/go' : 'go';
  const env = { GOTOOLCHAIN: name === 'go1.19' || name === 'go1.26' ? 'local' : name, GOFLAGS: '-buildvcs=false' };
  const asked = spawnSync(go, ['env', 'GOROOT', 'GOVERSION'], { encoding: 'utf8', env: { ...process.env, ...env } });
  if (asked.status !== 0) return undefined;
  const [goroot = '', version = ''] = asked.stdout.trim().split('\n');
  const [, major = '0', minor = '0'] = version.match(/^go(\d+)\.(\d+)/) ?? [];
  if (name === 'go1.26' && (Number(major) !== 1 || Number(minor) < 26)) return undefined;
  return { name, go, env, goroot, language: `${major}.${minor}` };
}

/** The toolchain, or undefined when the machine has none of that name. */
export function toolchain(name: Toolchain): GoToolchain | undefined {
  if (!found.has(name)) found.set(name, probe(name));
  return found.get(name);
}

const hasC = () => spawnSync('gcc', ['--version']).status === 0;

/** The folder of a Go module, `golang.org/x/arch@v0.33.0`; undefined: it cannot be had. */
export function moduleFolder(module: string): string | undefined {
  const go = toolchain('go1.26');
  if (!go) return undefined;
  try {
    const text = execFileSync(go.go, ['mod', 'download', '-json', module], { env: { ...process.env, ...go.env }, encoding: 'utf8' });
    return (JSON.parse(text) as { Dir: string }).Dir;
  } catch {
    return undefined;
  }
}

/** The toolchains of the full matrix that are here. */
export const toolchains = (): Toolchain[] => MATRIX.filter(name => toolchain(name));

/**
 * Why a test that needs these tools cannot run, in words to append to its name, or undefined. With `CI=true` it is always undefined: there
 * the test runs, and fails.
 */
export function missing(...needs: (Toolchain | 'gcc')[]): string | undefined {
  if (process.env.CI === 'true') return undefined;
  const absent = needs.filter(need => (need === 'gcc' ? !hasC() : !toolchain(need)));
  const advice = absent.map(need => `${need} is missing: ${need === 'gcc' ? 'apt-get install gcc libc6-dev' : how[need]}`);
  return advice.length > 0 ? advice.join('; ') : undefined;
}

/** What of the crash program's story is built in; see programs/go/crash. */
export const VARIANTS = ['injected', 'norace', 'norace-nomap', 'clean'] as const;
/** `server`: the injected one, while a server serves a request. */
export type CrashVariant = (typeof VARIANTS)[number] | 'server';

const tags: Record<CrashVariant, string> = {
  injected: 'injected',
  norace: 'injected,norace',
  'norace-nomap': 'injected,norace,nomap',
  clean: 'clean',
  server: 'injected',
};

export interface GoOptions {
  toolchain?: Toolchain;
  race?: boolean;
  ldflags?: string;
  gcflags?: string;
  buildmode?: 'pie';
  /** GOAMD64; default v1. */
  level?: 'v3';
  /** Of the program `crash`; default `injected`. */
  variant?: CrashVariant;
}

function hashOf(folder: string, facts: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  for (const path of files.map(entry => join(entry.parentPath, entry.name)).sort()) hash.update(path).update(readFileSync(path));
  return hash.digest('hex').slice(0, 12);
}

function run(command: string, args: string[], options: { cwd: string; env?: Record<string, string> }) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: 280_000,
  });
  if (result.status !== 0) {
    const why = result.error?.message ?? `exit status ${result.status}`;
    throw new Error(`${command} ${args.join(' ')} in ${options.cwd}: ${why}\n${result.stderr ?? ''}`);
  }
}

/**
 * Where the files of a toolchain may be overlaid: the go command refuses that of what lies in the module cache, so such a one is copied.
 * @returns its GOROOT
 */
function overlaidRoot({ name, go, env, goroot }: GoToolchain): string {
  const cache = spawnSync(go, ['env', 'GOMODCACHE'], { encoding: 'utf8', env: { ...process.env, ...env } }).stdout.trim();
  if (!goroot.startsWith(`${cache}/`)) return goroot;
  return once(join(output, 'goroot', name), temporary => {
    run('cp', ['-r', goroot, temporary], { cwd: root });
    run('chmod', ['-R', 'u+w', temporary], { cwd: root });
  });
}

/** Builds to a name of this process and renames, so that workers that build the same binary at once do not disturb each other. */
function once(target: string, build: (temporary: string) => void): string {
  if (existsSync(target)) return target;
  mkdirSync(join(target, '..'), { recursive: true });
  const temporary = `${target}.${process.pid}`;
  try {
    build(temporary);
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true, recursive: true });
  }
  return target;
}

/**
 * Builds a program of `programs/go/`.
 * @returns path of the binary
 * @throws Error with the compiler's output
 */
export function buildGo(name: string, options: GoOptions = {}): string {
  const go = toolchain(options.toolchain ?? 'go1.26');
  if (!go) throw new Error(`${options.toolchain ?? 'go1.26'} is missing: ${how[options.toolchain ?? 'go1.26']}`);
  const folder = join(root, 'programs/go', name);
  const variant = name === 'crash' ? (options.variant ?? 'injected') : undefined;
  const overlay = variant && variant !== 'clean' ? readFileSync(join(root, 'scripts/overlay.ts'), 'utf8') : '';
  const hash = hashOf(folder, [options, go.goroot, go.language, overlay]);
  const label = [name, variant, go.name, options.race && 'race'].filter(Boolean).join('-');
  return once(join(output, 'go', `${label}-${hash}`), temporary => {
    const module = join(output, 'go', `${variant ? 'crash' : 'programs'}-${go.language}-${process.pid}.mod`);
    writeFileSync(module, `module ${variant ? 'crash' : 'r14/programs'}\n\ngo ${go.language}\n`);
    const args = ['build', `-modfile=${module}`, '-o', temporary];
    if (options.race) args.push('-race');
    if (options.buildmode) args.push(`-buildmode=${options.buildmode}`);
    if (options.ldflags) args.push(`-ldflags=${options.ldflags}`);
    if (options.gcflags) args.push(`-gcflags=${options.gcflags}`);
    if (variant) args.push('-tags', tags[variant]);
    const goroot = overlay ? overlaidRoot(go) : go.goroot;
    if (overlay) args.push('-overlay', makeOverlay(goroot, join(output, 'overlay', `${go.name}-${process.pid}`)));
    try {
      const env = { ...go.env, ...(options.level === undefined ? {} : { GOAMD64: options.level }) };
      args.push(variant === 'server' ? './server' : '.');
      if (goroot === go.goroot) run(go.go, args, { cwd: folder, env });
      else run(join(goroot, 'bin/go'), args, { cwd: folder, env: { ...go.env, GOTOOLCHAIN: 'local', GOROOT: goroot } });
    } finally {
      rmSync(module, { force: true });
    }
  });
}

/** Builds one Go source with -race; `env`: what the go command is told besides. See buildGo. */
export function buildGoSource(source: string, name: string, release: Toolchain, env: Readonly<Record<string, string>> = {}): string {
  const go = toolchain(release);
  if (!go) throw new Error(`${release} is missing: ${how[release]}`);
  const hash = createHash('sha256')
    .update(readFileSync(source))
    .update(JSON.stringify([go.goroot, env]))
    .digest('hex')
    .slice(0, 12);
  return once(join(output, 'go', `${name}-${release}-${hash}`), temporary => {
    run(go.go, ['build', '-race', '-o', temporary, source], { cwd: root, env: { ...go.env, ...env } });
  });
}

export interface COptions {
  static?: boolean;
  /** Default `-O1 -g`. */
  flags?: readonly string[];
}

/** Builds `programs/c/NAME.c`; see buildGo. */
export function buildC(name: string, options: COptions = {}): string {
  const source = join(root, 'programs/c', `${name}.c`);
  const flags = [...(options.flags ?? ['-O1', '-g']), ...(options.static ? ['-static'] : [])];
  const hash = createHash('sha256').update(readFileSync(source)).update(flags.join(' ')).digest('hex').slice(0, 12);
  const label = options.static ? `${name}-static` : name;
  return once(join(output, 'c', `${label}-${hash}`), temporary => {
    run('gcc', ['-w', ...flags, '-o', temporary, source, '-lm', '-pthread'], { cwd: root });
  });
}

/** Builds a C source that is linked with an object file, to `.build/c/NAME`; see buildGo. */
export function buildLinked(name: string, source: string, object: string, flags: readonly string[]): string {
  const hash = createHash('sha256').update(readFileSync(source)).update(readFileSync(object)).update(flags.join(' ')).digest('hex');
  return once(join(output, 'c', `${name}-${hash.slice(0, 12)}`), temporary => {
    run('gcc', ['-w', ...flags, '-o', temporary, source, object, '-pthread'], { cwd: root });
  });
}

/** Names of the programs in `programs/go/`. */
export const goPrograms = (): string[] =>
  readdirSync(join(root, 'programs/go'), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort();

/** Names of the programs in `programs/c/`. */
export const cPrograms = (): string[] =>
  readdirSync(join(root, 'programs/c'))
    .filter(file => file.endsWith('.c'))
    .map(file => basename(file, '.c'))
    .sort();

/** The environment that r14 gives its guest unless told otherwise. */
export const GUEST_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/', LANG: 'C', TERM: 'dumb' } as const;

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** As a shell sees it: 128 + signal for a signal. */
  readonly status: number;
}

export interface RunInput {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

function runCommand(command: string, args: readonly string[], input: RunInput): Outcome {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    input: input.stdin ?? '',
    env: { ...GUEST_ENVIRONMENT, ...input.env },
    timeout: 100_000,
    maxBuffer: 64 << 20,
  });
  if (result.error) throw new Error(`${[command, ...args].join(' ')}: ${result.error.message}\n${result.stdout}\n${result.stderr}`);
  const status = result.status ?? 128 + constants.signals[result.signal!];
  return { stdout: result.stdout, stderr: result.stderr, status };
}

/** Runs a program on the host itself: what the emulated run must equal. The outcome is kept beside the binary. */
export function runNative(path: string, input: RunInput = {}): Outcome {
  const { args, env, stdin } = input;
  const hash = createHash('sha256')
    .update(JSON.stringify([args, env, stdin]))
    .digest('hex')
    .slice(0, 8);
  const record = `${path}.${hash}.json`;
  if (!existsSync(record)) writeFileSync(record, JSON.stringify(runCommand(path, args ?? [], input)));
  const outcome: Outcome = JSON.parse(readFileSync(record, 'utf8'));
  return { ...outcome, stdout: outcome.stdout.replace(HELD_BACK, '$11') };
}

/**
 * A line of `processor` on a virtual machine of AMD's: KVM tells of INT1 with RIP still at it. It traps behind itself (Intel SDM vol. 2, "INT n/INTO/INT3/INT1"),
 * as other machines show.
 */
const HELD_BACK = /^(int1: signal 5 code 1 at rip, trap 1 error 0x0, rip \+)0/m;

/** Runs the built r14 as a user does, with these command-line arguments. */
export const runR14 = (args: readonly string[], stdin = '', env: RunInput['env'] = {}): Outcome =>
  runCommand(process.execPath, [join(root, 'bin/r14.js'), ...args], { stdin, env });

/** `r14 run` of a program with the host run's arguments, environment and input. */
export function runEmulated(path: string, { args = [], env = {}, stdin }: RunInput = {}): Outcome {
  const settings = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return runR14(['run', ...settings, path, '--', ...args], stdin);
}

/** True when a command exists on the host. */
export function hasCommand(name: string): boolean {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
