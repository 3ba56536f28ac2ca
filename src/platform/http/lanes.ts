// How many exchanges a host has at a time. The rest wait in order, within their own timeouts.
import type { Deadline } from './deadline.ts';

interface Lane {
  busy: number;
  readonly waiting: Set<() => void>;
}

/** The lanes of all hosts, each as wide. */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly width: number;

  constructor(width: number) {
    this.width = width;
  }

  /** Takes a place at a host, at once or when one is left; undefined: taken already. Resolves to false when the time was over before. */
  enter(host: string, deadline: Deadline): Promise<boolean> | undefined {
    const lane = this.lanes.get(host);
    if (lane === undefined) {
      this.lanes.set(host, { busy: 1, waiting: new Set() });
      return undefined;
    }
    if (lane.busy < this.width) {
      lane.busy += 1;
      return undefined;
    }
    return new Promise(resolve => {
      const enter = () => {
        forget();
        resolve(true);
      };
      lane.waiting.add(enter);
      const forget = deadline.whenOver(() => {
        lane.waiting.delete(enter);
        resolve(false);
      });
    });
  }

  /** Gives the place to who waits longest. */
  leave(host: string): void {
    const lane = this.lanes.get(host);
    if (lane === undefined) return;
    const [next] = lane.waiting;
    if (next !== undefined) {
      lane.waiting.delete(next);
      next();
    } else if (lane.busy > 1) lane.busy -= 1;
    else this.lanes.delete(host);
  }
}
