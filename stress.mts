import { debug } from './test/support/debug.ts';
import { walk } from './src/debugger/stack/walker.ts';
const [path, step, max] = [process.argv[2]!, Number(process.argv[3] ?? 997), Number(process.argv[4] ?? 3000)];
const at = debug(path);
const s = at.session;
const roots = new Map<string, [number, string]>();
for (let i = 0; i < max; i++) {
  const ev = s.process.run({ budget: step, pass: true });
  if (ev.kind === 'exited') break;
  s.changed();
  for (const th of s.process.threads) {
    if (th.state === 'exited') continue;
    const frames = [...walk(s.walkTarget, s.threadStart(th))];
    const last = frames.at(-1)!;
    const names = frames.map(f => f.name);
    const key = last.name + (names.slice(0, -1).some(n => n === '??') ? ' with ??' : '');
    const o = roots.get(key);
    const show = `t=${s.process.t} thread ${s.threadNumber(th)}: ${names.slice(0, 4).join(' < ')} ... ${names.slice(-3).join(' < ')} [${frames.length}] how ${[...new Set(frames.map(f => f.physical.how))]}`;
    roots.set(key, [(o?.[0] ?? 0) + 1, o?.[1] ?? show]);
  }
}
console.log(path, s.process.t);
for (const [k, [n, e]] of [...roots].sort((a, b) => b[1][0] - a[1][0])) console.log(' ', n, k, '|', e.slice(0, 400));
