import type { Answer } from './cast.js'

/** The Set-Cookie line that counts for a browser, the last, by the cookie's name; '' when there is none. */
export const cookieOf = ({ headers }: Answer, name: string): string =>
  ([headers['set-cookie'] ?? []].flat() as string[]).findLast(line => line.startsWith(`${name}=`)) ?? ''

/** The session that an answer began, as a browser sends it back. */
export const sessionCookie = (answer: Answer): string => cookieOf(answer, 'clientela').split(';', 1)[0]!
