// The annotations that steer a Function, read once into plain data.
import { parseBuildHooks, type ReadHooks } from './build-hooks.ts';
import { annotations as keys } from './names.ts';
import { type Problem, pathText } from './problem.ts';
import { parseWatchParams, type ReadParams } from './watch-params.ts';

export interface Steering {
  /** What to watch; undefined unless `revision-controller` is exactly `enable`. */
  readonly watch: ReadParams | undefined;
  /** `suspend`: nothing new is started. */
  readonly suspended: boolean;
  /** The text of `hold`: no new revision is taken; undefined when it does not hold. */
  readonly hold: string | undefined;
  /** The nonce of `rebuild-requested`; undefined when there is none. */
  readonly rebuildRequested: string | undefined;
  /** `build-engine`; undefined: the operator's default. */
  readonly engine: 'shipwright' | 'tekton' | undefined;
  /** `build-hooks`. */
  readonly hooks: ReadHooks;
  /** Values that mean nothing. Those of the watch are in `watch`, those of the hooks in `hooks`. */
  readonly problems: readonly Problem[];
}

const engines = ['shipwright', 'tekton'] as const;

/** Reads a Function's annotations; never throws. */
export function readAnnotations(annotations: Readonly<Record<string, string>> = {}): Steering {
  const engine = engines.find(candidate => candidate === annotations[keys.buildEngine]);
  return {
    watch:
      annotations[keys.revisionController] === 'enable'
        ? parseWatchParams(annotations[keys.revisionControllerParams])
        : undefined,
    suspended: annotations[keys.suspend] === 'true',
    hold: text(annotations[keys.hold]),
    rebuildRequested: text(annotations[keys.rebuildRequested]),
    engine,
    hooks: parseBuildHooks(annotations[keys.buildHooks]),
    problems: [
      ...outside(annotations, keys.suspend, ['true', 'false']),
      ...outside(annotations, keys.buildEngine, engines),
    ],
  };
}

/** An empty text and `false` say no; any other text says yes and is kept. */
function text(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === 'false' ? undefined : value;
}

function outside(annotations: Readonly<Record<string, string>>, key: string, words: readonly string[]): Problem[] {
  const value = annotations[key];
  if (value === undefined || value === '' || words.includes(value)) return [];
  return [{ path: pathText(['metadata', 'annotations', key]), value, message: `must be one of ${words.join(', ')}` }];
}
