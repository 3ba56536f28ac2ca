// One exchange with a registry: its scheme found, its challenge answered once, its refusals left to the HTTP edge.
import type { HttpRequest, HttpResponse } from '../../platform/http/http.ts';
import { type RegistryAccess, type RegistryPorts, transportOf } from './access.ts';
import { Logins } from './login.ts';
import { withScheme } from './scheme.ts';

export interface RegistryRequest
  extends Pick<HttpRequest, 'method' | 'headers' | 'body' | 'timeoutMs' | 'maxBytes' | 'fresh' | 'signal'> {
  /** What follows `/v2/<repository>/`, or an absolute URL that the registry named for an upload. */
  readonly path: string;
  /** Statuses from 400 on that are an answer rather than a failure. 401 cannot be one: it is answered here, or thrown. */
  readonly accept?: readonly number[];
}

/** Registries as one process sees them: it holds their tokens. */
export class Registries {
  private readonly logins = new Logins();

  /** Sends a request, logging in where the registry asks for it and once again when a token was refused. Throws as the Http port does. */
  async request(access: RegistryAccess, ports: RegistryPorts, request: RegistryRequest): Promise<HttpResponse> {
    const { signal } = request;
    return withScheme(access, signal === undefined ? ports : { ...ports, signal }, async base => {
      const url = new URL(request.path, `${base}/v2/${access.repository}/`);
      const { path: _path, accept = [], ...rest } = request;
      const send = (authorization: string | undefined, accepted: readonly number[]) =>
        ports.http.request(
          {
            ...rest,
            ...transportOf(access),
            url: url.href,
            ...(authorization === undefined ? {} : { secretHeaders: { authorization } }),
          },
          accepted,
        );
      // An upload may be sent elsewhere (a storage service with a signed URL): our credential is none of its business.
      if (url.origin !== new URL(base).origin) return send(undefined, accept);
      const held = await this.logins.authorization(access, ports, request.signal);
      const first = await send(held, [...accept, 401]);
      if (first.status !== 401) return first;
      const context = { ports, signal: request.signal };
      const renewed = await this.logins.answer(access, first.headers['www-authenticate'], context);
      return send(renewed, accept);
    });
  }
}
