// What roles grant, and what was asked of an API server, in the same words: `get core.openfunction.io/functions`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { ProxiedRequest } from '../servers/fault-proxy.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const deploy = join(import.meta.dirname, '../../deploy');

/** What full mode may be granted: deploy/base, the Leases of OpenFunction, and the overlay that watches Secrets. */
export async function fullGrants(): Promise<ReadonlySet<string>> {
  const files = ['base/cluster-role.yaml', 'base/role.yaml', 'openfunction-leases/role.yaml'];
  const rules = await Promise.all([...files.map(file => rulesOf(file)), overlayRules('watch-secrets')]);
  return grantsOf(rules.flat());
}

/** The rules that an overlay adds to those of the ClusterRole in deploy/base, or puts in their place. */
export async function overlayRules(overlay: 'companion' | 'watch-secrets'): Promise<readonly Rule[]> {
  const text = await readFile(join(deploy, 'overlays', overlay, 'kustomization.yaml'), 'utf8');
  const { patches } = parse(text) as {
    readonly patches: readonly { readonly target: { readonly kind: string }; readonly patch: string }[];
  };
  const patch = patches.find(({ target }) => target.kind === 'ClusterRole')?.patch ?? '[]';
  const operations = parse(patch) as readonly { readonly value: Rule | readonly Rule[] }[];
  return operations.flatMap(({ value }) => value);
}

/** What the companion overlay grants. */
export async function companionGrants(): Promise<ReadonlySet<string>> {
  const files = ['base/role.yaml', 'openfunction-leases/role.yaml'];
  const rules = await Promise.all(files.map(file => rulesOf(file)));
  return grantsOf([...(await overlayRules('companion')), ...rules.flat()]);
}

/** What these requests ask for; those that need no role (discovery, probes) are left out. */
export function usesOf(requests: readonly Pick<ProxiedRequest, 'method' | 'url'>[]): ReadonlySet<string> {
  return new Set(requests.map(useOf).filter(use => use !== undefined));
}

async function rulesOf(file: string): Promise<readonly Rule[]> {
  const documents = parseAllDocuments(await readFile(join(deploy, file), 'utf8'));
  return documents.flatMap(document => (document.toJS() as { readonly rules?: readonly Rule[] }).rules ?? []);
}

function grantsOf(rules: readonly Rule[]): ReadonlySet<string> {
  const words = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap(group => resources.flatMap(resource => verbs.map(verb => word(verb, group, resource)))),
  );
  return new Set(words);
}

const writes: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function useOf({ method, url }: Pick<ProxiedRequest, 'method' | 'url'>): string | undefined {
  const { pathname, searchParams } = new URL(url, 'http://api');
  const match =
    /^\/(?:api|apis\/(?<group>[^/]+))\/v[^/]+\/(?:namespaces\/[^/]+\/(?=.))?(?<resource>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<sub>[^/]+))?$/.exec(
      pathname,
    );
  if (!match?.groups) return undefined;
  const { group = '', resource = '', name, sub } = match.groups;
  const read = name !== undefined ? 'get' : searchParams.get('watch') === 'true' ? 'watch' : 'list';
  return word(writes[method] ?? read, group, sub === undefined ? resource : `${resource}/${sub}`);
}

function word(verb: string, group: string, resource: string): string {
  return `${verb} ${group === '' ? '' : `${group}/`}${resource}`;
}
