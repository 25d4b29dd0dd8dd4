/** Sources' texts, and the files that the program is made of. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { hex } from '../../host/hex.js';
import type { Image } from '../../image/api.js';
import type { Adapter, DapRequests } from './adapter.js';
import { type Fields, RequestError } from './fields.js';

export function moduleOf({ path, bias, go, segments }: Image, index: number): DebugProtocol.Module {
  const starts = segments.map(({ start }) => start);
  const ends = segments.map(({ start, memorySize }) => start + memorySize);
  const low = starts.reduce((lowest, each) => (each < lowest ? each : lowest), starts[0] ?? bias);
  const high = ends.reduce((highest, each) => (each > highest ? each : highest), low);
  return {
    id: index,
    name: path.split('/').at(-1)!,
    path,
    addressRange: `${hex(low)}-${hex(high)}`,
    ...(go === undefined ? {} : { version: go.version }),
  };
}

function sourceText({ session, sources }: Adapter, fields: Fields): object {
  const source = fields.maybeObject('source');
  const file = source === undefined ? sources.numbered(fields.whole('sourceReference')) : sources.named(source);
  const lines = file === undefined ? undefined : session.sources.lines(file);
  if (lines === undefined) throw new RequestError(`${file ?? 'that source'} is not on this machine: substitutePath says where it is`);
  return { content: `${lines.join('\n')}\n` };
}

function modules({ session }: Adapter, fields: Fields): object {
  const all = session.target.images.all.map(moduleOf);
  const start = fields.maybeWhole('startModule') ?? 0;
  const count = fields.maybeWhole('moduleCount') || all.length;
  return { modules: all.slice(start, start + count), totalModules: all.length };
}

export const sourceRequests: DapRequests = {
  source: { wants: 'program', answer: sourceText },
  loadedSources: {
    wants: 'program',
    answer: ({ sources }) => {
      const files = sources.files().filter(file => !file.startsWith('<'));
      return { sources: files.map(file => sources.of(file)) };
    },
  },
  modules: { wants: 'program', answer: modules },
};
