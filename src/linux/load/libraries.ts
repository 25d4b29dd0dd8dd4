import { PAGE_SIZE, type PageSource } from '../../cpu/api.js';
import { FormatError } from '../../image/bytes.js';
import { HEADER_SIZE, PT, readHeader, readProgramHeaders } from '../../image/elf/headers.js';
import { HostFile } from '../fs/files.js';
import type { OpenFile } from '../fs/open-file.js';
import type { Kernel } from '../kernel.js';

/** Libraries that symbol readers are told of, and bytes of one. */
const MOST_OBJECTS = 1000;
const MOST_BYTES = 2 ** 30;

/** A mapping of an ELF file's beginning is how a loader brings in a library: tells symbol readers of it. */
export function noteLibrary(kernel: Kernel, file: OpenFile, source: PageSource, start: bigint, offset: bigint): void {
  if (!(file instanceof HostFile) || offset !== 0n || kernel.objects.some(object => object.path === file.path)) return;
  const size = Number(file.stat().size);
  if (size > MOST_BYTES || kernel.objects.length >= MOST_OBJECTS) return;
  const first = firstAddress(file, size);
  if (first === undefined) return;
  const bias = start - BigInt(first - (first % PAGE_SIZE));
  kernel.objects.push({ path: file.path, bias, role: 'library', source, size });
}

/** Address of the first segment, from the headers alone: the file may be large. Undefined when it is no ELF file that can be loaded. */
function firstAddress(file: HostFile, size: number): number | undefined {
  try {
    const header = readHeader(file.readAt(0, HEADER_SIZE), file.path, size);
    const loads = readProgramHeaders(file.readAt(0, header.programHeadersEnd), header, file.path, size).filter(
      each => each.type === PT.load,
    );
    return Math.min(...loads.map(each => each.address));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
