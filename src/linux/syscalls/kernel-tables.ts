import type { KernelTables } from '../kernel.js';
import { CHILD_WAIT, VFORK_WAIT } from './children.js';
import { LOCK_WAIT } from './file-locks.js';
import { READ_WAIT, SENDFILE_WAIT, WRITE_WAIT } from './files.js';
import { FUTEX_WAIT } from './futex.js';
import { ACCEPT_WAIT, CONNECT_WAIT } from './network.js';
import { EPOLL_WAIT, POLL_WAIT, SELECT_WAIT } from './polling.js';
import { SIGNAL_WAIT, SIGTIMEDWAIT_WAIT } from './signals.js';
import { RECEIVE_WAIT, SEND_WAIT } from './socket-transfer.js';
import { intervalTimerDue, posixTimerDue, SLEEP_WAIT } from './time.js';

/** All kinds of waits and timers, and what becomes of them. */
export const KERNEL_TABLES: KernelTables = {
  waits: {
    futex: FUTEX_WAIT,
    sleep: SLEEP_WAIT,
    signal: SIGNAL_WAIT,
    sigtimedwait: SIGTIMEDWAIT_WAIT,
    read: READ_WAIT,
    write: WRITE_WAIT,
    sendfile: SENDFILE_WAIT,
    poll: POLL_WAIT,
    select: SELECT_WAIT,
    epoll: EPOLL_WAIT,
    vfork: VFORK_WAIT,
    child: CHILD_WAIT,
    connect: CONNECT_WAIT,
    accept: ACCEPT_WAIT,
    send: SEND_WAIT,
    receive: RECEIVE_WAIT,
    lock: LOCK_WAIT,
  },
  timers: {
    interval: intervalTimerDue,
    posix: posixTimerDue,
    descriptor: (kernel, { file }, count) => {
      file.expired(count);
      kernel.filesChanged();
    },
  },
};
