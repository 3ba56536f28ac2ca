// A credential that this process has not yet seen a host take goes there with one question at a time: failed logins ban addresses.
import { RetryableError } from '../platform/errors.ts';
import { anonymous } from '../watch/graph.ts';

/** What a host does not say after a look at the credential. */
const silent = new Set([
  'RateLimited',
  'ServerError',
  'Timeout',
  'NetworkError',
  'TlsError',
  'EgressDenied',
  'RedirectRefused',
  'PlainHttpRefused',
  'Aborted',
]);
const mostKept = 50_000;

/** Credentials by their gate (host and credential), as this process knows them. */
export class Vanguard {
  private readonly taken = new Set<string>();
  private readonly under = new Map<string, number>();

  /** Whether a question is to wait until one that is under way has shown that the host takes the credential. */
  mustWait(gate: string, credentialId: string): boolean {
    return credentialId !== anonymous && !this.taken.has(gate) && this.under.has(gate);
  }

  /** Asks, and remembers what the answer says of the credential. */
  async lead<T>(gate: string, ask: () => Promise<T>): Promise<T> {
    this.under.set(gate, (this.under.get(gate) ?? 0) + 1);
    try {
      const answer = await ask();
      this.keep(gate);
      return answer;
    } catch (error) {
      this.judge(gate, error);
      throw error;
    } finally {
      const left = (this.under.get(gate) ?? 1) - 1;
      if (left > 0) this.under.set(gate, left);
      else this.under.delete(gate);
    }
  }

  private judge(gate: string, error: unknown): void {
    if (!(error instanceof RetryableError)) return;
    if (error.reason === 'Unauthorized') this.taken.delete(gate);
    else if (!silent.has(error.reason)) this.keep(gate);
  }

  private keep(gate: string): void {
    if (this.taken.size >= mostKept) this.taken.clear();
    this.taken.add(gate);
  }
}
