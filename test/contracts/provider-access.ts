// The provider contract, second part: who may see what, and where a credential goes.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { reasonOf, type Trial } from './provider-harness.ts';

type Case = (trial: Trial) => Promise<void>;

const refusals = ['Unauthorized', 'Forbidden', 'NotFound'];

export const accessCases = {
  'is refused a private repository without credential': async trial => {
    const side = await trial.harness.side({ isPrivate: true });
    await trial.harness.allow('first');
    await side.push('main');
    expect(refusals).toContain(await reasonOf(trial.ask(side, ['main'])));
  },
  'is refused with a wrong credential': async trial => {
    const side = await trial.harness.side({ isPrivate: true });
    const right = await trial.harness.allow('first');
    await side.push('main');
    const credential = { ...right, password: 'not-the-password' };
    expect(refusals).toContain(await reasonOf(trial.ask(side, ['main'], { credential })));
    trial.expectNoSecret([credential.password, right.password]);
  },
  'sees a private repository with the right credential': async trial => {
    const side = await trial.harness.side({ isPrivate: true });
    const credential = await trial.harness.allow('first');
    const id = await side.push('main');
    expect(await trial.id(side, 'main', { credential })).toBe(id);
    trial.expectNoSecret([credential.password]);
  },
  'is refused with a rotated credential until it has the new one': async trial => {
    const side = await trial.harness.side({ isPrivate: true });
    const old = await trial.harness.allow('first');
    const id = await side.push('main');
    expect(await trial.id(side, 'main', { credential: old })).toBe(id);
    const credential = await trial.harness.allow('second');
    expect(refusals).toContain(await reasonOf(trial.ask(side, ['main'], { credential: old, fresh: true })));
    expect(await trial.id(side, 'main', { credential })).toBe(id);
    trial.expectNoSecret([old.password, credential.password]);
  },
  'calls a repository that is not there an error, and no ref of it missing': async trial => {
    const side = await trial.harness.side();
    const credential = await trial.harness.allow('first');
    const source =
      side.source.kind === 'git'
        ? { ...side.source, url: `${side.source.url}-not-there` }
        : { ...side.source, repository: `${side.source.repository}-not-there` };
    for (const want of ['main', 'refs/heads/main', 'HEAD']) {
      expect(refusals).toContain(await reasonOf(trial.ask({ ...side, source }, [want], { credential })));
    }
  },
  'takes no credential along when it is sent to another host': async trial => {
    const { wire } = trial.harness;
    const side = await trial.harness.side();
    await side.push('main');
    const credential = await trial.harness.allow('first');
    const seen: IncomingHttpHeaders[] = [];
    const stranger = createServer((request, response) => {
      seen.push(request.headers);
      response.end('{}');
    });
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    if (wire) {
      wire.fault = ({ url }) => ({ answer: { status: 307, headers: { location: `http://localhost:${port}${url}` } } });
    }
    const reason = await reasonOf(trial.ask(side, ['main'], { credential }));
    stranger.close();
    stranger.closeAllConnections();
    expect(reason).toBe('UnexpectedAnswer');
    expect(seen.length).toBeGreaterThan(0);
    const words = JSON.stringify(seen);
    expect(words).not.toContain('authorization');
    expect(words).not.toContain('token');
    trial.expectNoSecret([credential.password]);
  },
} satisfies Record<string, Case>;
