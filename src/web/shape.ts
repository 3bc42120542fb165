// What a value looks like, told without loading what reads forms: a program that reads a file's first rows is there sooner.

// RFC 5321 allows 254 characters; the shape is that of the WHATWG's <input type=email>, with a dot in the domain.
const EMAIL = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i

/** Whether this is an e-mail address, as far as its shape tells. */
export const isEmail = (value: string) => value.length <= 254 && EMAIL.test(value)

/** Whether this is a day that the calendar has, as <input type=date> sends it: "2026-11-03". */
export function isDay (value: string): boolean {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : null
  // Date rolls "2026-02-31" over to March, and has a year 0 that Postgres hasn't.
  return date !== null && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value) && value >= '0001'
}
