/** A launcher whose processes are steered, as a schedule says. */

import type { Strategy } from '../../explore/party.js';
import { steer } from '../../explore/steer.js';
import type { Ports } from '../../host/ports.js';
import type { Process } from '../../linux/api.js';
import type { Launcher } from '../session/host.js';

/** `begins`: from which `t` on. `stir`: what Go's own random choices are drawn from; undefined: as they are. */
export function steeredLauncher(launcher: Launcher, strategy: () => Strategy, stir: number | undefined, begins: number): Launcher {
  const steered = (process: Process): Process => {
    const images = launcher.images(process.objects);
    const steering = steer(process, images.goImage ?? images.all[0], begins);
    steering.strategy = strategy();
    steering.stir = stir;
    return process;
  };
  return {
    ...launcher,
    unsteered: launcher,
    // A link says nothing of schedules.
    shared: () => undefined,
    launch: (...how) => steered(launcher.launch(...how)),
  };
}

/** SHA-256 of the program's file. */
export function binaryOf(process: Process, digest: Ports['digest']): string {
  const sum = digest();
  sum.update(process.objects[0]!.bytes());
  return sum.hex();
}
