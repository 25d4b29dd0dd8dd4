import { type Answer, text } from '../answer.js';
import type { Session } from '../session/session.js';
import { SETTINGS, type SettingName, Settings } from '../session/settings.js';
import { Arguments, unquote } from './arguments.js';
import type { Command, Console } from './command.js';
import { directoriesText, substitutePath } from './source-path.js';

/** Sets one setting from the text behind its name. */
export function setSetting(session: Session, name: string, value: Arguments): Answer {
  const plain = name === 'prompt' ? unquote(value.text) : unquote(value.text.replace(/^=\s*/, ''));
  if (value.empty) throw value.error(`${name} wants a value`);
  session.settings.set(name, plain, value.column);
  return text('');
}

export const settingCommands: readonly Command[] = [
  {
    name: 'config',
    meanwhile: 'acts',
    aliases: [],
    group: 'session',
    syntax: [
      'config',
      'config -list',
      'config -save',
      'config NAME VALUE',
      'config substitute-path FROM TO',
      'config substitute-path FROM',
      'config alias COMMAND ALIAS',
      'config alias ALIAS',
    ],
    summary: 'list and change settings',
    details: [
      ...SETTINGS.map(row => `${row.name}: ${row.summary} (${JSON.stringify(row.initial)})`),
      'In the screen, theme and hidden-panes are kept when you change them; config -save keeps all.',
      'substitute-path: source paths that start with FROM are looked up under TO; without TO the rule is dropped. FROM may be a package, as -trimpath writes',
      'it (net/http, example.com/m@v1.2.3), or "" for all paths without a / in front, which counts last. See directory.',
      'alias: ALIAS becomes another name of COMMAND; alone it is dropped.',
    ].join('\n'),
    completion: ['setting', 'value'],
    repeat: 'no',
    run: (session, args, { table }) => {
      const [name, rest] = args.shift();
      if (name === '' || name === '-list') return list(session);
      if (name === '-save') return save(session);
      if (name === 'substitute-path') return substitutePath(session, rest);
      if (name === 'alias') return alias(session, rest, table);
      const row = Settings.find(name);
      if (row === undefined) session.settings.set(name, '', args.column);
      if (rest.empty) return text(`${row!.name} = ${JSON.stringify(session.settings.text(row!.name as never))}`);
      return setSetting(session, row!.name, rest);
    },
  },
  {
    name: 'show',
    meanwhile: 'acts',
    aliases: [],
    group: 'session',
    syntax: ['show [NAME]', 'show version', 'show directories', 'show substitute-path'],
    summary: "a setting, in gdb's words, or r14's version",
    completion: ['setting'],
    repeat: 'no',
    run: (session, args) => {
      if (args.empty) return list(session);
      if (args.text === 'directories') return text(directoriesText(session), [...session.settings.directories]);
      if (/^substitute-path\b/.test(args.text)) return substitutePath(session, args.from(args.text.length));
      if (args.text === 'version') return text(`r14 ${session.host.version}`, session.host.version);
      const row = Settings.find(args.text);
      if (row === undefined) throw args.error(`no setting "${args.text}" (config lists them)`);
      const value = session.settings.entries().find(([name]) => name === row.name)![1];
      return text(`${row.name} = ${JSON.stringify(value)}`, value);
    },
  },
];

function list(session: Session): Answer {
  const { settings } = session;
  const rows = settings.entries();
  const lines = rows.map(([name, value]) => `${name.padEnd(24)} ${JSON.stringify(value)}`);
  for (const { from, to } of settings.substitutions) lines.push(`substitute-path ${from === '' ? '""' : from} -> ${to}`);
  for (const [name, command] of settings.aliases) lines.push(`alias ${name} = ${command}`);
  return text(lines.join('\n'), Object.fromEntries(rows));
}

/** Keeps what is not as it was: the file is a script of `config` commands, which interactive sessions run at their start. */
function save(session: Session): Answer {
  const { settings } = session;
  const lines = settingLines(settings);
  for (const { from, to } of settings.substitutions) lines.push(`config substitute-path "${from}" "${to}"`);
  for (const [name, command] of settings.aliases) lines.push(`config alias ${command.replace(/ .*/, '')} ${name}`);
  const kept = replaceSaved(session, settings.chosen, lines);
  return text(`Saved to ${session.host.settingsFile}.${kept ? ' What else stood there is kept.' : ''}`);
}

/** Keeps these settings alone. Throws CommandError when the file cannot be read or written. */
export function saveOnly(session: Session, names: readonly SettingName[]): void {
  replaceSaved(session, new Set(names), settingLines(session.settings, names));
}

/** The commands for settings that are not as they were at first. */
function settingLines(settings: Settings, names: readonly SettingName[] = SETTINGS.map(row => row.name)): string[] {
  const initial = new Map<SettingName, string | number>(SETTINGS.map(row => [row.name, row.initial]));
  return settings
    .entries()
    .filter(([name, value]) => names.includes(name) && initial.get(name) !== value)
    .map(([name, value]) => `config ${name} ${quoted(value)}`);
}

/** Puts lines in the place of those that say something of the same. All else in the file is somebody's, and stays; returns whether there is any. */
function replaceSaved({ host }: Session, subjects: ReadonlySet<string>, lines: readonly string[]): boolean {
  let others = false;
  host.changeSettings(text => {
    const file = text.replace(/\n$/, '');
    const kept = file === '' ? [] : file.split('\n').filter(line => !subjects.has(subjectOf(line) ?? ''));
    others = kept.length > 0;
    return [...kept, ...lines].map(line => `${line}\n`).join('');
  });
  return others;
}

/** What a line of the settings file sets, as in `Settings.chosen`. */
function subjectOf(line: string): string | undefined {
  const [command = '', name = '', ...rest] = new Arguments(line.trim(), 0).words().map(word => unquote(word.text));
  if (command !== 'config' && command !== 'set') return undefined;
  if (name === 'substitute-path') return `${name} ${rest[0]}`;
  if (name === 'alias') return `${name} ${rest.at(-1)}`;
  return Settings.find(name)?.name;
}

function quoted(value: string | number): string {
  return typeof value === 'string' && /\s/.test(value) ? `"${value}"` : String(value);
}

function alias(session: Session, args: Arguments, table: Console['table']): Answer {
  const [first, second] = args.words();
  const { aliases, chosen } = session.settings;
  if (first === undefined) throw args.error('alias wants a command and a new name');
  if (second === undefined) {
    if (!aliases.delete(first.text)) throw args.error(`no alias "${first.text}"`);
    chosen.add(`alias ${first.text}`);
    return text('');
  }
  const command = table.find(first.text, first.column, aliases);
  aliases.set(second.text, command.name);
  chosen.add(`alias ${second.text}`);
  return text('');
}
