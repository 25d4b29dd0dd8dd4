/** What r14's core needs of where it runs. Everything else it makes itself. */
import type { HostFiles } from './files.js';

export interface Ports {
  readonly files: HostFiles;
}
