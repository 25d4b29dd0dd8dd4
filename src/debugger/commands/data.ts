import { utf8Text } from '../../host/bytes.js';
import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import { isValue } from '../evaluate/scope.js';
import { examineDelve } from '../memory/examine.js';
import { telescopeAnswer } from '../memory/telescope.js';
import { convenienceAssignment } from '../session/convenience.js';
import { addressOfExpression, evaluated } from '../session/expressions.js';
import { meaningless } from '../session/gdb-settings.js';
import type { Session } from '../session/session.js';
import { SETTINGS, Settings } from '../session/settings.js';
import { assignExpression, printExpression, typeOfDetailed, typeOfExpression } from '../show/print.js';
import { registerData, registerLines, registerNames, registerWritten } from '../show/registers-text.js';
import { LANE_KINDS, type LaneKind } from '../values/lanes.js';
import { type Arguments, parseCount, splitOptions } from './arguments.js';
import type { Command } from './command.js';
import { examineFrom } from './examine.js';
import { givenTo } from './given.js';
import { setSetting } from './settings.js';

const data = { group: 'data', repeat: 'no' } as const;

export const dataCommands: readonly Command[] = [
  {
    ...data,
    name: 'print',
    aliases: ['p', 'inspect'],
    syntax: ['print[/F] EXPRESSION', 'print %F EXPRESSION'],
    summary: 'evaluate a Go expression (or gdb spelling) in the selected frame',
    details: 'F is one of x d u o t a c f s z. Registers are names: R14, $r14, RAX.int32, XMM0.float64.',
    completion: ['expression'],
    repeat: 'same',
    format: true,
    run: (session, args) => {
      const percent = /^%(\w+)\s+/.exec(args.text);
      const source = percent === null ? args : args.from(percent[0].length);
      if (source.empty) throw source.error('print wants an expression');
      const { output, data } = printExpression(session.context(), source, percent?.[1] ?? args.format, session.settings.printOptions);
      return text(output, data());
    },
  },
  {
    ...data,
    name: 'call',
    aliases: [],
    syntax: ['call EXPRESSION', 'call -pure EXPRESSION'],
    summary: 'evaluate an expression that calls functions of the program, and print what they return',
    details: [
      'A call can stand in every expression, in conditions too. It runs in a frame of its own, on the goroutine that stands still, by the protocol that',
      "Go's runtime has for debuggers; the registers are as before afterwards. The runtime says where that is not safe: on g0, in the runtime itself, between",
      'instructions that must not be parted. Breakpoints are not stopped at meanwhile. A call that panics, faults, waits for ever or takes more than',
      'max-call-instructions is undone, and so are the calls of whatis. Under -race what a call writes is reported as a race with the goroutine that stood still.',
      'What is too much for a last parameter that is a slice becomes its elements; f(x...) gives the slice itself. Functions of C are called by their own',
      "convention, from C or, on g0's stack, from a goroutine, as Go calls C: they may call back. Strings go as pointers to a copy. Without debug information only the best known functions of the",
      'C library tell what they return: others are cast, as in (int)f(x).',
      '-pure undoes every call: memory, other goroutines, time and output are as they were.',
    ].join('\n'),
    completion: ['expression'],
    run: callCommand,
  },
  {
    ...data,
    name: 'whatis',
    aliases: [],
    syntax: ['whatis EXPRESSION', 'whatis TYPE'],
    summary: 'the type of an expression, or what a type is',
    completion: ['expression'],
    run: (session, args) => {
      if (args.empty) throw args.error('whatis wants an expression or a type');
      return session.typing(() => typeOfExpression(session.context(), args));
    },
  },
  {
    ...data,
    name: 'ptype',
    aliases: ['pt'],
    syntax: ['ptype[/o] EXPRESSION', 'ptype[/o] TYPE'],
    summary: 'a type with its fields; /o with their offsets and sizes',
    completion: ['type'],
    format: true,
    run: (session, args) => {
      if (args.empty) throw args.error('ptype wants an expression or a type');
      return session.typing(() => typeOfDetailed(session.context(), args, args.format === 'o'));
    },
  },
  {
    ...data,
    name: 'set',
    aliases: ['set variable', 'set var'],
    syntax: ['set TARGET = EXPRESSION', 'set SETTING VALUE', 'set args [ARGUMENT...] [< FILE]'],
    summary: "change a variable, memory or a register; or a setting, in gdb's words",
    details:
      'TARGET is a variable, a field, *(*T)(ADDRESS), $rax or RAX; or a $name of your own. Registers of outer frames cannot be set. Settings of gdb that mean nothing here (pagination, confirm, width, ...) are taken, and change nothing.',
    completion: [
      ['setting', 'expression'],
      ['value', 'expression'],
    ],
    run: setCommand,
  },
  {
    ...data,
    name: 'x',
    aliases: ['examinemem'],
    syntax: [
      'x[/COUNT FORMAT SIZE] ADDRESS',
      'examinemem [-fmt FORMAT] [-count N] [-size N] ADDRESS',
      'examinemem [-fmt FORMAT] ... -x EXPRESSION',
    ],
    summary: 'show memory',
    details: [
      "gdb's form: FORMAT is one of x d u o t a c f s i z, SIZE one of b h w g (1, 2, 4, 8 bytes); x/8gx $rsp, x/3i $pc, x/s ADDRESS; a negative COUNT",
      "reads backwards. Delve's form: FORMAT is bin, oct, dec, hex or raw, SIZE a number of bytes.",
      'Alone, it goes on where the last one ended.',
    ].join('\n'),
    completion: ['expression'],
    repeat: 'bare',
    format: true,
    run: (session, args) => {
      const delve = args.verb === 'examinemem' || /^-(fmt|count|len|size|x)\b/.test(args.text);
      if (!delve) return examineFrom(session, args, args.format);
      const [flags, rest] = splitOptions(args, { '-fmt': true, '-count': true, '-len': true, '-size': true, '-x': false });
      if (rest.empty) throw rest.error('the address is missing');
      return examineDelve(session.target.memory, { ...rest, start: addressOfExpression(session.context(), rest.text, rest.column) }, flags);
    },
  },
  {
    ...data,
    name: 'telescope',
    aliases: ['tele'],
    syntax: ['telescope [ADDRESS] [COUNT]'],
    summary: 'words of memory, each with where it leads: chains of pointers with names, text, and what a stack word is there for',
    details:
      'Without an address from the stack pointer of the selected frame; alone, it goes on where the last one ended. COUNT words, 8 if not said.',
    completion: ['expression'],
    repeat: 'bare',
    run: telescopeCommand,
  },
  {
    ...data,
    name: 'regs',
    aliases: ['info registers', 'info r'],
    syntax: ['regs [-a] [-lanes KIND]', 'regs [-lanes KIND] NAME...'],
    summary: 'the registers of the selected frame',
    details:
      'Outer frames have only what Go and the unwind tables keep: a register that a callee was free to overwrite is <clobbered>. -a adds vector, x87 and control registers; -lanes says how the vectors are told: float, double, int8, int16, int32 or int64.',
    completion: ['register'],
    run: (session, args) => registers(session, args, false),
  },
  {
    ...data,
    name: 'info all-registers',
    aliases: ['info vector', 'info float'],
    syntax: ['info all-registers'],
    summary: 'all registers of the selected frame, vector and x87 too',
    completion: ['register'],
    run: (session, args) => registers(session, args, true),
  },
];

const TELESCOPE_WORDS = 8;
const TELESCOPE_MOST = 4096;

function telescopeCommand(session: Session, args: Arguments): Answer {
  session.requireProcess();
  const split = /^(?:(.*[^\s+*/%&|^<>=-])\s+)?(\d+)$/.exec(args.text);
  const [address, count] = split === null ? [args.text, ''] : [split[1] ?? '', split[2]!];
  const words = count === '' ? TELESCOPE_WORDS : parseCount({ text: count, column: args.column + args.text.length - count.length });
  if (words > TELESCOPE_MOST) throw args.error(`at most ${TELESCOPE_MOST} words at a time`);
  const start =
    address === '' ? (session.resume.telescope ?? session.frame.physical.sp) : addressOfExpression(session.context(), address, args.column);
  session.resume.telescope = start + BigInt(8 * words);
  return telescopeAnswer(session.stack, session.frame, start, words);
}

function registers(session: Session, args: Arguments, every: boolean): Answer {
  session.requireProcess();
  const [flags, rest] = splitOptions(args, { '-a': false, '-lanes': true });
  const kind = flags.get('-lanes');
  if (kind !== undefined && !LANE_KINDS.includes(kind as LaneKind))
    throw args.error(`-lanes wants one of ${LANE_KINDS.join(', ')}, not '${kind}'`);
  const names = rest.empty
    ? registerNames(every || flags.has('-a'))
    : rest.words().map(word => {
        const name = registerWritten(word.text);
        if (name === undefined) throw new CommandError(`no register ${word.text}`, word.column);
        return name;
      });
  return {
    output: registerLines(session.stack, session.frame, names, (kind as LaneKind | undefined) ?? session.settings.vectorLanes).join('\n'),
    data: registerData(session.frame, names),
  };
}

function callCommand(session: Session, args: Arguments): Answer {
  const [flags, rest] = splitOptions(args, { '-pure': false });
  if (rest.empty) throw rest.error('call wants an expression, as main.Area(r) or r.Name()');
  const printed = (): Answer => {
    const { output, data } = printExpression(session.context(), rest, '', session.settings.printOptions);
    return { output, data: data() };
  };
  session.requireProcess();
  if (!flags.has('-pure')) return printed();
  const { value, written } = session.apart(printed);
  if (written.length === 0) return value;
  const wrote = utf8Text(Uint8Array.from(written.flatMap(({ bytes }) => [...bytes])));
  return { output: `${value.output}\nit wrote (and this is undone): ${JSON.stringify(wrote)}`, data: value.data };
}

function setCommand(session: Session, args: Arguments): Answer {
  const own = convenienceAssignment(args.text);
  if (own !== undefined) {
    session.convenience.set(own.name, evaluated(session.context(), own.value, args.column + own.at));
    return text('');
  }
  if (args.verb === 'set') {
    const name = settingNamed(session, args.text);
    if (name !== undefined) return setSetting(session, name, args.from(name.length));
    if (/^args(\s|$)/.test(args.text) && !isValue(session.context(), 'args')) {
      session.give(givenTo(args.from('args'.length)));
      return text('');
    }
    if (meaningless(args.text) && !isValue(session.context(), args.words()[0]!.text)) return text('');
  }
  if (args.empty) return text('set TARGET = EXPRESSION; config lists the settings');
  const answer = assignExpression(session.context(), args);
  session.changed(`set ${args.text}`);
  return answer;
}

/** `set disassembly-flavor intel`: the words before the value name a setting. What the program calls so comes first. */
function settingNamed(session: Session, source: string): string | undefined {
  if (/^[^=]*=(?!=)/.test(source)) {
    const named = /^(prompt|print elements)\b/.exec(source)?.[0];
    if (named === undefined || isValue(session.context(), named)) return undefined;
  }
  for (const row of SETTINGS) {
    const names: readonly string[] = 'gdb' in row ? [row.gdb, row.name] : [row.name];
    for (const name of names) {
      if (source === name || source.startsWith(`${name} `)) return name;
    }
  }
  const first = /^[\w-]+(?=\s)/.exec(source)?.[0];
  return first !== undefined && Settings.find(first) !== undefined ? first : undefined;
}
