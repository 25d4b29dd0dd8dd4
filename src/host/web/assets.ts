/** What comes with r14, in one file that a page fetches: a line of JSON says where each file's bytes lie behind it. */
import type { Assets } from '../assets.js';
import { utf8, utf8Text } from '../bytes.js';
import { childrenByFolder } from '../path.js';

/** Path, and where the bytes end. */
type Entry = readonly [path: string, end: number];

export function packAssets(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const entries: Entry[] = [];
  let end = 0;
  for (const [path, bytes] of files) entries.push([path, (end += bytes.length)]);
  const head = utf8(`${JSON.stringify(entries)}\n`);
  const packed = new Uint8Array(head.length + end);
  packed.set(head);
  let at = head.length;
  for (const bytes of files.values()) {
    packed.set(bytes, at);
    at += bytes.length;
  }
  return packed;
}

export function packedAssets(packed: Uint8Array): Assets {
  const start = packed.indexOf(10) + 1;
  const files = new Map<string, Uint8Array>();
  let at = start;
  for (const [path, end] of JSON.parse(utf8Text(packed.subarray(0, start))) as Entry[]) {
    files.set(path, packed.subarray(at, start + end));
    at = start + end;
  }
  const folders = childrenByFolder(files.keys(), '.');
  return { read: path => files.get(path), list: folder => [...(folders.get(folder) ?? [])] };
}
