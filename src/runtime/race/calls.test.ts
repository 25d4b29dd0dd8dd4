import { expect, it } from 'vitest';
import { assemble } from '../../asm/assemble.js';
import { nodeAssets } from '../../host/node/assets.js';
import { Catalog } from '../bundled/catalog.js';
import { FIRST_RACE_CALL, RACE_CALLS, REPLY } from './calls.js';
import { MODEL_CONTEXT } from './v3/context.js';
import { THREAD } from './v3/layout.js';

const { declarations, sources } = new Catalog(nodeAssets).runtime();
const { constants } = assemble({ sources: [{ file: 'x.s', text: 'TEXT ·f(SB), 4, $0-0\n\tRET\n' }], declarations }).declarations;
const constant = (name: string): number => Number(constants.get(name));

it('the C side knows the numbers of the calls', () => {
  expect(RACE_CALLS.map(name => [name, constant(`TSAN_${name}`)])).toEqual(
    RACE_CALLS.map((name, index) => [name, FIRST_RACE_CALL + index]),
  );
  expect([...constants.keys()].filter(name => name.startsWith('TSAN_'))).toHaveLength(RACE_CALLS.length);
});

it('and where the reply and the context lie', () => {
  expect(constant('tsanReplyAddress')).toBe(REPLY.address);
  expect(constant('tsanReplyRoom')).toBeLessThanOrEqual(REPLY.met - REPLY.suppressionsText);
  const { address, bytes, suppressionsRoom, suppressionsLength, suppressionsText, met, room, ...fields } = REPLY;
  for (const [field, offset] of Object.entries(fields)) expect([field, constant(`tsanReply_${field}`)]).toEqual([field, offset]);
  expect(constant('tsanReply_room')).toBe(suppressionsRoom);
  expect(constant('tsanReply__size')).toBeLessThanOrEqual(Math.min(room, suppressionsLength));
  expect(room).toBeGreaterThan(suppressionsLength);
  expect(suppressionsText).toBeLessThan(met);
  expect(met).toBeLessThan(bytes);
  expect(sources.find(({ file }) => file.endsWith('tsan.s'))!.text).toContain(`MOVQ $0x${MODEL_CONTEXT.toString(16)}, AX`);
});

it('ThreadState is the real one', () => {
  const names = {
    fast_state: 'fastState',
    trace_pos: 'tracePos',
    clock: 'clock',
    shadow_stack: 'stack',
    tid: 'tid',
    tctx: 'context',
    slot: 'slot',
    proc1: 'proc',
  } as const;
  for (const [field, name] of Object.entries(names)) expect([field, constant(`threadState_${field}`)]).toEqual([field, THREAD[name]]);
  expect(constant('threadState__size')).toBe(THREAD.size);
});
