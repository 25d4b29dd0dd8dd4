import { describe, expect, it } from 'vitest';
import { OutputLog, type OutputRecord, onceOnly } from './output.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the output log', () => {
  it('tells when and where in the output each write was', () => {
    const heard: OutputRecord[] = [];
    let t = 10;
    const log = new OutputLog(
      () => t,
      record => heard.push(record),
    );
    log.write(1, bytes('one'));
    t = 25;
    log.write(2, bytes('three'));
    expect(heard).toEqual([
      { t: 10, descriptor: 1, at: 0, bytes: bytes('one') },
      { t: 25, descriptor: 2, at: 3, bytes: bytes('three') },
    ]);
    expect(log.written).toBe(8);
  });

  it('gives who shows it nothing twice when the run has gone back', () => {
    let shown = '';
    const log = new OutputLog(
      () => 0,
      onceOnly(record => {
        shown += new TextDecoder().decode(record.bytes);
      }),
    );
    for (const text of ['a', 'bc', 'd']) log.write(1, bytes(text));
    log.written = 1;
    for (const text of ['bc', 'd', 'ef']) log.write(1, bytes(text));
    expect(shown).toBe('abcdef');
  });
});
