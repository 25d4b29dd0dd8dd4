import { describe, expect, it } from 'vitest';
import { LessonError, parseLesson } from './lesson.js';

const lines = (...text: string[]) => text.join('\n');

describe('parseLesson', () => {
  it('takes steps from fenced blocks and quoted lines, and leaves other blocks to the reader', () => {
    const { title, parts } = parseLesson(
      'l.md',
      lines(
        '# A title',
        '',
        'Text.',
        '```r14',
        '# a remark',
        'continue',
        '',
        'expect RDI == 0',
        '```',
        '> (r14) bt',
        '> a quotation',
        '```go',
        'x := 1',
        '```',
      ),
    );
    expect(title).toBe('A title');
    expect(parts.map(({ kind, line, text }) => [kind, line, text])).toEqual([
      ['text', 1, '# A title\n\nText.'],
      ['command', 6, 'continue'],
      ['check', 8, 'expect RDI == 0'],
      ['command', 10, 'bt'],
      ['text', 11, '> a quotation\n```go\nx := 1\n```'],
    ]);
  });

  it('knows every kind of check, and variants', () => {
    const steps = [
      'expect at main.main',
      'expect signal SIGSEGV',
      'expect exit 2',
      'expect printed two words',
      'expect shows x',
      'expect frames a b',
      'expect a.b == &c',
      'variant norace',
      'variant norace-nomap race=false',
    ];
    const { parts } = parseLesson('l.md', lines('# T', '```r14', ...steps, '```'));
    expect(parts.slice(1).map(part => (part.kind === 'check' ? part.check : part))).toMatchObject([
      { kind: 'at', text: 'main.main' },
      { kind: 'signal', text: 'SIGSEGV' },
      { kind: 'exit', status: 2 },
      { kind: 'printed', text: 'two words' },
      { kind: 'shows', text: 'x' },
      { kind: 'frames', functions: ['a', 'b'] },
      { kind: 'holds', expression: 'a.b == &c' },
      { kind: 'variant', variant: 'norace', race: undefined },
      { kind: 'variant', variant: 'norace-nomap', race: false },
    ]);
  });

  it('names file and line of every wrong step', () => {
    const wrong = lines(
      'no title',
      '```r14',
      'nosuchcommand',
      'expect',
      'expect 1 +',
      'expect exit soon',
      'variant',
      'bt',
      '```',
      '```r14',
      'c',
    );
    const problems = (() => {
      try {
        parseLesson('dir/l.md', wrong);
        return [];
      } catch (error) {
        expect(error).toBeInstanceOf(LessonError);
        return (error as Error).message.split('\n');
      }
    })();
    expect(problems.map(problem => /^dir\/l\.md:(\d+): /.exec(problem)?.[1])).toEqual(['3', '4', '5', '6', '7', '10', '1']);
    expect(problems[0]).toContain('nosuchcommand');
  });
});
