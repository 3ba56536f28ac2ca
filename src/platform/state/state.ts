// The state port: small values with an expiry, shared by all workers. Everything in it may vanish at any moment.

/**
 * Key → text with expiry. Used for observations, validators, budgets, breakers and slot grants; never for facts.
 * Values hold no secret. Keys are ASCII without spaces; one prefix per use, such as `observation:`.
 */
export interface State extends AsyncDisposable {
  /** The value, or undefined when absent or expired. */
  get(key: string): Promise<string | undefined>;
  /** The values of several keys in one round trip, in order. */
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Writes unconditionally; it is gone after `ttlMs`. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /**
   * Writes only if the value is still `expected` (undefined: only if absent), atomically among all workers.
   * `next` undefined deletes. Returns whether it was written.
   */
  swap(
    key: string,
    expected: string | undefined,
    next: { readonly value: string; readonly ttlMs: number } | undefined,
  ): Promise<boolean>;
  /** Adds to an integer counter (absent counts as 0), sets its expiry when it is new, and returns the sum. Atomic. */
  add(key: string, delta: number, ttlMs: number): Promise<number>;
  delete(key: string): Promise<void>;
}
