import * as fs from 'node:fs';
import { FormatError } from '../../image/bytes.js';
import { Elf } from '../../image/elf/elf.js';
import { HostFile } from '../fs/files.js';
import type { OpenFile } from '../fs/open-file.js';
import type { Kernel } from '../kernel.js';

/** A mapping of an ELF file's beginning is how a loader brings in a library: tells symbol readers of it. */
export function noteLibrary(kernel: Kernel, file: OpenFile, start: bigint, offset: bigint): void {
  if (!(file instanceof HostFile) || offset !== 0n || kernel.objects.some(object => object.path === file.path)) return;
  const magic = file.readAt(0, 4);
  if (magic[0] !== 0x7f || magic[1] !== 0x45 || magic[2] !== 0x4c || magic[3] !== 0x46) return;
  let elf: Elf;
  try {
    elf = new Elf(fs.readFileSync(file.real), file.path);
  } catch (error) {
    if (error instanceof FormatError) return;
    throw error;
  }
  const first = elf.loads[0]!;
  const bias = start - BigInt(first.address - (first.address % 4096));
  kernel.objects.push({ path: file.path, bias, bytes: () => elf.bytes, role: 'library' });
}
