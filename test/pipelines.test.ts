// What pipelines/ holds: manifests that clusters take, with OpenFunction's parameters, without privileges and without substitution in scripts.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, parseDocument } from 'yaml';
import { emitBuild } from '../src/build/shipwright/emit.ts';
import type { BuilderObject } from '../src/function/schema.ts';
import type { Json } from '../src/local/api-server/object.ts';
import type { Schema } from '../src/local/api-server/schema/schema.ts';
import { foreignDefinitions } from '../src/local/crd/foreign.ts';
import { lintTekton } from './pipelines/lint.ts';
import {
  defaultOf,
  files,
  hasPublished,
  manifest,
  manifests,
  ofKind,
  root,
  scriptOf,
  stepOf,
} from './pipelines/manifests.ts';
import { faultsOf, readSchemas, schemasOf } from './pipelines/schemas.ts';
import { isRealCluster } from './servers/api-server.ts';

const strategies = ['buildah', 'buildkit', 'kaniko', 'ko', 'openfunction', 'wasmedge'];
const steps = manifests.flatMap(({ path, spec }) =>
  (spec.steps ?? []).map(step => ({ name: `${path} ${step.name}`, step })),
);

describe('the files', () => {
  it.each(files)('$path is YAML that old and new readers read alike', ({ text }) => {
    const read = (version: '1.1' | '1.2') =>
      parseAllDocuments(text, { version, uniqueKeys: true }).map(document => {
        expect([...document.errors, ...document.warnings]).toEqual([]);
        return document.toJS() as unknown;
      });
    expect(read('1.1')).toEqual(read('1.2'));
  });

  it('are all listed by the kustomization beside them', () => {
    for (const { path, text } of files.filter(each => each.path.endsWith('kustomization.yaml'))) {
      const { resources } = parse(text) as { readonly resources: readonly string[] };
      const folder = join(root, dirname(path));
      const here = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.name !== 'kustomization.yaml');
      const expected = here.filter(entry => entry.name !== 'triggers').map(entry => entry.name);
      const listed = resources.map(name => name.replace('/strategy.yaml', '')).toSorted();
      expect({ path, listed }).toEqual({ path, listed: expected.toSorted() });
    }
  });
});

describe.skipIf(!hasPublished)(
  `published definitions${hasPublished ? '' : ' (skipped: not at hand)'} take every object, and drop nothing`,
  async () => {
    const schemas = hasPublished ? await readSchemas() : new Map<string, Schema>();
    const known = manifests.filter(({ object }) => /shipwright|tekton/.test(String(object['apiVersion'])));

    it.each(known)('$path $kind $name', ({ object }) => {
      const schema = schemas.get(`${String(object['apiVersion'])} ${String(object['kind'])}`);
      if (!schema) throw new Error('no such definition');
      expect(faultsOf(schema, object)).toEqual([]);
    });
  },
);

it.each(['ClusterBuildStrategy', 'Task', 'Pipeline'])('local mode takes each %s, and drops nothing', kind => {
  const schemas = schemasOf(foreignDefinitions);
  for (const { name, object } of ofKind(kind)) {
    const schema = schemas.get(`${String(object['apiVersion'])} ${kind}`);
    if (!schema) throw new Error(`no definition of ${kind}`);
    expect({ name, faults: faultsOf(schema, object) }).toEqual({ name, faults: [] });
  }
});

const needed = {
  shipwright: 'clusterbuildstrategies.shipwright.io',
  tekton: 'tasks.tekton.dev',
  'tekton/triggers': 'eventlisteners.triggers.tekton.dev',
};

describe.skipIf(!isRealCluster)(
  `a real API server${isRealCluster ? '' : ' (skipped without REVFLOW_TEST_KUBE=1)'}`,
  () => {
    it.for(Object.entries(needed))(
      'takes %s under strict validation, where it has %s',
      ([folder, definition], { skip }) => {
        const asked = spawnSync('kubectl', ['get', 'customresourcedefinition', definition], { encoding: 'utf8' });
        expect(asked.error).toBeUndefined();
        skip(asked.stderr.includes('(NotFound)'), `it has no ${definition}`);
        const args = ['apply', '--dry-run=server', '--validate=strict', '-k', join(root, folder)];
        const { status, stdout, stderr } = spawnSync('kubectl', args, { encoding: 'utf8' });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        expect(stdout).toContain('(server dry run)');
      },
    );
  },
);

describe('scripts', () => {
  const scripts = steps.flatMap(({ name, step }) => {
    const script = scriptOf(step);
    return script === undefined ? [] : [{ name, script, step }];
  });

  it('are there to be judged', () => {
    expect(scripts.length).toBeGreaterThan(15);
  });

  it.each(scripts)('$name has nothing that Tekton, Shipwright or Kubernetes puts a value into', ({ script }) => {
    expect(script).not.toContain('$(');
    expect(script).not.toContain('$$');
  });

  it.each(scripts)('$name is all that its shell interprets', ({ step }) => {
    if (step.script !== undefined) expect(step.command).toBeUndefined();
    else expect(step.args?.[2]).toBe('--');
    expect(step.command?.some(part => part.includes('$(')) ?? false).toBe(false);
  });

  it('are the same for both engines', () => {
    const pairs = [
      ['openfunction', 'prepare', 'prepare'],
      ['openfunction', 'results', 'results'],
      ['buildah', 'build-and-push', 'build'],
      ['wasmedge', 'build-and-push', 'build'],
      ['ko', 'build-and-push', 'build'],
      ['buildkit', 'build-and-push', 'build'],
    ] as const;
    for (const [name, ofStrategy, ofTask] of pairs) {
      const task = scriptOf(stepOf(manifest('Task', `function-${name}`), ofTask)) ?? '';
      const strategy = scriptOf(stepOf(manifest('ClusterBuildStrategy', name), ofStrategy));
      expect({ name, script: task.replace(/^#!.*\n/, '') }).toEqual({ name, script: strategy });
    }
  });
});

describe('steps', () => {
  it.each(steps)('$name has no privileges', ({ step }) => {
    const { securityContext = {} } = step;
    expect(securityContext.privileged).toBeUndefined();
    if (step.command?.[0] === '/kaniko/executor') return;
    expect(securityContext.runAsUser).not.toBe(0);
    expect(securityContext.capabilities?.drop).toEqual(['ALL']);
    expect(['SETGID', 'SETUID']).toEqual(expect.arrayContaining([...(securityContext.capabilities?.add ?? [])]));
  });

  it('of strategies run as user 1000, apart from kaniko', () => {
    const users = ofKind('ClusterBuildStrategy').map(({ name, spec }) => [name, spec.securityContext?.runAsUser]);
    expect(Object.fromEntries(users)).toEqual(
      Object.fromEntries(strategies.map(name => [name, name === 'kaniko' ? 0 : 1000])),
    );
  });

  it.each(steps)('$name takes its image from a parameter, which a digest fits into', ({ step }) => {
    expect(step.image).toMatch(/^\$\(params\.[\w-]+\)$/);
  });

  it('have no variables that a build could name too, but for those that the tool must have', () => {
    const names = new Set(steps.flatMap(({ step }) => (step.env ?? []).map(({ name }) => name)));
    expect([...names].toSorted()).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_KEY', 'DOCKER_CONFIG', 'HOME']);
  });

  it('verify certificates', () => {
    for (const { text } of files) expect(text).not.toMatch(/skip-tls|tls-verify[= ]false|insecure-skip|--insecure\b/);
  });
});

describe('parameters', () => {
  const images = manifests.flatMap(({ path, spec }) =>
    [...(spec.parameters ?? []), ...(spec.params ?? [])]
      .filter(({ name, default: value }) => /image$/i.test(name) && typeof value === 'string' && value !== '')
      .map(param => ({ path, ...param })),
  );

  it.each(images)('$path $name has a tag that does not move by its name', ({ default: image }) => {
    expect(image).toMatch(/:[\w.-]*\d[\w.-]*$/);
  });

  it.each(manifests.filter(({ spec }) => spec.steps))(
    '$path declares and describes what it uses',
    ({ object, spec }) => {
      const declared = [...(spec.parameters ?? []), ...(spec.params ?? [])];
      for (const { description } of declared) expect(description).toMatch(/\.$/);
      const used = JSON.stringify(object).matchAll(/\$\(params\.([\w-]+)(?:\[\*\])?\)/g);
      const missing = [...used].map(([, name = '']) => name).filter(name => !name.startsWith('shp-'));
      expect(declared.map(({ name }) => name)).toEqual(expect.arrayContaining(missing));
    },
  );

  /** OpenFunction's own, of its manifests and of its chart, with their defaults. */
  const upstream: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
    openfunction: {
      PROCESS_TYPE: 'web',
      RUN_IMAGE: '',
      CACHE_IMAGE: '',
      SKIP_RESTORE: 'false',
      USER_ID: '1000',
      GROUP_ID: '1000',
      PLATFORM_DIR: 'empty-dir',
      ENV_VARS: '',
      BASH_IMAGE: 'docker.io/library/bash:5.1.4',
    },
    buildah: {
      'registry-search': 'docker.io,quay.io',
      'registry-insecure': '',
      'registry-block': '',
      'build-args': [],
      'registries-block': [],
      'registries-insecure': [],
      'registries-search': ['docker.io', 'quay.io'],
    },
    kaniko: {},
    ko: {
      'go-flags': '',
      'go-version': '1.18',
      'ko-version': 'latest',
      'package-directory': '.',
      'target-platform': 'current',
    },
    wasmedge: {
      'build-args': ['annotation=module.wasm.image/variant=compat-smart'],
      'registries-block': [],
      'registries-insecure': [],
      'registries-search': ['docker.io', 'quay.io'],
      ENV_VARS: '',
    },
    buildkit: { 'build-args': [], cache: 'registry', platforms: [], secrets: [], target: '' },
  };

  it.each(Object.entries(upstream))(
    'of %s are those of OpenFunction, or of Shipwright where it has none',
    (name, expected) => {
      const { parameters = [] } = manifest('ClusterBuildStrategy', name).spec;
      const defaults = Object.fromEntries(parameters.map(param => [param.name, defaultOf(param)]));
      expect(defaults).toMatchObject(expected);
      for (const reserved of ['BUILDER_IMAGE', 'DOCKERFILE', 'CONTEXT_DIR'])
        expect(defaults).not.toHaveProperty(reserved);
    },
  );

  it.each(strategies)('that revflow sends are all declared by %s', name => {
    const builder = { metadata: { name: 'b' }, spec: { builder: 'b:1', dockerfile: 'D', image: 'i', env: { A: 'b' } } };
    const spec = { ...builder.spec, srcRepo: { url: 'https://git.example/r' }, shipwright: { strategy: { name } } };
    const build = emitBuild({ builder: { ...builder, spec } as unknown as BuilderObject, revision: undefined });
    const { paramValues } = build['spec'] as { readonly paramValues: readonly { readonly name: string }[] };
    const declared = manifest('ClusterBuildStrategy', name).spec.parameters?.map(param => param.name);
    expect(paramValues.map(param => param.name)).toEqual(['builder-image', 'dockerfile']);
    expect(declared).toEqual(expect.arrayContaining(paramValues.map(param => param.name)));
  });

  it.each(ofKind('Pipeline'))('of $name reach its Tasks, with the same types and defaults', ({ spec }) => {
    const own = new Map(spec.params?.map(param => [param.name, param]));
    for (const { name, taskRef, params } of spec.tasks ?? []) {
      const wanted = manifest('Task', taskRef.name).spec.params ?? [];
      const left = wanted.filter(param => !params.some(passed => passed.name === param.name));
      const unpassed = left.map(param => param.name);
      expect({ name, unpassed }).toEqual({
        name,
        unpassed: taskRef.name === 'function-hook' ? unpassed.map(() => 'args') : [],
      });
      if (name !== 'fetch' && name !== 'build') continue;
      for (const { name: param, type, default: value } of wanted) {
        expect(own.get(param)).toMatchObject({ name: param, type, ...(value === undefined ? {} : { default: value }) });
      }
    }
  });
});

describe('Tekton', () => {
  const objects = manifests.filter(({ path }) => path.startsWith('tekton/')).map(({ object }) => object);

  it('gets nothing that its linter warns of', async () => {
    expect(await lintTekton(objects)).toEqual([]);
  });

  it('would not get a defect past the linter, in a file or inlined', async () => {
    const pipeline = manifest('Pipeline', 'function-ko').object;
    const broken = parseDocument(JSON.stringify(pipeline).replaceAll('$(params.ko-version)', '$(params.ko-vesion)'));
    const others = objects.filter(object => object !== pipeline);
    const spec = (broken.toJS() as Json)['spec'];
    const run: Json = {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { name: 'r' },
      spec: { pipelineSpec: spec },
    };
    const defect = expect.stringContaining("no-undefined-param: Undefined param 'ko-vesion'");
    expect(await lintTekton([...others, broken.toJS() as Json])).toContainEqual(defect);
    expect(await lintTekton([...others, run])).toContainEqual(defect);
  });

  it.each(strategies)('has a Task and a Pipeline for %s, with the results that Chains reads', name => {
    const image = expect.arrayContaining(
      [{ name: 'IMAGE_URL' }, { name: 'IMAGE_DIGEST' }].map(each => expect.objectContaining(each)),
    );
    expect(manifest('Task', `function-${name}`).spec.results).toEqual(image);
    const { results = [] } = manifest('Pipeline', `function-${name}`).spec;
    expect(results).toEqual(image);
    expect(results.map(result => result.name)).toEqual(expect.arrayContaining(['CHAINS-GIT_URL', 'CHAINS-GIT_COMMIT']));
  });

  it('runs the parts of function-ci in their order', () => {
    for (const name of ['function-ci', 'function-ci-dockerfile']) {
      const parts = manifest('Pipeline', name).spec.tasks?.map(task => task.name);
      expect(parts).toEqual(['fetch', 'test', 'build', 'sign', 'deploy']);
    }
  });
});

describe('the README', () => {
  const rows = readFileSync(join(root, 'README.md'), 'utf8')
    .split('\n')
    .filter(line => /^\| .* \| `[a-z]+` \|$/.test(line))
    .map(line => line.split('|').map(cell => cell.trim()))
    .map(([, source = '', builder = '', strategy = '']) => ({
      source,
      builder,
      strategy: strategy.replaceAll('`', ''),
    }));

  it('tells for each language what builds it, with strategies that are there', () => {
    const sources = rows.map(row => row.source);
    expect(sources).toEqual(expect.arrayContaining(['Go', 'Node', 'Python', 'Java', '.NET', 'Dockerfile', 'WasmEdge']));
    expect([...new Set(rows.map(row => row.strategy))].toSorted()).toEqual(strategies);
    expect(readdirSync(join(root, 'shipwright'))).toEqual(expect.arrayContaining(strategies));
    expect(readdirSync(join(root, 'tekton'))).toEqual(expect.arrayContaining(strategies));
  });

  it('names the builder that a strategy takes by itself', () => {
    for (const { builder, strategy } of rows.filter(row => row.strategy !== 'openfunction')) {
      const { parameters = [] } = manifest('ClusterBuildStrategy', strategy).spec;
      const own = strategy === 'wasmedge' ? 'buildah-image' : 'builder-image';
      expect(`${strategy}: ${builder}`).toContain(String(parameters.find(param => param.name === own)?.default));
    }
  });
});
