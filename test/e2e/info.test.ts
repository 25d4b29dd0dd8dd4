/** `r14 info`: what the go tool, readelf and nm say of the same programs. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, buildGo, type GoOptions, hasCommand, missing, runR14, type Toolchain, toolchain } from '../support/build.js';

interface Info {
  readonly pie: boolean;
  readonly symbols: number;
  readonly interpreter: string | null;
  readonly go: { readonly version: string; readonly path: string; readonly settings: Readonly<Record<string, string>> } | null;
  readonly race: { readonly is: boolean; readonly setting: boolean | null; readonly generation: string | null; readonly tsan: number };
  readonly dwarf: Readonly<Record<string, number>>;
}

const infoOf = (path: string): Info => JSON.parse(runR14(['info', '--json', path]).stdout) as Info;
const output = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });

/** `go version -m`. */
function goSays(path: string): Info['go'] {
  const text = output(toolchain('go1.26')!.go, 'version', '-m', path);
  const settings = [...text.matchAll(/^\tbuild\t([^=\n]+)=(.*)$/gm)].map(
    ([, key, value]) => [key!, value!.startsWith('"') ? (JSON.parse(value!) as string) : value!] as const,
  );
  return { version: /: (go\S+)/.exec(text)![1]!, path: /^\tpath\t(.*)$/m.exec(text)![1]!, settings: Object.fromEntries(settings) };
}

const why = missing('go1.26', 'gcc') ?? (hasCommand('readelf') ? undefined : 'readelf is missing: apt-get install binutils');

describe.skipIf(why)(`r14 info${why ? ` (skipped: ${why})` : ''}`, () => {
  const kinds: readonly GoOptions[] = [
    {},
    { race: true },
    { buildmode: 'pie' },
    { race: true, level: 'v3' },
    { race: true, ldflags: '-s -w' },
  ];
  it.each(kinds)('says of a Go program what the go tool and readelf do: %o', options => {
    const path = buildGo('hello', options);
    const info = infoOf(path);
    expect(info.go).toEqual(goSays(path));
    const header = output('readelf', '-h', '-l', path);
    expect(info.pie).toBe(/Type: +DYN/.test(header));
    expect(info.interpreter).toBe(/interpreter: (\S+)\]/.exec(header)?.[1] ?? null);
    expect(info.race).toMatchObject({ is: options.race === true, setting: options.race === true, generation: options.race ? 'v3' : null });
    const units = output('readelf', '--debug-dump=info', path).match(/^ +Version: +\d/gm) ?? [];
    const counted: Record<string, number> = {};
    for (const unit of units) counted[unit.at(-1)!] = (counted[unit.at(-1)!] ?? 0) + 1;
    expect(info.dwarf).toEqual(counted);
  });

  it.each<Toolchain>(['go1.19', 'go1.27.2'])('counts the functions of the race runtime as nm does (%s)', name => {
    if (missing(name) !== undefined) return;
    const path = buildGo('hello', { race: true, toolchain: name });
    const tsan = output('nm', path).match(/ [Tt] __tsan_\w+$/gm)!.length;
    expect(infoOf(path).race.tsan).toBe(tsan);
    expect(runR14(['info', path]).stdout).toContain('race build    yes: its build settings have -race=true, ');
  });

  it('says of C that it is no Go', () => {
    const info = infoOf(buildC('hello', { static: true }));
    expect(info).toMatchObject({ go: null, interpreter: null, race: { is: false, setting: null, generation: null } });
  });

  it('refuses what is no program in one line', () => {
    // What other tests' guests have made as root must not be met.
    const nothing = `/proc/${process.pid}/nothing`;
    for (const [path, says] of [
      [nothing, new RegExp(`^r14: ${nothing}: no such file\\n$`)],
      ['/', /^r14: \/: it is a directory\n$/],
      ['package.json', /^r14: package\.json: not an ELF file/],
    ] as const) {
      expect(runR14(['info', path])).toMatchObject({ stdout: '', status: 2, stderr: expect.stringMatching(says) });
    }
  });
});
