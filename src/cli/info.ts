/** `r14 info BINARY`: what a program is, and by what evidence. */
import { nodePorts } from '../host/node/ports.js';
import { type ProgramFacts, programFacts, type RaceEvidence } from '../image/facts.js';
import { writeOut } from './output.js';
import { programBytes } from './program-bytes.js';

export function infoCommand(path: string, json: boolean): number {
  const bytes = programBytes(path);
  const facts = programFacts(bytes, path, nodePorts.unpack);
  writeOut(1, json ? `${JSON.stringify(data(path, bytes.length, facts))}\n` : text(path, bytes.length, facts));
  return 0;
}

/** Whether it is one, and what says so; pieces that contradict each other are all told. */
function raceText({ setting, runtime, tsan }: RaceEvidence): string {
  const evidence = [
    setting === undefined
      ? 'it has no build settings'
      : setting
        ? 'its build settings have -race=true'
        : 'its build settings have no -race',
    `${runtime} functions runtime.race*`,
    `${tsan} functions __tsan_*`,
  ].join(', ');
  const is = tsan > 0 && runtime > 0;
  const odd = setting !== undefined && setting !== is ? '; that does not agree' : '';
  return `${is ? 'yes' : 'no'}: ${evidence}${odd}`;
}

function text(path: string, size: number, facts: ProgramFacts): string {
  const { go, race, pie, interpreter, symbols, dwarf, registers, abi0, buildId, problems } = facts;
  const level = go?.settings.get('GOAMD64');
  const units = [...dwarf].sort(([a], [b]) => a - b).map(([version, count]) => `${version} (${count} unit${count === 1 ? '' : 's'})`);
  const rows: readonly (readonly [string, string])[] = [
    ['file', `${path}, ${size} bytes`],
    [
      'kind',
      `x86-64 program, ${pie ? 'position-independent (PIE)' : 'at a fixed address'}, ${interpreter === undefined ? 'static' : `loaded by ${interpreter}`}`,
    ],
    ['symbols', symbols === 0 ? 'none: it is stripped' : `${symbols}`],
    ['Go', go === undefined ? 'no: it has no Go build information' : `${go.version}, ${go.path}`],
    ...(go === undefined || go.settings.size === 0
      ? []
      : [['build', [...go.settings].map(([key, value]) => `${key}=${value}`).join(' ')] as const]),
    ['race build', raceText(race)],
    ...(race.tsan === 0
      ? []
      : [
          [
            'race runtime',
            race.generation === undefined
              ? 'of an unknown release'
              : `ThreadSanitizer ${race.generation}${level === undefined ? '' : `, GOAMD64=${level}`}`,
          ] as const,
        ]),
    ...(registers === undefined
      ? []
      : [
          [
            'ABI',
            `${registers ? 'arguments in registers (ABIInternal)' : 'arguments on the stack'}; ${abi0} functions are known as ABI0`,
          ] as const,
        ]),
    ['DWARF', units.length === 0 ? 'none' : `version ${units.join(', ')}`],
    ...(buildId === undefined ? [] : [['build id', buildId] as const]),
    ...problems.map(problem => ['problem', problem] as const),
  ];
  return rows.map(([name, value]) => `${name.padEnd(13)} ${value}\n`).join('');
}

const data = (path: string, size: number, { go, race, dwarf, interpreter, buildId, registers, ...rest }: ProgramFacts): object => ({
  path,
  size,
  ...rest,
  interpreter: interpreter ?? null,
  buildId: buildId ?? null,
  registers: registers ?? null,
  go: go === undefined ? null : { version: go.version, path: go.path, settings: Object.fromEntries(go.settings) },
  race: { ...race, setting: race.setting ?? null, generation: race.generation ?? null, is: race.tsan > 0 && race.runtime > 0 },
  dwarf: Object.fromEntries(dwarf),
});
