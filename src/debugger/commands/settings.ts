import type { Session } from '../session.js';
import { SETTINGS, type SettingName, Settings } from '../settings.js';
import { type Arguments, unquote } from './arguments.js';
import { type Answer, type Command, text } from './command.js';
import { commandTable } from './table.js';

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
      'substitute-path: source paths that start with FROM are looked up under TO; without TO the rule is dropped.',
      'alias: ALIAS becomes another name of COMMAND; alone it is dropped.',
    ].join('\n'),
    completion: ['setting', 'value'],
    repeat: 'no',
    run: (session, args) => {
      const [name, rest] = args.shift();
      if (name === '' || name === '-list') return list(session);
      if (name === '-save') return save(session);
      if (name === 'substitute-path') return substitute(session, rest);
      if (name === 'alias') return alias(session, rest);
      const row = Settings.find(name);
      if (row === undefined) session.settings.set(name, '', args.column);
      if (rest.empty) return text(`${row!.name} = ${JSON.stringify(session.settings.text(row!.name as never))}`);
      return setSetting(session, row!.name, rest);
    },
  },
  {
    name: 'show',
    aliases: [],
    group: 'session',
    syntax: ['show [NAME]', 'show version'],
    summary: "a setting, in gdb's words",
    completion: ['setting'],
    repeat: 'no',
    run: (session, args) => {
      if (args.empty) return list(session);
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
  for (const { from, to } of settings.substitutions) lines.push(`substitute-path ${from} -> ${to}`);
  for (const [name, command] of settings.aliases) lines.push(`alias ${name} = ${command}`);
  return text(lines.join('\n'), Object.fromEntries(rows));
}

/** Keeps what is not as it was: the file is a script of `config` commands, which interactive sessions run at their start. */
function save(session: Session): Answer {
  const { settings, host } = session;
  const lines = settingLines(settings);
  for (const { from, to } of settings.substitutions) lines.push(`config substitute-path "${from}" "${to}"`);
  for (const [name, command] of settings.aliases) lines.push(`config alias ${command.replace(/ .*/, '')} ${name}`);
  const said = new Set([...lines.map(subject), ...[...settings.chosen].map(name => `config ${name}`)]);
  const kept = settings.foreign ?? savedLines(session).filter(line => !said.has(subject(line)));
  writeLines(session, [...kept, ...lines]);
  const what = settings.foreign === undefined ? 'What else stood there is' : 'Comments and lines that could not be used are';
  return text(`Saved to ${host.settingsFile}.${kept.length === 0 ? '' : ` ${what} kept.`}`);
}

/** Keeps these settings alone: all else stays as it is in the file. Throws CommandError when the file cannot be written. */
export function saveOnly(session: Session, names: readonly SettingName[]): void {
  const { foreign = [] } = session.settings;
  const said = new Set(names.map(name => `config ${name}`));
  const kept = savedLines(session).filter(line => foreign.includes(line) || !said.has(subject(line)));
  writeLines(session, [...kept, ...settingLines(session.settings, names)]);
}

/** The commands for settings that are not as they were at first. */
function settingLines(settings: Settings, names: readonly SettingName[] = SETTINGS.map(row => row.name)): string[] {
  const initial = new Map<SettingName, string | number>(SETTINGS.map(row => [row.name, row.initial]));
  return settings
    .entries()
    .filter(([name, value]) => names.includes(name) && initial.get(name) !== value)
    .map(([name, value]) => `config ${name} ${quoted(value)}`);
}

/** Lines of the settings file; none when it cannot be read. */
function savedLines({ host }: Session): readonly string[] {
  try {
    const script = host.readScript(host.settingsFile).replace(/\n$/, '');
    return script === '' ? [] : script.split('\n');
  } catch {
    return [];
  }
}

const writeLines = ({ host }: Session, lines: readonly string[]): void =>
  host.writeFile(host.settingsFile, lines.map(line => `${line}\n`).join(''));

/** What a line of the settings file sets: `config theme`, `config substitute-path "/from"`, `config alias b`. */
function subject(line: string): string {
  const words = line.trim().split(/\s+/);
  if (words[1] === 'alias') return `config alias ${words.at(-1)}`;
  return words.slice(0, words[1] === 'substitute-path' ? 3 : 2).join(' ');
}

function quoted(value: string | number): string {
  return typeof value === 'string' && /\s/.test(value) ? `"${value}"` : String(value);
}

function substitute(session: Session, args: Arguments): Answer {
  const words = args.words().map(word => unquote(word.text));
  const [from, to] = words;
  const { substitutions } = session.settings;
  if (from === undefined) return text(substitutions.map(rule => `${rule.from} -> ${rule.to}`).join('\n'));
  const index = substitutions.findIndex(rule => rule.from === from);
  if (to === undefined) {
    if (index < 0) throw args.error(`no rule for "${from}"`);
    substitutions.splice(index, 1);
  } else if (index < 0) substitutions.push({ from, to });
  else substitutions[index] = { from, to };
  return text('');
}

function alias(session: Session, args: Arguments): Answer {
  const [first, second] = args.words();
  const { aliases } = session.settings;
  if (first === undefined) throw args.error('alias wants a command and a new name');
  if (second === undefined) {
    if (!aliases.delete(first.text)) throw args.error(`no alias "${first.text}"`);
    return text('');
  }
  const command = commandTable.find(first.text, first.column, aliases);
  aliases.set(second.text, command.name);
  return text('');
}
