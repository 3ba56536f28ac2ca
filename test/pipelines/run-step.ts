// Runs the script of one step on this machine, with the values put in where Tekton, Shipwright and Kubernetes put them.
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { defaultOf, type Manifest, scriptOf, stepOf } from './manifests.ts';

export type Values = Readonly<Record<string, string | readonly string[]>>;

export interface Order {
  readonly manifest: Manifest;
  readonly step: string;
  /** Values of parameters; the others have their defaults. */
  readonly params?: Values;
  /** Paths of workspaces; one that is not bound is empty, as in Tekton. */
  readonly workspaces?: Readonly<Record<string, string>>;
  /** Further variables, as `Build.spec.env` gives them to each step. */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that the image would have: name to the text of a script. */
  readonly programs?: Readonly<Record<string, string>>;
}

export interface Ending {
  readonly code: number | null;
  readonly stderr: string;
}

/** A pod in which steps run: its volumes and results are folders of this machine. */
export class Pod implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<Pod> {
    const folder = await mkdtemp(join(tmpdir(), 'revflow-pod-'));
    await Promise.all(['results', 'programs', 'work', 'layers'].map(name => mkdir(join(folder, name))));
    return new Pod(folder);
  }

  /** Where a path of the pod is. */
  path(inside: string): string {
    return join(this.folder, inside);
  }

  /** The text of a file; undefined where it is not there. */
  async read(inside: string): Promise<string | undefined> {
    return readFile(this.path(inside), 'utf8').catch(() => undefined);
  }

  /** Every file of a folder with its text. */
  async files(inside: string): Promise<Readonly<Record<string, string>>> {
    const names = await readdir(this.path(inside));
    const entries = names.map(async name => [name, await readFile(join(this.path(inside), name), 'utf8')] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** The arguments that a program was given, for each time it ran; see `recorder`. */
  async calls(program: string): Promise<readonly (readonly string[])[]> {
    const text = (await this.read(`${program}.calls`)) ?? '';
    return text
      .split('\u0001')
      .slice(0, -1)
      .map(call => call.split('\0').slice(0, -1));
  }

  async run(order: Order): Promise<Ending> {
    const { manifest, env = {} } = order;
    const step = stepOf(manifest, order.step);
    const script = scriptOf(step);
    if (script === undefined) throw new Error(`${step.name} has no script`);
    const given = (step.script === undefined ? step.args?.slice(3) : step.args) ?? [];
    const args = given.flatMap(argument => this.substitute(argument, order)).map(value => this.place(value));
    for (const [name, text] of Object.entries(order.programs ?? {})) {
      await writeFile(this.path(`programs/${name}`), `#!/bin/bash\n${text}\n`);
      await chmod(this.path(`programs/${name}`), 0o755);
    }
    const shell = step.script?.startsWith('#!/bin/sh') || basename(step.command?.[0] ?? '') === 'sh' ? 'sh' : 'bash';
    const runs = step.script?.startsWith('#!/usr/bin/env node') ? await this.node(script) : [shell, '-c', script, '--'];
    return this.spawn([...runs, ...args], { ...this.stepEnv(order), ...env });
  }

  private async node(script: string): Promise<readonly string[]> {
    await writeFile(this.path('script'), script);
    return [process.execPath, this.path('script')];
  }

  private stepEnv({ step, manifest, workspaces = {} }: Order): Readonly<Record<string, string>> {
    const own = stepOf(manifest, step).env ?? [];
    const login = workspaces['dockerconfig'];
    const named = own
      .filter(({ name }) => name !== 'DOCKER_CONFIG')
      .map(({ name, value }) => [name, this.place(value)]);
    return { ...Object.fromEntries(named), ...(login === undefined ? {} : { DOCKER_CONFIG: login }) };
  }

  private spawn([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>): Promise<Ending> {
    const path = `${this.path('programs')}:${process.env['PATH'] ?? ''}`;
    const child = spawn(program, args, {
      cwd: this.path('work'),
      env: { ...env, PATH: path, POD: this.folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (part: Buffer) => {
      stderr += part.toString();
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', code => resolve({ code, stderr }));
    });
  }

  /** One argument, or those of the list that it stands for. */
  private substitute(argument: string, { manifest, params = {}, workspaces = {} }: Order): readonly string[] {
    const declared = [...(manifest.spec.parameters ?? []), ...(manifest.spec.params ?? [])];
    const value = (name: string): string | readonly string[] => {
      const system: Values = {
        'shp-source-context': this.path('source'),
        'shp-output-directory': this.path('layout/image'),
        'shp-output-insecure': 'false',
        'shp-output-image': 'registry.example/app:v1',
      };
      const param = declared.find(each => each.name === name);
      const found = params[name] ?? system[name] ?? (param && defaultOf(param));
      if (found === undefined) throw new Error(`no value for ${name}`);
      return found;
    };
    const list = /^\$\(params\.([\w-]+)\[\*\]\)$/.exec(argument);
    if (list) return [value(list[1] ?? '')].flat();
    return [
      argument.replace(/\$\((params|results|workspaces)\.([\w-]+)(?:\.path)?\)/g, (_, kind: string, name: string) => {
        if (kind === 'params') return String(value(name));
        return kind === 'results' ? this.path(`results/${name}`) : (workspaces[name] ?? '');
      }),
    ];
  }

  /** Paths of volumes lead into the pod, those of revflow's image into this clone; everything else is as it is. */
  private place(value: string): string {
    if (value.startsWith('/app/')) return join(import.meta.dirname, '../..', value.slice('/app/'.length));
    return /^\/(platform|layers|bundle|buildah|buildkit|ko|gocache|layout|patch|tekton\/home)(\/|$)/.test(value)
      ? this.path(value)
      : value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The text of a program that only remembers how it was called. */
export function recorder(program: string, then = ''): string {
  return `printf '%s\\0' "$@" >>"$POD/${program}.calls"\nprintf '\\1' >>"$POD/${program}.calls"\n${then}`;
}
