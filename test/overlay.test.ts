import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeOverlay } from '../scripts/overlay.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'r14-overlay-'));
  mkdirSync(join(folder, 'src/runtime'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const source = (name: string, text: string) => writeFileSync(join(folder, 'src/runtime', name), text);
const G = 'type g struct {\n\tgoid uint64\n\tracectx        uintptr\n\twaiting *sudog\n}\n';
const NEWPROC = 'package runtime\n\nfunc newproc1(fn *funcval, callergp *g, callerpc uintptr) *g {\n\treturn nil\n}\n';

it('edits copies and leaves the toolchain alone', () => {
  source('runtime2.go', G);
  source('proc.go', NEWPROC);
  const json = makeOverlay(folder, join(folder, 'out'));
  const { Replace: replace } = JSON.parse(readFileSync(json, 'utf8')) as { Replace: Record<string, string> };
  expect(Object.keys(replace).sort()).toEqual(['proc.go', 'runtime2.go', 'zotel.go'].map(name => join(folder, 'src/runtime', name)));
  expect(readFileSync(replace[join(folder, 'src/runtime/runtime2.go')]!, 'utf8')).toMatch(
    /racectx {8}uintptr\n\totel_trace_context interface\{\}\n/,
  );
  expect(readFileSync(replace[join(folder, 'src/runtime/proc.go')]!, 'utf8')).toMatch(
    /callerpc uintptr\) \(retVal0 \*g\) \{\n\tdefer func\(\)/,
  );
  expect(readFileSync(join(folder, 'src/runtime/proc.go'), 'utf8')).toBe(NEWPROC);
});

it('names file and anchor when the runtime has another shape', () => {
  source('runtime2.go', G.replace('racectx', 'raceContext'));
  source('proc.go', NEWPROC);
  expect(() => makeOverlay(folder, join(folder, 'out'))).toThrow(/runtime2\.go: the anchor .*racectx.* matches 0 times/);
  source('runtime2.go', G);
  source('proc.go', NEWPROC + NEWPROC);
  expect(() => makeOverlay(folder, join(folder, 'out'))).toThrow(/proc\.go: the anchor .*newproc1.* matches 2 times/);
});
