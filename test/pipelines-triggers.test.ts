// Pushes as the forges document them, given to the bindings and the template of pipelines/tekton/triggers as Tekton Triggers would.
import { describe, expect, it } from 'vitest';
import { manifest } from './pipelines/manifests.ts';

const commit = 'c0ffee'.padEnd(40, '0');
const url = (host: string) => `https://${host}/team/hello.git`;

/** What each forge sends for a push to a branch, as far as it tells where the commit is. */
const pushes = {
  github: {
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: commit,
    repository: { full_name: 'team/hello', clone_url: url('github.com'), ssh_url: 'git@github.com:team/hello.git' },
  },
  gitlab: {
    object_kind: 'push',
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: commit,
    checkout_sha: commit,
    project: { path_with_namespace: 'team/hello', git_http_url: url('gitlab.com') },
  },
  gitee: {
    hook_name: 'push_hooks',
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: commit,
    repository: { full_name: 'team/hello', git_http_url: url('gitee.com') },
  },
} as const;

interface Named {
  readonly name: string;
  readonly value?: string;
}

interface Trigger {
  readonly name: string;
  readonly interceptors: readonly { readonly params: readonly { readonly name: string; readonly value: unknown }[] }[];
  readonly bindings: readonly { readonly ref: string }[];
  readonly template: { readonly ref: string };
}

const specOf = (kind: string, name: string) => manifest(kind, name).object['spec'] as Record<string, unknown>;
const listener = specOf('EventListener', 'function-push')['triggers'] as readonly Trigger[];
const branchPush =
  "body.ref.startsWith('refs/heads/') && body.after.matches('^[0-9a-f]{40,64}$') && !body.after.matches('^0+$')";

/** The parameters that the bindings of a trigger read from a body; a path that leads nowhere is an error there too. */
function bound({ bindings }: Trigger, body: object): ReadonlyMap<string, string> {
  const params = bindings.flatMap(({ ref }) => specOf('TriggerBinding', ref)['params'] as readonly Named[]);
  return new Map(
    params.map(({ name, value = '' }) => {
      const path = /^\$\(body\.([\w.]+)\)$/.exec(value)?.[1];
      if (path === undefined) return [name, value];
      const found = path.split('.').reduce<unknown>((at, key) => Reflect.get(Object(at), key), body);
      if (typeof found !== 'string') throw new Error(`${name}: ${value} is not in what is sent`);
      return [name, found];
    }),
  );
}

describe('a push', () => {
  it('is taken of every forge that there is a binding for', () => {
    expect(listener.map(({ name }) => name).toSorted()).toEqual(Object.keys(pushes).toSorted());
  });

  it.for(Object.entries(pushes))('of %s becomes a run of function-ci at its commit', ([forge, body]) => {
    const trigger = listener.find(({ name }) => name === forge);
    if (!trigger) throw new Error(`there is no trigger for ${forge}`);
    const params = bound(trigger, body);
    expect(params.get('git-url')).toBe(url(`${forge}.com`));
    expect(params.get('git-revision')).toBe(commit);

    const template = specOf('TriggerTemplate', trigger.template.ref);
    const declared = (template['params'] as readonly Named[]).map(({ name }) => name);
    expect([...params.keys()].toSorted()).toEqual(declared.toSorted());
    const [run] = template['resourcetemplates'] as readonly {
      spec: { pipelineRef: Named; params: readonly Named[] };
    }[];
    const pipeline = specOf('Pipeline', run?.spec.pipelineRef.name ?? '');
    const taken = new Set((pipeline['params'] as readonly Named[]).map(({ name }) => name));
    const given = run?.spec.params ?? [];
    expect(given.filter(({ name }) => !taken.has(name))).toEqual([]);
    expect(given.map(({ value }) => value)).toEqual(given.map(({ name }) => `$(tt.params.${name})`));
    expect(given.map(({ name }) => name).toSorted()).toEqual(declared.toSorted());
  });

  it.for(Object.keys(pushes))(
    'of %s counts only for a branch that is there, and from whoever knows the secret',
    forge => {
      const trigger = listener.find(({ name }) => name === forge);
      const told = JSON.stringify(trigger?.interceptors);
      const filters = trigger?.interceptors.flatMap(({ params }) => params.filter(({ name }) => name === 'filter'));
      expect(filters).toHaveLength(1);
      expect(filters?.[0]?.value).toContain(branchPush);
      expect(told).toMatch(new RegExp(`"secretKey":"${forge}"|compareSecret\\('${forge}', 'function-push'\\)`));
    },
  );
});
