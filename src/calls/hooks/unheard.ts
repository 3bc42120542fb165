/** A message that isn't taken: nobody reads why but whoever sets up a telephone system. */
export class Unheard extends Error {
  constructor (readonly statusCode: number) { super(`Refused with ${statusCode}`) }
}
