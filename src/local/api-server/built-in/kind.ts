// What a built-in kind is made of.
import type { Schema } from '../../crd/schema.ts';
import type { Column, Conversion } from '../resource.ts';
import type { Preparation } from './prepare.ts';

/** One built-in kind, as data. */
export interface BuiltInKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly short?: readonly string[];
  /** Listed by `kubectl get all`. */
  readonly inAll?: boolean;
  readonly cluster?: boolean;
  /** The fields beside apiVersion, kind and metadata. */
  readonly members: Readonly<Record<string, Schema>>;
  /** Fields of Go structs that are shown even when they are empty. */
  readonly shown?: Readonly<Record<string, unknown>>;
  /** Field selectors besides the name and the namespace. */
  readonly selectable?: readonly string[];
  readonly createOnUpdate?: boolean;
  readonly prepare?: Preparation;
  /** Runs after ownership is known and before the object is stored. */
  readonly settle?: Preparation;
  readonly columns?: readonly Column[];
  /** The id of the resource that stores its objects, and how they are converted. */
  readonly table?: string;
  readonly conversion?: Conversion;
}

/** A column of `kubectl get`. */
export const column = (name: string, type: string, jsonPath: string): Column => ({ name, type, jsonPath });

export const age = column('Age', 'date', '.metadata.creationTimestamp');
