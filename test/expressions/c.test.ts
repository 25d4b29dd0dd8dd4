import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseFormat } from '../../src/debugger/values/format.js';
import { buildC, missing } from '../support/build.js';
import { type Fixture, fixture } from './fixture.js';

/** `/f` in front is a print format. */
const EXPRESSIONS = [
  'letter',
  'newline',
  'high',
  'small',
  'byte',
  'shorty',
  'ushorty',
  'number',
  'unumber',
  'big',
  'ubig',
  'longest',
  'a_word',
  'yes',
  'no',
  'f',
  'd',
  'large',
  'tiny',
  'whole',
  'negative',
  'zero',
  'ld',
  'z',
  'color',
  'odd',
  'flags',
  'unknown',
  'text',
  'empty',
  'null',
  'buffer',
  'wide',
  'wide_full',
  'wide_bad',
  'wide_one',
  'escape',
  'wide_text',
  'wide_null',
  'wide_two',
  'wide_same',
  'utf16',
  'utf16_one',
  'utf16_half',
  'utf16_text',
  'utf32',
  'utf32_one',
  'wide_text[0]',
  '*utf16_text',
  '/x wide_full',
  '/d wide_one',
  'wide[1] + 0',
  'sizeof(wide_full)',
  'full',
  'numbers',
  'zeros',
  'grid',
  'origin',
  'points',
  'named',
  'u',
  'first',
  'second',
  'head',
  '*head',
  'head->next->name',
  'head->at.y',
  '*head->next',
  'function',
  '*function',
  'opaque',
  'pnumber',
  '*pnumber',
  'pnumber[1]',
  '*pp',
  'pp->x',
  'words',
  'words[1]',
  '&number',
  '&origin',
  '&origin.y',
  '&numbers',
  'n',
  'p',
  's',
  'x',
  'local',
  'copy',
  'copy.x + n',
  'number + 1',
  'unumber + 1',
  'byte + 100',
  'f * 2',
  'number / 2.0',
  'letter + 1',
  'pnumber + 1',
  'pnumber - numbers',
  '*(pnumber + 1)',
  '&numbers[3] - &numbers[0]',
  '(char)number',
  '(unsigned char)number',
  '*(int*)opaque',
  '(int*)opaque',
  '*(long*)&first.number',
  '(struct point *)&named',
  '*(struct point *)&named',
  '*(char**)&text',
  'sizeof(struct node)',
  'sizeof(int)',
  'sizeof number',
  '-n',
  '~n',
  'GREEN',
  'numbers[1]@2',
  '(char)65',
  '(enum color)5',
  'first.bits',
  'first.narrow',
  'first.a',
  'grid[1]',
  'grid[1][2]',
  // An enumerator is a number beside others, and a set of flags only where each of them is one bit.
  'color + 1',
  'GREEN + 1',
  'flags | 1',
  '-color',
  '(enum color)6',
  '(enum color)16',
  '(enum color)0',
  'color ? n : 3',
  '0 ? 1 : 0 ? 2 : 3',
  // C's precedence.
  '1 + 2 << 3',
  'n & 3 + 1',
  '2 | 1 ^ 3 & 5',
  '10 - 2 - 3 * 2',
  '7u + 1ul',
  '2.5f * 2',
  'sizeof("abc")',
  '1.0 / 3',
  '1.5',
  '1 + 2',
  '"abc"',
  '$rdi',
  '$edi',
  '$dil',
  '$xmm0.uint128',
  '(char*)$rdx',
  '/x number',
  '/x byte',
  '/d byte',
  '/t byte',
  '/o byte',
  '/c number',
  '/x origin',
  '/x numbers',
  '/a function',
  '/x $rdi',
  '/d $rdi',
  '/x head',
  '/c letter',
  '/d letter',
  '/x d',
  '/u number',
  '/z shorty',
  '/f number',
];

/** Where r14 means to differ from gdb: Go's true and false, registers and functions as numbers with their symbol. */
const DIFFERENT: readonly (readonly [string, string])[] = [
  ['n == 21', 'true'],
  ['n > 20 && s', 'true'],
  ['!n', 'false'],
  ['color == GREEN', 'true'],
  ['twice', '0x? <twice>'],
  ['&twice', '0x? <twice>'],
  ['$rip', '0x? <stop+20>'],
  ['RSP == $sp', 'true'],
  ['$xmm0.v2_double', '[2]float64 [2.5,0]'],
  ['$eflags', '0x246 [PF ZF IF]'],
  ['very_long', '0x? "0123456789012345678901234567890123456789012345678901234567890123"...'],
];

const why = missing('gcc');

describe(`expressions in a C frame${why ? ` (skipped: ${why})` : ''}`, () => {
  const program = (): string => buildC('values', { flags: ['-g', '-O0', '-no-pie'] });
  const stopped = (): Fixture => fixture(program(), 'stop', ['break stop', 'run']);
  const answer = (frame: Fixture, source: string): string => {
    const [, format, rest] = /^\/(\w) (.*)/.exec(source) ?? [];
    return format === undefined ? frame.p(source) : frame.p(rest!, { format: parseFormat(format) });
  };

  it.skipIf(why)('answers as gdb does', () => {
    const commands = [
      'set pagination off',
      'break stop',
      'run',
      ...EXPRESSIONS.flatMap(each => ['echo @@@', each.startsWith('/') ? `p${each}` : `p ${each}`]),
    ];
    const args = ['-c', 'exec gdb -nx -batch "$@" 2>&1', 'sh', ...commands.flatMap(command => ['-ex', command]), program()];
    const output = spawnSync('sh', args, { encoding: 'utf8', timeout: 60_000 }).stdout;
    const answers = output
      .split('@@@')
      .slice(1)
      .map(text => text.trim().replace(/^\$\d+ = /, ''));
    const frame = stopped();
    const wrong = EXPRESSIONS.flatMap((source, i) => {
      const mine = answer(frame, source);
      return mine === answers[i] ? [] : [`${source}: ${mine} where gdb has ${answers[i]}`];
    });
    expect(wrong).toEqual([]);
  });

  it.skipIf(why).each(DIFFERENT)('%s', (source, text) => {
    expect(
      stopped()
        .p(source)
        .replace(/0x[0-9a-f]{4,}/g, '0x?'),
    ).toBe(text);
  });

  it.skipIf(why)('sets variables, and takes numbers for one another as C does', () => {
    const frame = stopped();
    expect(frame.set('number = 5')).toBe('ok');
    expect(frame.set('d = number')).toBe('ok');
    expect(frame.set('origin.y = 70')).toBe('ok');
    expect(frame.set('color = 5')).toBe('ok');
    expect(frame.set('head = &first')).toBe('ok');
    expect([frame.p('number'), frame.p('d'), frame.p('origin'), frame.p('color'), frame.p('head->at')]).toEqual([
      '5',
      '5',
      '{x = 3, y = 70}',
      'GREEN',
      '{x = 1, y = 2}',
    ]);
    expect(frame.set('first.bits = 1')).toBe('0: first.bits cannot be set: it is a bit field');
    expect(frame.set('byte = 300')).toBe('7: the constant 300 overflows unsigned char');
  });
});
