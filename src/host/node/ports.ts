/** What r14's core needs of its surroundings, from Node. */
import type { Ports } from '../ports.js';
import { nodeFiles } from './files.js';

export const nodePorts: Ports = { files: nodeFiles };
