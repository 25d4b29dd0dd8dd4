import { grouped } from '../../host/grouped.js';
import { hex } from '../../host/hex.js';
import { text } from '../answer.js';
import { CommandError } from '../errors.js';
import { packageOf } from '../evaluate/names.js';
import { isOfCompiler } from '../evaluate/scope.js';
import { auxiliaryVector } from '../memory/auxv.js';
import type { Session } from '../session/session.js';
import { stopData, stopText } from '../show/stop-text.js';
import { globalsAnswer } from '../show/variables.js';
import { splitOptions } from './arguments.js';
import type { Command } from './command.js';
import { pattern } from './pattern.js';

const information = { group: 'information', repeat: 'no', completion: [] } as const;

/** A sorted list of names as lines, with the number of those left out. */
function names(all: Iterable<string>) {
  const sorted = [...new Set(all)].sort();
  return text(sorted.join('\n'), sorted);
}

const PROT_NAMES = ['r', 'w', 'x'];

export const informationCommands: readonly Command[] = [
  {
    ...information,
    name: 'info',
    aliases: ['i'],
    syntax: ['info SUBJECT'],
    summary: 'tell of registers, frames, breakpoints, goroutines, memory and more: see help information',
    run: (_session, args) => {
      throw args.error(
        args.empty ? 'info about what? help information lists the subjects' : `no subject "${args.shift()[0]}"; help lists them`,
      );
    },
  },
  {
    ...information,
    name: 'info state',
    aliases: [],
    syntax: ['info state'],
    summary: 'the time and a hash of the whole machine state: equal runs have equal hashes',
    run: session => {
      const { process } = session.target;
      const { t } = process;
      const hash = process.hash();
      return text(`t=${grouped(t)}  ${hash}`, { t, hash });
    },
  },
  {
    ...information,
    name: 'info program',
    aliases: ['when'],
    syntax: ['info program'],
    summary: 'where and why the program stands',
    run: session => ({ output: stopText(session), data: stopData(session) }),
  },
  {
    ...information,
    name: 'info mappings',
    aliases: ['info proc', 'info files', 'info proc mappings'],
    syntax: ['info mappings'],
    summary: "the process's memory map",
    run: session => {
      const mappings = session.target.process.memory.mappings();
      const rows = mappings.map(each => ({
        start: hex(each.start),
        end: hex(each.end),
        permissions: PROT_NAMES.map((name, bit) => ((each.prot >> bit) & 1 ? name : '-')).join(''),
        offset: hex(each.offset),
        name: each.name,
      }));
      return text(
        rows
          .map(row => `${row.start.padStart(18)}-${row.end.padEnd(18)} ${row.permissions} ${row.offset.padStart(10)} ${row.name}`.trimEnd())
          .join('\n'),
        rows,
      );
    },
  },
  {
    ...information,
    name: 'libraries',
    aliases: ['info sharedlibrary', 'info libraries', 'info image', 'info images'],
    syntax: ['libraries'],
    summary: 'the program, its loader and libraries, and what is wrong with their tables',
    run: session => {
      const { all, unreadable } = session.target.images;
      const rows = [
        ...all.map(image => ({ path: image.path, bias: hex(image.bias), go: image.go?.version ?? null, problems: [...image.problems] })),
        ...unreadable.map(({ path, bias, problem }) => ({ path, bias: hex(bias), go: null, problems: [problem] })),
      ];
      const lines = rows.flatMap(row => [
        `${row.bias.padEnd(18)} ${row.path}${row.go === null ? '' : ` (${row.go})`}`,
        ...row.problems.map(problem => `    ${problem}`),
      ]);
      return text(lines.join('\n'), rows);
    },
  },
  {
    ...information,
    name: 'info refused',
    aliases: ['info refusals'],
    syntax: ['info refused'],
    summary: 'system calls that the sandbox or the kernel refused',
    run: session => {
      const rows = session.target.process.refusals.map(({ syscall, detail, errno, count }) => ({ syscall, detail, errno, count }));
      return text(rows.map(row => `${row.syscall} ${row.detail}: ${row.errno} (${row.count})`).join('\n'), rows);
    },
  },
  {
    ...information,
    name: 'info auxv',
    aliases: [],
    syntax: ['info auxv'],
    summary: 'the auxiliary vector that the kernel gave the program',
    run: session => {
      const entries = auxiliaryVector(session.requireProcess().memory, session.target.initialSp);
      return text(
        entries.map(({ name, value }) => `${name.padEnd(16)} ${hex(value)}`).join('\n'),
        Object.fromEntries(entries.map(({ name, value }) => [name, hex(value)])),
      );
    },
  },
  {
    ...information,
    name: 'funcs',
    aliases: ['info functions'],
    syntax: ['funcs [REGEX]'],
    summary: 'functions, of any language',
    run: (session, args) => {
      const wanted = pattern(args);
      return names(filtered(session.target.images.functionNames(), wanted));
    },
  },
  {
    ...information,
    name: 'types',
    aliases: ['info types'],
    syntax: ['types [REGEX]'],
    summary: 'types',
    run: (session, args) => {
      const wanted = pattern(args);
      return names(
        filtered(
          session.target.images.all.flatMap(image => [...image.typeNames()]),
          wanted,
        ),
      );
    },
  },
  {
    ...information,
    name: 'vars',
    aliases: ['info variables'],
    syntax: ['vars [-v] [REGEX]'],
    summary: 'package variables and C globals, with their values',
    run: (session, args) => {
      const [flags, rest] = splitOptions(args, { '-v': false });
      return globalsAnswer(session.context(), pattern(rest), flags.has('-v'), session.settings.printOptions);
    },
  },
  {
    ...information,
    name: 'sources',
    aliases: ['info sources'],
    syntax: ['sources [REGEX]'],
    summary: 'source files',
    run: (session, args) => {
      const wanted = pattern(args);
      return names(
        filtered(
          session.target.images.all.flatMap(image => [...image.files()]),
          wanted,
        ),
      );
    },
  },
  {
    ...information,
    name: 'packages',
    aliases: [],
    syntax: ['packages [REGEX]'],
    summary: 'Go packages that have code in the program',
    run: (session, args) => {
      const wanted = pattern(args);
      return names(filtered(packageNames(session), wanted));
    },
  },
  {
    ...information,
    name: 'info scope',
    aliases: [],
    syntax: ['info scope'],
    summary: 'variables that the selected frame can name',
    run: session => {
      const variables = session.frame.variables().filter(each => !isOfCompiler(each));
      if (variables.length === 0) throw new CommandError('no variables are known here');
      const rows = variables.map(({ name, role, type, location }) => ({ name, role, type: type.name, live: location !== undefined }));
      return text(rows.map(row => `${row.name} ${row.type} (${row.role}${row.live ? '' : ', not live here'})`).join('\n'), rows);
    },
  },
];

function* filtered(all: Iterable<string>, wanted: RegExp): Iterable<string> {
  for (const name of all) if (wanted.test(name)) yield name;
}

/** Packages that have code; what the compiler makes for types (`type:.eq.main.T`) is of none. */
function* packageNames(session: Session): Iterable<string> {
  for (const { name, language } of session.target.images.goImage?.functions() ?? []) {
    const path = language === 'c' ? '' : packageOf(name);
    if (path !== '' && !path.includes(':')) yield path;
  }
}
