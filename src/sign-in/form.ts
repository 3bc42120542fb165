import { z } from 'zod'
import { readForm, text } from '../web/form.js'
import { fieldsOf, type SentField } from '../web/sent.js'

const schema = z.object({
  email: text(254).refine(value => value !== '', { error: 'form.required' }),
  password: z.string().max(1000, { error: 'form.password_wrong' }).default('').refine(value => value !== '', { error: 'form.required' }),
  to: z.string().max(2000).default('').catch(''),
  kept: z.string().max(1024 * 1024).default('').catch('')
})

export const readSignInForm = (body: unknown) => readForm(schema, body)

/** A path of ours that one may be led to after signing in; anything else (another site, "//host", a script) becomes the first page. */
export function safePath (to: string): string {
  if (!/^\/(?![/\\])/.test(to) || /[\u0000-\u001f\\]/.test(to)) return '/'
  const url = new URL(to, 'http://here.invalid')
  // "/.//evil.example" becomes "//evil.example" only here.
  return url.host === 'here.invalid' && !url.pathname.startsWith('//') ? url.pathname + url.search : '/'
}

/** The fields of a form that waited for the sign-in, as pairs for hidden inputs. */
export function keptFields (kept: string): SentField[] {
  try {
    return fieldsOf(JSON.parse(kept))
  } catch {
    return []
  }
}
