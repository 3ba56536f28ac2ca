// Which resources are served, by group, version and plural.
import type { Resource, Version } from './resource.ts';

export interface Served {
  readonly resource: Resource;
  readonly version: Version;
}

/** The resources by id (`group/plural`); the order of a listing is the order in which they came. */
export class Registry {
  readonly #resources = new Map<string, Resource>();
  /** Counts changes, so that documents made from the resources can be kept until one. */
  #generation = 0;

  get generation(): number {
    return this.#generation;
  }

  /** Serves a resource from now on, in the place of an earlier one with its id. */
  set(resource: Resource): void {
    this.#resources.set(resource.id, resource);
    this.#generation += 1;
  }

  remove(id: string): void {
    if (this.#resources.delete(id)) this.#generation += 1;
  }

  get(id: string): Resource | undefined {
    return this.#resources.get(id);
  }

  resources(): readonly Resource[] {
    return [...this.#resources.values()];
  }

  /** The resource as served under `group/version`; undefined when it is not. */
  find(group: string, version: string, plural: string): Served | undefined {
    const resource = this.#resources.get(`${group}/${plural}`);
    const found = resource?.versions.find(candidate => candidate.served && candidate.name === version);
    return resource && found ? { resource, version: found } : undefined;
  }

  /** The resource that serves a kind, as owner references name it. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    for (const resource of this.#resources.values()) {
      if (resource.kind !== kind) continue;
      if (resource.versions.some(version => version.served && version.apiVersion === apiVersion)) return resource;
    }
    return undefined;
  }

  /** Resources that have a served version, by group, in the order in which the groups came. */
  groups(): ReadonlyMap<string, readonly Resource[]> {
    const groups = new Map<string, Resource[]>();
    for (const resource of this.#resources.values()) {
      if (!resource.versions.some(version => version.served)) continue;
      const members = groups.get(resource.group);
      if (members) members.push(resource);
      else groups.set(resource.group, [resource]);
    }
    return groups;
  }
}

/** Names of a group's served versions: the stored one first, as far as it is served, then by age of the API. */
export function versionsOf(resources: readonly Resource[]): readonly string[] {
  const names = new Set(resources.flatMap(({ versions }) => versions.filter(v => v.served).map(v => v.name)));
  return [...names].toSorted(compareVersions);
}

/** Kubernetes' order of versions: v2, v1, v2beta1, v1beta2, v1alpha1, then others by name. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  for (const at of [0, 1, 2] as const) if (left[at] !== right[at]) return right[at] - left[at];
  return a < b ? -1 : 1;
}

function rank(name: string): readonly [stability: number, major: number, minor: number] {
  const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name);
  if (!parts) return [0, 0, 0];
  const stability = parts[2] === undefined ? 3 : parts[2] === 'beta' ? 2 : 1;
  return [stability, Number(parts[1]), Number(parts[3] ?? 0)];
}
