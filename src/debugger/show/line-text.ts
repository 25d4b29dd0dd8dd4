import type { Images } from '../../image/images.js';

const short = (file: string): string => file.split('/').at(-1)!;

/** `main.go:201`; of inlined code `mutex.go:194, inlined at main.go:201`; empty where no line is known. */
export function lineText(images: Images, pc: bigint): string {
  const line = images.lineAt(pc);
  if (line === undefined) return '';
  const [inner, ...outer] = images.inlineFrames(pc);
  const caller = inner?.inlined === true ? outer.at(-1) : undefined;
  const at = `${short(line.file)}:${line.line}`;
  return caller?.file === undefined || caller.line === undefined ? at : `${at}, inlined at ${short(caller.file)}:${caller.line}`;
}
