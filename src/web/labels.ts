import { isLanguage, type Language } from './viewer.js'

/** Words somebody typed, in the languages in which they did. */
export type Labels = Partial<Record<Language, string>>

/** These words in a language, or in the company's, or in any in which there are some. */
export const wordsOf = (labels: Labels, language: Language, fallback: Language): string =>
  labels[language] ?? labels[fallback] ?? Object.entries(labels).find(([language]) => isLanguage(language))?.[1] ?? ''

/** Reads words in the language of who asks. */
export type Say = (labels: Labels) => string
