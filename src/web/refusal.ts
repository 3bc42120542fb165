import type { FieldErrors } from './form.js'

/** A change that was right by its form and wrong by what the database knows: what is wrong, by field. */
export class Refusal extends Error {
  constructor (readonly errors: FieldErrors) {
    super('refused')
  }
}

/** Waits for a change, and says the violation of a named constraint in human words: throws Refusal for it, any other error as it is. */
export async function explain<T> (change: Promise<T>, constraints: Record<string, FieldErrors>): Promise<T> {
  return change.catch((error: { constraint?: string }) => {
    const errors = error.constraint && constraints[error.constraint]
    throw errors ? new Refusal(errors) : error
  })
}

/** Waits for a change. Gives what was made, or what is wrong when it was refused. */
export async function attempt<T> (change: Promise<T>): Promise<{ made: T, errors?: undefined } | { made?: undefined, errors: FieldErrors }> {
  try {
    return { made: await change }
  } catch (error) {
    if (error instanceof Refusal) return { errors: error.errors }
    throw error
  }
}
