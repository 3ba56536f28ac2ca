// Waits for a state of the world, and says what was there instead when it does not come.

/** Asks again until the answer is neither undefined nor false. Fails after `ms` with `what` and the last error. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 30_000,
): Promise<T> {
  const end = performance.now() + ms;
  let last: unknown;
  for (let pause = 10; performance.now() < end; pause = Math.min(pause * 1.5, 200)) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise(resolve => setTimeout(resolve, pause));
  }
  throw new Error(`${what}: not within ${ms} ms`, { cause: last });
}
