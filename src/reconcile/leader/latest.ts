// Work by key where only the latest matters: a key touched while it runs runs once more; several keys at once, in the order touched.

export interface Latest {
  /** Makes the key run, soon. */
  touch(key: string): void;
  /** Resolves when no key waits or runs. */
  idle(): Promise<void>;
  /** Forgets what waits, and resolves when what runs has ended. */
  close(): Promise<void>;
}

/** `handle` must not throw. At most `concurrency` keys run at once, each key only once at a time. */
export function latestByKey(concurrency: number, handle: (key: string) => Promise<void>): Latest {
  const waiting = new Set<string>();
  const running = new Set<string>();
  let closed = false;
  let whenIdle: PromiseWithResolvers<void> | undefined;

  async function run(key: string): Promise<void> {
    try {
      await handle(key);
    } finally {
      running.delete(key);
      pump();
    }
  }

  function pump(): void {
    for (const key of waiting) {
      if (running.size >= concurrency) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      running.add(key);
      // A turn later, so that touches in one go are one run.
      queueMicrotask(() => void run(key));
    }
    if (waiting.size === 0 && running.size === 0) whenIdle?.resolve();
  }

  function idle(): Promise<void> {
    if (waiting.size === 0 && running.size === 0) return Promise.resolve();
    whenIdle ??= Promise.withResolvers<void>();
    return whenIdle.promise.then(() => {
      whenIdle = undefined;
      return idle();
    });
  }

  return {
    touch(key) {
      if (closed) return;
      waiting.add(key);
      if (running.size < concurrency) pump();
    },
    idle,
    close() {
      closed = true;
      waiting.clear();
      return idle();
    },
  };
}
