/** Another process of r14: goes on from the states in the files that it is given, and tells what came of each. */
import { readFileSync } from 'node:fs';
import { nodePorts } from '../../src/host/node/ports.js';
import { resumeProcess } from '../../src/linux/process.js';
import { Heard, runOn } from './stops.js';

const { states } = JSON.parse(readFileSync(0, 'utf8')) as { states: { file: string; moments: number[] }[] };
const told = states.map(({ file, moments }) => {
  const heard = new Heard();
  const process = resumeProcess(readFileSync(file), { host: nodePorts, output: heard.listen });
  process.catch = { signals: new Set() };
  const hash = process.hash();
  return { hash, ...runOn(process, moments), output: heard.take() };
});
process.stdout.write(JSON.stringify(told));
