import { describeGo } from '../support/matrix.js';

describeGo('go1.19', true);
