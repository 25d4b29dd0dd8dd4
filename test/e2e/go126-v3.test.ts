import { describeGo } from '../support/matrix.js';

describeGo('go1.26', false, 'v3');
