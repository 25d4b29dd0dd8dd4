/** The whole op table: importing the files of rows fills it. */
import './integer.js';
import './memory.js';
import './control.js';
import './string.js';

export { opNumber, opRows } from './op.js';
