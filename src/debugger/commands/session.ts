import { text } from '../answer.js';
import { numberOfResult } from '../evaluate/result.js';
import { evaluated, pointing } from '../session/expressions.js';
import { GLOSSARY, glossaryEntry, glossaryLine } from '../show/glossary.js';
import { splitOptions, unquote } from './arguments.js';
import type { Command } from './command.js';
import { contradiction, EXPECTATIONS, parseExpectation } from './expectation.js';
import { helpAll, helpGroup, helpOne } from './help.js';
import { runScript } from './script.js';

const group = { group: 'session', repeat: 'no', meanwhile: 'acts' } as const;

export const sessionCommands: readonly Command[] = [
  {
    ...group,
    name: 'help',
    aliases: ['h', '?'],
    syntax: ['help', 'help COMMAND', 'help CHAPTER', 'help WORD'],
    summary: 'list the commands, or tell of one, or of a word such as g0',
    details: 'Words are of the field: g0, racectx, ABI0, red zone, RDX, wrapper. help words lists them.',
    completion: ['topic'],
    run: (session, args, { table }) => {
      if (args.empty) return text(helpAll(table.commands));
      const chapter = helpGroup(table.commands, args.text);
      if (chapter !== undefined) return text(chapter);
      const own = session.defined.get(args.text);
      if (own !== undefined) return text(own.help ?? `${args.text}: a command of your own.`);
      if (args.text === 'words') return text(GLOSSARY.map(({ words }) => words.join(', ')).join('\n'));
      const word = glossaryEntry(unquote(args.text));
      const named = table.commands.some(({ name, aliases }) => name === args.text || aliases.includes(args.text));
      if (word !== undefined && !named) return text(glossaryLine(word));
      const told = helpOne(table.find(args.text, args.column, session.settings.aliases));
      return text(word === undefined ? told : `${told}\n\n${glossaryLine(word)}`);
    },
  },
  {
    ...group,
    meanwhile: 'waits',
    name: 'source',
    aliases: [],
    syntax: ['source FILE'],
    summary: 'run the commands of a file, up to the first that fails',
    details: [
      'Besides commands: if, else, while, loop_break, loop_continue, define, document and commands, each to its end, as gdb has them. A line that ends in a',
      'backslash goes on in the next. In the body of define, $arg0, $arg1... are its arguments, $argc is their number. A condition is an expression.',
      '$name is a variable of your own (set $name = 5); $_ and $__ are the last address that x has shown, and what is there; $bpnum, $_exitcode and',
      '$_exitsignal are what they say. All of this can be typed, too.',
    ].join('\n'),
    completion: ['file'],
    run: (session, args, console) => {
      if (args.empty) throw args.error('source wants a file');
      return runScript(session, unquote(args.text), console);
    },
  },
  {
    ...group,
    meanwhile: 'waits',
    name: 'expect',
    aliases: [],
    syntax: EXPECTATIONS.map(([syntax]) => syntax),
    summary: 'fail unless something is so: for scripts and lessons',
    details: EXPECTATIONS.map(([syntax, claim]) => `${syntax}: ${claim}`).join('\n'),
    completion: ['expression'],
    run: (session, args) => {
      const expected = pointing(args.column, () => parseExpectation(args.text));
      const wrong = contradiction(session, expected, { printed: session.wrote, answer: session.answered });
      if (wrong !== undefined) throw args.error(wrong);
      return text('');
    },
  },
  {
    ...group,
    name: 'transcript',
    aliases: [],
    syntax: ['transcript [-t] [-x] FILE', 'transcript -off'],
    summary: 'write commands and their output to a file too; -t empties it first, -x prints nothing else',
    completion: ['file'],
    run: (session, args) => {
      const [flags, rest] = splitOptions(args, { '-t': false, '-x': false, '-off': false });
      if (flags.has('-off')) {
        session.transcript = undefined;
        return text('');
      }
      if (rest.empty) throw rest.error('transcript wants a file');
      const path = unquote(rest.text);
      if (flags.has('-t')) session.host.writeFile(path, '');
      else session.host.appendFile(path, '');
      session.transcript = { path, quiet: flags.has('-x') };
      return text('');
    },
  },
  {
    ...group,
    meanwhile: 'waits',
    name: 'share',
    aliases: [],
    syntax: ['share'],
    summary: 'print a link to here, for the page and for r14 open: the program, the commands given, how the screen stands',
    details: [
      'All is in the link itself, behind its #, which browsers send to no server; only a program of your own is not in it, but its name and sum: whoever',
      'opens the link wants it too. What the program was given is in it: arguments, --seed, --cpu, --cpus, and what it has read as its input. R14_PAGE=URL names the page (npm run web serves one).',
    ].join('\n'),
    completion: [],
    run: async (session, args) => {
      const { links } = session.host;
      const place = session.place(session.look);
      if (links === undefined || place === undefined) throw args.error('what is debugged here cannot be opened elsewhere by a link');
      const { linkOf } = await import('../session/share.js');
      const link = linkOf(place, links.pack);
      return text(`${links.page}#${link}`);
    },
  },
  {
    ...group,
    name: 'exit',
    aliases: ['quit', 'q', 'detach'],
    syntax: ['exit', 'exit STATUS'],
    summary: 'end r14, with a status: an expression; else as --batch has it',
    completion: ['expression'],
    run: (session, args) => {
      if (!args.empty) {
        const context = session.context();
        const status = pointing(args.column, () => numberOfResult(context, evaluated(context, args.text, args.column)));
        session.exitStatus = Number(BigInt.asUintN(8, BigInt(Math.trunc(Number(status)))));
      }
      session.ended = true;
      if (session.requests.running) session.interrupt();
      return text('');
    },
  },
];
