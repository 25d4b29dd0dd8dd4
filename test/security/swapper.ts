/** Exchanges a folder for a link that leads elsewhere, and back, until it is killed: `tsx swapper.ts FOLDER ELSEWHERE`. */
import { renameSync, symlinkSync } from 'node:fs';

const [folder, elsewhere] = process.argv.slice(2) as [string, string];
symlinkSync(elsewhere, `${folder}.link`);
process.stdout.write('ready\n');
/** Now and then each state lasts long enough for a call of the guest. */
let turn = 0;
const hold = (): void => {
  const end = performance.now() + (turn++ % 5) * 0.2;
  while (performance.now() < end);
};
for (;;) {
  renameSync(folder, `${folder}.real`);
  renameSync(`${folder}.link`, folder);
  hold();
  renameSync(folder, `${folder}.link`);
  renameSync(`${folder}.real`, folder);
  hold();
}
