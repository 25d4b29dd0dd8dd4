import { type Command, GROUPS, type Group } from './command.js';

const GROUP_TITLES: Readonly<Record<Group, string>> = {
  running: 'Running the program',
  time: 'Going back and forth in time',
  breakpoints: 'Stopping it: breakpoints, watchpoints, catchpoints',
  stack: 'The stack',
  data: 'Data: expressions, memory, registers',
  code: 'Code: source and disassembly',
  goroutines: 'Goroutines and threads',
  race: 'The race detector',
  information: 'What r14 knows',
  session: 'The session',
};

/** `help`: all commands with their summaries, by group. */
export function helpAll(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(command => title(command).length));
  const chapters = GROUPS.map(group => {
    const rows = commands.filter(command => command.group === group);
    return [`${GROUP_TITLES[group]}:`, ...rows.map(command => `  ${title(command).padEnd(width)}  ${command.summary}`)].join('\n');
  });
  return [
    ...chapters,
    "help COMMAND tells more. Any unambiguous beginning of a name works; an empty line repeats. gdb's and Delve's spellings are understood.",
  ].join('\n\n');
}

function title(command: Command): string {
  const short = command.aliases.filter(alias => alias.length <= 5 && !alias.includes(' '));
  return [command.name, ...short].join(', ');
}

/** `help NAME`. */
export function helpOne(command: Command): string {
  const lines = [`${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`, '', ...command.syntax.map(form => `  ${form}`)];
  if (command.aliases.length > 0) lines.push('', `Also: ${command.aliases.join(', ')}`);
  if (command.details !== undefined) lines.push('', command.details);
  if (command.repeat !== 'no') {
    lines.push('', command.repeat === 'same' ? 'An empty line after it does it again.' : 'An empty line after it goes on from there.');
  }
  return lines.join('\n');
}

/** `help GROUP`. */
export function helpGroup(commands: readonly Command[], name: string): string | undefined {
  const group = GROUPS.find(candidate => candidate === name);
  if (group === undefined) return undefined;
  const rows = commands.filter(command => command.group === group);
  return [`${GROUP_TITLES[group]}:`, ...rows.map(command => `  ${command.name}: ${command.summary}`)].join('\n');
}

/** The commands' chapter of the documentation, from the table. */
export function commandsMarkdown(commands: readonly Command[]): string {
  const lines = ['# Commands', ''];
  for (const group of GROUPS) {
    lines.push(`## ${GROUP_TITLES[group]}`, '');
    for (const command of commands.filter(candidate => candidate.group === group)) {
      lines.push(`### ${command.name}`, '', `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`, '');
      lines.push('```', ...command.syntax, '```', '');
      if (command.aliases.length > 0) lines.push(`Also: ${command.aliases.map(alias => `\`${alias}\``).join(', ')}`, '');
      if (command.details !== undefined) lines.push(...command.details.split('\n'), '');
    }
  }
  return lines.join('\n');
}
