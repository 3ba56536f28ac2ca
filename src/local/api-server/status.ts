// How this server words a refusal: the Status object of every error, and the one exception that carries it.

/** One reason behind a refusal, tied to a field where there is one. */
export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** What an error or a delete is answered with. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** A request that ends in a Status. Anything else that is thrown is this server's own fault. */
export class ApiError extends Error {
  readonly status: Status;
  readonly code: number;

  constructor(
    code: number,
    message: string,
    more: { reason?: string; details?: StatusDetails; continue?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: more.continue === undefined ? {} : { continue: more.continue },
      status: 'Failure',
      message,
      ...(more.reason === undefined ? {} : { reason: more.reason }),
      ...(more.details === undefined ? {} : { details: more.details }),
      code,
    };
  }
}

/** A path that leads nowhere: answered in plain text, as a custom resource's router does. */
export class PageNotFound extends Error {}

/** A kind of object as refusals name it; `group` is empty for the core group. */
export interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

function qualified(group: string, name: string): string {
  return group === '' ? name : `${name}.${group}`;
}

function details(of: Named, name: string, kind: string): StatusDetails {
  return { name, ...(of.group === '' ? {} : { group: of.group }), kind };
}

/** 400: the request cannot be understood. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, message, { reason: 'BadRequest' });
}

/** 401: no token, or not this server's. Says no more, as the real one does. */
export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', { reason: 'Unauthorized' });
}

/** 403: the object may not be written so; `why` ends the sentence. */
export function forbidden(of: Named, name: string, why: string): ApiError {
  const message = `${qualified(of.group, of.plural)} "${name}" is forbidden: ${why}`;
  return new ApiError(403, message, { reason: 'Forbidden', details: details(of, name, of.plural) });
}

/** 404: no object of this name. */
export function notFound(of: Named, name: string): ApiError {
  const message = `${qualified(of.group, of.plural)} "${name}" not found`;
  return new ApiError(404, message, { reason: 'NotFound', details: details(of, name, of.plural) });
}

/** An unknown resource of a built-in group. */
export function unknownResource(): ApiError {
  const message = 'the server could not find the requested resource';
  return new ApiError(404, message, { reason: 'NotFound', details: {} });
}

/** A method that a built-in kind's path does not take. */
export function methodNotAllowed(): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(405, message, { reason: 'MethodNotAllowed', details: {} });
}

/** A verb that a custom resource's path does not take; the verb is empty for an unknown method. */
export function verbNotSupported(of: Named, verb: string): ApiError {
  const message = `${verb} is not supported on resources of kind "${qualified(of.group, of.plural)}"`;
  return new ApiError(405, message, { reason: 'MethodNotAllowed', details: { group: of.group, kind: of.plural } });
}

/** 406; `accepted` lists the media types that there are. */
export function notAcceptable(accepted: string): ApiError {
  return new ApiError(406, `only the following media types are accepted: ${accepted}`, { reason: 'NotAcceptable' });
}

/** 415; `accepted` lists the media types that a body may have. */
export function unsupportedMediaType(accepted: string): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  return new ApiError(415, message, { reason: 'UnsupportedMediaType' });
}

/** 409 on a create; `deleting` when what stands there is on its way out. */
export function alreadyExists(of: Named, name: string, deleting: boolean): ApiError {
  const message = `${deleting ? 'object is being deleted: ' : ''}${qualified(of.group, of.plural)} "${name}" already exists`;
  return new ApiError(409, message, { reason: 'AlreadyExists', details: details(of, name, of.plural) });
}

/** `kind` is what the refusal calls the object: its plural for writes, its kind for the preconditions of a delete. */
export function conflict(of: Named, name: string, more: { readonly why: string; readonly kind?: string }): ApiError {
  const kind = more.kind ?? of.plural;
  const message = `Operation cannot be fulfilled on ${qualified(of.group, kind)} "${name}": ${more.why}`;
  return new ApiError(409, message, { reason: 'Conflict', details: details(of, name, kind) });
}

/** 409: the resourceVersion sent is not the newest. */
export function staleVersion(of: Named, name: string): ApiError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(of, name, { why });
}

/** Validation's answer; `of.kind` as the object itself says, `name` as far as known. */
export function invalid(
  of: { readonly group: string; readonly kind: string },
  name: string,
  causes: readonly Cause[],
): ApiError {
  const texts = [
    ...new Set(causes.map(cause => (cause.field === undefined ? cause.message : `${cause.field}: ${cause.message}`))),
  ];
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const message = `${qualified(of.group, of.kind)} "${name}" is invalid: ${list}`;
  const named = { ...(name === '' ? {} : { name }), ...(of.group === '' ? {} : { group: of.group }), kind: of.kind };
  return new ApiError(422, message, { reason: 'Invalid', details: { ...named, causes } });
}

/** A query or body option with a value that it cannot have; `kind` is CreateOptions, PatchOptions, ... */
export function invalidOptions(kind: string, causes: readonly Cause[]): ApiError {
  return invalid({ group: 'meta.k8s.io', kind }, '', causes);
}

/** 413; `limit` in bytes. */
export function tooLarge(limit: number): ApiError {
  return new ApiError(413, `Request entity too large: limit is ${limit}`, { reason: 'RequestEntityTooLarge' });
}

/** 410: a version, or a page, that is forgotten; `continue` lets a list go on inconsistently. */
export function expired(message: string, more: { readonly continue?: string } = {}): ApiError {
  return new ApiError(410, message, { reason: 'Expired', ...more });
}

/** A resourceVersion that this server has not reached. */
export function tooLargeVersion(wanted: number, current: number): ApiError {
  const message = 'Too large resource version';
  return new ApiError(504, `Timeout: ${message}: ${wanted}, current: ${current}`, {
    reason: 'Timeout',
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message }], retryAfterSeconds: 1 },
  });
}

/** A failure that the real server leaves without a reason. */
export function internal(message: string): ApiError {
  return new ApiError(500, message);
}

/** The answer to a delete that removed the object at once. */
export function deleted(of: Named, name: string, uid: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...details(of, name, of.plural), uid },
  };
}
