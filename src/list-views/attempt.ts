import type { FieldErrors } from '../web/form.js'
import { NameTaken, ViewChanged } from './queries.js'
import type { ListView } from './view.js'

/** Waits for a change. What was made, or why it wasn't: in words, or because somebody else was quicker. */
export async function attempt<T> (errors: FieldErrors | undefined, change: () => Promise<T>): Promise<{ made?: T, errors?: FieldErrors, changed?: ListView }> {
  if (errors) return { errors }
  try {
    return { made: await change() }
  } catch (error) {
    if (error instanceof NameTaken) return { errors: { name: { key: 'views.name_taken' } } }
    if (error instanceof ViewChanged) return { changed: error.view }
    throw error
  }
}
