/**
 * A client of gdb's protocol that means no good: `npm run fuzz -- --gdb`. A step is what it sends at once: packets, real and made up, cut, with other
 * sums, with pieces of others in them. Behind them the next client is served.
 */
import { PacketReader, packet } from '../../src/server/gdb/packets.js';
import { GdbConnection } from '../../src/server/gdb/server.js';
import { debugBundled } from '../support/debug.js';
import { Random } from '../vectors/random.js';
import type { Fuzzed } from './fuzzed.js';

const HEADS = [
  ...[
    'qXfer:',
    'qXfer:auxv:read::',
    'qXfer:features:read:target.xml:',
    'qXfer:siginfo:read::',
    'qXfer:memory-map:read::',
    'qXfer:threads:read::',
  ],
  ...['Z0,', 'Z1,', 'Z2,', 'Z3,', 'Z4,', 'z0,', 'z2,', 'm', 'M', 'X', 'p', 'P', 'g', 'G', 'H', 'Hg', 'Hc', 'T', 'D', 'k', 'vKill;', 'R'],
  ...['vCont;', 'vCont;c', 'vCont;s:1', 'vCont;r', 'vCont?', 'vFile:open:', 'vFile:pread:', 'vFile:close:', 'vFile:fstat:', 'vFile:setfs:'],
  ...[
    'QPassSignals:',
    'QCatchSyscalls:',
    'QNonStop:',
    'QStartNoAckMode',
    'qRcmd,',
    'qThreadExtraInfo,',
    'qSupported:',
    'qfThreadInfo',
    'qC',
  ],
  ...['bs', 'bc', 's', 'S', 'c', 'C', '?', 'v', 'q', 'Q', '!', '_', '\xff', 'qAttached', 'qOffsets', 'qSymbol::', 'qCRC:'],
];
const PARTS = [
  ...[
    '0',
    '1',
    '-1',
    'ffffffffffffffff',
    '7fffffffe000',
    '401281',
    '1000',
    '10',
    'zz',
    '\0',
    '41',
    'x',
    's',
    'r',
    '}',
    '*',
    '0,1',
    ',1',
    ',8',
  ],
  ...[',', ';', ':', '=', '#', '$', '%', '2f62696e2f7368', '62742066', '1;1;1', '.'.repeat(200), '9'.repeat(300), '0'.repeat(70_000)],
];

function made(seed: number): string[] {
  const random = new Random(seed);
  const one = (): string => random.pick(HEADS) + Array.from({ length: random.below(5) }, () => random.pick(PARTS)).join('');
  return Array.from({ length: 40 }, () => {
    const whole = packet(one());
    switch (random.below(12)) {
      case 0:
        return whole.slice(0, random.below(whole.length));
      case 1:
        return `${whole.slice(0, -2)}zz`;
      case 2:
        return `${whole}${packet(one())}`;
      case 3:
        return '\x03';
      case 4:
        return random.pick(['+', '-', '----', '$', '#', '$$$$', '#00', '\r\n']);
      case 5:
        return `$${one()}#${random.below(256).toString(16).padStart(2, '0')}`;
      default:
        return whole;
    }
  });
}

const ANSWER = /^(?:[lmFEOTWXN]|OK|QC|[0-9a-f]|vCont|PacketSize|$)/;

async function run(steps: readonly string[]): Promise<string | undefined> {
  const { session } = debugBundled('newproc-race');
  const heard: string[] = [];
  const reader = new PacketReader();
  const send = (bytes: string): void => {
    for (const each of reader.push(bytes)) if (each.kind === 'packet') heard.push(each.text);
  };
  const client = { send, close: () => undefined, debug: true };
  const connection = new GdbConnection(session, client);
  for (const step of steps) {
    connection.hear(step);
    await new Promise(resolve => setImmediate(resolve));
  }
  await connection.end();
  const odd = heard.find(text => text.includes('r14 itself is at fault') || !ANSWER.test(text));
  if (odd !== undefined) return `it answers ${JSON.stringify(odd.slice(0, 1000))}`;
  if (session.requests.running) return 'the program runs on without a client';
  if (session.breakpoints.all.length > 0) return 'what the client has set is still there';
  const next = new GdbConnection(session, client);
  next.hear(packet('qSupported:swbreak+'));
  next.hear(packet('?'));
  // A watchdog ends a wait that nobody ends.
  for (const before = heard.length; heard.length < before + 2; ) await new Promise(resolve => setTimeout(resolve, 1));
  await next.end();
  return heard.at(-2)?.startsWith('PacketSize') && /^[TWX]/.test(heard.at(-1)!)
    ? undefined
    : `the next client hears ${JSON.stringify(heard.slice(-2))}`;
}

export const gdb: Fuzzed<string> = {
  name: 'gdb',
  made,
  run,
  shown: step => JSON.stringify(step.length > 300 ? `${step.slice(0, 300)}... (${step.length})` : step),
  unit: 'pieces',
};
