import type { ErrnoName } from '../abi/errno.js';
import type { ArgKind, SyscallGroup, SyscallRow } from './row.js';

type Spec = readonly [number: number, name: string, args: string];

function refused(group: SyscallGroup, errno: ErrnoName, why: string, quiet: boolean, specs: readonly Spec[]): SyscallRow[] {
  return specs.map(([number, name, args]) => ({
    number,
    name,
    group,
    args: args.split(' ').filter(Boolean) as ArgKind[],
    refuse: { errno, why, quiet },
  }));
}

/** System calls that always get an error. */
export const REFUSED_SYSCALLS: readonly SyscallRow[] = [
  ...refused('process', 'PERM', 'the guest has no privileges', false, [
    [101, 'ptrace', 'int int ptr ptr'],
    [103, 'syslog', 'int ptr int'],
    [116, 'setgroups', 'int ptr'],
    [126, 'capset', 'ptr ptr'],
    [155, 'pivot_root', 'path path'],
    [161, 'chroot', 'path'],
    [165, 'mount', 'path path path hex ptr'],
    [166, 'umount2', 'path hex'],
    [169, 'reboot', 'hex hex hex ptr'],
    [170, 'sethostname', 'path size'],
    [272, 'unshare', 'hex'],
    [298, 'perf_event_open', 'ptr int int fd hex'],
    [300, 'fanotify_init', 'hex hex'],
    [308, 'setns', 'fd hex'],
    [310, 'process_vm_readv', 'int ptr int ptr int hex'],
    [311, 'process_vm_writev', 'int ptr int ptr int hex'],
    [317, 'seccomp', 'int hex ptr'],
    [321, 'bpf', 'int ptr size'],
  ]),
  ...refused('paths', 'OPNOTSUPP', 'there are no extended attributes', true, [
    [188, 'setxattr', 'path path ptr size hex'],
    [191, 'getxattr', 'path path ptr size'],
    [192, 'lgetxattr', 'path path ptr size'],
    [193, 'fgetxattr', 'fd path ptr size'],
    [194, 'listxattr', 'path ptr size'],
    [195, 'llistxattr', 'path ptr size'],
  ]),
  ...refused('threads', 'NOSYS', 'glibc and Go do without restartable sequences', true, [[334, 'rseq', 'ptr size hex hex']]),
  ...refused('memory', 'NOSYS', 'programs that ask do without', true, [
    [237, 'mbind', 'ptr size int ptr int hex'],
    [238, 'set_mempolicy', 'int ptr int'],
    [239, 'get_mempolicy', 'ptr ptr int ptr hex'],
    [329, 'pkey_mprotect', 'ptr size hex int'],
    [330, 'pkey_alloc', 'hex hex'],
    [331, 'pkey_free', 'int'],
  ]),
  ...refused('files', 'NOSYS', 'programs that ask do without', true, [
    [326, 'copy_file_range', 'fd ptr fd ptr size hex'],
    [327, 'preadv2', 'fd ptr int int int hex'],
    [328, 'pwritev2', 'fd ptr int int int hex'],
    [437, 'openat2', 'fd path ptr size'],
  ]),
  // As of files that cannot: ENOSYS would be an error to Go, which copies by itself after this.
  ...refused('files', 'INVAL', 'programs that ask copy by themselves', true, [[276, 'tee', 'fd fd size hex']]),
  ...refused('files', 'OPNOTSUPP', 'no file can be given space in advance', true, [[285, 'fallocate', 'fd int size size']]),
  ...refused('polling', 'NOSYS', 'not emulated', false, [
    [282, 'signalfd', 'fd ptr size'],
    [289, 'signalfd4', 'fd ptr size hex'],
    [253, 'inotify_init', ''],
    [294, 'inotify_init1', 'hex'],
    [425, 'io_uring_setup', 'int ptr'],
  ]),
];
