/** Decisions in Go's words. */
import { type OrderDecision, TIME } from '../../explore/party.js';
import { basename } from '../../host/path.js';
import type { Images } from '../../image/images.js';
import { describeAddress } from '../code/describe.js';

/** `(*Pool).put+41 (pool.go:77)`. */
function placeText(images: Images, pc: bigint): string {
  const name = describeAddress(images, pc) ?? `0x${pc.toString(16)}`;
  const line = images.lineAt(pc);
  return line === undefined ? name : `${name} (${basename(line.file)}:${line.line})`;
}

/** What a decision does; undefined: where its parties stood is not known. */
export function decisionText(images: Images, { who, pc, chosen, chosenPc }: OrderDecision): string | undefined {
  if (pc === undefined) return undefined;
  const aside = `goroutine ${who} is put aside in front of ${placeText(images, pc)}`;
  if (chosen === TIME) return `${aside}; time goes on first, until somebody's time limit or sleep is over`;
  return `${aside}; goroutine ${chosen} goes on${chosenPc === undefined ? '' : ` at ${placeText(images, chosenPc)}`}`;
}
