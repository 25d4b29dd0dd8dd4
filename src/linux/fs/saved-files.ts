import type { InputLog } from '../../host/input-log.js';
import { Told } from '../../host/told.js';
import { DatagramSocket } from '../net/datagram-socket.js';
import { NetlinkSocket } from '../net/netlink-socket.js';
import type { Network } from '../net/network.js';
import { StreamSocket } from '../net/stream-socket.js';
import type { OutputLog } from '../output.js';
import type { Prng } from '../prng.js';
import type { Timers } from '../timers.js';
import { Epoll, type EpollWorld } from './epoll.js';
import { EventFd, TimerFd } from './event.js';
import { type FileWorld, HostDirectory, HostFile, MemoryFile, SyntheticDirectory } from './files.js';
import type { OpenFile, SavedFile } from './open-file.js';
import { PidFile } from './pid-file.js';
import { Device, InputStream, OutputStream, Pipe } from './streams.js';

/** What open files need of the process, when they are made anew. */
export interface OpenFileWorld extends FileWorld {
  readonly timers: Timers;
  readonly epolls: EpollWorld;
  readonly random: Prng;
  readonly input: InputLog;
  readonly output: OutputLog;
  readonly net: Network;
  readonly ended: (pid: number) => boolean;
}

type Restorer = (
  saved: never,
  world: OpenFileWorld & { pipe(saved: ReturnType<Pipe['save']>): Pipe },
  before: OpenFile | undefined,
) => OpenFile;

/** Kinds of open files, by the name that they save themselves with. */
const KINDS: Readonly<Record<string, Restorer>> = {
  input: InputStream.restore,
  output: OutputStream.restore,
  'pipe reader': (saved: ReturnType<Pipe['reader']['save']>, world) => world.pipe(saved.pipe).reader,
  'pipe writer': (saved: ReturnType<Pipe['writer']['save']>, world) => world.pipe(saved.pipe).writer,
  device: Device.restore,
  eventfd: EventFd.restore,
  timerfd: TimerFd.restore,
  epoll: Epoll.restore,
  pidfd: PidFile.restore,
  'host file': HostFile.restore,
  'host directory': HostDirectory.restore,
  'memory file': MemoryFile.restore,
  'synthetic directory': SyntheticDirectory.restore,
  'stream socket': StreamSocket.restore,
  'datagram socket': DatagramSocket.restore,
  'netlink socket': NetlinkSocket.restore,
};

/** The open files that were saved. `before`: those that are open now, of which the host's give their handles away. */
export function restoreFiles(saved: readonly SavedFile[], world: OpenFileWorld, before: ReadonlyMap<number, OpenFile>): OpenFile[] {
  const pipes = new Map<number, Pipe>();
  const pipe = (state: ReturnType<Pipe['save']>): Pipe => {
    const made = pipes.get(state.inode) ?? Pipe.restore(state);
    pipes.set(state.inode, made);
    return made;
  };
  const files = new Map<number, OpenFile>();
  for (const row of saved) {
    const restore = KINDS[row.kind];
    if (restore === undefined) throw new Told(`a saved file of an unknown kind: ${row.kind}`);
    files.set(row.id, restore(row as never, { ...world, pipe }, before.get(row.id)).resumeAs(row));
  }
  for (const row of saved) {
    files.get(row.id)!.resume(row, id => files.get(id)!);
  }
  return [...files.values()];
}
