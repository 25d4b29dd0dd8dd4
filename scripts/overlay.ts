/**
 * Makes the edited copies of Go's runtime that the crash program is built with (`go build -overlay`): what a tool that instruments programs
 * at build time would inject. The copies come from the toolchain's own files, by edits that are anchored to lines of them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Edit {
  file: string;
  /** Must match exactly once. */
  anchor: RegExp;
  replacement: string;
}

const edits: readonly Edit[] = [
  {
    file: 'runtime2.go',
    anchor: /^(\tracectx +uintptr)$/m,
    replacement: '$1\n\totel_trace_context interface{}',
  },
  {
    file: 'proc.go',
    // On one line, so that the line numbers of proc.go stay what they are up to here.
    anchor: /^func newproc1\(([^)]*)\) \*g \{$/m,
    replacement:
      'func newproc1($1) (retVal0 *g) {\n\tdefer func() { retVal0.otel_trace_context = contextPropagate(callergp.otel_trace_context) }()',
  },
];

const added = {
  file: 'zotel.go',
  text: `package runtime

import _ "unsafe"

type snapshotTaker interface{ TakeSnapShot() interface{} }

func contextPropagate(tls interface{}) interface{} {
	if tls == nil {
		return nil
	}
	if taker, ok := tls.(snapshotTaker); ok {
		return taker.TakeSnapShot()
	}
	return tls
}

//go:linkname setContext main.setContext
func setContext(context interface{}) {
	getg().m.curg.otel_trace_context = context
}
`,
};

/**
 * Writes the copies and `overlay.json` into `directory`.
 * @param goroot as `go env GOROOT` prints it
 * @returns path of overlay.json
 * @throws Error that names file and anchor when this Go's runtime has no such line
 */
export function makeOverlay(goroot: string, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const replace: Record<string, string> = {};
  const add = (file: string, text: string) => {
    const copy = join(directory, file);
    writeFileSync(copy, text);
    replace[join(goroot, 'src/runtime', file)] = copy;
  };
  for (const { file, anchor, replacement } of edits) {
    const path = join(goroot, 'src/runtime', file);
    const text = readFileSync(path, 'utf8');
    const found = text.match(new RegExp(anchor.source, 'gm'))?.length ?? 0;
    if (found !== 1)
      throw new Error(`${path}: the anchor ${anchor} matches ${found} times instead of once; this Go's runtime has another shape`);
    add(file, text.replace(anchor, replacement));
  }
  add(added.file, added.text);
  const json = join(directory, 'overlay.json');
  writeFileSync(json, JSON.stringify({ Replace: replace }, null, 2));
  return json;
}
