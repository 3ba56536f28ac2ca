// What a finished demo left behind, read from its files alone.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Program, startProgram } from '../servers/program.ts';

/** Starts the demo in a state directory. */
export function startDemo(directory: string): Program {
  return startProgram('main.ts', ['demo', '--state', directory]);
}

/** The exit code; what a demo said that did not end well is printed. */
export async function endOf(program: Program): Promise<number | null> {
  const code = await program.ended;
  if (code !== 0) console.log(program.lines.join('\n'));
  return code;
}

interface Created {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly build?: { readonly name: string };
    readonly source?: {
      readonly git?: { readonly revision: string };
      readonly ociArtifact?: { readonly image: string };
    };
  };
}

/** Every BuildRun that the API server ever created, as `function revision`, sorted. The server must have ended. */
export function createdRuns(directory: string): readonly string[] {
  using database = new DatabaseSync(join(directory, 'objects.sqlite'), { readOnly: true });
  const rows = (resource: string) =>
    database
      .prepare("SELECT object FROM revision WHERE resource = ? AND type = 'ADDED' ORDER BY version")
      .all(resource)
      .map(row => JSON.parse(String(row['object'])) as Created);
  const builds = new Map(rows('shipwright.io/builds').map(build => [build.metadata.name, build.spec.source]));
  return rows('shipwright.io/buildruns')
    .map(({ metadata, spec }) => {
      const source = builds.get(spec.build?.name ?? '');
      const revision = source?.git?.revision ?? source?.ociArtifact?.image.split('@')[1];
      return `${metadata.labels['openfunction.io/function']} ${revision}`;
    })
    .toSorted();
}

/** What the demo said that it serves in the end, without the ports, which each directory has of its own. */
export function servedAtLast(program: Program): readonly string[] {
  const told = program.lines.filter(line => / done +hello-/.test(line));
  return told.map(line => line.replace(/^.* done +/, '').replaceAll(/127\.0\.0\.1:\d+/g, 'registry'));
}
