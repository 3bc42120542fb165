import { z } from 'zod'
import { choiceName } from '../choices/form.js'
import { translator } from '../web/i18n.js'
import { issue, readForm, text } from '../web/form.js'
import { LANGUAGES } from '../web/viewer.js'

/** The types that are built in, by the key of their names in the locales. */
export const BUILT_IN_TYPES = ['mobile', 'work', 'home'] as const

const NAME = 40

const own = z.object({
  name: choiceName(NAME).superRefine((name, context) => { if (builtInOf(name)) context.addIssue(issue('phone_types.built_in_name')) })
})

// Without a name of one's own it has the built-in one again, which everybody reads in their language.
const builtIn = z.object({ name: text(NAME).transform(name => name.replace(/\s+/g, ' ') || null) })

/** Reads the one thing a type of phone has: its name. Of a built-in one (`key`) it may be left empty. */
export const readPhoneTypeForm = (body: unknown, key?: string | null) => {
  const form = readForm(key ? builtIn : own, body)
  const name = form.values?.name
  const same = name ? builtInOf(name) : undefined
  if (!key || !form.values || !same) return form
  return same === key ? { ...form, values: { name: null } } : { errors: { name: { key: 'phone_types.built_in_name' } }, typed: form.typed }
}

/** The built-in type that has this name in one of our languages, whatever its case and accents. */
export function builtInOf (name: string): string | undefined {
  const plain = folded(name)
  return BUILT_IN_TYPES.find(key => LANGUAGES.some(language => folded(translator(language)(`phone_types.${key}`)) === plain))
}

const folded = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ł', 'l').toLowerCase()
