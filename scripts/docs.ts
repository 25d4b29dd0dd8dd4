/** Writes the pages of `docs/` that are made from tables. `npm run docs` after a change of a table; `test/docs.test.ts` says when they are stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mnemonic } from 'iced-x86';
import { CLI_COMMANDS, COMMAND_FLAGS, type FlagRow } from '../src/cli/flags.js';
import { DEFAULT_CPU } from '../src/cpu/cpuid.js';
import { lifters } from '../src/cpu/lift/table.js';
import { GROUPS } from '../src/debugger/commands/command.js';
import { commandsMarkdown } from '../src/debugger/commands/help.js';
import { commandTable } from '../src/debugger/commands/table.js';
import type { SyscallRow } from '../src/linux/syscalls/row.js';
import { SYSCALLS } from '../src/linux/syscalls/table.js';
import { LAUNCH_ATTRIBUTES } from '../src/server/dap/launch.js';
import { jsonSchema } from './json-shapes.js';

const root = join(import.meta.dirname, '..');

const GENERATED = '<!-- Made by npm run docs from a table in the source; edits here are lost. -->\n\n';

function instructions(): string {
  const names = [...lifters.keys()].map(mnemonic => Mnemonic[mnemonic]!.toLowerCase()).sort();
  const byLetter = new Map<string, string[]>();
  for (const name of names) {
    const letter = name[0]!;
    byLetter.set(letter, [...(byLetter.get(letter) ?? []), name]);
  }
  return [
    '# Instructions\n',
    `The emulated CPU is an x86-64-v3 (\`--cpu ${DEFAULT_CPU}\`, the default): SSE to SSE4.2, AVX, AVX2, FMA3, F16C, BMI1, BMI2, LZCNT, MOVBE, XSAVE, x87 and MMX, and besides`,
    'AES, PCLMULQDQ, SHA, ADX, RDRAND and RDSEED (whose numbers `--seed` decides), RDPID and CLFLUSHOPT. With `--cpu v2` or `--cpu v1` CPUID tells of less, and what',
    `those processors lack is #UD on them. These ${names.length} instructions run, in all forms of their operands; any other, AVX-512 first of all, which`,
    'CPUID hides, stops the guest with its address, bytes, name and extension (`vaddps %zmm1,%zmm0,%zmm0 of AVX-512`).\n',
    ...[...byLetter.values()].map(group => `${group.join(' ')}\n`),
    '## Where processors differ among themselves\n',
    '- RCPSS, RCPPS, RSQRTSS and RSQRTPS are approximations with tables of their own in every model. Here the error is below 2^-12.',
    '- F2XM1, FYL2X, FYL2XP1 and FPATAN give the exact result, rounded. A processor may differ in the last bit.',
    '- FSIN, FCOS, FSINCOS and FPTAN reduce their argument by a pi of 66 bits, as processors do, up to 2^63 (beyond, C2 is set); of what is left they give the exact result, rounded. A processor may differ in the last bit.',
    '- The addresses of the last x87 instruction and operand, and its opcode, are not kept: FNSTENV and FXSAVE store zeros.',
    '- A near branch, call or return with the prefix 66 ignores it, and LFS, LGS, LSS and far jumps with REX.W take the selector behind 8 bytes: as on Intel. AMD cuts RIP to 16 bits, and ignores REX.W.',
    '- BSWAP of 16 bits clears them.',
    '- There is no UMIP: SGDT and SIDT give the places that Linux has for its tables when nothing is placed at random, STR 0x40, SLDT 0, SMSW CR0 as Linux sets it. There are no 32-bit programs: no selector 0x23, and INT 0x80 is refused.',
    '- MXCSR_MASK is 0xffff: as on Intel, without the MISALIGNSSE bit of AMD.',
    "- A gather that faults has cleared the mask of all lanes before the one at fault, as on AMD; Intel documents that the mask's other lanes then are all ones or zero.",
    '- SHA instructions take their operand in memory from any address, as on AMD; the manual wants it aligned.',
    "- CVTPI2PS with its operand in memory leaves the x87 unit as it is, as CVTPI2PD does, and as AMD has both. A conversion to or from an MM register that raises #XM has made it MMX's before.",
    '- XSAVE says of a component that it is in use when it is not as at the start; processors may say so of others too.\n',
  ].join('\n');
}

function syscallTable(rows: readonly SyscallRow[]): string[] {
  const groups = [...new Set(rows.map(row => row.group))];
  return groups.map(group => {
    const own = rows.filter(row => row.group === group);
    return `| ${group} | ${own.map(row => `${row.name} (${row.number})`).join(', ')} |`;
  });
}

function syscalls(): string {
  const refused = SYSCALLS.filter(row => row.refuse);
  return [
    '# System calls\n',
    `Of Linux's system calls for x86-64, ${SYSCALLS.length - refused.length} are there. What is not in these tables returns ENOSYS, and is named in the stop summary.\n`,
    '| group | calls (with their numbers) |\n| --- | --- |',
    ...syscallTable(SYSCALLS.filter(row => row.run)),
    '\n## Refused\n',
    'These always fail.\n',
    '| call | errno | why |\n| --- | --- | --- |',
    ...refused.map(row => `| ${row.name} (${row.number}) | ${row.refuse!.errno} | ${row.refuse!.why} |`),
    '',
  ].join('\n');
}

const SCHEMAS = {
  string: { type: 'string' },
  number: { type: 'integer', minimum: 0 },
  boolean: { type: 'boolean' },
  strings: { type: 'array', items: { type: 'string' } },
  object: { type: 'object', additionalProperties: { type: 'string' } },
  rules: {
    type: 'array',
    items: { type: 'object', properties: { from: { type: 'string' }, to: { type: 'string' } }, required: ['from', 'to'] },
  },
} as const;

/** The folder that VS Code has open, as it writes that. */
const WORKSPACE = `\${workspaceFolder}`;

/** An extension for VS Code without code: it says that `r14 dap` is there, and what a launch may say. */
function extension(): string {
  const { version, license, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
  const launch = (name: string, more: object) => ({ type: 'r14', request: 'launch', name, ...more });
  const languages = ['go', 'c', 'cpp', 'asm', 'plan9asm'];
  const crash = launch('r14: the bundled crash', { program: 'newproc-race' });
  const program = launch('r14: a program', { program: `^"\\${WORKSPACE}/\${1:program}"` });
  return JSON.stringify(
    {
      name: 'r14',
      displayName: 'r14',
      description,
      version,
      license,
      publisher: 'r14',
      categories: ['Debuggers'],
      engines: { vscode: '^1.85.0' },
      contributes: {
        breakpoints: languages.map(language => ({ language })),
        debuggers: [
          {
            type: 'r14',
            label: 'r14',
            languages,
            runtime: 'r14',
            args: ['dap'],
            configurationAttributes: {
              launch: {
                properties: Object.fromEntries(
                  LAUNCH_ATTRIBUTES.map(({ name, type, summary }) => [name, { ...SCHEMAS[type], description: summary }]),
                ),
              },
            },
            initialConfigurations: [{ ...program, program: `${WORKSPACE}/program` }],
            configurationSnippets: [
              { label: 'r14: debug a program', description: 'a Linux/amd64 program, Go or C', body: program },
              { label: 'r14: the bundled crash', description: 'which needs no toolchain', body: crash },
              {
                label: 'r14: a saved run',
                description: 'a file that save has written',
                body: launch('r14: a saved run', { replay: `^"\\${WORKSPACE}/\${1:run.r14}"` }),
              },
            ],
          },
        ],
      },
    },
    undefined,
    2,
  );
}

/** A text as roff has it: a dash is one that can be copied, and no line begins with a request. */
const roff = (text: string): string => text.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/^[.']/gm, '\\&$&');

/** The manual page: commands and flags of the command line, and the debugger's commands. */
function manual(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const item = (head: string, text: string): string[] => ['.TP', `.B ${roff(head)}`, roff(text)];
  const flag = (row: FlagRow): string => {
    const short = row.short === undefined ? '' : `, -${row.short}`;
    return `${row.gdb ? '-' : '--'}${row.name}${row.value === undefined ? '' : ` ${row.value}`}${short}`;
  };
  return [
    '.\\" Made by npm run docs from the tables in the source; edits here are lost.',
    `.TH R14 1 "" "r14 ${version}"`,
    '.SH NAME',
    roff('r14 - a debugger for the lowest layer of Go, on an amd64 Linux machine of its own'),
    '.SH SYNOPSIS',
    '.B r14',
    ...Object.values(CLI_COMMANDS).flatMap(({ syntax }) => ['.br', `.B ${roff(syntax)}`]),
    '.SH DESCRIPTION',
    roff(
      'r14 emulates a Linux/amd64 process: CPU, memory, kernel. It looks at the machine from outside: each call, return and change of stacks is seen as',
    ),
    roff('it happens, a run is the same each time, and one can go back in it. Alone it opens the bundled crash where it stopped.'),
    '.SH COMMANDS',
    ...Object.values(CLI_COMMANDS).flatMap(({ syntax, summary }) => item(syntax, summary)),
    '.SH OPTIONS',
    ...COMMAND_FLAGS.flatMap((row: FlagRow) => item(flag(row), `${row.summary} (${row.of.join(', ')})`)),
    '.SH DEBUGGER COMMANDS',
    roff('help COMMAND tells more of each.'),
    ...GROUPS.flatMap(group => [
      `.SS ${group}`,
      ...commandTable.commands
        .filter(command => command.group === group)
        .flatMap(({ name, aliases, summary }) => item([name, ...aliases].join(', '), summary)),
    ]),
    '.SH EXIT STATUS',
    roff(
      "0: done, or of run the program's own. 1: a command failed. 2: bad input. 70: a fault of r14's own. 124: stopped after --limit instructions.",
    ),
    roff('125: the program cannot go on. 128 + N: it was ended by signal N. 141: nobody reads the output any more.'),
    '.SH ENVIRONMENT',
    ...item('R14_ENGINE', 'interpret, jit or both: what runs the program'),
    ...item('R14_DEBUG', "1: faults of r14's own are told with their stack"),
    '.SH SEE ALSO',
    '.BR gdb (1)',
    '',
  ].join('\n');
}

/** The generated pages: path under the root of the project, and text. */
export const pages = (): ReadonlyMap<string, string> =>
  new Map([
    ...Object.entries({
      'docs/commands.md': commandsMarkdown(commandTable.commands),
      'docs/instructions.md': instructions(),
      'docs/syscalls.md': syscalls(),
    }).map(([path, text]): [string, string] => [path, `${GENERATED}${text.trimEnd()}\n`]),
    ['docs/r14.1', manual()],
    ['docs/json-schema.json', `${JSON.stringify(jsonSchema(), undefined, 1)}\n`],
    ['editors/vscode/package.json', `${extension()}\n`],
  ]);

if (process.argv[1] === import.meta.filename) for (const [path, text] of pages()) writeFileSync(join(root, path), text);
