// The linter of Tekton's definitions, as tests ask it: inlined specs are linted as the Pipelines and Tasks that they are.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { asText, isJson, type Json } from '../../src/local/api-server/object.ts';

const program = join(dirname(fileURLToPath(import.meta.resolve('@ibm/tekton-lint'))), 'lint.js');

/** Chains' names of results are no kebab-case. */
const configuration = { rules: { 'prefer-kebab-case': 'off' } };

/** What the linter says of these objects together, warnings too: `rule: message`. */
export async function lintTekton(objects: readonly Json[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'revflow-lint-'));
  try {
    await writeFile(join(folder, '.tektonlintrc.yaml'), stringify(configuration));
    const documents = objects.flatMap(object => [object, ...inlined(object)]);
    await writeFile(join(folder, 'objects.yaml'), documents.map(object => stringify(object)).join('---\n'));
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(folder: string): Promise<readonly string[]> {
  const args = [program, '--config', folder, '--format', 'json', join(folder, 'objects.yaml')];
  const env = { ...process.env, TL_CACHE_DIR: join(folder, 'cache') };
  const output = await promisify(execFile)(process.execPath, args, { env }).then(
    ({ stdout }) => stdout,
    // It ends with 1 where it found errors.
    (error: { readonly code?: unknown; readonly stdout?: string }) => {
      if (error.code !== 1 || !error.stdout) throw error;
      return error.stdout;
    },
  );
  const problems = JSON.parse(output) as readonly { readonly rule: string; readonly message: string }[];
  return problems.map(({ rule, message }) => `${rule}: ${message}`);
}

/** The specs inside a run or a Pipeline, as objects of their own. */
function inlined(object: Json): readonly Json[] {
  const metadata = isJson(object['metadata']) ? object['metadata'] : {};
  const name = asText(metadata['name']) || asText(metadata['generateName']) || 'inlined';
  const spec = isJson(object['spec']) ? object['spec'] : {};
  const { apiVersion } = object;
  const found: Json[] = [];
  if (object['kind'] === 'PipelineRun' && isJson(spec['pipelineSpec'])) {
    const pipeline = {
      apiVersion,
      kind: 'Pipeline',
      metadata: { name: `${name}-inlined` },
      spec: spec['pipelineSpec'],
    };
    found.push(pipeline, ...inlined(pipeline));
  }
  if (object['kind'] === 'Pipeline') {
    for (const task of [spec['tasks'], spec['finally']].flat()) {
      if (!isJson(task) || !isJson(task['taskSpec'])) continue;
      const { metadata: _, ...taskSpec } = task['taskSpec'];
      found.push({ apiVersion, kind: 'Task', metadata: { name: `${name}-${asText(task['name'])}` }, spec: taskSpec });
    }
  }
  return found;
}
