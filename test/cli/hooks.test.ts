// Hooks of a build in what `revflow render` and `revflow export` write.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { inProcess } from './command.ts';

const key = 'openfunction.io/build-hooks';
const hooked = join(import.meta.dirname, '../golden/build/hooked.yaml');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'revflow-hooks-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The Function of the golden file with other annotations. */
async function functionWith(name: string, annotations: Record<string, string>): Promise<string> {
  const fn = parse(await readFile(hooked, 'utf8')) as { metadata: { annotations: Record<string, string> } };
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, JSON.stringify({ ...fn, metadata: { ...fn.metadata, annotations } }));
  return path;
}
const kindsOf = (out: string) => parseAllDocuments(out).map(document => (document.toJS() as { kind: string }).kind);

describe('hooks', () => {
  it('are rendered for Tekton, which is taken for them', async () => {
    const { code, out } = await inProcess(['render', '-f', hooked]);
    expect(code).toBe(0);
    expect(kindsOf(out)).toEqual(['Builder', 'PipelineRun']);
    expect(out).toContain('name: before-1');
    expect(out).toContain('resolver: hub');
  });

  it('are exported for Tekton, and the same each time', async () => {
    const written = async (at: string) => {
      const { code, out } = await inProcess(['export', 'tekton', '-f', hooked, '-o', join(folder, at)]);
      expect(code).toBe(0);
      return readFile(out.trim(), 'utf8');
    };
    expect(await written('a')).toBe(await written('b'));
    expect(await written('a')).toContain('name: after-2');
  });

  it('are not left out for Shipwright: nothing is written', async () => {
    const annotations = { [key]: 'after: [scan]', 'openfunction.io/build-engine': 'shipwright' };
    const path = await functionWith('shipwright', annotations);
    for (const args of [
      ['render', '-f', path],
      ['export', 'shipwright', '-f', hooked, '-o', join(folder, 'c')],
    ]) {
      const { code, out, err } = await inProcess(args);
      expect({ code, out }).toEqual({ code: 3, out: '' });
      expect(err).toContain('build-hooks are Tasks, and the build is not run by Tekton');
    }
  });

  it('that cannot be read are told with their path', async () => {
    const { code, out, err } = await inProcess([
      'render',
      '-f',
      await functionWith('bad', { [key]: 'after: [{name: "A b"}]' }),
    ]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain(`metadata.annotations["${key}"].after[0].name must be the name of a Task`);
  });
});
