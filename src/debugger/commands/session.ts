import { type Answer, text } from '../answer.js';
import { CommandError } from '../errors.js';
import type { Session } from '../session/session.js';
import { splitOptions, unquote } from './arguments.js';
import type { Command, Console, Outcome } from './command.js';
import { helpAll, helpGroup, helpOne } from './help.js';

const group = { group: 'session', repeat: 'no', meanwhile: 'acts' } as const;

/** Scripts that source scripts end somewhere. */
const DEEPEST_SCRIPT = 20;

export const sessionCommands: readonly Command[] = [
  {
    ...group,
    name: 'help',
    aliases: ['h', '?'],
    syntax: ['help', 'help COMMAND', 'help CHAPTER'],
    summary: 'list the commands, or tell of one',
    completion: ['topic'],
    run: (session, args, { table }) => {
      if (args.empty) return text(helpAll(table.commands));
      const chapter = helpGroup(table.commands, args.text);
      if (chapter !== undefined) return text(chapter);
      return text(helpOne(table.find(args.text, args.column, session.settings.aliases)));
    },
  },
  {
    ...group,
    meanwhile: 'waits',
    name: 'source',
    aliases: [],
    syntax: ['source FILE'],
    summary: 'run the commands of a file, a line each, up to the first that fails',
    completion: ['file'],
    run: (session, args, console) => {
      if (args.empty) throw args.error('source wants a file');
      return runScript(session, unquote(args.text), console);
    },
  },
  {
    ...group,
    name: 'echo',
    aliases: [],
    syntax: ['echo TEXT'],
    summary: 'print text, in scripts',
    completion: [],
    run: (_session, args) => text(unquote(args.text).replace(/\\n/g, '\n')),
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
    name: 'exit',
    aliases: ['quit', 'q', 'detach'],
    syntax: ['exit'],
    summary: 'end r14',
    completion: [],
    run: session => {
      session.ended = true;
      if (session.requests.running) session.interrupt();
      return text('');
    },
  },
];

/** Runs a script; fails at its first failing line, and names it. `each` is told of every line's outcome as it comes. */
export async function runScript(session: Session, path: string, console: Console, each?: (outcome: Outcome) => void): Promise<Answer> {
  if (session.scripts >= DEEPEST_SCRIPT) throw new CommandError(`scripts are nested more than ${DEEPEST_SCRIPT} deep`);
  const script = session.host.readScript(path);
  const out: string[] = [];
  session.scripts++;
  try {
    for (const [index, line] of script.split(/\r?\n/).entries()) {
      if (line.trim() === '' || line.trim().startsWith('#')) continue;
      const outcome = await console.execute(session, line);
      each?.(outcome);
      if (!outcome.ok) throw new CommandError([...out, `${path}:${index + 1}: ${outcome.output}`].join('\n'));
      if (outcome.output !== '' && each === undefined) out.push(outcome.output);
      if (session.ended) break;
    }
  } finally {
    session.scripts--;
  }
  return text(out.join('\n'));
}
