// The log port: static message, metadata beside it, the same keys everywhere (function, source, reason, revision).
// error = our bug; warn = maybe ours; info = a change of state or a user's mistake; debug = the rest.

export interface Log {
  error(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  debug(message: string, fields?: object): void;
}
