/** Where source files lie on this host, in gdb's words. */
import { type Answer, text } from '../answer.js';
import type { Session } from '../session/session.js';
import { type Arguments, unquote } from './arguments.js';
import type { Command } from './command.js';

const path = { group: 'session', repeat: 'no', meanwhile: 'acts' } as const;

export const sourcePathCommands: readonly Command[] = [
  {
    ...path,
    name: 'directory',
    aliases: ['dir', 'set directories'],
    syntax: ['directory DIR[:DIR...]', 'directory', 'set directories DIR[:DIR...]'],
    summary: 'look for source files in these folders too, before those named earlier; alone, in none',
    details: [
      'A file that is not where debug information says is looked up in each folder: by its whole path below it, then by ever shorter ends of that, its bare',
      "name last. Programs built with -trimpath name their sources by import path: net/http/server.go, example.com/m@v1.2.3/m.go, and a hooking tool's by bare",
      'names. For those of one package alone: set substitute-path example.com/m@v1.2.3 DIR; for those that begin with no /: set substitute-path "" DIR.',
      '$cdir and $cwd may stand in a list, and mean what is the case anyhow.',
    ].join('\n'),
    completion: ['file'],
    run: (session, args) => {
      const { settings, sources } = session;
      const named = args
        .words()
        .flatMap(word => unquote(word.text).split(':'))
        .filter(folder => folder !== '' && folder !== '$cdir' && folder !== '$cwd');
      const others = args.empty || args.verb === 'set directories' ? [] : settings.directories.filter(folder => !named.includes(folder));
      settings.directories.splice(0, settings.directories.length, ...named, ...others);
      sources.forget();
      return text(directoriesText(session), [...settings.directories]);
    },
  },
  {
    ...path,
    name: 'set substitute-path',
    aliases: [],
    syntax: ['set substitute-path FROM TO'],
    summary: 'look up source paths that start with FROM under TO, as config substitute-path does',
    completion: ['file', 'file'],
    run: (session, args) => {
      if (args.words().length !== 2) throw args.error('set substitute-path wants FROM and TO; FROM may be ""');
      return substitutePath(session, args);
    },
  },
  {
    ...path,
    name: 'unset substitute-path',
    aliases: [],
    syntax: ['unset substitute-path [FROM]'],
    summary: 'drop the rule for FROM, or all rules',
    completion: ['file'],
    run: (session, args) => {
      if (!args.empty) return substitutePath(session, args);
      for (const { from } of session.settings.substitutions.splice(0)) session.settings.chosen.add(`substitute-path ${from}`);
      session.sources.forget();
      return text('');
    },
  },
];

/** What `show directories` prints. */
export const directoriesText = ({ settings }: Session): string =>
  `Source directories searched: ${[...settings.directories, '$cdir', '$cwd'].join(':')}`;

/** `FROM TO` makes a rule, `FROM` drops one, nothing lists them. */
export function substitutePath(session: Session, args: Arguments): Answer {
  const [from, to, more] = args.words().map(word => unquote(word.text));
  const { substitutions, chosen } = session.settings;
  if (from === undefined) return text(substitutions.map(rule => `${rule.from === '' ? '""' : rule.from} -> ${rule.to}`).join('\n'));
  if (more !== undefined) throw args.error('substitute-path wants FROM and TO, with quotes around what has blanks in it');
  const index = substitutions.findIndex(rule => rule.from === from);
  if (to === undefined) {
    if (index < 0) throw args.error(`no rule for "${from}"`);
    substitutions.splice(index, 1);
  } else if (index < 0) substitutions.push({ from, to });
  else substitutions[index] = { from, to };
  chosen.add(`substitute-path ${from}`);
  session.sources.forget();
  return text('');
}
