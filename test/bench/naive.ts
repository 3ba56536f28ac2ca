// A process that watches the naive way: each Function asks for itself, once an interval, by one API call.
import { answerParent } from './servant.ts';

export interface NaiveTarget {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
}

interface Task {
  readonly targets: readonly NaiveTarget[];
  readonly intervalMs: number;
}

let answered = 0;
let changed = 0;
let failed = 0;

class Watcher {
  readonly #target: NaiveTarget;
  #known = '';

  constructor(target: NaiveTarget) {
    this.#target = target;
  }

  async ask(): Promise<void> {
    const { url, method } = this.#target;
    const answer = await fetch(url, { method });
    const id =
      method === 'HEAD'
        ? (answer.headers.get('docker-content-digest') ?? '')
        : ((await answer.json()) as { readonly sha: string }).sha;
    if (id !== this.#known) changed += 1;
    this.#known = id;
    answered += 1;
  }
}

answerParent({
  start: argument => {
    const { targets, intervalMs } = argument as Task;
    targets.forEach((target, at) => {
      const watcher = new Watcher(target);
      const ask = () => void watcher.ask().catch(() => (failed += 1));
      const begin = () => {
        ask();
        setInterval(ask, intervalMs);
      };
      setTimeout(begin, (at / targets.length) * intervalMs);
    });
  },
  counts: () => ({ answered, changed, failed }),
});
