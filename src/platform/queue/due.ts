// What time a wake or a handler's answer means.

/** Later than this is as good as never; it keeps times within what a Redis score can hold exactly. */
const longestMs = 365 * 24 * 60 * 60_000;

/** When a key asked for `at` is due: absent, past and unreadable times are now; whole milliseconds, a year ahead at most. */
export function dueTime(at: number | undefined, now: number): number {
  return at !== undefined && at > now ? Math.ceil(Math.min(at, now + longestMs)) : now;
}
