// The Functions of one size: which of them watches what.

/** What a Function of the benchmark watches. `source`: a branch; `source-image`: a bundle image; `image`: its own image. */
export type WatchType = 'source' | 'source-image' | 'image';

export interface Member {
  readonly type: WatchType;
  readonly namespace: string;
  readonly name: string;
  /** Repository or image. */
  readonly path: string;
  /** Branch or tag. */
  readonly ref: string;
}

export interface FleetOptions {
  readonly functions: number;
  /** As many images. 0: one repository for all Functions, and no image. */
  readonly repositories: number;
  /** Git alone. */
  readonly gitOnly?: boolean;
}

export const namespaces: readonly string[] = Array.from({ length: 20 }, (_, at) => `bench-${at}`);

/** Half of the Functions watch branches (two of each repository), the other half images (half of these as bundles). */
export function fleetOf({ functions, repositories, gitOnly = repositories === 0 }: FleetOptions): readonly Member[] {
  return Array.from({ length: functions }, (_, at): Member => {
    const namespace = namespaces[at % namespaces.length] ?? '';
    const name = `function-${String(at).padStart(6, '0')}`;
    const isGit = gitOnly || at % 2 === 0;
    const nth = gitOnly ? at : at >> 1;
    const round = repositories === 0 ? 0 : Math.floor(nth / repositories);
    const place = repositories === 0 ? 0 : nth % repositories;
    if (isGit) {
      const ref = round % 2 === 0 ? 'main' : 'release';
      return { type: 'source', namespace, name, path: `bench/repository-${place}`, ref };
    }
    const type = (round + place) % 2 === 0 ? 'source-image' : 'image';
    return { type, namespace, name, path: `bench/image-${place}`, ref: 'latest' };
  });
}

/** Distinct sources: a repository is one, whatever is wanted of it. */
export function sourcesOf(fleet: readonly Member[]): number {
  return new Set(fleet.map(({ path }) => path)).size;
}

/** The name of what a member watches, as the sources server moves it. */
export function movableOf({ type, path, ref }: Member): string {
  return type === 'source' ? `${path}#${ref}` : path;
}
