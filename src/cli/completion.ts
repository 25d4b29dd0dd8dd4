/** `r14 completion SHELL`: a script that has a shell complete r14's commands and flags, from the table of them. */
import { nodeAssets } from '../host/node/assets.js';
import { Catalog } from '../runtime/bundled/catalog.js';
import { ACTIONS, CLI_COMMANDS, COMMAND_FLAGS, type CommandName, type FlagRow, UsageError } from './flags.js';
import { writeOut } from './output.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** Commands behind which a bundled program may stand. */
const OF_PROGRAMS: ReadonlySet<string> = new Set(['exec', 'run', 'lesson', 'cost', 'gdbserver', 'race']);

const names = Object.keys(CLI_COMMANDS) as readonly CommandName[];
const flagsOf = (command: CommandName): readonly FlagRow[] => COMMAND_FLAGS.filter(({ of }: FlagRow) => of.includes(command));
const dashed = ({ name, gdb }: FlagRow): string => `${gdb ? '-' : '--'}${name}`;
const summaryOf = (command: CommandName): string => CLI_COMMANDS[command].summary;

/** Values of a flag that are words to choose from: `true|false`. */
const choices = ({ value = '' }: FlagRow): readonly string[] => (/^[a-z\d]+(\|[a-z\d]+)+$/.test(value) ? value.split('|') : []);

/** What may stand behind a command, beside files. */
function words(command: CommandName, programs: readonly string[]): readonly string[] {
  if (command === 'completion') return SHELLS;
  return [...(ACTIONS[command] ?? []), ...(OF_PROGRAMS.has(command) ? programs : [])];
}

export function completionCommand(shell: string): number {
  if (!SHELLS.some(each => each === shell)) throw new UsageError(`r14 completion knows ${SHELLS.join(', ')}, not "${shell}"`);
  const programs = new Catalog(nodeAssets).list().map(({ name }) => name);
  writeOut(1, completionScript(shell as Shell, programs));
  return 0;
}

/** `programs`: names of the bundled ones. */
export function completionScript(shell: Shell, programs: readonly string[]): string {
  return `${{ bash, zsh, fish }[shell](programs).join('\n')}\n`;
}

function bash(programs: readonly string[]): readonly string[] {
  const cases = names.map(
    command => `    ${command}) flags='${flagsOf(command).map(dashed).join(' ')}' words='${words(command, programs).join(' ')}' ;;`,
  );
  const values = COMMAND_FLAGS.filter((row: FlagRow) => choices(row).length > 0).map(
    (row: FlagRow) => `    ${dashed(row)}) COMPREPLY=($(compgen -W '${choices(row).join(' ')}' -- "$cur")); return ;;`,
  );
  return [
    '# source <(r14 completion bash)',
    '_r14() {',
    `  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command= flags= words= i`,
    '  COMPREPLY=()',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    `    [[ \${COMP_WORDS[i]} == -- ]] && return`,
    `    case \${COMP_WORDS[i]} in ${names.join('|')}) [[ -z $command ]] && command=\${COMP_WORDS[i]} ;; esac`,
    '  done',
    '  if [[ -z $command ]]; then',
    `    COMPREPLY=($(compgen -W '${names.join(' ')} --help --version' -- "$cur"))`,
    '    return',
    '  fi',
    '  case $prev in',
    ...values,
    '  esac',
    '  case $command in',
    ...cases,
    '  esac',
    '  if [[ $cur == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$flags" -- "$cur"))',
    '  else',
    '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    '  fi',
    '}',
    // Where nothing fits, files.
    'complete -o default -F _r14 r14',
  ];
}

/** A word in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function zsh(programs: readonly string[]): readonly string[] {
  const plain = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
  const spec = (row: FlagRow): string => {
    const { summary, value, repeated } = row;
    const action = choices(row).length > 0 ? `(${choices(row).join(' ')})` : '_files';
    const behind = row.gdb ? '' : '=';
    return quoted(
      `${repeated ? '*' : ''}${dashed(row)}${value === undefined ? '' : behind}[${plain(summary)}]${value === undefined ? '' : `:${plain(value)}:${action}`}`,
    );
  };
  const cases = names.map(command => {
    const own = words(command, programs);
    const rest = own.length === 0 ? "'*:file:_files'" : quoted(`*: :{ compadd ${own.join(' ')}; _files }`);
    return `    ${command}) _arguments -S ${[...flagsOf(command).map(spec), rest].join(' ')} ;;`;
  });
  return [
    '#compdef r14',
    '# r14 completion zsh > a folder of $fpath, as _r14; or: source <(r14 completion zsh)',
    '_r14() {',
    '  if (( CURRENT == 2 )); then',
    `    local -a commands=(${names.map(command => quoted(`${command}:${plain(summaryOf(command))}`)).join(' ')})`,
    '    _describe command commands',
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...cases,
    '  esac',
    '}',
    'compdef _r14 r14',
  ];
}

function fish(programs: readonly string[]): readonly string[] {
  const text = (summary: string): string => `'${summary.replace(/[\\']/g, '\\$&')}'`;
  const none = `not __fish_seen_subcommand_from ${names.join(' ')}`;
  return [
    '# r14 completion fish > ~/.config/fish/completions/r14.fish',
    ...names.map(command => `complete -c r14 -f -n '${none}' -a ${command} -d ${text(summaryOf(command))}`),
    ...names.flatMap(command => {
      const when = `-n '__fish_seen_subcommand_from ${command}'`;
      const own = words(command, programs);
      return [
        ...(own.length === 0 ? [] : [`complete -c r14 ${when} -a '${own.join(' ')}'`]),
        ...flagsOf(command).map(row => {
          const values = choices(row);
          const takes = row.value === undefined ? '' : values.length > 0 ? ` -x -a '${values.join(' ')}'` : ' -r';
          return `complete -c r14 ${when} ${row.gdb ? '-o' : '-l'} ${row.name}${takes} -d ${text(row.summary)}`;
        }),
      ];
    }),
  ];
}
