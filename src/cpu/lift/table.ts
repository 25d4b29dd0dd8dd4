/** The whole instruction table: importing the files of groups fills it. */
import './integer.js';
import './control.js';

export { lifters } from './registry.js';
