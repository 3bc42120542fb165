/** An answer that isn't the one asked for. `key` names its words in the locales under `errors`. */
export class HttpError extends Error {
  constructor (readonly statusCode: number, readonly key: string, readonly values: Record<string, unknown> = {}) {
    super(key)
  }
}

/** There is no such thing, or the viewer may not know of it. */
export class NotFound extends HttpError { constructor () { super(404, 'not_found') } }
/** The viewer lacks the right (any one of `rights` would do). */
export class Forbidden extends HttpError { constructor (readonly rights: readonly string[] = []) { super(403, 'forbidden') } }
/** Another site sent this. */
export class CrossSite extends HttpError { constructor () { super(403, 'cross_site') } }
/** The database doesn't answer just now: it starts anew, or can't be reached. */
export class Away extends HttpError { constructor () { super(503, 'away') } }
/** Nobody is signed in, or not any more. */
export class SignInFirst extends HttpError { constructor () { super(401, 'sign_in_first') } }
/** What was being sent broke off, or is no form: nobody's fault here. */
export class BrokenOff extends HttpError { constructor () { super(400, 'bad_request') } }
